"""Blocks: the groups of rows that move together, and so count as one observation (rule 1).

Rows of a day, a customer or an aircraft share what happened to all of them. Leaving out whole blocks sees
that; leaving out single rows does not (Künsch 1989; Cameron, Gelbach & Miller 2008).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.statistics.precision import FEWEST_BLOCKS

#: More than this many neighbours are joined: the interval gains nothing from more, and replicates stay small.
MOST_BLOCKS = 200

#: What blocks of time may be, coarsest first, with their length in microseconds.
SPANS = (("week", 7 * 86_400_000_000), ("day", 86_400_000_000), ("hour", 3_600_000_000))
_MONDAY = 4 * 86_400_000_000  # 1970-01-01 was a Thursday: weeks begin on the Monday after it


@dataclass(frozen=True)
class Blocks:
    """A partition of rows into blocks.

    Parameters
    ----------
    codes : ndarray of int64, shape (rows,)
        Block of each row, 0 … count − 1, each used at least once.
    labels : tuple of str, length count
        What identifies each block (its first day or hour, the group's value, the first row), in order.
    unit : str
        What a block is: "week", "day", "hour", "group" or "row".
    """

    codes: NDArray[np.int64]
    labels: tuple[str, ...]
    unit: str

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return len(self.labels)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Rows in each block, shape (count,)."""
        return np.bincount(self.codes, minlength=self.count)

    @cached_property
    def key(self) -> str:
        """Equal for two sets of blocks exactly if their labels and sizes are: what pairing asks for."""
        text = "\n".join((self.unit, *self.labels, *map(str, self.sizes)))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def choose_blocks(
    times: NDArray[np.datetime64] | None, group: NDArray[np.generic] | None, rows: int
) -> Blocks:
    """Blocks of a slice: by group, else by the coarsest span of time that leaves enough, else by row.

    Parameters
    ----------
    times : ndarray of datetime64, shape (rows,), or None
        No NaT among them.
    group : ndarray, shape (rows,), or None
        Any values that can be sorted; rows of one value move together.
    rows : int

    Returns
    -------
    Blocks
        At most ``MOST_BLOCKS``: above that, neighbours (in time, in the order of the groups, in the order of
        the rows) are joined, which is as valid and costs next to nothing, for Student's t at 200 degrees of
        freedom is the normal distribution.

    Examples
    --------
    >>> days = np.datetime64("2013-01-01T06:00") + np.arange(10) * np.timedelta64(1, "D")
    >>> blocks = choose_blocks(days, None, 10)
    >>> blocks.unit, blocks.count, blocks.labels[:2]
    ('day', 10, ('2013-01-01', '2013-01-02'))
    """
    if group is not None:
        values, codes = np.unique(group, return_inverse=True)
        return _joined(codes, tuple(str(v) for v in values), "group")
    if times is not None and rows:
        microseconds = times.astype("datetime64[us]").astype(np.int64)
        for unit, span in SPANS:
            shift = _shift(unit)
            spans, codes, held = np.unique(
                (microseconds - shift) // span, return_inverse=True, return_counts=True
            )
            if len(spans) >= FEWEST_BLOCKS and _whole(held) >= FEWEST_BLOCKS:
                starts = (spans * span + shift).astype("datetime64[us]")
                precision = "h" if unit == "hour" else "D"
                labels = tuple(np.datetime_as_string(starts.astype(f"datetime64[{precision}]")).tolist())
                return _joined(codes, labels, unit)
    codes = np.arange(rows, dtype=np.int64)
    if rows > MOST_BLOCKS:
        codes = codes * MOST_BLOCKS // rows
        firsts = np.searchsorted(codes, np.arange(MOST_BLOCKS))
        return Blocks(codes, tuple(map(str, firsts.tolist())), "row")
    return Blocks(codes, tuple(map(str, range(rows))), "row")


def start_of_spans(labels: Sequence[str], unit: str) -> NDArray[np.int64]:
    """When the weeks, days or hours begin that blocks with these labels lie in, in microseconds.

    Examples
    --------
    >>> starts = start_of_spans(["2013-01-01T06", "2013-01-01T07", "2013-01-02T00"], "day")
    >>> starts.astype("datetime64[us]").astype("datetime64[D]").astype(str).tolist()
    ['2013-01-01', '2013-01-01', '2013-01-02']
    """
    span, shift = dict(SPANS)[unit], _shift(unit)
    microseconds = np.array(labels, "datetime64[us]").astype(np.int64)
    return (microseconds - shift) // span * span + shift


def _shift(unit: str) -> int:
    return _MONDAY if unit == "week" else 0


def _whole(rows: NDArray[np.int64]) -> int:
    """As how many whole spans those count that hold so many rows, of which the first and last may be cut.

    ``(Σ s)² / Σ s²``, with ``s`` = 1 for a span between others, and for the first and last the share of a
    usual span's rows that they hold, at most 1: the effective number of clusters (Carter, Schnepel &
    Steigerwald 2017), rounded. A month that touches six weeks, two of them by a day, is worth less than five.

    Examples
    --------
    >>> _whole(np.array([1, 7, 7, 7, 7, 1])), _whole(np.array([5, 9, 9, 9, 9, 9, 4]))
    (5, 7)
    """
    if len(rows) < 3:
        return len(rows)
    shares = np.minimum(rows / np.median(rows[1:-1]), 1.0)
    shares[1:-1] = 1.0
    return round(float(shares.sum() ** 2 / (shares**2).sum()))


def _joined(codes: NDArray[np.int64], labels: tuple[str, ...], unit: str) -> Blocks:
    count = len(labels)
    if count <= MOST_BLOCKS:
        return Blocks(codes.astype(np.int64), labels, unit)
    runs = np.arange(count) * MOST_BLOCKS // count
    firsts = np.searchsorted(runs, np.arange(MOST_BLOCKS))
    return Blocks(runs[codes].astype(np.int64), tuple(labels[i] for i in firsts), unit)
