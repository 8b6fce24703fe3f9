"""The way back from a transformed target to its own scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from core.standalone.parts.answers import logistic
from core.standalone.parts.base import INF, NAN, Refused
from core.standalone.parts.expand import between
from core.standalone.parts.numbers import edge


def answered(value: float) -> float:
    """A regressor's answer; one that is not finite is refused."""
    if not math.isfinite(value):
        raise Refused("the model has no answer to this row")
    return value


def cube_root(v: float) -> float:
    """The cube root, to the last bit or the one before."""
    if v == 0.0:
        return v
    root = math.copysign(abs(v) ** (1.0 / 3.0), v)
    return root - (root * root * root - v) / (3.0 * root * root)


def signed_edge(function: Callable[[float], float], v: float) -> float:
    """An odd function; infinite with the number's sign where it is too large or has a pole at 1."""
    if abs(v) == 1.0 and function is math.atanh:
        return math.copysign(INF, v)
    return edge(function, v, huge=math.copysign(INF, v))


#: Functions of one number that lead back.
BACK: dict[str, Callable[[float], float]] = {
    "arccosh": lambda v: edge(math.acosh, v),
    "arcsinh": math.asinh,
    "arctanh": lambda v: signed_edge(math.atanh, v),
    "cbrt": cube_root,
    "cosh": lambda v: edge(math.cosh, v),
    "exp": lambda v: edge(math.exp, v),
    "exp2": lambda v: edge(lambda x: math.pow(2.0, x), v),
    "expit": logistic,
    "expm1": lambda v: edge(math.expm1, v),
    "log": lambda v: edge(math.log, v, 0.0),
    "log10": lambda v: edge(math.log10, v, 0.0),
    "log1p": lambda v: edge(math.log1p, v, -1.0),
    "log2": lambda v: edge(math.log2, v, 0.0),
    "negative": lambda v: -v,
    "positive": lambda v: v,
    "reciprocal": lambda v: 1.0 / v if v else math.copysign(INF, v),
    "sinh": lambda v: signed_edge(math.sinh, v),
    "sqrt": lambda v: edge(math.sqrt, v),
    "square": lambda v: v * v,
    "tanh": math.tanh,
}


def back_by_function(v: float, name: str) -> float:
    """Back by a function."""
    return BACK[name](v)


def back_stretched(v: float, factor: float, offset: float) -> float:
    """Back by a multiplication, then a sum."""
    return v * factor + offset


def back_squeezed(v: float, factor: float, offset: float) -> float:
    """Back by a difference, then a division."""
    return (v - offset) / factor


def powered(base: float, exponent: float) -> float:
    """A power; NaN where there is none, infinite where it is too large."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return INF
    except ValueError:
        return INF if base == 0.0 else NAN


def back_yeo_johnson(v: float, power: float) -> float:
    """Back from Yeo and Johnson's power transform."""
    tiny = 2.0**-52
    if v != v:
        return v
    if v >= 0:
        return edge(math.exp, v) - 1 if abs(power) < tiny else powered(v * power + 1, 1 / power) - 1
    if abs(power - 2) > tiny:
        return 1 - powered(-(2 - power) * v + 1, 1 / (2 - power))
    return 1 - edge(math.exp, -v)


def back_box_cox(v: float, power: float) -> float:
    """Back from Box and Cox's power transform."""
    return edge(math.exp, v if power == 0 else edge(math.log1p, power * v, -1.0) / power)


def back_from_quantiles(v: float, points: Sequence[float], levels: Sequence[float], normal: bool) -> float:
    """Back from a place among quantiles."""
    if v != v:
        return v
    if normal:
        v = 0.5 * math.erfc(-v / math.sqrt(2.0))
    found = between(v, levels, points)
    if normal and v + 1e-7 > 1.0:
        found = points[-1]
    return points[0] if normal and v - 1e-7 < 0.0 else found


def finite_or_nan(v: float) -> float:
    """A number that is not finite as NaN."""
    return v if v - v == 0.0 else NAN
