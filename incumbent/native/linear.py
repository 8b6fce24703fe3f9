"""Linear and generalised linear models, and everything else that is one product with a matrix and a link.

Regressors, logistic regression, linear support vector machines, discriminant analysis and the naive Bayes
models of counts: raw scores ``x @ coefficients + intercepts``, then an answer (``answers.py``).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.native.answers import ANSWERS
from incumbent.native.blocks import Features
from incumbent.native.products import dot, product, without
from incumbent.native.step import Arrays, Predictor, Step, register


@register
class Linear(Predictor):
    """Raw scores, and how they are read.

    Parameters
    ----------
    coefficients : ndarray, shape (raw scores, features)
    intercepts : ndarray, shape (raw scores,)
    answer : str
        A name in :data:`incumbent.native.answers.ANSWERS`.
    labels : sequence of str
        What each raw score is of: a class, or ``score``.
    """

    kind = "linear"

    def __init__(
        self, coefficients: np.ndarray, intercepts: np.ndarray, answer: str, labels: Sequence[str]
    ) -> None:
        self.coefficients = np.ascontiguousarray(coefficients, dtype=np.float64)
        self.intercepts = np.asarray(intercepts, dtype=np.float64)
        self.answer = answer
        self.labels = list(labels)
        self._answer = ANSWERS[answer]
        self.scores = self._answer.scores
        self._weights = np.ascontiguousarray(self.coefficients.T)
        self._starts: list[float] = self.intercepts.tolist()

    @cached_property
    def _rows(self) -> "list[list[float]]":
        return self.coefficients.tolist()  # type: ignore[no-any-return]

    def predict(self, x: Features) -> np.ndarray:
        z, refused = product(x, self._weights)
        return without(self._answer.many(z + self.intercepts), refused)

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        return self._answer.one([dot(x, w, b) for w, b in zip(self._rows, self._starts, strict=True)])

    def fused(self, before: Step) -> "Callable[[Sequence[Any]], list[float]]":
        products, read, starts = before.dot_row(self._rows), self._answer.one, self._starts

        if len(starts) == 1:
            start = starts[0]

            def single(x: Sequence[Any]) -> "list[float]":
                z = products(x)[0] + start
                if z - z != 0.0:  # a row to refuse, an overflow, or a null in a feature of no weight
                    return self.predict_row(before.row(x))
                return read([z])

            return single

        def one(x: Sequence[Any]) -> "list[float]":
            z = [p + b for p, b in zip(products(x), starts, strict=True)]
            total = sum(z)
            if total - total != 0.0:
                return self.predict_row(before.row(x))
            return read(z)

        return one

    def decisions(self) -> "Linear":
        """The same model with its raw scores as the answer."""
        return Linear(self.coefficients, self.intercepts, "decision", self.labels)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "answer": self.answer,
            "labels": self.labels,
            "intercepts": arrays.store("intercepts", self.intercepts, self.labels),
            "coefficients": arrays.store("coefficients", self.coefficients, self.labels, names),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Linear":
        return cls(
            arrays.load(document["coefficients"]),
            arrays.load(document["intercepts"]),
            document["answer"],
            document["labels"],
        )
