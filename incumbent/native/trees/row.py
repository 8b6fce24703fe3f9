"""One row down every tree: in plain Python, as a call of numpy would cost as much as a tree, or compiled."""

from __future__ import annotations

import math
import struct
from array import array
from functools import partial
from typing import Any, Callable, Sequence

import numpy as np

from incumbent.native.step import Refused
from incumbent.native.trees.engine import row_kernel
from incumbent.native.trees.ensemble import Ensemble

#: Ensembles with more nodes are kept as compact arrays: a little slower, five times smaller than lists.
COMPACT = 300_000


#: Sums of a row that is taken, and whether nothing in it is missing or infinite.
Walk = Callable[["list[float]", bool], "list[float]"]


class RowScorer:
    """Sums an ensemble for one row.

    Parameters
    ----------
    ensemble : Ensemble
    base : sequence of float
        What the scores begin with, one number an output.
    """

    def __init__(self, ensemble: Ensemble, base: "Sequence[float]") -> None:
        self._ensemble = ensemble
        self._start = np.array(base, dtype=np.float64)
        self._walk: Walk = _PlainWalk(ensemble, base).sums
        self._asked = False
        self._trees = len(ensemble.roots)
        self._pack = struct.Struct(f"{ensemble.features}f") if ensemble.single else None
        self._accepts = (ensemble.missing, ensemble.infinite)

    def scores(self, row: "Sequence[Any]") -> "list[float]":
        """Sums of one row, one an output.

        Raises
        ------
        Refused
            Where the original estimator raises: a missing or infinite value that it does not take.
        """
        numbers = [math.nan if v is None else float(v) for v in row]
        if self._pack is not None:
            numbers = self._to_single(numbers)
        ordinary = math.isfinite(sum(numbers))
        if not ordinary:
            ordinary = self._check(numbers)
        if not self._asked:
            self._asked = row_kernel("walk_row", self._trees, self._compile)
        return self._walk(numbers, ordinary)

    def _compile(self, walk: "Callable[..., None]") -> None:
        e = self._ensemble
        parts = (e.roots, e.feature, e.threshold, e.left, e.missing_left, e.category, e.sets, e.value)
        compiled = partial(walk, *(np.ascontiguousarray(part) for part in parts))
        start = self._start

        def sums(numbers: "list[float]", ordinary: bool) -> "list[float]":
            totals = start.copy()
            compiled(np.array(numbers), totals)
            found: "list[float]" = totals.tolist()
            return found

        sums([0.0] * e.features, True)
        self._walk = sums  # the lists of the plain one go with it

    def _to_single(self, numbers: "list[float]") -> "list[float]":
        assert self._pack is not None
        try:
            return list(self._pack.unpack(self._pack.pack(*numbers)))
        except OverflowError:
            raise Refused("a value is too large for float32") from None

    def _check(self, numbers: "list[float]") -> bool:
        """Refuse what is not taken; True where nothing is missing."""
        missing, infinite = self._accepts
        none_missing = True
        for number in numbers:
            if number != number:
                none_missing = False
                if not missing:
                    raise Refused("a value is missing")
            elif not infinite and math.isinf(number):
                raise Refused("a value is infinite")
        return none_missing


class _PlainWalk:
    """The way down every tree in plain Python, and the nodes as it reads them quickest."""

    def __init__(self, ensemble: Ensemble, base: "Sequence[float]") -> None:
        small = ensemble.nodes <= COMPACT
        self._roots: "list[int]" = ensemble.roots.tolist()
        self._feature: "Sequence[int]" = _plain(ensemble.feature, "i", small)
        self._threshold: "Sequence[float]" = _plain(ensemble.threshold, "d", small)
        self._left: "Sequence[int]" = _plain(ensemble.left, "i", small)
        self._missing_left: "Sequence[int]" = _plain(ensemble.missing_left, "b", small)
        self._category: "Sequence[int]" = _plain(ensemble.category, "i", small)
        self._sets = [frozenset(i for i, member in enumerate(s) if member) for s in ensemble.sets.tolist()]
        self._width = ensemble.value.shape[1]
        self._values: "Sequence[float]" = _plain(ensemble.value.ravel(), "d", small)
        self._base = list(base)

    def sums(self, numbers: "list[float]", ordinary: bool) -> "list[float]":
        """A :data:`Walk`."""
        leaves = self._leaves if ordinary and not self._sets else self._leaves_with_missing
        if self._width > 1:
            return self._sum_vectors(leaves(numbers))
        return self._sum_numbers(leaves(numbers))

    def _leaves(self, row: "list[float]") -> "list[int]":
        feature, threshold, left = self._feature, self._threshold, self._left
        found = []
        for at in self._roots:
            column = feature[at]
            while column >= 0:
                at = left[at] if row[column] <= threshold[at] else left[at] + 1
                column = feature[at]
            found.append(at)
        return found

    def _leaves_with_missing(self, row: "list[float]") -> "list[int]":
        feature, threshold, left = self._feature, self._threshold, self._left
        missing_left, category, sets = self._missing_left, self._category, self._sets
        found = []
        for at in self._roots:
            column = feature[at]
            while column >= 0:
                value = row[column]
                if value != value:
                    goes_left: Any = missing_left[at]
                elif category[at] >= 0:
                    goes_left = value in sets[category[at]]
                else:
                    goes_left = value <= threshold[at]
                at = left[at] if goes_left else left[at] + 1
                column = feature[at]
            found.append(at)
        return found

    def _sum_numbers(self, leaves: "list[int]") -> "list[float]":
        values, totals = self._values, self._base[:]
        outputs = len(totals)
        if outputs == 1:
            total = totals[0]
            for leaf in leaves:
                total += values[leaf]
            return [total]
        for tree, leaf in enumerate(leaves):
            totals[tree % outputs] += values[leaf]
        return totals

    def _sum_vectors(self, leaves: "list[int]") -> "list[float]":
        values, width, totals = self._values, self._width, self._base[:]
        for leaf in leaves:
            at = leaf * width
            for k in range(width):
                totals[k] += values[at + k]
        return totals


def _plain(numbers: Any, code: str, small: bool) -> "Sequence[Any]":
    if small:
        return list(numbers.tolist())
    return array(code, numbers.astype(code).tobytes())
