"""What the metrics of one sample share: sums by block, the order of the scores, the counts of each class.

A metric is a function of :class:`Workings` that returns one row of numbers: first its value on all rows, then
without each block. What the sums of all blocks but one are is computed by adding up those before it and those
after it, never by subtracting, so that what is zero without a block is exactly zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.metrics.loops import ascending_order
from core.metrics.sample import Sample

#: Of float64; numpy's own annotations lose that in arithmetic.
Floats = NDArray[Any]


#: Up to so many classes, the counts of single classes come from those of pairs.
FEW_CLASSES = 4


class Undefined(Exception):
    """A metric has no value on this sample; the message says why."""


@dataclass(frozen=True, eq=False)
class Workings:
    """A sample and what was computed of it so far."""

    sample: Sample

    @property
    def count(self) -> int:
        """Blocks."""
        return self.sample.blocks.count

    @cached_property
    def weight(self) -> Floats:
        """Weight of each row, one where none was given."""
        given = self.sample.weight
        return np.ones(self.sample.n) if given is None else given.astype(np.float64)

    @cached_property
    def total(self) -> Floats:
        """Weight of all rows, and without each block, shape (1 + blocks,)."""
        return self.sums(None)

    def sums(self, of: NDArray[Any] | None) -> Floats:
        """Weighted sum over all rows, and without each block, shape (1 + blocks,)."""
        codes, given = self.sample.blocks.codes, self.sample.weight
        if of is None and given is None:
            return everywhere(self.sample.blocks.sizes.astype(np.float64))
        weighted = of if given is None else self.weight if of is None else self.weight * of
        return everywhere(np.bincount(codes, weighted, self.count))

    def mean(self, of: NDArray[Any]) -> Floats:
        """Weighted mean over all rows, and without each block, shape (1 + blocks,)."""
        return ratio(self.sums(of), self.total)

    def tally(self, codes: NDArray[Any], width: int, rows: NDArray[np.bool_] | None = None) -> Floats:
        """Weight of each code, over all rows and without each block, shape (1 + blocks, width)."""
        cell = self.sample.blocks.codes * width + codes
        given = self.sample.weight
        weight = given if rows is None else rows if given is None else given * rows
        by_block = np.bincount(cell, weight, self.count * width).astype(np.float64)
        return everywhere(by_block.reshape(self.count, width))

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """Predicted class or number of each row."""
        if self.sample.predicted is None:
            raise Undefined("no predictions")
        return self.sample.predicted

    @cached_property
    def probabilities(self) -> Floats:
        """Probabilities, shape (rows, classes)."""
        if self.sample.probabilities is None:
            raise Undefined("no probabilities")
        return self.sample.probabilities

    @cached_property
    def is_positive(self) -> NDArray[np.bool_]:
        """Which rows are positive."""
        classes = len(self.sample.classes)
        if classes != 2:
            raise Undefined(f"needs two classes, there are {classes}")
        positive: NDArray[np.bool_] = self.sample.actual == self.sample.positive
        return positive

    @cached_property
    def scores(self) -> Floats:
        """Decision scores for the positive class: as given, or its probability."""
        if self.sample.scores is not None:
            return self.sample.scores
        if self.sample.probabilities is None:
            raise Undefined("no scores")
        return np.ascontiguousarray(self.sample.probabilities[:, self.sample.positive])

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Rows by ascending score, shape (rows,)."""
        found: NDArray[np.int64] = ascending_order(self.scores)
        return found

    @cached_property
    def truth(self) -> Floats:
        """Weight of each actual class, shape (1 + blocks, classes)."""
        if self._few_classes:
            truth: Floats = self.confusion.sum(axis=2)
            return truth
        return self.tally(self.sample.actual, len(self.sample.classes))

    @cached_property
    def called(self) -> Floats:
        """Weight of each predicted class, shape (1 + blocks, classes)."""
        if self._few_classes:
            called: Floats = self.confusion.sum(axis=1)
            return called
        return self.tally(self.predicted, len(self.sample.classes))

    @cached_property
    def hits(self) -> Floats:
        """Weight of the rows that are right, by class, shape (1 + blocks, classes)."""
        if self._few_classes:
            return self.confusion.diagonal(axis1=1, axis2=2)
        right = self.predicted == self.sample.actual
        return self.tally(self.sample.actual, len(self.sample.classes), right)

    @cached_property
    def confusion(self) -> Floats:
        """Weight of each pair of actual and predicted class, shape (1 + blocks, classes, classes)."""
        width = len(self.sample.classes)
        flat = self.tally(self.sample.actual * width + self.predicted, width * width)
        return flat.reshape(-1, width, width)

    @property
    def _few_classes(self) -> bool:
        """Whether one table of pairs of classes is cheaper than three of classes."""
        return self.sample.predicted is not None and len(self.sample.classes) <= FEW_CLASSES


def everywhere(by_block: Floats) -> Floats:
    """Sums over all blocks, then over all but each: shape (1 + blocks, …).

    Examples
    --------
    >>> everywhere(np.array([1.0, 2.0, 4.0])).tolist()
    [7.0, 6.0, 5.0, 3.0]
    """
    return _accumulated(by_block, np.add, 0.0)


def largest_everywhere(by_block: Floats) -> Floats:
    """The largest over all blocks, then over all but each.

    Examples
    --------
    >>> largest_everywhere(np.array([1.0, 5.0, 4.0])).tolist()
    [5.0, 5.0, 4.0, 5.0]
    """
    return _accumulated(by_block, np.maximum, -np.inf)


def _accumulated(by_block: Floats, how: np.ufunc, neutral: float) -> Floats:
    blocks = len(by_block)
    edge = np.full((1, *by_block.shape[1:]), neutral)
    before = np.concatenate([edge, how.accumulate(by_block, axis=0)])
    after = np.concatenate([how.accumulate(by_block[::-1], axis=0)[::-1], edge])
    out = np.empty((1 + blocks, *by_block.shape[1:]))
    out[0] = before[-1]
    how(before[:-1], after[1:], out=out[1:])
    return out


def ratio(above: Floats, below: Floats) -> Floats:
    """One over the other, entry by entry; NaN for nothing over nothing."""
    out: Floats = above / below
    return out


Compute = Callable[[Workings], Floats]

#: How each metric is computed, by canonical name; filled by the modules that hold the formulas.
COMPUTES: dict[str, Compute] = {}


def computes(name: str) -> Callable[[Compute], Compute]:
    """Register a formula under a metric's canonical name."""

    def register(formula: Compute) -> Compute:
        COMPUTES[name] = formula
        return formula

    return register
