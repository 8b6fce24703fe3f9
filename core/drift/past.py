"""Which past windows the present one is compared with.

They lie on a grid that is anchored where training ended, so that the same windows come back night after night
and their figures can be kept; the present window is the newest rows, wherever the grid is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from core.timeline import Duration, Window
from store.records import InSample

#: Past windows that are looked at.
MOST_WINDOWS = 40
#: Where fewer than this came after training, those that training saw and those before it are taken too.
ENOUGH_WINDOWS = 6
#: Training must be so many windows long before its own windows say how windows differ.
FEWEST_TRAINED = 3.0
YEAR = timedelta(days=365.25)
NEAR = timedelta(days=21)
#: The anchor where nobody knows when training ended: a Monday.
MONDAY = datetime(2001, 1, 1)


@dataclass(frozen=True)
class PastWindow:
    """A window of the grid.

    Parameters
    ----------
    window : Window
    in_sample : str
        How it lies to what shaped the version.
    season : bool
        Whether it is of the present window's season, a year or more ago.
    """

    window: Window
    in_sample: InSample
    season: bool


@dataclass(frozen=True)
class Trained:
    """What shaped a version: from, and one past (None: nobody knows)."""

    since: datetime | None
    until: datetime | None

    def coverage(self, window: Window) -> InSample:
        """How a window of the grid lies to it: the grid begins where it ends."""
        if self.until is None:
            return "unknown"
        if window.since >= self.until:
            return "no"
        return "hindsight" if self.since is not None and window.until <= self.since else "in-sample"


def grid(anchor: datetime, length: Duration, first: datetime, before: datetime) -> list[Window]:
    """The grid's windows that lie entirely within [first, before], newest first.

    Examples
    --------
    >>> week = Duration.parse("7d")
    >>> found = grid(datetime(2024, 1, 15), week, datetime(2024, 1, 1), datetime(2024, 1, 25))
    >>> [w.since.day for w in found]
    [15, 8, 1]
    """
    after = []
    for step in count():
        window = Window(_at(anchor, length, step), _at(anchor, length, step + 1))
        if window.until > before or window.until <= window.since:
            break
        if window.since >= first:
            after.append(window)
    earlier = []
    for step in count():
        window = Window(_at(anchor, length, -step - 1), _at(anchor, length, -step))
        if window.since < first or window.until <= window.since:
            break
        if window.until <= before:
            earlier.append(window)
    return [*reversed(after), *earlier]


def _at(anchor: datetime, length: Duration, step: int) -> datetime:
    if step == 0:
        return anchor
    return length.times(step).after(anchor) if step > 0 else length.times(-step).before(anchor)


def past_windows(present: Window, length: Duration, trained: Trained, first: datetime) -> list[PastWindow]:
    """The windows to compare with, newest first.

    Those after training; where they are fewer than :data:`ENOUGH_WINDOWS`, those before its end as well; and
    those of the present season in earlier years.

    Parameters
    ----------
    first : datetime
        The oldest row's time.

    Examples
    --------
    >>> present = Window(datetime(2024, 3, 1), datetime(2024, 3, 8))
    >>> trained = Trained(datetime(2024, 1, 1), datetime(2024, 2, 2))
    >>> found = past_windows(present, Duration.parse("7d"), trained, datetime(2024, 1, 1))
    >>> [(p.window.since.strftime("%m-%d"), p.in_sample) for p in found][2:6]
    [('02-09', 'no'), ('02-02', 'no'), ('01-26', 'in-sample'), ('01-19', 'in-sample')]
    """
    found = [
        PastWindow(window, trained.coverage(window), _same_season(window, present))
        for window in grid(trained.until or MONDAY, length, first, present.since)
    ]
    clean = [p for p in found if p.in_sample in ("no", "unknown")]
    chosen = clean[:MOST_WINDOWS]
    if len(chosen) < ENOUGH_WINDOWS:
        chosen += [p for p in found if p not in chosen][: MOST_WINDOWS - len(chosen)]
    return chosen + [p for p in found if p.season and p not in chosen]


def _same_season(window: Window, present: Window) -> bool:
    near = max(NEAR, present.until - present.since)
    years = round((present.until - window.until) / YEAR)
    return years >= 1 and abs(present.until - years * YEAR - window.until) <= near


def shrinkage(trained_rows: int | None, window_rows: int) -> float:
    """How much farther from the training rows a window would lie, had training not seen it.

    A window that is one of K that make up the training rows lies nearer to their distribution than another:
    by (K − 1) / K in squares, against (K + 1) / K. With a small K that says nothing: 0.

    Examples
    --------
    >>> shrinkage(1000, 100), shrinkage(150, 100)
    (1.2222222222222223, 0.0)
    """
    parts = (trained_rows or 0) / max(window_rows, 1)
    return (parts + 1) / (parts - 1) if parts >= FEWEST_TRAINED else 0.0
