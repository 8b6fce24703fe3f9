"""Exact ranks: where a value stands among a model's own thresholds.

``value <= thresholds[i]`` is the same as ``rank(value) <= i`` where the rank is the number of thresholds
below the value. Small integers are compared, stored and looked up faster than floats, and nothing is lost.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

from incumbent.columns import Coded
from incumbent.native.blocks import Dense, Features, OneHot, Raw, Sparse, numbers

#: Cells of the grid by which a rank is guessed, for each threshold.
CELLS = 16
#: Where more thresholds than this fall into one cell, a binary search is faster.
CROWDED = 8


class Ranker:
    """Ranks of values among sorted, distinct thresholds.

    A grid of equal cells gives the number of thresholds in the cells before a value's own; the few thresholds
    of its own cell are compared one by one. Subtraction, multiplication and rounding are monotone, so a
    threshold in an earlier cell is truly smaller.

    Examples
    --------
    >>> Ranker(np.array([1.0, 2.0, 5.0])).ranks(np.array([0.0, 1.0, 1.5, 2.0, 9.0, np.nan])).tolist()
    [0, 0, 1, 1, 3, 4]
    """

    def __init__(self, thresholds: np.ndarray) -> None:
        self.thresholds = thresholds
        self.missing = len(thresholds) + 1  # the rank of a missing value
        self._padded = np.append(thresholds, np.inf)
        finite = thresholds[np.isfinite(thresholds)]
        self._low = float(finite[0]) if len(finite) else 0.0
        spread = float(finite[-1]) - self._low if len(finite) else 0.0
        self._cells = max(1, CELLS * len(thresholds))
        self._scale = self._cells / spread if 0 < spread < np.inf else 0.0
        if not np.isfinite(self._scale):
            self._scale = 0.0
        own = self._cell(thresholds)
        counts = np.bincount(own, minlength=self._cells)
        self._before = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)
        self._most = int(counts.max()) if len(thresholds) else 0
        most = self._most if self._most <= CROWDED and self._scale else -1
        #: What :func:`.kernels.rank` is given after the values.
        self.plain = (self._padded, self._before, most, self._low, self._scale, self.missing)

    def _cell(self, values: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            at = (values - self._low) * self._scale
        return np.fmin(np.fmax(at, 0.0), float(self._cells - 1)).astype(np.intp)

    def ranks(self, values: np.ndarray) -> np.ndarray:
        """Ranks as intp, shape (rows,); missing values have the rank ``missing``."""
        if self._most > CROWDED:
            found = np.searchsorted(self.thresholds, values)
        else:
            found = self._before[self._cell(values)]
            for _ in range(self._most):
                found += values > self._padded[found]
        unknown = np.isnan(values)
        if unknown.any():
            found[unknown] = self.missing
        return found


class Columns:
    """The columns of feature blocks by position, for a slice of the rows, without writing the blocks out."""

    def __init__(self, x: Features, rows: slice, single: bool) -> None:
        self._blocks = x.blocks
        self._starts = np.concatenate([[0], np.cumsum([b.width for b in x.blocks])])
        self._rows = rows
        self._count = len(range(*rows.indices(x.rows)))
        self._single = single

    def block_of(self, feature: int) -> "tuple[int, int]":
        """Which block a feature lies in, and its column there."""
        at = int(np.searchsorted(self._starts, feature, side="right")) - 1
        return at, feature - int(self._starts[at])

    def values(self, feature: int) -> np.ndarray:
        """One column as float64 (rounded to float32 where the model compares those), shape (rows,)."""
        at, column = self.block_of(feature)
        found = self._column(at, column)
        if self._single:
            with np.errstate(over="ignore"):
                found = found.astype(np.float32).astype(np.float64)
        return found

    def codes(self, block: int) -> np.ndarray:
        """Codes of a one-hot block, shape (rows,)."""
        hot = self._blocks[block]
        assert isinstance(hot, OneHot)
        return np.asarray(hot.codes[self._rows])

    def _column(self, at: int, column: int) -> np.ndarray:
        block = self._blocks[at]
        if isinstance(block, Dense):
            return np.ascontiguousarray(block.values[self._rows, column])
        if isinstance(block, Raw):
            raw = block.column
            return numbers(raw.take(self._rows) if isinstance(raw, Coded) else raw[self._rows])
        if isinstance(block, OneHot):
            return np.asarray(block.codes[self._rows] == column, dtype=np.float64)
        return self._sparse_column(block, column)

    def _sparse_column(self, block: Sparse, column: int) -> np.ndarray:
        ends = block.indptr[self._rows.start : self._rows.stop + 1]
        inside = slice(int(ends[0]), int(ends[-1]))
        hits = np.flatnonzero(block.indices[inside] == column)
        owners = np.searchsorted(ends - ends[0], hits, side="right") - 1
        return np.bincount(owners, weights=block.data[inside][hits], minlength=self._count)


def thresholds_by_feature(feature: np.ndarray, threshold: np.ndarray) -> "dict[int, np.ndarray]":
    """The distinct thresholds of every feature that numeric splits use, sorted."""
    if not len(feature):
        return {}
    order = np.lexsort((threshold, feature))
    feature, threshold = feature[order], threshold[order]
    used, starts = np.unique(feature, return_index=True)
    pieces: Sequence[np.ndarray] = np.split(threshold, starts[1:])
    return {int(f): np.unique(p) for f, p in zip(used, pieces, strict=True)}


def category_codes(values: np.ndarray, codes: int) -> np.ndarray:
    """Category codes as intp; what is no code below ``codes`` counts as missing, which is ``codes`` itself.

    Examples
    --------
    >>> category_codes(np.array([0.0, 2.0, np.nan, 7.0]), 3).tolist()
    [0, 2, 3, 3]
    """
    known = (values >= 0) & (values < codes)
    return np.where(known, values, codes).astype(np.intp)
