"""A regressor of a transformed target, and the way back from its answers."""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.native.answers import logistic_many
from incumbent.native.blocks import Features
from incumbent.native.combine import read_predictor
from incumbent.native.step import Arrays, Predictor, Refused, register

Inverse = Mapping[str, Any]

#: Functions of one number that a target may be taken back with.
FUNCTIONS: "dict[str, Callable[[np.ndarray], np.ndarray]]" = {
    "arccosh": np.arccosh,
    "arcsinh": np.arcsinh,
    "arctanh": np.arctanh,
    "cbrt": np.cbrt,
    "cosh": np.cosh,
    "exp": np.exp,
    "exp2": np.exp2,
    "expit": logistic_many,
    "expm1": np.expm1,
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "log2": np.log2,
    "negative": np.negative,
    "positive": np.positive,
    "reciprocal": np.reciprocal,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "square": np.square,
    "tanh": np.tanh,
}
#: How near to 0 and 1 a quantile transformer takes a normal probability for the bound itself.
BOUND = 1e-7


def _function(x: np.ndarray, how: Inverse) -> np.ndarray:
    return np.asarray(FUNCTIONS[how["name"]](x))


def _stretch(x: np.ndarray, how: Inverse) -> np.ndarray:
    return np.asarray(x * how["factor"] + how["offset"])


def _squeeze(x: np.ndarray, how: Inverse) -> np.ndarray:
    return np.asarray((x - how["offset"]) / how["factor"])


def _yeo_johnson(x: np.ndarray, how: Inverse) -> np.ndarray:
    power = how["lambda"]
    above = np.exp(x) - 1 if abs(power) < np.spacing(1.0) else np.power(x * power + 1, 1 / power) - 1
    if abs(power - 2) > np.spacing(1.0):
        below = 1 - np.power(-(2 - power) * x + 1, 1 / (2 - power))
    else:
        below = 1 - np.exp(-x)
    return np.asarray(np.where(x >= 0, above, below))


def _box_cox(x: np.ndarray, how: Inverse) -> np.ndarray:
    power = how["lambda"]
    return np.asarray(np.exp(x if power == 0 else np.log1p(power * x) / power))


def _quantiles(x: np.ndarray, how: Inverse) -> np.ndarray:
    quantiles = how["quantiles"]
    if how["distribution"] == "normal":
        x = np.array([0.5 * math.erfc(-v / math.sqrt(2.0)) for v in x.tolist()])
    found = np.asarray(np.interp(x, np.linspace(0.0, 1.0, len(quantiles)), quantiles))
    if how["distribution"] == "normal":
        found = np.where(x + BOUND > 1.0, quantiles[-1], found)
        found = np.where(x - BOUND < 0.0, quantiles[0], found)
    return found


#: Every way back, by the name that a coefficients file has for it.
INVERSES: "dict[str, Callable[[np.ndarray, Inverse], np.ndarray]]" = {
    "box-cox": _box_cox,
    "function": _function,
    "quantiles": _quantiles,
    "squeeze": _squeeze,
    "stretch": _stretch,
    "yeo-johnson": _yeo_johnson,
}


@register
class Retransformed(Predictor):
    """A regressor whose answers are taken back to the target's own scale.

    Parameters
    ----------
    member : Predictor
        With numbers.
    inverses : sequence of mapping
        One after the other; ``how`` is a name in :data:`INVERSES`, the rest its numbers.
    """

    kind = "retransformed"
    scores = "numbers"

    def __init__(self, member: Predictor, inverses: Sequence[Inverse]) -> None:
        self.member = member
        self.inverses = [dict(i) for i in inverses]

    def predict(self, x: Features) -> np.ndarray:
        return self._back(self.member.predict(x))

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        found = self.member.predict_row(x)[0]
        if not math.isfinite(found):
            raise Refused(f"the regressor's answer {found} cannot be taken back")
        return self._back(np.array([found])).tolist()  # type: ignore[no-any-return]

    def _back(self, values: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            for inverse in self.inverses:
                values = np.where(np.isfinite(values), values, np.nan)
                values = INVERSES[inverse["how"]](values, inverse)
        return values

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "inverses": self.inverses,
            "member": self.member.document(arrays, names),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Retransformed":
        return cls(read_predictor(document["member"], arrays), document["inverses"])
