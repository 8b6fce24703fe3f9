"""Skill: the share of the best constant answer's loss that a model saves. Equal to scikit-learn's D².

The reference is what somebody could say without a model and knowing the slice: its shares of the classes, its
median. So a month that is harder for everybody does not count against the model (Murphy 1988; Hastie,
Tibshirani & Wainwright 2015 for other deviances). 1 is perfect, 0 is no better than the constant.
"""

from __future__ import annotations

import numpy as np

from core.metrics.numbers import ranked_median
from core.metrics.probabilities import brier, log_loss
from core.metrics.workings import Floats, Undefined, Workings, computes


@computes("d2_log_loss")
def d2_log_loss(w: Workings) -> Floats:
    """One minus the log loss over that of the classes' shares."""
    shares = _shares(w)
    logarithm = np.log(np.where(shares > 0, shares, 1.0))  # 0 · log 0 is 0
    return _saved(log_loss(w), -(shares * logarithm).sum(axis=1))


@computes("d2_brier")
def d2_brier(w: Workings) -> Floats:
    """One minus the Brier score over that of the classes' shares."""
    spread = 1 - (_shares(w) ** 2).sum(axis=1)
    return _saved(brier(w), spread / 2 if len(w.sample.classes) == 2 else spread)


@computes("d2_absolute_error")
def d2_absolute_error(w: Workings) -> Floats:
    """One minus the absolute error over that of the median."""
    actual = w.sample.actual.astype(np.float64)
    order = np.argsort(actual)
    ranked, weight, block = actual[order], w.weight[order], w.sample.blocks.codes[order]
    constant = [_around_median(ranked, weight)]
    constant += [_around_median(ranked, np.where(block == b, 0.0, weight)) for b in range(w.count)]
    return _saved(w.sums(np.abs(w.predicted - actual)), np.array(constant))


def _shares(w: Workings) -> Floats:
    """Share of each class, of all rows and without each block, shape (1 + blocks, classes)."""
    shares: Floats = w.truth / w.truth.sum(axis=1, keepdims=True)
    return shares


def _around_median(ranked: Floats, weight: Floats) -> float:
    return float(weight @ np.abs(ranked - ranked_median(ranked, weight)))


def _saved(loss: Floats, constant: Floats) -> Floats:
    known = constant > 0
    if not known[0]:
        raise Undefined("the actual values do not vary")
    return np.where(known, 1 - loss / np.where(known, constant, 1.0), np.nan)
