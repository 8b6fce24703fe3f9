"""What is counted of every prediction, its row kept or not: by hour, version, route and time taken."""

from __future__ import annotations

import math
from collections import Counter
from itertools import repeat
from typing import TYPE_CHECKING, Iterable, Sequence

from incumbent.log.cells import text_of

if TYPE_CHECKING:
    from incumbent.log.entries import Row

HOUR = 3_600_000_000_000
SECOND = 1_000_000_000
#: Predictions that nobody was answered with: they are counted, but are no traffic.
SHADOW = "shadow"
#: Those of the untreated control: the baseline's answer, by lot and not for want of a better one.
CONTROL = "control"
#: Buckets that one doubling of the time taken is divided into: each is 9 % wide.
PER_DOUBLING = 8
#: Different reasons that are told apart before they are put together.
REASONS, REASON_LENGTH, OTHER = 50, 160, "other"


def bucket(seconds: float) -> int:
    """The bucket of a time taken: equal ratios, from a tenth of a microsecond up.

    Examples
    --------
    >>> bucket(1e-6) < bucket(2e-6), bucket(0.0), bucket(2e-6) - bucket(1e-6)
    (True, 0, 8)
    """
    return max(0, int(PER_DOUBLING * math.log2(seconds * 1e7))) if 1e-7 < seconds < math.inf else 0


def middle(number: int) -> float:
    """The time taken, in seconds, that stands for a bucket: its geometric middle."""
    return float(2 ** ((number + 0.5) / PER_DOUBLING) * 1e-7)


def quantile(counts: "Iterable[tuple[int, int]]", share: float) -> "float | None":
    """A quantile of the time taken, in seconds, from (bucket, count) pairs; None without any.

    Examples
    --------
    >>> round(quantile([(bucket(0.001), 98), (bucket(1.0), 2)], 0.5), 4)
    0.001
    """
    ordered = sorted(counts)
    wanted = share * sum(count for _, count in ordered)
    passed = 0
    for number, count in ordered:
        passed += count
        if passed >= wanted:
            return middle(number)
    return None


class Tally:
    """Counts of some predictions, to be added to what a file holds.

    Attributes
    ----------
    hours : Counter of (hour, version, route, bucket)
        ``hour`` counts hours since 1970, ``version`` is -1 for none.
    reasons : Counter of (hour, route, reason)
    seconds : Counter of second since 1970, shadows left out
    """

    def __init__(self) -> None:
        self.hours: "Counter[tuple[int, int, str, int]]" = Counter()
        self.reasons: "Counter[tuple[int, str, str]]" = Counter()
        self.seconds: "Counter[int]" = Counter()

    def add(self, rows: "Sequence[Row]") -> None:
        """Count some predictions."""
        if not rows:
            return
        _, _, _, ats, versions, routes, reasons, seconds = zip(*rows)
        hours = [at // HOUR for at in ats]
        numbers = [-1 if version is None else version for version in versions]
        of_one_call = len({*seconds}) == 1
        taken = repeat(bucket(seconds[0])) if of_one_call else map(bucket, seconds)
        self.hours.update(zip(hours, numbers, routes, taken))
        self.seconds.update([at // SECOND for at, route in zip(ats, routes) if route != SHADOW])
        if any(reasons):
            for hour, route, reason in zip(hours, routes, reasons):
                if reason is not None:
                    self._add_reason(hour, route, text_of(reason[:REASON_LENGTH]))

    def update(self, other: "Tally") -> None:
        """Add what another one has counted."""
        self.hours.update(other.hours)
        self.seconds.update(other.seconds)
        for (hour, route, reason), count in other.reasons.items():
            self._add_reason(hour, route, reason, count)

    def _add_reason(self, hour: int, route: str, reason: str, count: int = 1) -> None:
        told = hour, route, reason
        if told not in self.reasons and len(self.reasons) >= REASONS:
            told = hour, route, OTHER
        self.reasons[told] += count
