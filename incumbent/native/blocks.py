"""Feature blocks: a wide table as the pieces it is made of, so that nothing is ever written out in full.

A one-hot encoded category of 300 levels is one array of codes, not 300 columns; a linear model over it is one
gather. Steps turn blocks into blocks; only what needs a dense matrix asks for one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

import numpy as np

from incumbent.columns import Array, Coded


@dataclass(frozen=True)
class Raw:
    """One column as it came in, not yet numbers (width 1)."""

    column: Array
    name: str = ""

    width = 1


@dataclass(frozen=True)
class Dense:
    """Numbers, float64, shape (rows, width)."""

    values: np.ndarray

    @property
    def width(self) -> int:
        return int(self.values.shape[1])


@dataclass(frozen=True)
class OneHot:
    """Indicator columns of which at most one a row is ``1.0``.

    ``codes`` int32, shape (rows,): which of the ``width`` columns is hot; -1 for none.
    """

    codes: np.ndarray
    width: int


@dataclass(frozen=True)
class Sparse:
    """Compressed sparse rows: row r has ``data[indptr[r]:indptr[r+1]]`` at columns ``indices[...]``."""

    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray
    width: int


Block = Union[Raw, Dense, OneHot, Sparse]


@dataclass(frozen=True)
class Features:
    """Rows on their way through the steps.

    Parameters
    ----------
    rows : int
    blocks : tuple of Block
        Side by side, in feature order.
    refused : ndarray of bool, shape (rows,), or None
        Rows that the original estimator would refuse with an error (NaN where it takes none, an unseen
        category where it asks for an error). They go on as any others do, and their scores become NaN.
    """

    rows: int
    blocks: tuple
    refused: "np.ndarray | None" = field(default=None)

    @property
    def width(self) -> int:
        return sum(b.width for b in self.blocks)

    def refuse(self, mask: np.ndarray) -> "Features":
        """The same features with these rows refused as well."""
        if not mask.any():
            return self
        return Features(self.rows, self.blocks, mask if self.refused is None else self.refused | mask)

    def with_blocks(self, *blocks: Block) -> "Features":
        """Other blocks for the same rows."""
        return Features(self.rows, tuple(blocks), self.refused)

    def dense(self) -> np.ndarray:
        """All blocks as one float64 matrix, shape (rows, width)."""
        if len(self.blocks) == 1 and isinstance(self.blocks[0], Dense):
            return self.blocks[0].values
        out = np.zeros((self.rows, self.width))
        at = 0
        for block in self.blocks:
            fill(out[:, at : at + block.width], block)
            at += block.width
        return out


def numbers(column: Array) -> np.ndarray:
    """A raw column as float64, shape (rows,); text that spells a number counts, as it does for scikit-learn.

    Raises
    ------
    ValueError
        For text that is no number.
    """
    if isinstance(column, Coded):
        table = np.array([float(v) for v in column.values] + [np.nan])
        return table[column.codes]
    return np.asarray(column, dtype=np.float64)


def fill(out: np.ndarray, block: Block) -> None:
    """Write a block into ``out`` (zeros, shape (rows, block.width))."""
    rows = len(out)
    if isinstance(block, Raw):
        out[:, 0] = numbers(block.column)
    elif isinstance(block, Dense):
        out[:] = block.values
    elif isinstance(block, OneHot):
        hot = np.flatnonzero(block.codes >= 0)
        out[hot, block.codes[hot]] = 1.0
    else:
        owner = np.repeat(np.arange(rows), np.diff(block.indptr))
        np.add.at(out, (owner, block.indices), block.data)
