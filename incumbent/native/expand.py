"""More features from few: bins, polynomials, splines."""

from __future__ import annotations

from bisect import bisect_right
from itertools import combinations, combinations_with_replacement
from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.native.blocks import Block, Dense, Features, OneHot
from incumbent.native.step import Arrays, Step, refuse_row, register


@register
class Bins(Step):
    """Which interval a number lies in: its position, or an indicator for each.

    Parameters
    ----------
    cuts : sequence of ndarray
        The inner edges of each feature's intervals, ascending; an edge belongs to the interval above it.
    labels : sequence of sequences of str, or None
        Names of indicators; None for positions.
    """

    kind = "bins"

    def __init__(self, cuts: Sequence[np.ndarray], labels: "Sequence[Sequence[str]] | None" = None) -> None:
        self.cuts = [np.asarray(c, dtype=np.float64) for c in cuts]
        self.labels = None if labels is None else [list(found) for found in labels]
        self._lists = [c.tolist() for c in self.cuts]

    def apply(self, x: Features) -> Features:
        x = x.finite()
        values = x.dense()
        codes = [np.searchsorted(c, values[:, i], side="right") for i, c in enumerate(self.cuts)]
        if self.labels is None:
            return x.with_blocks(Dense(np.stack(codes, axis=1).astype(np.float64)))
        blocks: list[Block] = [OneHot(c.astype(np.int32), len(k)) for c, k in zip(codes, self.labels)]
        return x.with_blocks(*blocks)

    def row(self, x: Sequence[Any]) -> "list[Any]":
        refuse_row(x)
        codes = [bisect_right(cuts, v) for cuts, v in zip(self._lists, x)]
        if self.labels is None:
            return [float(code) for code in codes]
        out: list[float] = []
        for code, labels in zip(codes, self.labels):
            out += [0.0] * code + [1.0] + [0.0] * (len(labels) - code - 1)
        return out

    def names(self, names: Sequence[str]) -> "list[str]":
        if self.labels is None:
            return list(names)
        return [f"{name}_{label}" for name, labels in zip(names, self.labels) for label in labels]

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        columns = [{"column": n, "cuts": arrays.store("cuts", c)} for n, c in zip(names, self.cuts)]
        return {"step": self.kind, "columns": columns, "labels": self.labels}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Bins":
        return cls([arrays.load(c["cuts"]) for c in document["columns"]], document["labels"])


@register
class Polynomial(Step):
    """Products of features.

    Parameters
    ----------
    features : int
    degrees : (int, int)
        Fewest and most factors.
    distinct : bool
        No feature more than once in a product.
    bias : bool
        A one before all others.
    """

    kind = "polynomial"

    def __init__(self, features: int, degrees: "tuple[int, int]", distinct: bool, bias: bool) -> None:
        self.features = features
        self.degrees = degrees
        self.distinct = distinct
        self.bias = bias
        choose = combinations if distinct else combinations_with_replacement
        products = [p for d in range(1, degrees[1] + 1) for p in choose(range(features), d)]
        position = {(): -1, **{p: i for i, p in enumerate(products)}}
        self._factors = [(position[p[:-1]], p[-1]) for p in products]  # a shorter product times a feature
        self._kept = [i for i, p in enumerate(products) if len(p) >= degrees[0]]
        self.products = ([()] if bias else []) + [products[i] for i in self._kept]

    def apply(self, x: Features) -> Features:
        x = x.finite()
        values = x.dense()
        made: list[np.ndarray] = []
        for shorter, feature in self._factors:
            made.append(values[:, feature] if shorter < 0 else made[shorter] * values[:, feature])
        columns = [np.ones(x.rows)] if self.bias else []
        columns += [made[i] for i in self._kept]
        return x.with_blocks(Dense(np.stack(columns, axis=1) if columns else np.empty((x.rows, 0))))

    def row(self, x: Sequence[Any]) -> "list[Any]":
        refuse_row(x)
        made: list[float] = []
        for shorter, feature in self._factors:
            made.append(x[feature] if shorter < 0 else made[shorter] * x[feature])
        return ([1.0] if self.bias else []) + [made[i] for i in self._kept]

    def names(self, names: Sequence[str]) -> "list[str]":
        found = []
        for product in self.products:
            powers = {i: product.count(i) for i in product}
            parts = [names[i] if p == 1 else f"{names[i]}^{p}" for i, p in powers.items()]
            found.append(" ".join(parts) if parts else "1")
        return found

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        return {
            "step": self.kind,
            "features": self.features,
            "degrees": list(self.degrees),
            "distinct": self.distinct,
            "bias": self.bias,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Polynomial":
        low, high = document["degrees"]
        return cls(document["features"], (low, high), document["distinct"], document["bias"])
