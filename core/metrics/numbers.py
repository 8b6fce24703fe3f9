"""Metrics of predicted numbers. Equal to scikit-learn's, sample weights included."""

from __future__ import annotations

import numpy as np

from core.metrics.workings import Floats, Undefined, Workings, computes, largest_everywhere


def _errors(w: Workings) -> Floats:
    errors: Floats = w.predicted.astype(np.float64) - w.sample.actual
    return errors


@computes("mae")
def mae(w: Workings) -> Floats:
    """Mean absolute error."""
    return w.mean(np.abs(_errors(w)))


@computes("mse")
def mse(w: Workings) -> Floats:
    """Mean squared error."""
    return w.mean(_errors(w) ** 2)


@computes("rmse")
def rmse(w: Workings) -> Floats:
    """Root of the mean squared error."""
    return np.sqrt(mse(w))


@computes("rmsle")
def rmsle(w: Workings) -> Floats:
    """Root of the mean squared difference of log(1 + x)."""
    if min(w.predicted.min(), w.sample.actual.min()) <= -1:
        raise Undefined("a value is -1 or less")
    return np.sqrt(w.mean((np.log1p(w.predicted) - np.log1p(w.sample.actual)) ** 2))


@computes("mape")
def mape(w: Workings) -> Floats:
    """Mean absolute error as a share of the actual value (kept a float64 spacing away from 0)."""
    below = np.maximum(np.abs(w.sample.actual), np.finfo(np.float64).eps)
    return w.mean(np.abs(_errors(w)) / below)


@computes("medae")
def medae(w: Workings) -> Floats:
    """Median absolute error; with weights, the value that half of the weight lies below."""
    errors = np.abs(_errors(w))
    order = np.argsort(errors)
    ranked, weight, block = errors[order], w.weight[order], w.sample.blocks.codes[order]
    out = [ranked_median(ranked, weight)]
    out += [ranked_median(ranked, np.where(block == b, 0.0, weight)) for b in range(w.count)]
    return np.array(out)


def ranked_median(ranked: Floats, weight: Floats) -> float:
    """Weighted median of ascending values, the mean of two where the half falls between them."""
    below = np.cumsum(weight)
    total = below[-1]
    if not total:
        return float("nan")
    rounding = 1e-12 * total
    first = np.searchsorted(below, total / 2 - rounding)
    following = np.searchsorted(below, total / 2 + rounding, side="right")
    return float(ranked[first] + ranked[following]) / 2


@computes("max_error")
def max_error(w: Workings) -> Floats:
    """Largest absolute error."""
    return _largest(w, np.abs(_errors(w)))


def _largest(w: Workings, of: Floats) -> Floats:
    by_block = np.full(w.count, -np.inf)
    np.maximum.at(by_block, w.sample.blocks.codes, of)
    largest = largest_everywhere(by_block)
    return np.where(np.isfinite(largest), largest, np.nan)


@computes("mean_pinball_loss")
def mean_pinball_loss(w: Workings) -> Floats:
    """Pinball loss of the median."""
    return w.mean(np.abs(_errors(w))) / 2


@computes("r2")
def r2(w: Workings) -> Floats:
    """One minus the squared error over the variance of the actual values."""
    return _explained(w, w.sums(_errors(w) ** 2))


@computes("explained_variance")
def explained_variance(w: Workings) -> Floats:
    """One minus the variance of the errors over the variance of the actual values."""
    return _explained(w, _scatter(w, _errors(w)))


def _explained(w: Workings, unexplained: Floats) -> Floats:
    actual = w.sample.actual.astype(np.float64)
    varies = _largest(w, actual) > -_largest(w, -actual)
    if not varies[0]:
        raise Undefined("the actual values do not vary")
    return np.where(varies, 1 - unexplained / np.where(varies, _scatter(w, actual), 1.0), np.nan)


def _scatter(w: Workings, of: Floats) -> Floats:
    """Weighted sum of squares around the mean, of all rows and without each block.

    Within blocks around the block's mean, and between blocks around the mean of those that are left: nothing
    is subtracted that could cancel (Chan, Golub & LeVeque 1983).
    """
    codes = w.sample.blocks.codes
    weight = np.bincount(codes, w.weight, w.count)
    means = np.bincount(codes, w.weight * of, w.count) / np.where(weight > 0, weight, 1.0)
    within = w.sums((of - means[codes]) ** 2)
    kept = np.vstack([np.ones(w.count), 1 - np.eye(w.count)]) * weight
    centres = (kept @ means / kept.sum(axis=1))[:, None]
    between: Floats = (kept * (means - centres) ** 2).sum(axis=1)
    return within + between


@computes("mean_poisson_deviance")
def mean_poisson_deviance(w: Workings) -> Floats:
    """Deviance of a Poisson distribution with the predicted mean."""
    actual, predicted = w.sample.actual, w.predicted
    if actual.min() < 0 or predicted.min() <= 0:
        raise Undefined("needs actual values ≥ 0 and predictions > 0")
    logarithm = np.log(np.where(actual > 0, actual / predicted, 1.0))  # 0 · log 0 is 0
    return w.mean(2 * (actual * logarithm - actual + predicted))


@computes("mean_gamma_deviance")
def mean_gamma_deviance(w: Workings) -> Floats:
    """Deviance of a gamma distribution with the predicted mean."""
    actual, predicted = w.sample.actual, w.predicted
    if min(actual.min(), predicted.min()) <= 0:
        raise Undefined("needs actual values and predictions > 0")
    return w.mean(2 * (np.log(predicted / actual) + actual / predicted - 1))
