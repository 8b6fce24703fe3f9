"""Loops over the rows of large samples, compiled by numba where it is installed (the extra ``fast``).

Each does in one pass what numpy does in several, and gives the same numbers to the last bit: it is only
called upon for whole counts, which float64 adds exactly in any order. They are also valid Python, so what
they do can be tested without a compiler.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from incumbent.compiled import Compiled

#: Rows that numpy is given before numba is loaded for them alone (about as long as loading it takes).
PATIENCE = 2_000_000

_lock = threading.Lock()
_done = 0


def concordance(
    order: Any, scores: Any, positive: Any, blocks: Any, below: Any, lost: Any, within: Any
) -> float:
    """Concordant pairs of a positive and a negative row, ties counting half: all, by block, inside blocks.

    Parameters
    ----------
    order : ndarray of intp, shape (rows,)
        Rows by ascending score.
    scores : ndarray of float64, shape (rows,)
    positive : ndarray of bool, shape (rows,)
    blocks : ndarray of int64, shape (rows,)
    below : ndarray of float64, shape (blocks,)
        Zeros; becomes the negatives of each block.
    lost : ndarray of float64, shape (blocks,)
        Zeros; becomes the pairs in which a row of the block is the positive, plus those in which one is the
        negative.
    within : ndarray of float64, shape (blocks,)
        Zeros; becomes the pairs inside each block.

    Returns
    -------
    float
        All concordant pairs.
    """
    rows = len(order)
    above = 0.0  # positives that rank higher than the rows seen so far
    for r in range(rows):
        above += positive[r]
    beneath, pairs = 0.0, 0.0
    start = 0
    while start < rows:
        stop, ups = start, 0.0
        score = scores[order[start]]
        while stop < rows and scores[order[stop]] == score:
            ups += positive[order[stop]]
            if not positive[order[stop]]:
                below[blocks[order[stop]]] += 0.5
            stop += 1
        downs = stop - start - ups
        of_positive, of_negative = beneath + downs / 2, above - ups / 2
        for at in range(start, stop):
            row = order[at]
            if positive[row]:
                pairs += of_positive
                lost[blocks[row]] += of_positive
                within[blocks[row]] += below[blocks[row]]
            else:
                lost[blocks[row]] += of_negative
        for at in range(start, stop):
            if not positive[order[at]]:
                below[blocks[order[at]]] += 0.5
        beneath += downs
        above -= ups
        start = stop
    return pairs


def ascending(keys: Any, order: Any, spare_keys: Any, spare: Any, counts: Any) -> Any:
    """Sort rows by unsigned keys, the lowest digit first (Knuth 1998, section 5.2.5).

    Parameters
    ----------
    keys, spare_keys : ndarray of uint64, shape (rows,)
        Both are overwritten.
    order, spare : ndarray of int64, shape (rows,)
        ``order`` holds 0, 1, 2, …; both are overwritten.
    counts : ndarray of int64, shape (6, 2048)
        Zeros; how often each digit of eleven bits occurs.

    Returns
    -------
    ndarray
        ``order`` or ``spare``: the rows by ascending key.
    """
    rows = len(keys)
    for r in range(rows):
        key = keys[r]
        for place in range(6):
            counts[place, (key >> np.uint64(11 * place)) & np.uint64(2047)] += 1
    for place in range(6):
        shift = np.uint64(11 * place)
        if counts[place, (keys[0] >> shift) & np.uint64(2047)] == rows:  # all have the same digit
            continue
        begins = 0
        for digit in range(2048):
            begins, counts[place, digit] = begins + counts[place, digit], begins
        for r in range(rows):
            digit = (keys[r] >> shift) & np.uint64(2047)
            at = counts[place, digit]
            counts[place, digit] = at + 1
            spare_keys[at] = keys[r]
            spare[at] = order[r]
        keys, spare_keys = spare_keys, keys
        order, spare = spare, order
    return order


def ascending_order(scores: Any) -> Any:
    """Rows by ascending score, shape (rows,); how equal ones are ordered is not said.

    Examples
    --------
    >>> ascending_order(np.array([0.5, -1.0, 0.0, -2.5])).tolist()
    [3, 1, 2, 0]
    """
    loop = compiled("ascending", 0) if len(scores) else None
    if loop is None:
        return np.argsort(scores)
    return loop(sortable(scores), np.arange(len(scores)), *_spare(len(scores)))


def sortable(scores: Any) -> Any:
    """Finite float64 values as uint64 keys of the same order: of negative ones all bits are turned.

    Examples
    --------
    >>> keys = sortable(np.array([-np.inf, -1.5, -0.0, 0.0, 1e-300, 2.0]))
    >>> bool((keys[1:] > keys[:-1]).all())
    True
    """
    bits = np.ascontiguousarray(scores, dtype=np.float64).view(np.uint64)
    return bits ^ np.where(bits >> np.uint64(63), np.uint64(2**64 - 1), np.uint64(2**63))


def _spare(rows: int) -> tuple[Any, Any, Any]:
    return np.empty(rows, np.uint64), np.empty(rows, np.int64), np.zeros((6, 2048), np.int64)


def compiled(name: str, rows: int) -> Callable[..., Any] | None:
    """The compiled loop of this name for so many rows, or None where numpy shall do it."""
    global _done
    with _lock:
        _done += rows
        early = _done < PATIENCE and "numba" not in sys.modules
    found = None if early else _LOOPS.at_hand()
    return None if found is None else found[name]


_LOOPS = Compiled({"concordance": concordance, "ascending": ascending})
