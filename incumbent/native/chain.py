"""Steps one after the other: pipelines, and what passes features through."""

from __future__ import annotations

from functools import cached_property
from operator import mul
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.native.blocks import Features
from incumbent.native.step import Arrays, Predictor, Step, build, register

Row = Callable[[Sequence[Any]], "list[Any]"]


@register
class Passthrough(Step):
    """Features as they are."""

    kind = "passthrough"

    def apply(self, x: Features) -> Features:
        return x

    def row(self, x: Sequence[Any]) -> "list[Any]":
        return list(x)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {"step": self.kind}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Passthrough":
        return cls()

    def dot_row(self, weights: Sequence[Sequence[float]]) -> Row:
        lists = [list(w) for w in weights]
        return lambda x: [sum(map(mul, x, w)) for w in lists]

    def dtypes(self, dtypes: Sequence[str]) -> "list[str]":
        return list(dtypes)


@register
class Chain(Step):
    """Transformers one after the other.

    Parameters
    ----------
    steps : sequence of Step
    labels : sequence of str
        What the pipeline calls them.
    """

    kind = "pipeline"

    def __init__(self, steps: Sequence[Step], labels: Sequence[str]) -> None:
        self.steps = list(steps)
        self.labels = list(labels)

    @cached_property
    def rows(self) -> "list[Row]":
        """Functions of one row, one after the other; compiled when a row is first asked for."""
        found: list[Row] = []
        for i, step in enumerate(self.steps):
            fused = step.fused(self.until(i)) if i else None
            found = [*found, step.row] if fused is None else [fused]
        return found

    def until(self, step: int) -> "Chain":
        """The steps before this one."""
        return Chain(self.steps[:step], self.labels[:step])

    def apply(self, x: Features) -> Features:
        for step in self.steps:
            x = step.apply(x)
        return x

    def row(self, x: Sequence[Any]) -> "list[Any]":
        for row in self.rows:
            x = row(x)
        return x if isinstance(x, list) else list(x)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {"step": "pipeline", "steps": _documents(self.labels, self.steps, arrays, names)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> Step:
        labels = [d["name"] for d in document["steps"]]
        return chain([build(d, arrays) for d in document["steps"]], labels)

    def names(self, names: Sequence[str]) -> "list[str]":
        for step in self.steps:
            names = step.names(names)
        return list(names)

    def dtypes(self, dtypes: Sequence[str]) -> "list[str]":
        for step in self.steps:
            dtypes = step.dtypes(dtypes)
        return list(dtypes)

    def dot_row(self, weights: Sequence[Sequence[float]]) -> Row:
        if not self.steps:
            return super().dot_row(weights)
        count, last = len(self.steps) - 1, self.steps[-1]
        pulled = last.pulled(weights)
        if pulled is not None:
            return self.until(count).dot_row(pulled)
        if count and (fused := last.fused(self.until(count))) is not None:
            return _after([fused], Passthrough().dot_row(weights))
        if count and (both := self.steps[-2].joined(last)) is not None:
            count, last = count - 1, both
        return _after(self.until(count).rows, last.dot_row(weights))


class PredictingChain(Predictor):
    """A pipeline that ends with a prediction.

    Parameters
    ----------
    before : Chain
    last : Predictor
    label : str
        What the pipeline calls the last step.
    """

    kind = "pipeline"

    def __init__(self, before: Chain, last: Predictor, label: str) -> None:
        self.before = before
        self.last = last
        self.label = label

    @cached_property
    def _predict_row(self) -> Row:
        return self.last.fused(self.before) or _after(self.before.rows, self.last.predict_row)

    @property
    def scores(self) -> str:  # type: ignore[override]  # a property of the last step's
        return self.last.scores

    def predict(self, x: Features) -> np.ndarray:
        x = self.before.apply(x)
        return without(self.last.predict(x), x.refused)

    def predict_row(self, x: Sequence[Any]) -> "list[float]":
        return self._predict_row(x)

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        steps, labels = [*self.before.steps, self.last], [*self.before.labels, self.label]
        return {"step": self.kind, "steps": _documents(labels, steps, arrays, names)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "PredictingChain":
        found = Chain.from_document(document, arrays)
        assert isinstance(found, PredictingChain)
        return found

    def names(self, names: Sequence[str]) -> "list[str]":
        return self.last.names(self.before.names(names))


def chain(steps: Sequence[Step], labels: Sequence[str]) -> Step:
    """A pipeline of these steps: one that predicts where the last of them does."""
    if steps and isinstance(steps[-1], Predictor):
        return PredictingChain(Chain(steps[:-1], labels[:-1]), steps[-1], labels[-1])
    return Chain(steps, labels)


def without(scores: np.ndarray, refused: "np.ndarray | None") -> np.ndarray:
    """Scores with NaN for refused rows."""
    if refused is None:
        return scores
    scores = np.array(scores, dtype=np.float64)
    scores[refused] = np.nan
    return scores


def _documents(
    labels: Sequence[str], steps: Sequence[Step], arrays: Arrays, names: Sequence[str]
) -> "list[dict[str, Any]]":
    found = []
    for label, step in zip(labels, steps):
        found.append({"name": label, **step.document(arrays, names)})
        if not isinstance(step, Predictor):
            names = step.names(names)
    return found


def _after(before: "Sequence[Row]", last: Row) -> Row:
    """One function: the functions of ``before`` in turn, then ``last``."""
    if not before:
        return last
    if len(before) == 1:
        first = before[0]
        return lambda x: last(first(x))

    def composed(x: Sequence[Any]) -> "list[Any]":
        for function in before:
            x = function(x)
        return last(x)

    return composed
