"""Feature blocks: a wide table as the pieces it is made of, so that nothing is ever written out in full.

A one-hot encoded category of 300 levels is one array of codes, not 300 columns; a linear model over it is one
gather. Steps turn blocks into blocks; only what needs a dense matrix asks for one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterator, Sequence, Union

import numpy as np

from incumbent.columns import Array, Coded
from incumbent.errors import InputError

#: The largest whole number up to which float64 has all whole numbers.
EXACT = 2**53


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
    blocks: tuple[Block, ...]
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

    def select(self, positions: Sequence[int]) -> "Features":
        """The same rows with only these features, in this order (positions from 0 to width - 1)."""
        return Features(self.rows, tuple(selected(self.blocks, positions)), self.refused)

    def beside(self, others: "Sequence[Features]") -> "Features":
        """Blocks of ``others`` side by side, for these rows; a row that one of them refuses is refused."""
        refused = self.refused
        for other in others:
            if other.refused is not None:
                refused = other.refused if refused is None else refused | other.refused
        return Features(self.rows, tuple(b for other in others for b in other.blocks), refused)

    def finite(self, allow_nan: bool = False) -> "Features":
        """The same features, with rows refused that hold an infinity (or NaN, unless it is allowed)."""
        found = self
        for block in self.blocks:
            bad = not_finite(block, self.rows, allow_nan)
            if bad is not None:
                found = found.refuse(bad)
        return found

    def dense(self) -> np.ndarray:
        """All blocks as one float64 matrix, shape (rows, width); not to be written to.

        Features are contiguous in it (Fortran order): most steps work feature by feature.
        """
        if len(self.blocks) == 1 and isinstance(self.blocks[0], Dense):
            return self.blocks[0].values
        out = np.zeros((self.width, self.rows)).T
        at = 0
        for block in self.blocks:
            fill(out[:, at : at + block.width], block)
            at += block.width
        return out


def numbers(column: Array) -> np.ndarray:
    """A raw column as float64, shape (rows,).

    Text never reaches a step that calculates (conversion refuses such pipelines), unless all of it is null.
    """
    if isinstance(column, Coded):
        if len(column) and column.codes.max() >= 0:
            raise InputError("text where a number must be")
        return np.full(len(column), np.nan)
    return np.asarray(column, dtype=np.float64)


def selected(blocks: Sequence[Block], positions: Sequence[int]) -> Iterator[Block]:
    """The blocks that hold these features, in this order."""
    if all(b.width == 1 for b in blocks):
        yield from (blocks[p] for p in positions)
        return
    starts = np.cumsum([0, *(b.width for b in blocks)])
    owners = np.searchsorted(starts, np.asarray(positions, dtype=np.int64), side="right") - 1
    at = 0
    while at < len(positions):
        owner = int(owners[at])
        end = at + 1
        while end < len(positions) and owners[end] == owner and positions[end] > positions[end - 1]:
            end += 1
        yield part(blocks[owner], np.asarray(positions[at:end], dtype=np.int64) - starts[owner])
        at = end


def part(block: Block, columns: np.ndarray) -> Block:
    """Some columns of one block (increasing positions)."""
    if len(columns) == block.width:
        return block
    if isinstance(block, Dense):
        return Dense(block.values[:, columns])
    if isinstance(block, OneHot):
        table = np.full(block.width + 1, -1, dtype=np.int32)
        table[columns] = np.arange(len(columns), dtype=np.int32)
        return OneHot(table[block.codes], len(columns))
    assert isinstance(block, Sparse)  # a raw column is one column
    table = np.full(block.width, -1, dtype=np.int64)
    table[columns] = np.arange(len(columns))
    kept = table[block.indices] >= 0
    ends = np.concatenate([[0], np.cumsum(kept)])
    return Sparse(ends[block.indptr], table[block.indices[kept]], block.data[kept], len(columns))


def not_finite(block: Block, rows: int, allow_nan: bool) -> "np.ndarray | None":
    """Which rows of a block hold an infinity (or NaN, unless it is allowed); None for no row."""
    if isinstance(block, OneHot):
        return None
    values = numbers(block.column) if isinstance(block, Raw) else _stored(block)
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()):
            return None
    bad = np.isinf(values) if allow_nan else ~np.isfinite(values)
    if not bad.any():
        return None
    if isinstance(block, Sparse):
        found = np.zeros(rows, dtype=bool)
        found[np.repeat(np.arange(rows), np.diff(block.indptr))[bad]] = True
        return found
    return np.asarray(bad if bad.ndim == 1 else bad.any(axis=1))


def _stored(block: "Dense | Sparse") -> np.ndarray:
    return block.values if isinstance(block, Dense) else block.data


def column_of(x: Features, position: int) -> Array:
    """One feature of these rows, as a column."""
    for block in x.blocks:
        if position < block.width:
            if isinstance(block, Raw):
                return block.column
            if isinstance(block, Dense):
                return block.values[:, position]
            return x.with_blocks(part(block, np.array([position]))).dense()[:, 0]
        position -= block.width
    raise IndexError(position)


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
