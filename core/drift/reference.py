"""What a window of numbers is compared with: the distribution of the training rows, as a profile keeps it.

A reference is its distribution function at a thousand points or two (*knots*), with both limits where rows
tie.
Made from a profile it is exact at the knots and linear between them, so that it is wrong by less than a
thousandth anywhere; made from the rows themselves, or from up to 1,000 distinct values, it is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from incumbent.profile import TAILS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NumberReference:
    """A distribution of numbers.

    Parameters
    ----------
    knots : ndarray, shape (k,)
        Ascending and distinct; the first and the last are the smallest and the largest value.
    below, through : ndarray, shape (k,)
        Shares of the rows that lie below each knot, and below or at it.
    count, nulls : int
        Rows with a finite value, and without any.
    infinite : int
    mean, deviation : float or None
    edges : ndarray
        Of the histogram that people look at.
    counts : ndarray
        Its bars.
    """

    knots: Floats
    below: Floats
    through: Floats
    count: int
    nulls: int
    infinite: int = 0
    mean: float | None = None
    deviation: float | None = None
    edges: Floats = field(default_factory=lambda: np.empty(0))
    counts: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def minimum(self) -> float:
        """The smallest value."""
        return float(self.knots[0])

    @property
    def maximum(self) -> float:
        """The largest value."""
        return float(self.knots[-1])

    @property
    def null_share(self) -> float:
        """Share of the rows that have no value."""
        rows = self.count + self.infinite + self.nulls
        return self.nulls / rows if rows else 0.0

    @staticmethod
    def of_profile(known: Mapping[str, Any]) -> NumberReference:
        """The reference that one column of a profile keeps.

        Examples
        --------
        >>> from incumbent.profile import profile
        >>> document = profile({"x": np.array([1.0, 2.0, 2.0, 4.0])})["columns"]["x"]
        >>> reference = NumberReference.of_profile(document)
        >>> at = list(reference.knots).index(2.0)
        >>> float(reference.below[at]), float(reference.through[at]), reference.maximum
        (0.25, 0.75, 4.0)
        """
        infinite = int(known.get("infinite") or 0)
        count = int(known["count"]) - infinite
        knots, below, through = _knots(known, count)
        histogram = known.get("histogram") or {"edges": [], "counts": []}
        return NumberReference(
            knots, below, through, count, int(known["nulls"]), infinite, known.get("mean"),
            known.get("deviation"), np.array(histogram["edges"], float), np.array(histogram["counts"], float),
        )  # fmt: skip

    @staticmethod
    def of_values(values: NDArray[Any]) -> NumberReference:
        """The exact reference of rows that are at hand.

        Examples
        --------
        >>> reference = NumberReference.of_values(np.array([3.0, 1.0, np.nan, 1.0]))
        >>> reference.knots.tolist(), reference.count, reference.nulls
        ([1.0, 3.0], 3, 1)
        """
        numbers = np.asarray(values, dtype=np.float64)
        nulls = int(np.isnan(numbers).sum())
        ordered = np.sort(numbers[np.isfinite(numbers)])
        knots = ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered
        ends = np.searchsorted(ordered, knots, side="right") / max(len(ordered), 1)
        starts = np.r_[0.0, ends[:-1]] if len(ends) else ends
        deviation = float(ordered.std(ddof=1)) if len(ordered) > 1 else None
        mean = float(ordered.mean()) if len(ordered) else None
        infinite = len(numbers) - nulls - len(ordered)
        return NumberReference(knots, starts, ends, len(ordered), nulls, infinite, mean, deviation)


def _knots(known: Mapping[str, Any], count: int) -> tuple[Floats, Floats, Floats]:
    grid = np.array([np.nan if q is None else q for q in known["quantiles"]], dtype=np.float64)
    if not len(grid) or not count:
        return np.empty(0), np.empty(0), np.empty(0)
    probabilities = np.linspace(0.0, 1.0, len(grid))
    tails = known.get("tails") or {}
    if tails.get("low"):
        outer = np.array(TAILS)
        grid = np.r_[grid, _floats(tails["low"]), _floats(tails["high"])]
        probabilities = np.r_[probabilities, outer, 1 - outer[::-1]]
    order = np.argsort(probabilities, kind="stable")
    sound = order[np.isfinite(grid[order])]
    grid, probabilities = np.maximum.accumulate(grid[sound]), probabilities[sound]
    place = probabilities * (count - 1)
    rank = np.floor(place)  # the same arithmetic as the profile's, to the last bit
    whole = place == rank
    below, through = (rank + ~whole) / count, (rank + 1) / count
    first = np.r_[True, grid[1:] != grid[:-1]]
    last = np.r_[first[1:], True]
    knots, below, through = grid[first], below[first], through[last]
    ties = known.get("ties") or {"values": []}
    if ties["values"]:
        values = _floats(ties["values"])
        others = ~np.isin(knots, values)
        merged = np.r_[knots[others], values]
        order = np.argsort(merged, kind="stable")
        knots = merged[order]
        below = np.r_[below[others], _floats(ties["below"]) / count][order]
        through = np.r_[through[others], _floats(ties["through"]) / count][order]
    below[0], through[-1] = 0.0, 1.0
    return knots, below, through


def _floats(values: Any) -> Floats:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
