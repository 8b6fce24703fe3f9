"""Features times weights, block by block: where linear models, networks and projections multiply.

A one-hot block is a gather of weights and a sparse block a sum over its stored entries; nothing is written
out in full. Estimators of scikit-learn refuse NaN and infinity: :func:`product` says which rows hold one.
"""

from __future__ import annotations

from operator import mul
from typing import Any, Sequence

import numpy as np

from incumbent.native.blocks import Block, Dense, Features, OneHot, Raw, not_finite, numbers
from incumbent.native.step import refuse_row

#: A matrix of more numbers than this is multiplied by numpy for a single row, too: numpy has a fixed price of
#: some microseconds.
LARGE = 500


def product(x: Features, weights: np.ndarray) -> "tuple[np.ndarray, np.ndarray | None]":
    """``x @ weights`` and the rows that scikit-learn would refuse.

    Parameters
    ----------
    x : Features
    weights : ndarray, shape (x.width, outputs)

    Returns
    -------
    ndarray, shape (rows, outputs)
    ndarray of bool, shape (rows,), or None
        Rows with a value that is not a finite number; None where there are none.
    """
    out = np.zeros((x.rows, weights.shape[1]))
    at = 0
    with np.errstate(all="ignore"):
        for block in x.blocks:
            _add(out, block, weights[at : at + block.width])
            at += block.width
        finite = bool(np.isfinite(out.sum()))
    # NaN and infinity spread to the sums; an overflow looks the same, and is no reason to refuse
    return out, None if finite else unusable(x)


def _add(out: np.ndarray, block: Block, weights: np.ndarray) -> None:
    if isinstance(block, Dense):
        out += block.values @ weights
    elif isinstance(block, OneHot):
        out += np.concatenate([weights, np.zeros((1, weights.shape[1]))])[block.codes]
    elif isinstance(block, Raw):
        out += numbers(block.column)[:, None] * weights
    else:
        owner = np.repeat(np.arange(len(out)), np.diff(block.indptr))
        for k in range(weights.shape[1]):
            out[:, k] += np.bincount(owner, block.data * weights[block.indices, k], minlength=len(out))


def unusable(x: Features) -> "np.ndarray | None":
    """Rows with a value that is not a finite number; None where there are none."""
    found: "np.ndarray | None" = None
    for block in x.blocks:
        bad = not_finite(block, x.rows, allow_nan=False)
        if bad is not None:
            found = bad if found is None else found | bad
    return found


def without(scores: np.ndarray, refused: "np.ndarray | None") -> np.ndarray:
    """Scores with NaN in the rows that are refused."""
    if refused is not None:
        scores[refused] = np.nan
    return scores


def dot(x: Sequence[Any], weights: Sequence[float], start: float) -> float:
    """``start + x · weights`` of one row of numbers.

    Raises
    ------
    Refused
        For NaN and infinity.

    Examples
    --------
    >>> dot([1.0, 2.0], [0.5, 0.25], 3.0)
    4.0
    """
    z: float = sum(map(mul, x, weights)) + start
    if z - z != 0.0:
        refuse_row(x)
    return z
