"""Multi-layer perceptrons."""

from __future__ import annotations

import math
from functools import cached_property
from operator import mul
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.native.answers import ANSWERS, logistic, logistic_many
from incumbent.native.blocks import Features
from incumbent.native.products import LARGE, product, without
from incumbent.native.step import Arrays, Predictor, Step, refuse_row, register

#: Activations of hidden layers: of an array, and of one number.
ACTIVATIONS: "dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[float], float]]]" = {
    "identity": (lambda z: z, lambda z: z),
    "logistic": (logistic_many, logistic),
    "tanh": (np.tanh, math.tanh),
    "relu": (lambda z: np.maximum(z, 0.0), lambda z: 0.0 if z < 0.0 else z),
}

#: A first layer of more features than these is not multiplied by numpy for single rows: mostly they are zero.
WIDE = 2_000


@register
class Network(Predictor):
    """Layers of units, each one product, one activation.

    Parameters
    ----------
    weights : sequence of ndarray, shape (units before, units)
    biases : sequence of ndarray, shape (units,)
    activation : str
        A name in :data:`ACTIVATIONS`, of the hidden layers.
    answer : str
        A name in :data:`incumbent.native.answers.ANSWERS`, of the last layer.
    """

    kind = "network"

    def __init__(
        self, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], activation: str, answer: str
    ) -> None:
        self.weights = [np.ascontiguousarray(w, dtype=np.float64) for w in weights]
        self.biases = [np.asarray(b, dtype=np.float64) for b in biases]
        self.activation = activation
        self.answer = answer
        self._answer = ANSWERS[answer]
        self._many, self._one = ACTIVATIONS[activation]
        self.scores = self._answer.scores

    @cached_property
    def _layers(self) -> "list[Callable[[Sequence[Any]], list[float]]]":
        """What each layer makes of what goes into it."""
        return [_layer(w, b) for w, b in zip(self.weights, self.biases, strict=True)]

    def predict(self, x: Features) -> np.ndarray:
        z, refused = product(x, self.weights[0])
        with np.errstate(all="ignore"):
            z = z + self.biases[0]
            for w, b in zip(self.weights[1:], self.biases[1:], strict=True):
                z = self._many(z) @ w + b
        return without(self._answer.many(z), refused)

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        refuse_row(x)
        return self._forward(self._layers[0](x))

    def fused(self, before: Step) -> "Callable[[Sequence[Any]], list[float]] | None":
        features, _ = self.weights[0].shape
        if self.weights[0].size > LARGE and features <= WIDE:
            return None
        products, biases = before.dot_row(self.weights[0].T.tolist()), self.biases[0].tolist()

        def one(x: Sequence[Any]) -> "list[float]":
            z = [p + b for p, b in zip(products(x), biases, strict=True)]
            total = sum(z)
            if total - total != 0.0:
                return self.predict_row(before.row(x))
            return self._forward(z)

        return one

    def _forward(self, z: "list[float]") -> "list[float]":
        for layer in self._layers[1:]:
            z = layer([self._one(v) for v in z])
        return self._answer.one(z)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        layers, before = [], list(names)
        for depth, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            units = [f"unit {i}" for i in range(len(b))]
            layers.append(
                {
                    "biases": arrays.store(f"layer{depth}.biases", b, units),
                    "weights": arrays.store(f"layer{depth}.weights", w, before, units),
                }
            )
            before = units
        return {"step": self.kind, "activation": self.activation, "answer": self.answer, "layers": layers}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Network":
        layers = document["layers"]
        return cls(
            [arrays.load(layer["weights"]) for layer in layers],
            [arrays.load(layer["biases"]) for layer in layers],
            document["activation"],
            document["answer"],
        )


def _layer(weights: np.ndarray, biases: np.ndarray) -> "Callable[[Sequence[Any]], list[float]]":
    """One layer for one row."""
    if weights.size > LARGE:

        def large(x: Sequence[Any]) -> "list[float]":
            with np.errstate(all="ignore"):
                found: "list[float]" = (np.array(x, dtype=np.float64) @ weights + biases).tolist()
            return found

        return large
    units = list(zip(weights.T.tolist(), biases.tolist(), strict=True))
    return lambda x: [sum(map(mul, x, w)) + b for w, b in units]
