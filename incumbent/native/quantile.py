"""Numbers by their rank in training: uniform or normal quantiles."""

from __future__ import annotations

from bisect import bisect_right
from statistics import NormalDist
from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.native.blocks import Dense, Features
from incumbent.native.step import Arrays, Step, refuse_row, register

#: How near to its extreme a number counts as the extreme (normal output).
MARGIN = 1e-7

_inverse = NormalDist().inv_cdf
_LOWEST = _inverse(MARGIN - float(np.spacing(1.0)))
_HIGHEST = _inverse(1.0 - (MARGIN - float(np.spacing(1.0))))


@register
class Quantiles(Step):
    """Each feature's place between its training quantiles.

    Parameters
    ----------
    quantiles : ndarray of float64, shape (features, levels)
        Ascending.
    levels : ndarray of float64, shape (levels,)
        From 0 to 1.
    normal : bool
        Give the normal quantile of the place instead of the place.
    """

    kind = "quantiles"

    def __init__(self, quantiles: np.ndarray, levels: np.ndarray, normal: bool) -> None:
        self.quantiles = quantiles
        self.levels = levels
        self.normal = normal
        self._tables = [_Interpolation(q.tolist(), levels.tolist()) for q in quantiles]

    def apply(self, x: Features) -> Features:
        x = x.finite(allow_nan=True)
        values = x.dense()
        out = np.empty(values.shape)
        for i, quantiles in enumerate(self.quantiles):
            column = values[:, i]
            place = 0.5 * (
                np.interp(column, quantiles, self.levels)
                - np.interp(-column, -quantiles[::-1], -self.levels[::-1])
            )
            low, high = self._extremes(column, quantiles[0], quantiles[-1])
            place[high], place[low] = 1.0, 0.0
            place[np.isnan(column)] = np.nan
            out[:, i] = [normal_quantile(p) for p in place.tolist()] if self.normal else place
        return x.with_blocks(Dense(out))

    def _extremes(self, x: Any, lowest: float, highest: float) -> "tuple[Any, Any]":
        if self.normal:
            return x - MARGIN < lowest, x + MARGIN > highest
        return x == lowest, x == highest

    def row(self, x: Sequence[Any]) -> "list[Any]":
        refuse_row(x, allow_nan=True)
        places = [self._place(v, table) for v, table in zip(x, self._tables)]
        return [normal_quantile(p) for p in places] if self.normal else places

    def _place(self, v: float, table: "_Interpolation") -> float:
        if v != v:
            return v
        low, high = self._extremes(v, table.points[0], table.points[-1])
        return 0.0 if low else 1.0 if high else table.mean(v)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "normal": self.normal,
            "levels": arrays.store("levels", self.levels),
            "quantiles": arrays.store("quantiles", self.quantiles, names),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Quantiles":
        return cls(arrays.load(document["quantiles"]), arrays.load(document["levels"]), document["normal"])


class _Interpolation:
    """Straight lines between points, as ``numpy.interp``; the mean of both directions where points repeat."""

    def __init__(self, points: "list[float]", levels: "list[float]") -> None:
        self.points, self.levels = points, levels
        self._back = [-p for p in reversed(points)], [-v for v in reversed(levels)]

    def mean(self, v: float) -> float:
        return 0.5 * (_between(v, self.points, self.levels) - _between(-v, *self._back))


def _between(v: float, points: "list[float]", levels: "list[float]") -> float:
    at = bisect_right(points, v) - 1
    if at < 0:
        return levels[0]
    if at >= len(points) - 1:
        return levels[-1]
    slope = (levels[at + 1] - levels[at]) / (points[at + 1] - points[at])
    return slope * (v - points[at]) + levels[at]


def normal_quantile(place: float) -> float:
    """The normal quantile of a place from 0 to 1, kept away from infinity; NaN stays.

    >>> normal_quantile(0.5), round(normal_quantile(0.0), 3)
    (0.0, -5.199)
    """
    if place != place:
        return place
    if place <= 0.0:
        return _LOWEST
    return _HIGHEST if place >= 1.0 else min(max(_inverse(place), _LOWEST), _HIGHEST)
