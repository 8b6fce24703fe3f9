"""Numbers of a window against a reference: range, moments, PSI, Kolmogorov–Smirnov, Wasserstein."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.drift.counting import Cells, count_cells
from core.drift.reference import Floats, NumberReference
from core.drift.sizes import stability

#: Bins of the population stability index: tenths of the reference.
BINS = 10
REFINED_ROWS = 20_000


class NumberWindow:
    """A window of numbers, counted among the reference's knots.

    Parameters
    ----------
    reference : NumberReference
    values : ndarray, shape (rows,)
        With NaN for null.
    refine : bool, optional
        Whether distances take every value of the window for a knot too: then they are exact where the
        reference is. By default in windows of up to :data:`REFINED_ROWS` rows.
    """

    def __init__(
        self, reference: NumberReference, values: NDArray[Any], *, refine: bool | None = None
    ) -> None:
        self.rows = len(values)
        refine = self.rows <= REFINED_ROWS if refine is None else refine
        self.origin = reference
        self.reference = refined(reference, values) if refine else reference
        edges = self.reference.edges
        points = np.union1d(self.reference.knots, edges) if len(edges) > 2 else self.reference.knots
        self.cells = count_cells(values, points)
        self._points = points

    def statistics(self) -> dict[str, float | int | None]:
        """Everything about the window that is one figure.

        ``outside`` is the share of values below the reference's minimum or above its maximum; ``*_change``
        are the window's less the reference's, ``shift`` the change of the mean in deviations of the
        reference, ``wasserstein_relative`` the distance in them; ``psi`` is corrected for its bias.
        """
        cells, reference = self.cells, self.reference
        found: dict[str, float | int | None] = {
            "rows": self.rows,
            "null_share": _share(cells.nulls, self.rows),
            "null_change": _share(cells.nulls, self.rows) - reference.null_share,
            "infinite": cells.infinite,
            "min": cells.minimum,
            "max": cells.maximum,
            "mean": _finite(cells.mean),
            "deviation": _finite(cells.deviation),
        }
        if not cells.count or not reference.count:
            return found
        below, through = self._distribution()
        psi = self._stability(through)
        distance = _wasserstein(reference, cells, *self._cells_of_knots())
        found |= {
            "outside": self._outside(below, through),
            "min_change": _difference(cells.minimum, self.origin.minimum),
            "max_change": _difference(cells.maximum, self.origin.maximum),
            "mean_change": _difference(cells.mean, reference.mean),
            "shift": _ratio(_difference(cells.mean, reference.mean), reference.deviation),
            "psi": psi.corrected,
            "psi_raw": psi.raw,
            "psi_bias": psi.bias,
            "ks": kolmogorov_smirnov(reference, below, through),
            "wasserstein": _finite(distance),
            "wasserstein_relative": _ratio(_finite(distance), reference.deviation),
        }
        return found

    def drawing(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The reference's and the window's histogram, as shares of the rows with a value.

        Beside the window's bars stands what lies ``below`` and ``above`` them.
        """
        edges, counts = self.reference.edges, self.reference.counts
        if len(edges) < 2:
            return {"edges": [], "shares": []}, {"edges": [], "shares": []}
        total = max(self.cells.count, 1)
        at = np.searchsorted(self._points, edges)
        less = np.cumsum(self.cells.between)[at] + np.r_[0, np.cumsum(self.cells.at)][at]  # below each edge
        topmost = less[-1] + self.cells.at[at[-1]]
        bars = np.diff(np.r_[less[:-1], topmost])
        shown = edges.tolist()
        return (
            {"edges": shown, "shares": (counts / max(counts.sum(), 1)).tolist()},
            {
                "edges": shown,
                "shares": (bars / total).tolist(),
                "below": float(less[0] / total),
                "above": float((self.cells.count - topmost) / total),
            },
        )

    def _cells_of_knots(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        """Counts at knots, counts between them and their sums, with the histogram's edges taken out again."""
        cells = self.cells
        if len(self._points) == len(self.reference.knots):
            return cells.at, cells.between, cells.sums
        place = np.searchsorted(self._points, self.reference.knots)
        starts = np.r_[0, place + 1]  # of each knot's cell, in points
        own = np.ones(len(self._points), dtype=bool)
        own[place] = False
        edge_counts = np.r_[np.where(own, cells.at, 0), 0]
        edge_sums = np.r_[np.where(own, cells.at * self._points, 0.0), 0.0]
        between = np.add.reduceat(cells.between + edge_counts, starts)
        sums = np.add.reduceat(cells.sums + edge_sums, starts)
        return cells.at[place], between, sums

    def _distribution(self) -> tuple[Floats, Floats]:
        """The window's distribution function at the knots, from the left and from the right."""
        at, between, _ = self._cells_of_knots()
        through = np.cumsum(between[:-1] + at)
        return (through - at) / self.cells.count, through / self.cells.count

    def _outside(self, below: Floats, through: Floats) -> float:
        first = np.searchsorted(self.reference.knots, self.origin.minimum)
        last = np.searchsorted(self.reference.knots, self.origin.maximum)
        count, infinite = self.cells.count, self.cells.infinite
        beyond = below[first] + 1 - through[last]
        return float((beyond * count + infinite) / (count + infinite))

    def _stability(self, through: Floats) -> Any:
        reference = self.reference
        cuts = np.searchsorted(reference.knots, self.origin.knots[bins(self.origin)])
        p = np.diff(np.r_[0.0, reference.through[cuts], 1.0]) * reference.count
        q = np.diff(np.r_[0.0, through[cuts], 1.0]) * self.cells.count
        return stability(p, q)


def bins(reference: NumberReference) -> NDArray[np.int64]:
    """Positions of the knots that end the bins of the PSI: tenths of the reference, ties taken together.

    Where more than nine tenths lie on the smallest value, the bin ends there.
    """
    wanted = np.arange(1, BINS) / BINS
    cuts = np.unique(np.searchsorted(reference.through, wanted - 1e-12))
    return cuts[reference.through[cuts] < 1 - 1e-12]


def refined(reference: NumberReference, values: NDArray[Any]) -> NumberReference:
    """The same reference with every value of the window for a knot; between them its function is straight."""
    if not reference.count:
        return reference
    numbers = np.asarray(values, dtype=np.float64)
    added = np.setdiff1d(numbers[np.isfinite(numbers)], reference.knots)
    place = np.searchsorted(reference.knots, added)
    starts = np.r_[reference.knots[0], reference.knots][place]
    ends = np.r_[reference.knots, reference.knots[-1]][place]
    low, high = np.r_[0.0, reference.through][place], np.r_[reference.below, 1.0][place]
    with np.errstate(over="ignore", invalid="ignore"):
        part = np.where(ends > starts, (added - starts) / np.where(ends > starts, ends - starts, 1.0), 0.0)
    between = low + np.nan_to_num(part) * (high - low)
    knots = np.r_[reference.knots, added]
    order = np.argsort(knots, kind="stable")
    return replace(
        reference,
        knots=knots[order],
        below=np.r_[reference.below, between][order],
        through=np.r_[reference.through, between][order],
    )


def kolmogorov_smirnov(reference: NumberReference, below: Floats, through: Floats) -> float:
    """The largest distance between two distribution functions, given the window's at the reference's knots.

    Between two knots the one function is flat (an exact reference) or known to a thousandth, and the other
    rises: the largest distance is met at a knot, from its left or its right.
    """
    left = np.abs(reference.below - below).max()
    right = np.abs(reference.through - through).max()
    return float(max(left, right))


def _wasserstein(
    reference: NumberReference, cells: Cells, at: NDArray[np.int64], between: NDArray[np.int64], sums: Floats
) -> float:
    """The area between the two distribution functions (Vallender 1974), cell by cell.

    Within a cell the window's area follows from how many values lie there and their sum; the reference runs
    straight from knot to knot. Where the functions cross inside a cell the parts cancel, which small windows
    avoid by taking every value for a knot.
    """
    knots, n = reference.knots, cells.count
    through = np.cumsum(between[:-1] + at)
    width = np.diff(knots)
    inner, inner_sums = between[1:-1], sums[1:-1]
    with np.errstate(over="ignore", invalid="ignore"):
        window = (through[:-1] * width + inner * knots[1:] - inner_sums) / n
        known = (reference.through[:-1] + reference.below[1:]) / 2 * width
        outer = (between[0] * knots[0] - sums[0]) + (sums[-1] - between[-1] * knots[-1])
        return float(np.abs(window - known).sum() + outer / n)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else _finite(one - other)


def _ratio(value: float | None, unit: float | None) -> float | None:
    return None if value is None or not unit else _finite(value / unit)
