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


def compiled(name: str, rows: int) -> Callable[..., Any] | None:
    """The compiled loop of this name for so many rows, or None where numpy shall do it."""
    global _done
    with _lock:
        _done += rows
        early = _done < PATIENCE and "numba" not in sys.modules
    found = None if early else _LOOPS.at_hand()
    return None if found is None else found[name]


_LOOPS = Compiled({"concordance": concordance})
