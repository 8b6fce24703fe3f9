"""The memory of a version under load: how much it is, and whether it grows with every prediction."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Growth over the judged pieces that counts, in MB: allocators take and give back less by themselves.
GROWTH_MB = 2.0
#: Less is enough where every piece, from the first on, takes as much: so few predictions show a leak only so.
LITTLE_MB, STRAIGHT = 0.25, 0.98
#: Of the average step from piece to piece, the least that each but one of them takes where memory leaks.
STEADY = 0.4


@dataclass(frozen=True)
class Memory:
    """What was occupied, in MB, by the process that predicts and all that it has started.

    ``start_mb`` is when it was warm, ``end_mb`` at the end of the test. ``leak_kb`` is the slope of the
    judged pieces: kB for every thousand predictions.
    """

    start_mb: float
    end_mb: float
    growth_mb: float
    leak_kb: float
    grows: bool

    def document(self) -> dict[str, Any]:
        return dict(vars(self))


def memory_of(samples: Mapping[str, Sequence[int]], soak: Mapping[str, Sequence[int]]) -> Memory:
    """What looks at the memory say.

    Growth is judged between the later half of equal pieces of work: imports, caches and buffers that fill are
    made once, at the beginning; a leak takes as much with the last piece as with the one before.

    Parameters
    ----------
    samples, soak : mapping
        ``predictions`` and ``bytes`` of the whole test, and before and after each piece of its end.

    Examples
    --------
    >>> made, mb = [0, 100, 200, 300, 400], 2**20
    >>> whole = {"predictions": made, "bytes": [40 * mb] * 5}
    >>> memory_of(whole, {"predictions": made, "bytes": [n * mb for n in (40, 43, 46, 49, 52)]}).grows
    True
    >>> memory_of(whole, {"predictions": made, "bytes": [n * mb for n in (40, 60, 60, 60, 60)]}).grows
    False
    """
    counts, sizes = soak["predictions"], [size / 2**20 for size in soak["bytes"]]
    later = len(sizes) // 2
    slope = _slope(counts[later:], sizes[later:])
    growth = slope * (counts[-1] - counts[later])
    steps = [after - before for before, after in itertools.pairwise(sizes[later:])]
    average = math.fsum(steps) / len(steps) if steps else 0.0
    steady = sum(step < STEADY * average for step in steps) <= len(steps) // 4
    grows = (growth >= GROWTH_MB and steady) or (growth >= LITTLE_MB and _straight(counts, sizes))
    start, end = samples["bytes"][0] / 2**20, samples["bytes"][-1] / 2**20
    return Memory(start, end, end - start, slope * 1024 * 1000, grows)


def _straight(x: Sequence[float], y: Sequence[float]) -> bool:
    """Whether a line through the points leaves next to nothing of their spread."""
    mean_x, mean_y = math.fsum(x) / len(x), math.fsum(y) / len(y)
    spread = math.fsum((b - mean_y) ** 2 for b in y)
    slope = _slope(x, y)
    left = math.fsum((b - mean_y - slope * (a - mean_x)) ** 2 for a, b in zip(x, y, strict=True))
    return spread > 0 and left <= (1 - STRAIGHT) * spread


def _slope(x: Sequence[float], y: Sequence[float]) -> float:
    if len(x) < 3 or x[-1] == x[0]:
        return 0.0
    mean_x, mean_y = math.fsum(x) / len(x), math.fsum(y) / len(y)
    spread = math.fsum((a - mean_x) ** 2 for a in x)
    return math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread
