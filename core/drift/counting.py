"""How many rows of a window lie between a reference's knots, and at them: one pass, without sorting.

With numba (the extra ``fast``) each value finds its cell through a guide table (Chen & Asau 1974): an even
grid over the range that says between which knots to look. Without it the values are sorted, and the knots
looked up among them. Both give the same counts; sums differ in their last digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

#: Rows of a column that repay loading compiled code (a third of a second, once).
WORTH_COMPILING = 50_000
GUIDES = 8_192


@dataclass(frozen=True)
class Cells:
    """Where the values of one column lie among ascending, distinct points.

    Parameters
    ----------
    at : ndarray of int, shape (points,)
        Values equal to each point.
    between : ndarray of int, shape (points + 1,)
        Values strictly between neighbouring points; the first lie below all points, the last above all.
    sums : ndarray, shape (points + 1,)
        Sums of the values that ``between`` counts.
    count, nulls, infinite : int
        Finite values, NaN, and infinite ones; only the finite lie in cells.
    minimum, maximum : float or None
        Of the finite values.
    squares : float
        Sum of squares of the finite values around ``centre``.
    centre : float
    total : float
        Sum of the finite values, around ``centre``.
    """

    at: Counts
    between: Counts
    sums: Floats
    count: int
    nulls: int
    infinite: int
    minimum: float | None
    maximum: float | None
    centre: float
    total: float
    squares: float

    @property
    def mean(self) -> float | None:
        """Of the finite values."""
        return self.centre + self.total / self.count if self.count else None

    @property
    def deviation(self) -> float | None:
        """Of the finite values, with n − 1; infinite where their squares are too large for a float."""
        if self.count < 2:
            return None
        around_mean = self.squares - self.total * self.total / self.count
        return (
            float(np.sqrt(max(0.0, around_mean) / (self.count - 1))) if np.isfinite(around_mean) else np.inf
        )


def count_cells(values: NDArray[Any], points: Floats, compiled: bool | None = None) -> Cells:
    """Count a column's values among points.

    Parameters
    ----------
    values : ndarray, shape (rows,)
        Numbers, with NaN for null.
    points : ndarray, shape (k,)
        Ascending and distinct.
    compiled : bool, optional
        Whether to use numba; by default where it is installed and there are rows enough.

    Examples
    --------
    >>> found = count_cells(np.array([0.0, 1.0, 1.5, np.nan, 9.0]), np.array([1.0, 2.0]))
    >>> found.between.tolist(), found.at.tolist(), found.nulls
    ([1, 1, 1], [1, 0], 1)
    """
    numbers = np.ascontiguousarray(values, dtype=np.float64)
    if compiled is None:
        compiled = len(numbers) >= WORTH_COMPILING and find_spec("numba") is not None
    centre = float(points[len(points) // 2]) if len(points) else 0.0
    if compiled and len(points) > 1 and np.isfinite(points[-1] - points[0]):
        return _guided(numbers, points, centre)
    return _sorted(numbers, points, centre)


def _sorted(numbers: Floats, points: Floats, centre: float) -> Cells:
    nulls = int(np.isnan(numbers).sum())
    finite = np.sort(numbers[np.isfinite(numbers)])
    lower = np.searchsorted(finite, points, side="left")
    upper = np.searchsorted(finite, points, side="right")
    starts, ends = np.r_[0, upper], np.r_[lower, len(finite)]
    with np.errstate(over="ignore", invalid="ignore"):
        off = finite - centre
        so_far = np.r_[0.0, np.cumsum(off)]
        sums = so_far[ends] - so_far[starts] + (ends - starts) * centre
        total, squares = float(so_far[-1]), float(off @ off)
    return Cells(
        upper - lower, ends - starts, sums, len(finite), nulls, len(numbers) - nulls - len(finite),
        float(finite[0]) if len(finite) else None, float(finite[-1]) if len(finite) else None,
        centre, total, squares,
    )  # fmt: skip


def _guided(numbers: Floats, points: Floats, centre: float) -> Cells:
    low, width = points[0], (points[-1] - points[0]) / GUIDES
    if width <= 0 or not np.isfinite(1 / width):
        return _sorted(numbers, points, centre)
    marks = low + np.arange(GUIDES + 1) * width
    guides = np.maximum(np.searchsorted(points, marks, side="right") - 2, 0)
    at, between = np.zeros(len(points), np.int64), np.zeros(len(points) + 1, np.int64)
    sums, moments, kinds = np.zeros(len(points) + 1), np.zeros(4), np.zeros(2, np.int64)
    _kernel()(
        numbers, points, guides, float(low), 1 / float(width), centre, at, between, sums, moments, kinds
    )
    nulls, infinite = (int(n) for n in kinds)
    count = len(numbers) - nulls - infinite
    total, squares, minimum, maximum = (float(m) for m in moments)
    return Cells(
        at, between, sums, count, nulls, infinite, minimum if count else None, maximum if count else None,
        centre, total, squares,
    )  # fmt: skip


@cache
def _kernel() -> Callable[..., None]:
    from numba import njit

    compiled: Callable[..., None] = njit(cache=True, nogil=True)(_count)
    return compiled


def _count(
    numbers: Any, points: Any, guides: Any, low: float, scale: float, centre: float,
    at: Any, between: Any, sums: Any, moments: Any, kinds: Any,
) -> None:  # fmt: skip
    last = len(points) - 1
    minimum, maximum, total, squares = np.inf, -np.inf, 0.0, 0.0
    for i in range(len(numbers)):
        value = numbers[i]
        if value != value:
            kinds[0] += 1
            continue
        if value == np.inf or value == -np.inf:
            kinds[1] += 1
            continue
        off = value - centre
        total += off
        squares += off * off
        minimum = min(minimum, value)
        maximum = max(maximum, value)
        if value < points[0]:
            between[0] += 1
            sums[0] += value
            continue
        if value > points[last]:
            between[last + 1] += 1
            sums[last + 1] += value
            continue
        guide = int((value - low) * scale)
        guide = min(guide, len(guides) - 1)
        first = guides[guide]
        while points[first] > value:  # rounding led past it
            first -= 1
        end = last if guide + 2 > len(guides) - 1 else min(last, guides[guide + 2] + 2)
        while end - first > 1:  # the last point at or below the value
            middle = (first + end) // 2
            if points[middle] <= value:
                first = middle
            else:
                end = middle
        if points[end] <= value:
            first = end
        if points[first] == value:
            at[first] += 1
        else:
            between[first + 1] += 1
            sums[first + 1] += value
    moments[0], moments[1], moments[2], moments[3] = total, squares, minimum, maximum
