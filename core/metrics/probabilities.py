"""Metrics of probabilities: proper scores, and calibration by bins."""

from __future__ import annotations

import numpy as np

from core.metrics.workings import Floats, Undefined, Workings, computes, everywhere, ratio

BINS = 10


@computes("log_loss")
def log_loss(w: Workings) -> Floats:
    """Mean of minus the log of the probability that was given to what happened.

    Probabilities are kept one float64 spacing away from 0 and 1, as in scikit-learn.
    """
    return w.mean(log_losses(w))


def log_losses(w: Workings) -> Floats:
    """Log loss of each row, shape (rows,)."""
    if len(w.sample.classes) == 2:
        given = np.where(w.sample.actual == 1, w.probabilities[:, 1], w.probabilities[:, 0])
    else:
        given = w.probabilities[np.arange(w.sample.n), w.sample.actual]
    tiny = np.finfo(np.float64).eps
    losses: Floats = -np.log(np.clip(given, tiny, 1 - tiny))
    return losses


@computes("brier")
def brier(w: Workings) -> Floats:
    """Mean squared error of the probabilities (Brier 1950); of two classes, of the positive one's."""
    return w.mean(squared_errors(w))


def squared_errors(w: Workings) -> Floats:
    """Brier score of each row, shape (rows,)."""
    if len(w.sample.classes) == 2:
        losses: Floats = (w.probabilities[:, w.sample.positive] - w.is_positive) ** 2
        return losses
    given = w.probabilities[np.arange(w.sample.n), w.sample.actual]
    losses = (w.probabilities**2).sum(axis=1) - given**2 + (1 - given) ** 2
    return losses


@computes("calibration_error")
def calibration_error(w: Workings) -> Floats:
    """Expected calibration error over ten equal bins (Naeini, Cooper & Hauskrecht 2015).

    For two classes: of the positive probability against the share of positives. For more: of the largest
    probability against the share of rows that it is right for (Guo et al. 2017).
    """
    if len(w.sample.classes) == 2:
        stated = w.probabilities[:, w.sample.positive]
        happened = w.is_positive
    else:
        guess = w.probabilities.argmax(axis=1)
        stated = w.probabilities[np.arange(w.sample.n), guess]
        happened = guess == w.sample.actual
    cell = np.clip((stated * BINS).astype(np.int64), 0, BINS - 1)
    cell += w.sample.blocks.codes * BINS
    short = stated - happened
    gap = np.bincount(cell, short if w.sample.weight is None else w.weight * short, w.count * BINS)
    gaps = everywhere(gap.reshape(w.count, BINS))
    return ratio(np.abs(gaps).sum(axis=1), w.total)


@computes("bias")
def bias(w: Workings) -> Floats:
    """Mean of predicted minus actual; of two classes, mean positive probability minus share of positives."""
    if not w.sample.classes:
        if w.sample.predicted is None:
            raise Undefined("no predictions")
        return w.mean(w.sample.predicted - w.sample.actual)
    return w.mean(w.probabilities[:, w.sample.positive] - w.is_positive)
