"""Naive Bayes models that are more than one product: Gaussian, yes-or-no and categorical features."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.native.answers import ANSWERS
from incumbent.native.blocks import Block, Dense, Features, OneHot, Sparse
from incumbent.native.linear import Linear
from incumbent.native.products import unusable, without
from incumbent.native.step import Arrays, Predictor, Refused, refuse_row, register

_POSTERIOR = ANSWERS["posterior"]


@register
class GaussianBayes(Predictor):
    """A normal distribution a class and feature.

    Parameters
    ----------
    starts : ndarray, shape (classes,)
        Logarithm of the prior and of the normal densities' factors.
    means, variances : ndarray, shape (classes, features)
    labels : sequence of str
        The classes.
    """

    kind = "gaussian_bayes"
    scores = "probabilities"

    def __init__(
        self, starts: np.ndarray, means: np.ndarray, variances: np.ndarray, labels: Sequence[str]
    ) -> None:
        self.starts = np.asarray(starts, dtype=np.float64)
        self.means = np.asarray(means, dtype=np.float64)
        self.variances = np.asarray(variances, dtype=np.float64)
        self.labels = list(labels)
        self._classes = list(
            zip(self.starts.tolist(), self.means.tolist(), self.variances.tolist(), strict=True)
        )

    def predict(self, x: Features) -> np.ndarray:
        values, refused = x.dense(), unusable(x)
        with np.errstate(all="ignore"):
            joint = [
                start - 0.5 * ((values - mean) ** 2 / variance).sum(axis=1)
                for start, mean, variance in zip(self.starts, self.means, self.variances, strict=True)
            ]
            return without(_POSTERIOR.many(np.stack(joint, axis=1)), refused)

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        refuse_row(x)
        return _POSTERIOR.one(
            [
                start - 0.5 * sum((v - m) * (v - m) / s for v, m, s in zip(x, means, variances, strict=True))
                for start, means, variances in self._classes
            ]
        )

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "labels": self.labels,
            "starts": arrays.store("starts", self.starts, self.labels),
            "means": arrays.store("means", self.means, self.labels, names),
            "variances": arrays.store("variances", self.variances, self.labels, names),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "GaussianBayes":
        return cls(
            arrays.load(document["starts"]),
            arrays.load(document["means"]),
            arrays.load(document["variances"]),
            document["labels"],
        )


@register
class BernoulliBayes(Predictor):
    """Features turned into yes or no, then a linear model.

    Parameters
    ----------
    threshold : float
        Values above it are a yes; not negative, so that zeros stay zeros.
    linear : Linear
        Over zeros and ones.
    """

    kind = "bernoulli_bayes"
    scores = "probabilities"

    def __init__(self, threshold: float, linear: Linear) -> None:
        self.threshold = threshold
        self.linear = linear

    def predict(self, x: Features) -> np.ndarray:
        answered = self.linear.predict(x.with_blocks(*(self._yes(b, x.rows) for b in x.blocks)))
        return without(answered, unusable(x))

    def _yes(self, block: Block, rows: int) -> Block:
        if isinstance(block, OneHot) and self.threshold < 1.0:
            return block
        if isinstance(block, Sparse):
            yes = (block.data > self.threshold).astype(np.float64)
            return Sparse(block.indptr, block.indices, yes, block.width)
        return Dense((Features(rows, (block,)).dense() > self.threshold).astype(np.float64))

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        refuse_row(x)
        return self.linear.predict_row([1.0 if v > self.threshold else 0.0 for v in x])

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "threshold": self.threshold,
            "linear": self.linear.document(arrays, names),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "BernoulliBayes":
        return cls(document["threshold"], Linear.from_document(document["linear"], arrays))


@register
class CategoricalBayes(Predictor):
    """A table of logarithmic probabilities a feature; the features are whole numbers from zero.

    Parameters
    ----------
    priors : ndarray, shape (classes,)
        Logarithms.
    tables : sequence of ndarray, shape (classes, categories of the feature)
    labels : sequence of str
        The classes.
    """

    kind = "categorical_bayes"
    scores = "probabilities"

    def __init__(self, priors: np.ndarray, tables: Sequence[np.ndarray], labels: Sequence[str]) -> None:
        self.priors = np.asarray(priors, dtype=np.float64)
        self.tables = [np.asarray(t, dtype=np.float64) for t in tables]
        self.labels = list(labels)
        self._by_category: list[list[list[float]]] = [t.T.tolist() for t in self.tables]

    def predict(self, x: Features) -> np.ndarray:
        values = x.dense()
        joint = np.zeros((x.rows, len(self.labels)))
        refused = np.zeros(x.rows, dtype=bool)
        for i, table in enumerate(self.tables):
            known = (values[:, i] > -1.0) & (values[:, i] < table.shape[1])
            refused |= ~known
            joint += table.T[np.where(known, values[:, i], 0.0).astype(np.int64)]
        return without(_POSTERIOR.many(joint + self.priors), refused)

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        joint = [0.0] * len(self.labels)
        for value, table in zip(x, self._by_category, strict=True):
            if not -1.0 < value < len(table):
                raise Refused(f"{value} is no category from 0 to {len(table) - 1}")
            joint = [a + b for a, b in zip(joint, table[int(value)], strict=True)]
        return _POSTERIOR.one([a + b for a, b in zip(joint, self.priors.tolist(), strict=True)])

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "labels": self.labels,
            "priors": arrays.store("priors", self.priors, self.labels),
            "features": list(names),
            "tables": [arrays.store("table", t, self.labels) for t in self.tables],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "CategoricalBayes":
        tables = [arrays.load(t) for t in document["tables"]]
        return cls(arrays.load(document["priors"]), tables, document["labels"])
