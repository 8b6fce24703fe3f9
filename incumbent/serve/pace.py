"""One by one, or together? Which is cheaper a row is measured on the requests themselves."""

from __future__ import annotations

#: Of so many rows, the first few go the way that seems dearer, so that it is known how it does now.
ROUND, TRIAL = 1_024, 8
#: Rounds double up to so many rows while the dearer way stays the dearer one: it makes others wait.
LONGEST = 32_768
#: Seconds that waiting in line costs a row beyond its prediction: a future, and a turn of the event loop.
QUEUEING = 15e-6
#: How much of a new measurement is believed.
_NEWEST = 0.05


class Pace:
    """What a row costs, one by one and together.

    Trees cost a fixed price a call and little a row, so rows that arrive together are best predicted
    together; a linear model takes microseconds a row, and waiting in line would cost more than it saves.

    Examples
    --------
    >>> pace = Pace()
    >>> for _ in range(10):
    ...     pace.took_alone(500e-6)
    ...     pace.took_together(64, 2e-3)
    >>> pace.prefers_together
    True
    """

    def __init__(self) -> None:
        self._alone: "float | None" = None
        self._together: "float | None" = None
        self._count = 0
        self._round = ROUND
        self._before = False

    @property
    def prefers_together(self) -> bool:
        """Whether rows that wait are cheaper together, as far as is known."""
        if self._alone is None or self._together is None:
            return False
        return self._together < self._alone

    def together(self) -> bool:
        """Whether the next row should wait for those that come with it."""
        self._count += 1
        if self._count <= TRIAL:
            return not self._before
        if self._count >= self._round:
            same = self.prefers_together is self._before
            self._round = min(2 * self._round, LONGEST) if same else ROUND
            self._before = self.prefers_together
            self._count = 0
        return self.prefers_together

    def took_alone(self, seconds: float) -> None:
        """A row that was predicted by itself."""
        before = self._alone
        self._alone = seconds if before is None else before + _NEWEST * (seconds - before)

    def took_together(self, rows: int, seconds: float) -> None:
        """Rows that were predicted together."""
        each = seconds / rows + QUEUEING
        before = self._together
        self._together = each if before is None else before + _NEWEST * (each - before)
