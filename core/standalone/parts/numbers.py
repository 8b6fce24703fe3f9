"""Numbers, one at a time: scaling, thresholds, logarithms, power transforms."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from core.standalone.parts.base import INF, NAN, Refused, check


def affine(
    x: Sequence[float],
    center: Sequence[float] | None = None,
    scale: Sequence[float] | None = None,
    factor: Sequence[float] | None = None,
    offset: Sequence[float] | None = None,
    clip: tuple[float, float] | None = None,
) -> list[float]:
    """``(x - center) / scale * factor + offset``, within the bounds of ``clip``; a null stays."""
    check(x, nulls=True)
    found = list(x)
    if center is not None:
        found = [v - c for v, c in zip(found, center)]
    if scale is not None:
        found = [v / s for v, s in zip(found, scale)]
    if factor is not None:
        found = [v * f for v, f in zip(found, factor)]
    if offset is not None:
        found = [v + o for v, o in zip(found, offset)]
    if clip is not None:
        low, high = clip
        found = [low if v < low else high if v > high else v for v in found]
    return found


def sparse_scaled(
    x: dict[int, float], scale: Sequence[float] | None = None, factor: Sequence[float] | None = None
) -> dict[int, float]:
    """``x / scale * factor`` for values by position."""
    check(x.values(), nulls=True)
    if scale is not None:
        x = {i: v / scale[i] for i, v in x.items()}
    if factor is not None:
        x = {i: v * factor[i] for i, v in x.items()}
    return x


def times(x: Any, weight: float) -> Any:
    """Every value times one number."""
    if isinstance(x, dict):
        return {i: v * weight for i, v in x.items()}
    return [v * weight for v in x]


def above(x: Sequence[float], threshold: float) -> list[float]:
    """One where a number is greater than the threshold, else zero."""
    check(x)
    return [1.0 if v > threshold else 0.0 for v in x]


def edge(function: Callable[[float], float], v: float, pole: float = NAN, huge: float = INF) -> float:
    """A function of a number; at its pole minus infinity, beyond its domain NaN, too large ``huge``."""
    try:
        return function(v)
    except OverflowError:
        return huge
    except ValueError:
        return -INF if v == pole else NAN


#: Functions of numpy by name, for single numbers.
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "log": lambda v: edge(math.log, v, 0.0),
    "log1p": lambda v: edge(math.log1p, v, -1.0),
    "log2": lambda v: edge(math.log2, v, 0.0),
    "log10": lambda v: edge(math.log10, v, 0.0),
    "sqrt": lambda v: edge(math.sqrt, v),
    "exp": lambda v: edge(math.exp, v),
    "expm1": lambda v: edge(math.expm1, v),
    "sin": lambda v: edge(math.sin, v),
    "cos": lambda v: edge(math.cos, v),
    "tanh": math.tanh,
    "arctan": math.atan,
    "absolute": abs,
    "square": lambda v: v * v,
}


def mapped(x: Sequence[float], function: str) -> list[float]:
    """A function of every number."""
    return [FUNCTIONS[function](v) for v in x]


def raised(logarithm: float, power: float, tiny: float) -> float:
    """``(exp(power * logarithm) - 1) / power``, the logarithm itself for a power of zero."""
    if abs(power) < tiny:
        return logarithm
    try:
        return math.expm1(power * logarithm) / power
    except OverflowError:
        return INF / power


def box_cox(x: Sequence[float], lambdas: Sequence[float]) -> list[float]:
    """Box and Cox's power transform (1964)."""
    check(x, nulls=True)
    if any(v <= 0 for v in x):
        raise Refused("the model takes no number that is not positive")
    return [raised(math.log(v), power, 1e-19) for v, power in zip(x, lambdas)]


def yeo_johnson(x: Sequence[float], lambdas: Sequence[float]) -> list[float]:
    """Yeo and Johnson's power transform (2000)."""
    check(x, nulls=True)
    tiny = 2.0**-52
    found = []
    for v, power in zip(x, lambdas):
        if v != v:
            found.append(v)
        elif v >= 0:
            found.append(raised(math.log1p(v), power, tiny))
        else:
            found.append(-raised(math.log1p(-v), 2.0 - power, tiny))
    return found
