"""Functions of one number at a time: thresholds, logarithms, power and quantile transforms."""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.native.blocks import Dense, Features
from incumbent.native.step import Arrays, Refused, Step, refuse_row, register

#: Functions of numpy that a FunctionTransformer may name, and the same for a single number.
FUNCTIONS: "dict[str, Callable[[float], float]]" = {
    "log": math.log,
    "log1p": math.log1p,
    "log2": math.log2,
    "log10": math.log10,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "expm1": math.expm1,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "arctan": math.atan,
    "absolute": abs,
    "square": lambda v: v * v,
}


@register
class Function(Step):
    """A function of numpy applied to every number.

    Parameters
    ----------
    function : str
        A name in :data:`FUNCTIONS`.
    """

    kind = "function"

    def __init__(self, function: str) -> None:
        self.function = function
        self._many: np.ufunc = getattr(np, function)
        self._one = FUNCTIONS[function]

    def apply(self, x: Features) -> Features:
        with np.errstate(all="ignore"):
            return x.with_blocks(Dense(self._many(x.dense())))

    def row(self, x: Sequence[Any]) -> "list[Any]":
        try:
            return [self._one(v) for v in x]
        except (ValueError, OverflowError):  # where numpy answers NaN or infinity
            with np.errstate(all="ignore"):
                found: list[float] = self._many(np.array(x, dtype=np.float64)).tolist()
            return found

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {"step": self.kind, "function": self.function}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Function":
        return cls(document["function"])


@register
class Binarize(Step):
    """One where a number is greater than a threshold, else zero.

    Parameters
    ----------
    threshold : float
    """

    kind = "binarize"

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def apply(self, x: Features) -> Features:
        x = x.finite()
        return x.with_blocks(Dense((x.dense() > self.threshold).astype(np.float64)))

    def row(self, x: Sequence[Any]) -> "list[Any]":
        refuse_row(x)
        return [1.0 if v > self.threshold else 0.0 for v in x]

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {"step": self.kind, "threshold": self.threshold}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Binarize":
        return cls(document["threshold"])


@register
class Power(Step):
    """Power transforms that make a feature more like a normal distribution.

    Sources: Box and Cox (1964); Yeo and Johnson (2000).

    Parameters
    ----------
    method : str
        ``box-cox`` or ``yeo-johnson``.
    lambdas : ndarray of float64, shape (features,)
    """

    kind = "power"

    def __init__(self, method: str, lambdas: np.ndarray) -> None:
        self.method = method
        self.lambdas = lambdas
        self._many = {"box-cox": box_cox, "yeo-johnson": yeo_johnson}[method]
        self._exponents: list[float] = lambdas.tolist()

    def apply(self, x: Features) -> Features:
        x = x.finite(allow_nan=True)
        values = x.dense()
        if self.method == "box-cox":
            x = x.refuse(np.asarray((values <= 0).any(axis=1)))
        with np.errstate(all="ignore"):
            out = [self._many(values[:, i], power) for i, power in enumerate(self._exponents)]
        return x.with_blocks(Dense(np.stack(out, axis=1)))

    def row(self, x: Sequence[Any]) -> "list[Any]":
        refuse_row(x, allow_nan=True)
        if self.method == "yeo-johnson":
            return [_yeo_johnson_one(v, power) for v, power in zip(x, self._exponents)]
        if any(v <= 0 for v in x):
            raise Refused("a number that is not positive")
        return [_raised(math.log(v), power) for v, power in zip(x, self._exponents)]

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "method": self.method,
            "lambdas": arrays.store("lambdas", self.lambdas, names),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Power":
        return cls(document["method"], arrays.load(document["lambdas"]))


def box_cox(x: np.ndarray, power: float) -> np.ndarray:
    """Box and Cox's transform: ``(x ** power - 1) / power``, the logarithm for a power of zero."""
    log = np.log(x)
    return np.asarray(log if abs(power) < 1e-19 else np.expm1(power * log) / power)


def yeo_johnson(x: np.ndarray, power: float) -> np.ndarray:
    """Yeo and Johnson's transform: Box and Cox's of ``1 + x``; below zero mirrored, with ``2 - power``."""
    log = np.log1p(np.abs(x))
    above = log if abs(power) < _TINY else np.expm1(power * log) / power
    mirrored = 2.0 - power
    below = log if abs(mirrored) <= _TINY else np.expm1(mirrored * log) / mirrored
    return np.asarray(np.where(x >= 0, above, -below))


_TINY = float(np.spacing(1.0))


def _yeo_johnson_one(v: float, power: float) -> float:
    if v != v:
        return v
    if v >= 0:
        return _raised(math.log1p(v), power, _TINY)
    return -_raised(math.log1p(-v), 2.0 - power, _TINY)


def _raised(log: float, power: float, tiny: float = 1e-19) -> float:
    if abs(power) < tiny:
        return log
    try:
        return math.expm1(power * log) / power
    except OverflowError:
        return math.inf / power
