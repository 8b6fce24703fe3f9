"""Pooled values: a metric of all partitions' rows together, from what each partition kept of its rows.

The row-weighted mean of the partitions' values is what ``mean`` binds (rule 3); the pooled value is shown
beside it. For means of rows the two are the same. Shares of a confusion matrix and the coefficient of
determination are exact. The area under the ROC curve comes from the scores' counts in 500 bins, and is good
to about four digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.metrics import Metric
from core.metrics.sample import Sample
from core.statistics.estimate import Estimate
from core.statistics.packing import BlockSeries, numbered

Floats = NDArray[np.float64]
Kept = Mapping[str, BlockSeries]

BINS = 500
_REACH = 12.0  # log-odds beyond these share the outermost bins
CONFUSION, SCORES, MOMENTS, TOTAL = "confusion", "scores", "moments", "total"
_MEANS = (
    "log_loss",
    "brier",
    "accuracy",
    "error_rate",
    "mae",
    "mse",
    "bias",
    "target_rate",
    "positive_rate",
    "cost",
)


def keep(sample: Sample) -> dict[str, BlockSeries]:
    """What is kept of a partition's rows, to be pooled later."""
    weight = np.ones(sample.n) if sample.weight is None else sample.weight
    kept = {TOTAL: _series(np.array([weight.sum()]))}
    if not sample.classes:
        return {**kept, **_moments(sample, weight)}
    count = len(sample.classes)
    if sample.predicted is not None and count <= 20:
        cells = np.bincount(sample.actual * count + sample.predicted, sample.weight, count * count)
        kept[CONFUSION] = _series(cells.astype(np.float64))
    if count == 2:
        bins = _bins(sample)
        if bins is not None:
            other = sample.actual != sample.positive
            both = np.bincount(bins + BINS * other, sample.weight, 2 * BINS)
            kept[SCORES] = _series(both.astype(np.float64))
    return kept


def pooled(metric: Metric, parts: Sequence[tuple[Estimate, Kept]], positive: int = 1) -> float | None:
    """A metric of all partitions' rows together; None where what was kept does not tell.

    Parameters
    ----------
    metric : Metric
    parts : sequence of (Estimate, kept)
        The metric's estimate on each partition, and what :func:`keep` kept of its rows.
    positive : int
        Code of the positive class.
    """
    values = [e.value for e, _ in parts if e.value is not None]
    if metric.kind == "count":
        return float(sum(values)) if values else None
    if metric.name in _MEANS:
        return _mean(values, _kept_of(TOTAL, parts))
    for needed, formulas in ((CONFUSION, _OF_CONFUSION), (SCORES, _OF_SCORES), (MOMENTS, _OF_MOMENTS)):
        formula = formulas.get(metric.name)
        kept = _kept_of(needed, parts)
        if formula is not None and kept and values:
            summed: Floats = np.sum(kept, axis=0)
            two_classes = needed != CONFUSION or len(summed) == 4 or metric.name in _OF_ANY_CLASSES
            return _finite(formula(summed, positive)) if two_classes else None
    return None


def _kept_of(name: str, parts: Sequence[tuple[Estimate, Kept]]) -> list[Floats]:
    """What every partition kept under a name; empty where one kept nothing, or of other classes."""
    kept = [k[name].values for _, k in parts if name in k]
    return kept if len(kept) == len(parts) and len({len(k) for k in kept}) == 1 else []


def _mean(values: Sequence[float], weights: Sequence[Floats]) -> float | None:
    """The mean over rows, where every partition has a value."""
    total = float(np.sum(weights))
    if len(values) != len(weights) or total <= 0:
        return None
    return float(sum(v * float(w[0]) for v, w in zip(values, weights, strict=True)) / total)


def _series(values: Floats) -> BlockSeries:
    return BlockSeries(numbered(len(values)), values, np.zeros(len(values)))


def _bins(sample: Sample) -> NDArray[np.int64] | None:
    if sample.probabilities is not None:
        share = np.clip(sample.probabilities[:, sample.positive], 1e-15, 1 - 1e-15)
        odds = np.log(share / (1 - share))
    elif sample.scores is not None:
        odds = np.arcsinh(sample.scores) * 2
    else:
        return None
    place = (np.clip(odds, -_REACH, _REACH) + _REACH) / (2 * _REACH) * (BINS - 1)
    bins: NDArray[np.int64] = np.rint(place).astype(np.int64)
    return bins


def _moments(sample: Sample, weight: Floats) -> dict[str, BlockSeries]:
    if sample.predicted is None:
        return {}
    error = sample.predicted - sample.actual
    sums = [weight.sum(), weight @ sample.actual, weight @ sample.actual**2, weight @ error**2]
    return {MOMENTS: _series(np.array(sums, dtype=np.float64))}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _cells(matrix: Floats, positive: int) -> tuple[float, float, float, float]:
    """True positives, false positives, false negatives, true negatives of two classes."""
    square = matrix.reshape(2, 2)
    other = 1 - positive
    return (
        square[positive, positive],
        square[other, positive],
        square[positive, other],
        square[other, other],
    )


def _precision(matrix: Floats, positive: int) -> float:
    tp, fp, _, _ = _cells(matrix, positive)
    return tp / (tp + fp) if tp + fp else np.nan


def _recall(matrix: Floats, positive: int) -> float:
    tp, _, fn, _ = _cells(matrix, positive)
    return tp / (tp + fn) if tp + fn else np.nan


def _specificity(matrix: Floats, positive: int) -> float:
    _, fp, _, tn = _cells(matrix, positive)
    return tn / (tn + fp) if tn + fp else np.nan


def _f1(matrix: Floats, positive: int) -> float:
    tp, fp, fn, _ = _cells(matrix, positive)
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else np.nan


def _balanced_accuracy(matrix: Floats, positive: int) -> float:
    square = matrix.reshape(int(np.sqrt(len(matrix))), -1)
    actual = square.sum(axis=1)
    return float(np.mean(np.diag(square)[actual > 0] / actual[actual > 0]))


def _f1_macro(matrix: Floats, positive: int) -> float:
    square = matrix.reshape(int(np.sqrt(len(matrix))), -1)
    both = square.sum(axis=0) + square.sum(axis=1)
    return float(np.mean(2 * np.diag(square)[both > 0] / both[both > 0]))


def _roc_auc(counts: Floats, positive: int) -> float:
    yes, no = counts[:BINS], counts[BINS:]
    if not yes.sum() or not no.sum():
        return np.nan
    below = np.cumsum(no) - no / 2
    return float(yes @ below / (yes.sum() * no.sum()))


def _r2(sums: Floats, positive: int) -> float:
    n, actual, squares, errors = sums
    spread = squares - actual**2 / n
    return 1 - errors / spread if spread > 0 else np.nan


def _rmse(sums: Floats, positive: int) -> float:
    return float(np.sqrt(sums[3] / sums[0]))


_Formulas = Mapping[str, Callable[[Floats, int], float]]
_OF_CONFUSION: _Formulas = {
    "precision": _precision,
    "recall": _recall,
    "specificity": _specificity,
    "f1": _f1,
    "balanced_accuracy": _balanced_accuracy,
    "f1_macro": _f1_macro,
}
_OF_ANY_CLASSES = ("balanced_accuracy", "f1_macro")
_OF_SCORES: _Formulas = {"roc_auc": _roc_auc}
_OF_MOMENTS: _Formulas = {"r2": _r2, "rmse": _rmse}
