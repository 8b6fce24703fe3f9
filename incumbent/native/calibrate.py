"""Calibrated classifiers: a curve a class over a classifier's scores."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from typing import Any, ClassVar, Mapping, Sequence

import numpy as np

from incumbent.native.answers import logistic, logistic_many, normalise, normalise_many, softmax, softmax_many
from incumbent.native.blocks import Features
from incumbent.native.combine import Row, fused_with, read_predictor
from incumbent.native.step import Arrays, Predictor, Step, register

#: What keeps the logarithm of a probability of zero finite.
EPSILON = 1e-12


class Curve(ABC):
    """From a score to a probability."""

    name: ClassVar[str]

    @abstractmethod
    def many(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities, shape (rows,); NaN stays NaN."""

    @abstractmethod
    def one(self, score: float) -> float:
        """The same of one score."""

    @abstractmethod
    def document(self, arrays: Arrays) -> "dict[str, Any]":
        """The curve as plain data."""

    @classmethod
    @abstractmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Curve":
        """The curve again."""


class Sigmoid(Curve):
    """Platt's ``1 / (1 + exp(slope * score + offset))``."""

    name = "sigmoid"

    def __init__(self, slope: float, offset: float) -> None:
        self.slope = slope
        self.offset = offset

    def many(self, scores: np.ndarray) -> np.ndarray:
        return logistic_many(-(self.slope * scores + self.offset))

    def one(self, score: float) -> float:
        return logistic(-(self.slope * score + self.offset))

    def document(self, arrays: Arrays) -> "dict[str, Any]":
        return {"curve": self.name, "slope": self.slope, "offset": self.offset}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Sigmoid":
        return cls(document["slope"], document["offset"])


class Isotonic(Curve):
    """Straight lines between points, level beyond the first and the last.

    Parameters
    ----------
    scores, probabilities : sequence of float
        The points, scores increasing.
    """

    name = "isotonic"

    def __init__(self, scores: Sequence[float], probabilities: Sequence[float]) -> None:
        self.scores = [float(v) for v in scores]
        self.probabilities = [float(v) for v in probabilities]

    def many(self, scores: np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(scores, self.scores, self.probabilities))

    def one(self, score: float) -> float:
        x, y = self.scores, self.probabilities
        if score != score:
            return math.nan
        if score <= x[0]:
            return y[0]
        if score >= x[-1]:
            return y[-1]
        i = bisect_right(x, score) - 1
        return (y[i + 1] - y[i]) / (x[i + 1] - x[i]) * (score - x[i]) + y[i]

    def document(self, arrays: Arrays) -> "dict[str, Any]":
        return {
            "curve": self.name,
            "scores": arrays.store("scores", np.array(self.scores)),
            "probabilities": arrays.store("probabilities", np.array(self.probabilities)),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Isotonic":
        return cls(arrays.load(document["scores"]).tolist(), arrays.load(document["probabilities"]).tolist())


CURVES: "dict[str, type[Curve]]" = {c.name: c for c in (Sigmoid, Isotonic)}


@register
class Calibrated(Predictor):
    """A classifier with a curve a class; for two classes, one curve, of the second.

    Parameters
    ----------
    member : Predictor
        With decisions, or probabilities.
    curves : sequence of Curve
    """

    kind = "calibrated"
    scores = "probabilities"

    def __init__(self, member: Predictor, curves: Sequence[Curve]) -> None:
        self.member = member
        self.curves = list(curves)

    def predict(self, x: Features) -> np.ndarray:
        found = self.member.predict(x)
        if len(self.curves) == 1:
            p = self.curves[0].many(found if found.ndim == 1 else found[:, 1])
            return np.stack([1.0 - p, p], axis=1)
        columns = [curve.many(column) for curve, column in zip(self.curves, found.T, strict=True)]
        return normalise_many(np.stack(columns, axis=1))

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        return self._read(self.member.predict_row(x))

    def fused(self, before: Step) -> Row:
        row, read = fused_with(before, self.member), self._read
        return lambda x: read(row(x))

    def _read(self, found: "list[float]") -> "list[float]":
        if len(self.curves) == 1:
            p = self.curves[0].one(found[-1])
            return [1.0 - p, p]
        return normalise([curve.one(v) for curve, v in zip(self.curves, found, strict=True)])

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "curves": [c.document(arrays) for c in self.curves],
            "member": self.member.document(arrays, names),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Calibrated":
        curves = [CURVES[c["curve"]].from_document(c, arrays) for c in document["curves"]]
        return cls(read_predictor(document["member"], arrays), curves)


@register
class Tempered(Predictor):
    """A classifier whose logits are all multiplied with one number.

    Parameters
    ----------
    member : Predictor
        With decisions, or probabilities (their logarithms are taken as logits).
    factor : float
        The inverse temperature.
    """

    kind = "tempered"
    scores = "probabilities"

    def __init__(self, member: Predictor, factor: float) -> None:
        self.member = member
        self.factor = factor

    def predict(self, x: Features) -> np.ndarray:
        found = self.member.predict(x)
        if self.member.scores == "probabilities":
            with np.errstate(invalid="ignore"):
                return softmax_many(self.factor * np.log(found + EPSILON))
        return softmax_many(self.factor * (np.stack([-found, found], axis=1) if found.ndim == 1 else found))

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        found = self.member.predict_row(x)
        if self.member.scores == "probabilities":
            return softmax([self.factor * math.log(p + EPSILON) for p in found])
        return softmax([self.factor * z for z in ([-found[0], found[0]] if len(found) == 1 else found)])

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {"step": self.kind, "factor": self.factor, "member": self.member.document(arrays, names)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Tempered":
        return cls(read_predictor(document["member"], arrays), document["factor"])
