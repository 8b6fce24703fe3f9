"""Past windows of a model's versions: what suggestions and the ratchet look back on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from core.statistics.budget import ALARMS_A_YEAR, NIGHTS_A_YEAR, look_alpha
from core.statistics.precision import shortage
from core.wording import data_time

if TYPE_CHECKING:
    from core.checks.setup import Setup
    from core.checks.slices import Slice
    from core.checks.subjects import Subject
    from core.statistics.estimate import Estimate
    from core.timeline import Duration, Window
    from store import Store

#: Past windows that are looked at, at most.
MOST_WINDOWS = 60
#: Looks a year at a model without a time column: one a week.
_LOOKS_WITHOUT_TIME = 52.0


@dataclass(frozen=True)
class PastWindows:
    """What was measured of versions on past windows of the size that the now-test judges.

    Parameters
    ----------
    labels : tuple of str
        Oldest first; the windows do not overlap.
    estimates : mapping of int to sequence of mapping
        Version → what was found on each window, None where the window does not count for it.
    looks : float
        Looks a year.
    overlap : float
        Looks that share a row.
    alone : bool
        Whether the one window is all rows of a model without a time column.
    """

    labels: tuple[str, ...]
    estimates: Mapping[int, Sequence[Mapping[str, Estimate] | None]]
    looks: float
    overlap: float
    alone: bool = False

    def of(self, version: int, key: str) -> list[tuple[str, Estimate]]:
        """Windows that count for a version, and its estimates of one metric (and segment) there."""
        found = zip(self.labels, self.estimates[version], strict=True)
        return [(label, e[key]) for label, e in found if e is not None and key in e]

    def judged(self, version: int, key: str) -> list[tuple[str, Estimate]]:
        """Like :meth:`of`; of a segment only the windows that are precise enough to be judged."""
        found = self.of(version, key)
        return [(label, e) for label, e in found if not shortage(e)] if "\t" in key else found

    def keys(self, version: int) -> list[str]:
        """All that was measured of a version: metrics, and metrics of segments."""
        return list(dict.fromkeys(key for e in self.estimates[version] if e is not None for key in e))

    def alpha(self, limits: int) -> float:
        """Chance of an alarm that one look at one of so many limits may have."""
        return look_alpha(limits, looks_a_year=self.looks, overlap=self.overlap)

    @property
    def independent(self) -> float:
        """Windows a year that share no rows."""
        return self.looks / self.overlap

    @property
    def budget(self) -> float:
        """False alarms a year that are allowed over all limits."""
        return ALARMS_A_YEAR


def past_windows(store: Store, setup: Setup, subjects: Sequence[Subject]) -> PastWindows:
    """Measure versions on past windows, each on those after all that shaped it.

    They are windows of the now-test's length, back from the newest labelled row; of a model without a time
    column, its partitions, of which the rows count that were held out.
    """
    from core.checks.history import with_history
    from core.checks.measure import measure_all
    from core.checks.pairing import own_cut
    from core.checks.slices import Wish

    if setup.spec.time is None:
        counting = {piece: list(subjects) for piece in _partitions(setup)}
        looks, overlap = _LOOKS_WITHOUT_TIME, 1.0
    else:
        counting, overlap = _time_windows(setup, subjects)
        looks = NIGHTS_A_YEAR
    plan = {
        piece: [Wish(s.number, s.hash, own_cut(s, piece)) for s in chosen]
        for piece, chosen in counting.items()
    }
    found = measure_all(
        store, setup.setting, plan, progress=lambda share, note: None, cancelled=lambda: False
    )
    estimates: dict[int, Sequence[Mapping[str, Estimate] | None]] = {}
    for s in subjects:
        wishes = {p: Wish(s.number, s.hash, own_cut(s, p)) for p, chosen in counting.items() if s in chosen}
        counted = [found[piece.label, wish] for piece, wish in wishes.items()]
        settled = iter(with_history(counted, setup.metric, counted))
        estimates[s.number] = [
            next(settled).estimates if s in chosen else None for chosen in counting.values()
        ]
    alone = setup.spec.time is None and len(counting) == 1
    return PastWindows(tuple(piece.label for piece in counting), estimates, looks, overlap, alone)


def _partitions(setup: Setup) -> Iterator[Slice]:
    from core.checks.slices import Slice

    for p in setup.source.list_partitions():
        if p.labelled:
            fingerprint = setup.source.fingerprint(p.label)
            yield Slice(p.label, p.since, p.until, fingerprint, p.rows, p.labelled)


def _time_windows(setup: Setup, subjects: Sequence[Subject]) -> tuple[dict[Slice, list[Subject]], float]:
    """The windows, oldest first, with the versions that each counts for; and how many nights each lasts."""
    from core.checks.slices import Slice
    from core.timeline import window_length

    length = window_length(setup.spec.window, setup.spec.partition)
    newest = setup.source.window(setup.as_of, length)
    first = setup.source.describe().first
    counting: dict[Slice, list[Subject]] = {}
    if newest is None or first is None:
        return counting, 1.0
    begins = {s.number: max(first, s.until or first) for s in subjects}
    for window in reversed(list(_back(newest, length))):
        counts = [s for s in subjects if window.since >= begins[s.number]]
        if counts:
            fingerprint = setup.source.range_fingerprint(window.since, window.until, setup.as_of)
            label = f"window to {data_time(window.until.isoformat())}"
            counting[Slice(label, window.since, window.until, fingerprint, rows=1, window=True)] = counts
    return counting, max(1.0, (newest.until - newest.since).total_seconds() / 86_400)


def _back(newest: Window, length: Duration) -> Iterator[Window]:
    from core.timeline import earlier

    yield newest
    yield from islice(earlier(newest, length), MOST_WINDOWS - 1)
