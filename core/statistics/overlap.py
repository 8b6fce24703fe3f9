"""Slices that share days: regions, files of several shops. A bad day is bad in all of them, and counts once.

The mean of such slices is one statistic of all their days. Its value without a day is the mean of the
slices' values without it, so the jackknife over the days of all (Cameron, Gelbach & Miller 2008) sees what
the slices have in common, and what makes up for it in one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.statistics.blocks import SPANS, start_of_spans
from core.statistics.estimate import Estimate
from core.statistics.jackknife import usable

#: An estimate, and how much it weighs.
Part = tuple[Estimate, float]


def joined(parts: Sequence[Part]) -> list[Part]:
    """Parts that have blocks in common as one part, whose replicates leave a block out everywhere.

    Blocks of several spans are told apart by the coarsest. Parts whose blocks nobody told, and those without
    usable replicates, stay as they are, and so do all where no two have a block in common.

    Parameters
    ----------
    parts : sequence of (Estimate, float)
        Each with a value.

    Examples
    --------
    >>> days = tuple(f"2013-01-{day:02d}" for day in range(1, 9))
    >>> replicates = 0.5 + 0.01 * np.array([1, -1, 2, -2, 3, -3, 4, -4])
    >>> north = Estimate(0.5, None, None, n=80, blocks=8, unit="day", replicates=replicates, labels=days)
    >>> [(both, weight)] = joined([(north, 1.0), (north, 1.0)])
    >>> weight, both.blocks, bool(np.allclose(both.replicates, replicates))
    (2.0, 8, True)
    """
    told = [(e, w) for e, w in parts if e.labels and not e.extreme and usable(e.replicates)]
    if len(told) < 2:
        return list(parts)
    unit = next(unit for unit, _ in SPANS if any(e.unit == unit for e, _ in told))
    spans = [start_of_spans(e.labels, unit) for e, _ in told]
    every, slices = np.unique(np.concatenate([np.unique(s) for s in spans]), return_counts=True)
    if slices.max() == 1:
        return list(parts)
    weight = sum(w for _, w in told)
    rest = [part for part in parts if not any(part[0] is e for e, _ in told)]
    return [(_as_one(told, spans, every, unit), weight), *rest]


def _as_one(
    parts: Sequence[Part], spans: Sequence[NDArray[np.int64]], every: NDArray[np.int64], unit: str
) -> Estimate:
    weight = sum(w for _, w in parts)
    value, moved = 0.0, np.zeros(len(every))
    for (e, w), starts in zip(parts, spans, strict=True):
        found: Any = e.replicates
        value += w / weight * (e.value or 0.0)
        np.add.at(moved, np.searchsorted(every, starts), w / weight * (found - e.value))
    return Estimate(value, None, None, sum(e.n for e, _ in parts), len(every), unit, replicates=value + moved)
