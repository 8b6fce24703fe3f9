"""Logistic recalibration: how the outcome follows the log-odds that a model states (Cox 1958).

``logit P(y = 1) = intercept + slope · logit p``. Slope 1 with intercept 0 is perfect; the calibration in the
large is the intercept where the slope is held at 1 (Van Calster et al. 2016).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.metrics.workings import Floats, Undefined, Workings, computes

_STEPS = 50
_ENOUGH = 1e-6  # the last step; what is left after it is of the order of its square
_LONGEST = 2.0  # a step, so that a bad start does not overshoot


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
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(w.sample.blocks.sizes)
    data = _Data(odds[order], w.is_positive[order].astype(np.float64), w.weight[order], slope)
    whole = data.fit(slice(0, 0), (0.0, 1.0))
    without = [data.fit(slice(a, b), whole) for a, b in zip(ends - w.sample.blocks.sizes, ends, strict=True)]
    return np.array([whole, *without])[:, 1 if slope else 0]


@dataclass(frozen=True, eq=False)
class _Data:
    """Rows in the order of their blocks, so that leaving out a block is leaving out a slice."""

    odds: Floats
    happened: Floats
    weight: Floats
    slope: bool

    def fit(self, left_out: slice, start: tuple[float, float]) -> tuple[float, float]:
        """Intercept and slope of greatest likelihood, by Newton's steps; NaN where there is none."""
        kept = self.weight.copy()
        kept[left_out] = 0.0
        positives = kept @ self.happened
        intercept, slope = start if math.isfinite(start[0]) else (0.0, 1.0)
        if not 0 < positives < kept.sum():
            return math.nan, math.nan
        for _ in range(_STEPS):
            along, across = self._step(kept, intercept, slope)
            length = max(abs(along), abs(across))
            if not math.isfinite(length):
                break
            shorter = min(1.0, _LONGEST / length) if length else 1.0
            intercept, slope = intercept + shorter * along, slope + shorter * across
            if length <= _ENOUGH * (1 + abs(intercept) + abs(slope)):
                return intercept, slope
        return math.nan, math.nan

    def _step(self, kept: Floats, intercept: float, slope: float) -> tuple[float, float]:
        chance = 1 / (1 + np.exp(-np.clip(intercept + slope * self.odds, -500, 500)))
        missed = kept * (self.happened - chance)
        curve = kept * chance * (1 - chance)
        score, flat = missed.sum(), curve.sum()
        if not self.slope:
            return (score / flat if flat else math.nan), 0.0
        tilted = curve * self.odds
        score_odds, mixed, steep = missed @ self.odds, tilted.sum(), tilted @ self.odds
        determinant = flat * steep - mixed**2
        if determinant <= 0:
            return math.nan, math.nan
        return (
            (steep * score - mixed * score_odds) / determinant,
            (flat * score_odds - mixed * score) / determinant,
        )
