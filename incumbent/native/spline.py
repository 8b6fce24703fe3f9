"""B-splines of single features."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Any, Mapping, Sequence

import numpy as np

from incumbent.native.blocks import Dense, Features
from incumbent.native.step import Arrays, Refused, Step, refuse_row, register


class Basis:
    """The B-spline basis of one feature.

    Parameters
    ----------
    knots : ndarray of float64
        Ascending, ``degree`` of them beyond each end of the training range.
    degree : int
        At least 1.
    beyond : str
        What happens outside of the training range: ``edges``, ``continue``, ``error`` or ``periodic``.
    edges : ndarray of float64, shape (4, splines), or None
        Values and slopes at the lower end, then at the upper end (``edges``).
    """

    def __init__(self, knots: np.ndarray, degree: int, beyond: str, edges: "np.ndarray | None") -> None:
        self.knots, self.degree, self.beyond, self.edges = knots, degree, beyond, edges
        self.bases = len(knots) - degree - 1
        self.splines = self.bases - degree if beyond == "periodic" else self.bases
        self._list: list[float] = knots.tolist()
        self.low, self.high = self._list[degree], self._list[self.bases]
        self._edges: "list[list[float]] | None" = None if edges is None else edges.tolist()

    def many(self, x: np.ndarray) -> np.ndarray:
        """Values of every spline, shape (rows, splines)."""
        inside = self._folded(x) if self.beyond == "periodic" else x
        if self.edges is None:
            return self._values(inside)
        values = self._values(np.clip(inside, self.low, self.high))
        for outside, end, (at, slope) in (
            (x < self.low, self.low, self.edges[:2]),
            (x > self.high, self.high, self.edges[2:]),
        ):
            values[outside] = at + (x[outside, None] - end) * slope if slope.any() else at
        return values

    def outside(self, x: np.ndarray) -> np.ndarray:
        """Which numbers lie outside of the training range."""
        return np.asarray((x < self.low) | (x > self.high))

    def _folded(self, x: np.ndarray) -> np.ndarray:
        period = self.high - self.low
        return self.low + (x - self.low) % period if period > 0 else np.zeros(len(x))

    def _values(self, x: np.ndarray) -> np.ndarray:
        """De Boor's recursion (A Practical Guide to Splines, 1978) for the splines that are not zero.

        Far out it overflows, and every spline is NaN, as it is for scipy.
        """
        t, degree = self.knots, self.degree
        at = np.clip(np.searchsorted(t, x, side="right") - 1, degree, self.bases - 1)
        h = np.zeros((degree + 1, len(x)))
        h[0] = 1.0
        for j in range(1, degree + 1):
            before = h[:j].copy()
            h[0] = 0.0
            for n in range(1, j + 1):
                above, below = t[at + n], t[at + n - j]
                gap = above - below
                w = np.where(gap == 0.0, 0.0, before[n - 1] / np.where(gap == 0.0, 1.0, gap))
                h[n - 1] += w * (above - x)
                h[n] = w * (x - below)
        out = np.zeros((len(x), self.splines))
        rows = np.arange(len(x))
        for i in range(degree + 1):
            out[rows, (at - degree + i) % self.splines] += h[i]
        out[~np.isfinite(h).all(axis=0)] = np.nan
        return out

    def one(self, v: float) -> "list[float]":
        """Values of every spline for one number."""
        if self.beyond == "periodic":
            period = self.high - self.low
            v = self.low + (v - self.low) % period if period > 0 else 0.0
        if self._edges is not None and not self.low <= v <= self.high:
            (at, slope), end = (self._edges[:2], self.low) if v < self.low else (self._edges[2:], self.high)
            return [a + (v - end) * s for a, s in zip(at, slope)] if any(slope) else list(at)
        return self._values_one(v)

    def _values_one(self, v: float) -> "list[float]":
        t, degree = self._list, self.degree
        at = min(max(bisect_right(t, v) - 1, degree), self.bases - 1)
        h = [1.0] + [0.0] * degree
        for j in range(1, degree + 1):
            before = h[:j]
            h[0] = 0.0
            for n in range(1, j + 1):
                above, below = t[at + n], t[at + n - j]
                w = before[n - 1] / (above - below) if above != below else 0.0
                h[n - 1] += w * (above - v)
                h[n] = w * (v - below)
        if not math.isfinite(sum(h)):
            return [math.nan] * self.splines
        out = [0.0] * self.splines
        for i, value in enumerate(h):
            out[(at - degree + i) % self.splines] += value
        return out


@register
class Splines(Step):
    """Every feature as the values of its B-splines.

    Parameters
    ----------
    bases : sequence of Basis
    bias : bool
        Keep the last spline of each feature (all of them sum to one).
    zeros : bool
        A null becomes zeros instead of being refused.
    """

    kind = "splines"

    def __init__(self, bases: Sequence[Basis], bias: bool, zeros: bool) -> None:
        self.bases = list(bases)
        self.bias = bias
        self.zeros = zeros

    def apply(self, x: Features) -> Features:
        if not self.zeros:
            x = x.finite()
        values = x.dense()
        parts = []
        for i, basis in enumerate(self.bases):
            column = values[:, i]
            null = np.isnan(column)
            part = basis.many(np.where(null, basis.low, column))
            part[null] = 0.0
            if basis.beyond == "error":
                x = x.refuse(basis.outside(column))
            parts.append(part if self.bias else part[:, :-1])
        return x.with_blocks(Dense(np.hstack(parts)))

    def row(self, x: Sequence[Any]) -> "list[Any]":
        if not self.zeros:
            refuse_row(x)
        out: list[float] = []
        for v, basis in zip(x, self.bases):
            if basis.beyond == "error" and (v < basis.low or v > basis.high):
                raise Refused(f"{v} lies beyond the knots")
            part = basis.one(v) if v == v else [0.0] * basis.splines
            out += part if self.bias else part[:-1]
        return out

    def names(self, names: Sequence[str]) -> "list[str]":
        fewer = 0 if self.bias else 1
        return [f"{n}_sp_{j}" for n, b in zip(names, self.bases) for j in range(b.splines - fewer)]

    def document(self, arrays: Arrays, names: Sequence[str]) -> "dict[str, Any]":
        columns = []
        for name, basis in zip(names, self.bases):
            column = {"column": name, "beyond": basis.beyond, "knots": arrays.store("knots", basis.knots)}
            if basis.edges is not None:
                labels = ("low", "low slope", "high", "high slope")
                column["edges"] = arrays.store("edges", basis.edges, labels)
            columns.append(column)
        degree = self.bases[0].degree
        return {
            "step": self.kind,
            "degree": degree,
            "bias": self.bias,
            "zeros": self.zeros,
            "columns": columns,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Arrays) -> "Splines":
        bases = []
        for column in document["columns"]:
            edges = arrays.load(column["edges"]) if "edges" in column else None
            bases.append(Basis(arrays.load(column["knots"]), document["degree"], column["beyond"], edges))
        return cls(bases, document["bias"], document["zeros"])
