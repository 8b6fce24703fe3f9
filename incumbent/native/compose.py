"""Steps side by side: column transformers and feature unions."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.native.blocks import Features
from incumbent.native.step import Arrays, Step, build, register

Row = Callable[[Sequence[Any]], "list[Any]"]


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
