"""One by one, or together? Which is cheaper a row is measured on the requests themselves."""

from __future__ import annotations

from collections import deque
from statistics import median_high

#: Of so many rows, the first few go the way that seems dearer, so that it is known how it does now.
ROUND, TRIAL = 1_024, 8
#: Rounds double up to so many rows while the dearer way stays the dearer one: it makes others wait.
LONGEST = 32_768
#: Seconds that waiting in line costs a row beyond its prediction: a future, and a turn of the event loop.
QUEUEING = 25e-6
#: Rows go together where that takes less than so much of what they take one by one.
CLEARLY = 0.8
#: Measurements of each way that are remembered: enough that their median is not one that was interrupted.
REMEMBERED = 15


class Pace:
    """What a row costs, one by one and together.

    Trees cost a fixed price a call and little a row, so rows that arrive together are best predicted
    together; a linear model takes microseconds a row, and waiting in line would cost more than it saves.
    The medians of the last measurements are compared: a thread that loses its processor for a moment makes
    one of a few microseconds a hundred times as large.

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
        self._alone: "deque[float]" = deque(maxlen=REMEMBERED)
        self._together: "deque[float]" = deque(maxlen=REMEMBERED)
        self._count = 0
        self._round = ROUND
        self._before = self._now = False

    @property
    def prefers_together(self) -> bool:
        """Whether rows that wait are cheaper together, as far as is known."""
        if not self._alone or not self._together:
            return False
        return median_high(self._together) < CLEARLY * median_high(self._alone)

    @property
    def together(self) -> bool:
        """Whether the next row should wait for those that come with it."""
        return not self._before if self._count < TRIAL else self._now

    def took_alone(self, seconds: float) -> None:
        """A row that was predicted by itself."""
        self._alone.append(seconds)
        self._counted(1)

    def took_together(self, rows: int, seconds: float) -> None:
        """Rows that were predicted together."""
        self._together.append(seconds / rows + QUEUEING)
        if rows == 1:
            self._alone.append(seconds)
        self._counted(rows)

    def _counted(self, rows: int) -> None:
        before = self._count
        self._count = count = before + rows
        if count >= self._round:
            self._now = self.prefers_together
            self._round = min(2 * self._round, LONGEST) if self._now is self._before else ROUND
            self._before = self._now
            self._count = 0
        elif before < 2 * TRIAL <= count or before < TRIAL <= count:  # at first, twice: then both are known
            self._now = self.prefers_together
