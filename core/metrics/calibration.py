"""Logistic recalibration: how the outcome follows the log-odds that a model states (Cox 1958).

``logit P(y = 1) = intercept + slope · logit p``. Slope 1 with intercept 0 is perfect; the calibration in the
large is the intercept where the slope is held at 1 (Van Calster et al. 2016).
"""

from __future__ import annotations

import numpy as np

from core.metrics.workings import Floats, Undefined, Workings, computes

_STEPS = 30
_ENOUGH = 1e-11


@computes("calibration_slope")
def calibration_slope(w: Workings) -> Floats:
    """Slope of the outcome on the stated log-odds; below 1 the model is overconfident."""
    odds = _log_odds(w)
    if odds.min() == odds.max():
        raise Undefined("all probabilities are equal")
    return _fitted(w, odds, slope=True)


@computes("calibration_in_the_large")
def calibration_in_the_large(w: Workings) -> Floats:
    """Shift of the stated log-odds that makes their mean right; above 0 the model says too little."""
    return _fitted(w, _log_odds(w), slope=False)


def _log_odds(w: Workings) -> Floats:
    positives = w.sums(w.is_positive)[0]
    if not 0 < positives < w.total[0]:
        raise Undefined("only one class happened")
    tiny = np.finfo(np.float64).eps
    stated = np.clip(w.probabilities[:, w.sample.positive], tiny, 1 - tiny)
    odds: Floats = np.log(stated / (1 - stated))
    return odds


def _fitted(w: Workings, odds: Floats, slope: bool) -> Floats:
    """Slope or intercept, fitted on all rows and then without each block, shape (1 + blocks,)."""
    codes = w.sample.blocks.codes
    design = np.stack([np.ones_like(odds), odds]) if slope else np.ones((1, len(odds)))
    offset = np.zeros_like(odds) if slope else odds
    start = np.array([0.0, 1.0]) if slope else np.zeros(1)
    whole = _newton(design, offset, w.is_positive, w.weight, start)
    out = [whole]
    for block in range(w.count):
        kept = np.where(codes == block, 0.0, w.weight)
        out.append(_newton(design, offset, w.is_positive, kept, np.where(np.isnan(whole), start, whole)))
    return np.array(out)[:, -1]


def _newton(design: Floats, offset: Floats, happened: Floats, weight: Floats, start: Floats) -> Floats:
    """Maximum likelihood by Newton's steps, halved where they overshoot; NaN where there is none."""
    positives = weight[happened].sum()
    if not 0 < positives < weight.sum():
        return np.full(len(start), np.nan)
    at = start
    score, information, fit = _terms(design, offset, happened, weight, at)
    for _ in range(_STEPS):
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            break
        while True:
            following = _terms(design, offset, happened, weight, at + step)
            if following[2] >= fit - 1e-9 * abs(fit) or np.abs(step).max() < _ENOUGH:
                break
            step = step / 2
        at = at + step
        score, information, fit = following
        if np.abs(step).max() <= _ENOUGH * (1 + np.abs(at).max()):
            return at
    return np.full(len(start), np.nan)


def _terms(
    design: Floats, offset: Floats, happened: Floats, weight: Floats, at: Floats
) -> tuple[Floats, Floats, float]:
    stated = offset + at @ design
    chance = 1 / (1 + np.exp(-np.clip(stated, -700, 700)))
    score = design @ (weight * (happened - chance))
    information = (design * (weight * chance * (1 - chance))) @ design.T
    fit = float(weight @ (happened * stated - np.logaddexp(0.0, stated)))
    return score, information, fit
