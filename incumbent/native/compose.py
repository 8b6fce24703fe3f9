"""Steps made of steps: pipelines, column transformers, feature unions."""

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


@register
class Columns(Step):
    """A column transformer: each part takes some of the features, and what they make stands side by side.

    Parameters
    ----------
    parts : sequence of (label, positions, Step)
    prefix : bool
        Whether names that come out begin with the part's label.
    """

    kind = "columns"

    def __init__(self, parts: "Sequence[tuple[str, Sequence[int], Step]]", prefix: bool = True) -> None:
        self.parts = [(label, list(positions), step) for label, positions, step in parts]
        self.prefix = prefix
        self._rows = [(_getter(positions), step.row) for _, positions, step in self.parts]

    def apply(self, x: Features) -> Features:
        return x.with_blocks().beside([step.apply(x.select(at)) for _, at, step in self.parts])

    def row(self, x: Sequence[Any]) -> "list[Any]":
        found: list[Any] = []
        for getter, row in self._rows:
            found += row(getter(x))
        return found

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        parts = []
        for label, at, step in self.parts:
            inputs = [names[i] for i in at]
            of = step.document(arrays, inputs)
            parts.append({"name": label, "columns": inputs, "positions": at, **of})
        return {"step": self.kind, "prefix": self.prefix, "parts": parts}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Columns":
        parts = [(d["name"], d["positions"], build(d, arrays)) for d in document["parts"]]
        return cls(parts, document["prefix"])

    def names(self, names: Sequence[str]) -> "list[str]":
        found: list[str] = []
        for label, at, step in self.parts:
            out = step.names([names[i] for i in at])
            found += [f"{label}__{n}" for n in out] if self.prefix else out
        return found

    def dtypes(self, dtypes: Sequence[str]) -> "list[str]":
        return [d for _, at, step in self.parts for d in step.dtypes([dtypes[i] for i in at])]

    def dot_row(self, weights: Sequence[Sequence[float]]) -> Row:
        compiled: list[tuple[Callable[[Sequence[Any]], Sequence[Any]], Row]] = []
        at = 0
        for _, positions, step in self.parts:
            width = step.width(len(positions))
            compiled.append((_getter(positions), step.dot_row([w[at : at + width] for w in weights])))
            at += width
        return _sum_of(compiled, len(weights))


@register
class Union(Step):
    """A feature union: every part takes all features, and what they make stands side by side.

    Parameters
    ----------
    features : int
        How many go in.
    parts : sequence of (label, Step)
    weights : sequence of float or None
        A factor for each part.
    prefix : bool
        Whether names that come out begin with the part's label.
    """

    kind = "union"

    def __init__(
        self,
        features: int,
        parts: "Sequence[tuple[str, Step]]",
        weights: "Sequence[float | None] | None" = None,
        prefix: bool = True,
    ) -> None:
        self.features = features
        self.parts = list(parts)
        self.weights = list(weights) if weights is not None else [None] * len(self.parts)
        self.prefix = prefix

    def apply(self, x: Features) -> Features:
        from incumbent.native.scale import scaled

        made = [step.apply(x) for _, step in self.parts]
        made = [m if w is None else scaled(m, np.full(m.width, w)) for m, w in zip(made, self.weights)]
        return x.with_blocks().beside(made)

    def row(self, x: Sequence[Any]) -> "list[Any]":
        found: list[Any] = []
        for (_, step), weight in zip(self.parts, self.weights):
            out = step.row(x)
            found += out if weight is None else [v * weight for v in out]
        return found

    def dot_row(self, weights: Sequence[Sequence[float]]) -> Row:
        compiled: list[tuple[Callable[[Sequence[Any]], Sequence[Any]], Row]] = []
        at = 0
        for (_, step), factor in zip(self.parts, self.weights):
            width = step.width(self.features)
            of_part = [w[at : at + width] for w in weights]
            if factor is not None:
                of_part = [[v * factor for v in w] for w in of_part]
            compiled.append((lambda x: x, step.dot_row(of_part)))
            at += width
        return _sum_of(compiled, len(weights))

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        parts = []
        for (label, step), weight in zip(self.parts, self.weights):
            parts.append({"name": label, "weight": weight, **step.document(arrays, names)})
        return {"step": self.kind, "prefix": self.prefix, "features": self.features, "parts": parts}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Union":
        parts = [(d["name"], build(d, arrays)) for d in document["parts"]]
        weights = [d["weight"] for d in document["parts"]]
        return cls(document["features"], parts, weights, document["prefix"])

    def names(self, names: Sequence[str]) -> "list[str]":
        found: list[str] = []
        for label, step in self.parts:
            out = step.names(names)
            found += [f"{label}__{n}" for n in out] if self.prefix else out
        return found

    def dtypes(self, dtypes: Sequence[str]) -> "list[str]":
        return [d for _, step in self.parts for d in step.dtypes(dtypes)]


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


def _getter(positions: Sequence[int]) -> "Callable[[Sequence[Any]], Sequence[Any]]":
    if positions and list(positions) == list(range(positions[0], positions[-1] + 1)):
        part = slice(positions[0], positions[-1] + 1)
        return lambda x: x[part]
    return lambda x: [x[i] for i in positions]


def _sum_of(compiled: "list[tuple[Callable[[Sequence[Any]], Sequence[Any]], Row]]", outputs: int) -> Row:
    if outputs == 1:

        def one(x: Sequence[Any]) -> "list[float]":
            total = 0.0
            for getter, dot in compiled:
                total += dot(getter(x))[0]
            return [total]

        return one

    def several(x: Sequence[Any]) -> "list[float]":
        totals = [0.0] * outputs
        for getter, dot in compiled:
            totals = [a + b for a, b in zip(totals, dot(getter(x)))]
        return totals

    return several
