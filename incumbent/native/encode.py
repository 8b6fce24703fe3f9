"""Encoders of categories: one-hot, ordinal, by target."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Optional, Sequence, Tuple

import numpy as np

from incumbent.native.blocks import Block, Dense, Features, OneHot, column_of
from incumbent.native.lookup import Lookup
from incumbent.native.step import Arrays, Step, register


@register
class OneHotEncode(Step):
    """Every category an indicator.

    Parameters
    ----------
    lookups : sequence of Lookup
        One a feature; positions count within the feature's own indicators, -1 for none of them.
    labels : sequence of sequences of str
        What each feature's indicators stand for.
    """

    kind = "one_hot"

    def __init__(self, lookups: Sequence[Lookup], labels: "Sequence[Sequence[str]]") -> None:
        self.lookups = list(lookups)
        self.labels = [list(found) for found in labels]
        self._width = sum(map(len, self.labels))
        self._offsets = np.cumsum([0, *map(len, self.labels)]).tolist()

    def apply(self, x: Features) -> Features:
        blocks: list[Block] = []
        refused = x
        for i, (lookup, labels) in enumerate(zip(self.lookups, self.labels)):
            codes, bad = lookup.many(column_of(x, i))
            blocks.append(OneHot(codes, len(labels)))
            if bad is not None:
                refused = refused.refuse(bad)
        return refused.with_blocks(*blocks)

    def row(self, x: Sequence[Any]) -> "list[Any]":
        out = [0.0] * self._width
        for found, lookup, offset in zip(x, self.lookups, self._offsets):
            position = lookup.one(found)
            if position >= 0:
                out[offset + position] = 1.0
        return out

    def dot_row(self, weights: Sequence[Sequence[float]]) -> "Callable[[Sequence[Any]], list[float]]":
        compiled = [[self._summand(i, list(w)) for i in range(len(self.lookups))] for w in weights]
        if len(compiled) == 1:
            return lambda x: [_total(x, compiled[0])]
        return lambda x: [_total(x, summands) for summands in compiled]

    def _summand(self, i: int, weights: "list[float]") -> "Summand":
        offset = self._offsets[i]
        table, other = self.lookups[i].map(lambda p: weights[offset + p] if p >= 0 else 0.0)
        return table.get, other

    def names(self, names: Sequence[str]) -> "list[str]":
        return [f"{name}_{label}" for name, labels in zip(names, self.labels) for label in labels]

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        columns = []
        for name, lookup, labels in zip(names, self.lookups, self.labels):
            column = {"column": name, **lookup.document()}
            if labels != [str(c) for c in lookup.categories]:
                column["labels"] = labels
            columns.append(column)
        return {"step": self.kind, "columns": columns}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "OneHotEncode":
        columns = document["columns"]
        lookups = [Lookup.from_document(c) for c in columns]
        labels = [c.get("labels", [str(v) for v in k.categories]) for c, k in zip(columns, lookups)]
        return cls(lookups, labels)


#: What a value adds to a score: looked up, or by a function for values that are not in the table.
Summand = Tuple[Callable[[Any], Optional[float]], Callable[[Any], float]]


def _total(x: Sequence[Any], summands: Any) -> float:
    total = 0.0
    for found, (get, other) in zip(x, summands):
        weight = get(found)
        total += other(found) if weight is None else weight
    return total


@register
class Encode(Step):
    """Every category its numbers: an ordinal, or means of the target.

    Parameters
    ----------
    label : str
        Whose numbers these are.
    lookups : sequence of Lookup
        One a feature; positions are rows of its values.
    values : sequence of ndarray, shape (positions, outputs)
    outputs : sequence of str
        What the numbers of one feature stand for; a single one has no name of its own.
    """

    kind = "encode"

    def __init__(
        self,
        label: str,
        lookups: Sequence[Lookup],
        values: Sequence[np.ndarray],
        outputs: Sequence[str] = ("",),
    ) -> None:
        self.label = label
        self.lookups = list(lookups)
        self.values = [np.asarray(v, dtype=np.float64) for v in values]
        self.outputs = list(outputs)
        self._maps = [
            (table.get, other)
            for table, other in (k.map(v.tolist().__getitem__) for k, v in zip(self.lookups, self.values))
        ]

    def apply(self, x: Features) -> Features:
        width = len(self.outputs)
        out = np.empty((x.rows, width * len(self.lookups)))
        refused = x
        for i, (lookup, values) in enumerate(zip(self.lookups, self.values)):
            codes, bad = lookup.many(column_of(x, i))
            out[:, i * width : (i + 1) * width] = values[codes]
            if bad is not None:
                refused = refused.refuse(bad)
        return refused.with_blocks(Dense(out))

    def row(self, x: Sequence[Any]) -> "list[Any]":
        out: list[Any] = []
        for found, (get, other) in zip(x, self._maps):
            numbers = get(found)
            out += other(found) if numbers is None else numbers
        return out

    def names(self, names: Sequence[str]) -> "list[str]":
        if len(self.outputs) == 1:
            return list(names)
        return [f"{name}_{output}" for name in names for output in self.outputs]

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        columns = []
        for name, lookup, values in zip(names, self.lookups, self.values):
            known = [str(c) for c in lookup.categories]
            labels = [*known, "(other)"][: len(values)] if len(values) - len(known) in (0, 1) else None
            outputs = self.outputs if len(self.outputs) > 1 else None
            written = arrays.store("values", values if outputs else values[:, 0], labels, outputs)
            columns.append({"column": name, **lookup.document(), "values": written})
        return {"step": self.kind, "of": self.label, "outputs": self.outputs, "columns": columns}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Encode":
        columns, outputs = document["columns"], document["outputs"]
        values = [arrays.load(c["values"]).reshape(-1, len(outputs)) for c in columns]
        return cls(document["of"], [Lookup.from_document(c) for c in columns], values, outputs)
