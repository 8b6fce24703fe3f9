"""Which rows of a slice count for a version: those from a moment on, or those that it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.data.hold_out import HoldOut
from incumbent.columns import Columns

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Cut:
    """A rule by which rows are chosen.

    Parameters
    ----------
    since : datetime or None
        Rows before this moment do not count.
    held_out : tuple of HoldOut
        Rows that one of these does not hold out do not count.

    Examples
    --------
    >>> june, july = Cut(datetime(2013, 6, 1)), Cut(datetime(2013, 7, 1))
    >>> june.both(july) == july
    True
    """

    since: datetime | None = None
    held_out: tuple[HoldOut, ...] = ()

    def both(self, other: Cut | None) -> Cut:
        """The rows that count by this rule and by another."""
        if other is None:
            return self
        moments = [m for m in (self.since, other.since) if m is not None]
        rules = dict.fromkeys((*self.held_out, *other.held_out))
        return Cut(max(moments, default=None), tuple(sorted(rules, key=str)))

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that are looked at, beside the time."""
        return tuple(dict.fromkeys(name for rule in self.held_out for name in rule.columns))

    @property
    def key(self) -> str:
        """What identifies the rule."""
        rules = [str(rule.document()) for rule in self.held_out]
        return "&".join([*([] if self.since is None else [self.since.isoformat()]), *rules])

    def positions(self, rows: Columns, time: str | None) -> np.ndarray:
        """Which of some rows count, in their order.

        Parameters
        ----------
        time : str or None
            The time column.
        """
        import numpy as np

        from incumbent.columns import row_count

        counts = np.ones(row_count(rows), dtype=bool)
        if self.since is not None:
            counts &= np.asarray(rows[str(time)]) >= np.datetime64(self.since)
        for rule in self.held_out:
            counts &= rule.mask(rows)
        return np.flatnonzero(counts)


def shared(one: Cut | None, other: Cut | None) -> Cut | None:
    """The rule for the rows that count for two versions (None: all)."""
    return other if one is None else one.both(other)
