"""Answers that do not depend on the row: dummy estimators."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.native.blocks import Features
from incumbent.native.step import Arrays, Predictor, register


@register
class Constant(Predictor):
    """The same scores for every row, whatever is in it.

    Parameters
    ----------
    values : sequence of float
        One number, or one probability a class.
    scores : str
        ``numbers`` or ``probabilities``.
    labels : sequence of str
        What each value is of.
    """

    kind = "constant"

    def __init__(self, values: Sequence[float], scores: str, labels: Sequence[str]) -> None:
        self.values = [float(v) for v in values]
        self.scores = scores
        self.labels = list(labels)

    def predict(self, x: Features) -> np.ndarray:
        found = np.tile(np.array(self.values), (x.rows, 1))
        return found[:, 0] if self.scores == "numbers" else found

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        return list(self.values)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "scores": self.scores,
            "labels": self.labels,
            "values": arrays.store("values", np.array(self.values), self.labels),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Constant":
        return cls(arrays.load(document["values"]).tolist(), document["scores"], document["labels"])
