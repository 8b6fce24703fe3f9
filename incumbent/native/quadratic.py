"""Quadratic discriminant analysis: a Gaussian with its own covariance a class."""

from __future__ import annotations

from functools import cached_property
from operator import mul
from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.native.answers import ANSWERS
from incumbent.native.blocks import Features
from incumbent.native.products import LARGE, unusable, without
from incumbent.native.step import Arrays, Predictor, refuse_row, register


@register
class Quadratic(Predictor):
    """Log posteriors ``start - |(x - mean) @ whitening|² / 2`` a class.

    Parameters
    ----------
    starts : ndarray, shape (classes,)
    means : ndarray, shape (classes, features)
    whitenings : sequence of ndarray, shape (features, axes of the class)
        Rotation to the axes of the class's covariance, divided by the deviation along each.
    labels : sequence of str
        The classes.
    as_decisions : bool
        Log posteriors, as ``decision_function`` has them, instead of probabilities.
    """

    kind = "quadratic"

    def __init__(
        self,
        starts: np.ndarray,
        means: np.ndarray,
        whitenings: Sequence[np.ndarray],
        labels: Sequence[str],
        as_decisions: bool = False,
    ) -> None:
        self.starts = np.asarray(starts, dtype=np.float64)
        self.means = np.asarray(means, dtype=np.float64)
        self.whitenings = [np.asarray(w, dtype=np.float64) for w in whitenings]
        self.labels = list(labels)
        self.as_decisions = as_decisions
        self.scores = "decisions" if as_decisions else "probabilities"
        self._is_large = any(w.size > LARGE for w in self.whitenings)

    @cached_property
    def _classes(self) -> "list[tuple[float, list[float], list[list[float]]]]":
        axes = [w.T.tolist() for w in self.whitenings]
        return list(zip(self.starts.tolist(), self.means.tolist(), axes, strict=True))

    def predict(self, x: Features) -> np.ndarray:
        joint, refused = self._joint(x.dense()), unusable(x)
        if not self.as_decisions:
            return without(ANSWERS["softmax"].many(joint), refused)
        return without(joint[:, 1] - joint[:, 0] if joint.shape[1] == 2 else joint, refused)

    def _joint(self, values: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            z = [
                start - 0.5 * (((values - mean) @ whitening) ** 2).sum(axis=1)
                for start, mean, whitening in zip(self.starts, self.means, self.whitenings, strict=True)
            ]
        return np.stack(z, axis=1)

    def _one(self, x: Sequence[Any]) -> "list[float]":
        """The same of one row, where that takes less than numpy's fixed price."""
        joint = []
        for start, means, axes in self._classes:
            moved = [v - m for v, m in zip(x, means, strict=True)]
            along = [sum(map(mul, moved, axis)) for axis in axes]
            joint.append(start - 0.5 * sum(map(mul, along, along)))
        return joint

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        refuse_row(x)
        joint = self._joint(np.array([x], dtype=np.float64))[0].tolist() if self._is_large else self._one(x)
        if not self.as_decisions:
            return ANSWERS["softmax"].one(joint)
        return [joint[1] - joint[0]] if len(joint) == 2 else joint

    def decisions(self) -> "Quadratic":
        """The same model with its log posteriors as the answer."""
        return Quadratic(self.starts, self.means, self.whitenings, self.labels, as_decisions=True)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "labels": self.labels,
            "decisions": self.as_decisions,
            "starts": arrays.store("starts", self.starts, self.labels),
            "means": arrays.store("means", self.means, self.labels, names),
            "whitenings": [arrays.store("whitening", w, names) for w in self.whitenings],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Quadratic":
        return cls(
            arrays.load(document["starts"]),
            arrays.load(document["means"]),
            [arrays.load(w) for w in document["whitenings"]],
            document["labels"],
            document["decisions"],
        )
