"""More features from few: bins, products, quantiles, splines."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

from core.standalone.parts.base import NAN, Refused, check


def binned(x: Sequence[float], cuts: Sequence[Sequence[float]]) -> list[int]:
    """Which interval each number lies in; an edge belongs to the interval above it."""
    check(x)
    return [bisect_right(c, v) for c, v in zip(cuts, x)]


def bin_indicators(codes: Sequence[int], widths: Sequence[int]) -> list[float]:
    """An indicator for every interval."""
    found: list[float] = []
    for code, width in zip(codes, widths):
        found += [1.0 if i == code else 0.0 for i in range(width)]
    return found


def polynomial(
    x: Sequence[float], factors: Sequence[tuple[int, int]], kept: Sequence[int], bias: bool
) -> list[float]:
    """Products of features: each is an earlier product (-1: none) times one feature."""
    check(x)
    made: list[float] = []
    for earlier, feature in factors:
        made.append(x[feature] if earlier < 0 else made[earlier] * x[feature])
    return ([1.0] if bias else []) + [made[i] for i in kept]


def between(v: float, points: Sequence[float], levels: Sequence[float]) -> float:
    """Straight lines between points, level beyond the ends."""
    at = bisect_right(points, v) - 1
    if at < 0:
        return levels[0]
    if at >= len(points) - 1:
        return levels[-1]
    slope = (levels[at + 1] - levels[at]) / (points[at + 1] - points[at])
    return slope * (v - points[at]) + levels[at]


def quantile_place(v: float, points: Sequence[float], levels: Sequence[float], margin: float | None) -> float:
    """Where a number stands among training quantiles, from 0 to 1; null stays."""
    if v != v:
        return v
    if v == points[0] if margin is None else v - margin < points[0]:
        return 0.0
    if v == points[-1] if margin is None else v + margin > points[-1]:
        return 1.0
    back = between(-v, [-p for p in reversed(points)], [-level for level in reversed(levels)])
    return 0.5 * (between(v, points, levels) - back)


def normal_quantile(place: float) -> float:
    """The normal quantile of a place from 0 to 1, kept away from infinity; NaN stays."""
    if place != place:
        return place
    inverse = NormalDist().inv_cdf
    lowest, highest = inverse(1e-7 - 2.0**-52), inverse(1.0 - (1e-7 - 2.0**-52))
    if place <= 0.0:
        return lowest
    return highest if place >= 1.0 else min(max(inverse(place), lowest), highest)


def quantiles(x: Sequence[float], points: Any, levels: Sequence[float], normal: bool) -> list[float]:
    """Every number by its rank in training: its place from 0 to 1, or the normal quantile of it."""
    check(x, nulls=True)
    margin = 1e-7 if normal else None
    places = [quantile_place(v, p, levels, margin) for v, p in zip(x, points)]
    return [normal_quantile(p) for p in places] if normal else places


def spline_values(v: float, knots: Sequence[float], degree: int, splines: int) -> list[float]:
    """Every B-spline at a number (de Boor 1978)."""
    bases = len(knots) - degree - 1
    at = min(max(bisect_right(knots, v) - 1, degree), bases - 1)
    h = [1.0] + [0.0] * degree
    for j in range(1, degree + 1):
        before = h[:j]
        h[0] = 0.0
        for n in range(1, j + 1):
            high, low = knots[at + n], knots[at + n - j]
            w = before[n - 1] / (high - low) if high != low else 0.0
            h[n - 1] += w * (high - v)
            h[n] = w * (v - low)
    if not all(map(math.isfinite, h)):
        return [NAN] * splines
    found = [0.0] * splines
    for i, value in enumerate(h):
        found[(at - degree + i) % splines] += value
    return found


def spline(v: float, knots: Sequence[float], degree: int, beyond: str, edges: Any) -> list[float]:
    """Every B-spline at a number, and what they are beyond the training range."""
    bases = len(knots) - degree - 1
    low, high = knots[degree], knots[bases]
    if beyond == "error" and (v < low or v > high):
        raise Refused("a number lies beyond the range of training")
    if v != v:
        return [0.0] * (bases - degree if beyond == "periodic" else bases)
    if beyond == "periodic":
        period = high - low
        return spline_values(low + (v - low) % period if period > 0 else 0.0, knots, degree, bases - degree)
    if edges is not None and not low <= v <= high:
        (at, slope), end = (edges[:2], low) if v < low else (edges[2:], high)
        return [a + (v - end) * s for a, s in zip(at, slope)] if any(slope) else list(at)
    return spline_values(v, knots, degree, bases)


def splines(
    x: Sequence[float], columns: Sequence[tuple[Any, str, Any]], degree: int, bias: bool, zeros: bool
) -> list[float]:
    """The B-splines of every number; a column is its knots, what is beyond them, and its edges."""
    if not zeros:
        check(x)
    found: list[float] = []
    for v, (knots, beyond, edges) in zip(x, columns):
        values = spline(v, knots, degree, beyond, edges)
        found += values if bias else values[:-1]
    return found
