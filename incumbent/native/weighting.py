"""Weights of terms: logarithmic counts, inverse document frequency, rows of unit length."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.native.blocks import Dense, Features, Sparse
from incumbent.native.step import Arrays, Step, refuse_row, register


@dataclass(frozen=True, eq=False)
class Weighting:
    """What happens to the counts of a row.

    Parameters
    ----------
    sublinear : bool
        ``1 + log(count)`` instead of the count.
    idf : ndarray of float64, shape (terms,), or None
        A factor for each term.
    norm : str or None
        ``l1``, ``l2`` or ``max``: what each row is divided by.
    """

    sublinear: bool = False
    idf: "np.ndarray | None" = None
    norm: "str | None" = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "_factors", None if self.idf is None else self.idf.tolist())

    def many(self, x: Sparse) -> Sparse:
        """Weights of many rows."""
        data = x.data
        if self.sublinear:
            data = np.log(data) + 1.0
        if self.idf is not None:
            data = data * self.idf[x.indices]
        if self.norm is not None:
            owner = np.repeat(np.arange(len(x.indptr) - 1), np.diff(x.indptr))
            data = data / _sparse_lengths(data, owner, len(x.indptr) - 1, self.norm)[owner]
        return Sparse(x.indptr, x.indices, data, x.width)

    def one(self, counts: "dict[int, float]") -> "dict[int, float]":
        """Weights of one row's counts, by position."""
        factors: "list[float] | None" = self._factors  # type: ignore[attr-defined]
        if self.sublinear:
            counts = {i: _logarithm(v) + 1.0 for i, v in counts.items()}
        if factors is not None:
            counts = {i: v * factors[i] for i, v in counts.items()}
        if self.norm is not None:
            length = row_length(list(counts.values()), self.norm)
            if length != 1.0:
                counts = {i: v / length for i, v in counts.items()}
        return counts

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        """Plain data."""
        document: dict[str, Any] = {"sublinear": self.sublinear, "norm": self.norm}
        if self.idf is not None:
            document["idf"] = arrays.store("idf", self.idf, names)
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Weighting":
        idf = arrays.load(document["idf"]) if "idf" in document else None
        return cls(document["sublinear"], idf, document["norm"])


#: Counts as they are.
COUNTS = Weighting()


@register
class Weigh(Step):
    """Counts of terms weighed (tf-idf), or rows brought to unit length.

    Parameters
    ----------
    label : str
        Whose numbers these are.
    weighting : Weighting
    """

    kind = "weigh"

    def __init__(self, label: str, weighting: Weighting) -> None:
        self.label = label
        self.weighting = weighting

    def apply(self, x: Features) -> Features:
        x = x.finite()
        if self.weighting.idf is None and not self.weighting.sublinear and _is_dense(x):
            values = x.dense()
            if self.weighting.norm is None:
                return x
            return x.with_blocks(Dense(values / _dense_lengths(values, self.weighting.norm)[:, None]))
        return x.with_blocks(self.weighting.many(sparse_of(x)))

    def row(self, x: Sequence[Any]) -> "list[Any]":
        refuse_row(x)
        found = self.weighting.one({i: v for i, v in enumerate(x) if v != 0.0})
        out = [0.0] * len(x)
        for i, v in found.items():
            out[i] = v
        return out

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {"step": self.kind, "of": self.label, **self.weighting.document(arrays, names)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Weigh":
        return cls(document["of"], Weighting.from_document(document, arrays))


def sparse_of(x: Features) -> Sparse:
    """All blocks as one sparse block, without the zeros of dense ones."""
    if len(x.blocks) == 1 and isinstance(x.blocks[0], Sparse):
        return x.blocks[0]
    values = x.dense()
    owner, indices = np.nonzero(values)
    indptr = np.searchsorted(owner, np.arange(x.rows + 1))
    return Sparse(indptr, indices, values[owner, indices], x.width)


def row_length(values: "list[float]", norm: str) -> float:
    """Length of one row; 1 for a row of zeros.

    >>> row_length([3.0, -4.0], "l2"), row_length([3.0, -4.0], "l1"), row_length([], "max")
    (5.0, 7.0, 1.0)
    """
    if norm == "l2":
        length = math.sqrt(sum([v * v for v in values]))
    elif norm == "l1":
        length = sum(map(abs, values))
    else:
        length = max(map(abs, values), default=0.0)
    return length if length != 0.0 else 1.0


def _is_dense(x: Features) -> bool:
    return not any(isinstance(b, Sparse) for b in x.blocks)


def _dense_lengths(values: np.ndarray, norm: str) -> np.ndarray:
    if norm == "l2":
        lengths = np.sqrt(np.einsum("ij,ij->i", values, values))
    elif norm == "l1":
        lengths = np.abs(values).sum(axis=1)
    else:
        lengths = np.abs(values).max(axis=1, initial=0.0)
    return _never_zero(lengths)


def _sparse_lengths(data: np.ndarray, owner: np.ndarray, rows: int, norm: str) -> np.ndarray:
    if norm == "l2":
        return _never_zero(np.sqrt(np.bincount(owner, data * data, minlength=rows)))
    if norm == "l1":
        return _never_zero(np.bincount(owner, np.abs(data), minlength=rows))
    lengths = np.zeros(rows)
    np.maximum.at(lengths, owner, np.abs(data))
    return _never_zero(lengths)


def _never_zero(lengths: np.ndarray) -> np.ndarray:
    return np.where(lengths == 0.0, 1.0, lengths)


def _logarithm(value: float) -> float:
    return math.log(value) if value > 0.0 else math.nan if value < 0.0 else -math.inf
