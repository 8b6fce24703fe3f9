"""How well a recipe does on later rows of its own training range, and the decision threshold for a cost.

Rows are in time order. A fold is fitted on all rows before a cut and scored on the rows after it; rows of
the cut's own time, and rows whose label was not known yet at the cut, are not fitted on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence

import numpy as np

#: Under so many rows nothing is held out.
FEWEST_ROWS = 50
HELD_OUT = 0.2

#: Row positions to fit on and row positions to score, to scores of the latter.
FitAndScore = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Fold:
    """Rows fitted on and rows scored (positions), and the scores."""

    fitted: np.ndarray
    scored: np.ndarray
    scores: np.ndarray


def folds(
    times: "np.ndarray | None", rows: int, delay_seconds: float, cuts: Sequence[float], run: FitAndScore
) -> "list[Fold]":
    """Fit and score one fold for each cut.

    Parameters
    ----------
    times : ndarray of datetime64, shape (rows,), or None
        In order; None where the model has no time.
    rows : int
    delay_seconds : float
        How long until a label is known.
    cuts : sequence of float
        Shares of the rows before each cut, rising; a fold is scored up to the next cut.
    run : callable
        Fits and scores.
    """
    made = []
    ends = [*cuts[1:], 1.0]
    for cut, end in zip(cuts, ends):
        at, stop = round(rows * cut), round(rows * end)
        fitted, scored = _split(times, at, stop, rows, delay_seconds)
        if len(fitted) and len(scored):
            made.append(Fold(fitted, scored, run(fitted, scored)))
    return made


def _split(
    times: "np.ndarray | None", at: int, stop: int, rows: int, delay_seconds: float
) -> "tuple[np.ndarray, np.ndarray]":
    if times is None:
        return np.arange(at), np.arange(at, stop)
    cut = times[at]
    until = times[stop] if stop < rows else None
    delay = np.timedelta64(round(delay_seconds * 1_000_000), "us")
    fitted = np.flatnonzero((times < cut) & (times + delay <= cut))
    after = times >= cut
    return fitted, np.flatnonzero(after if until is None else after & (times < until))


def measure(
    task: str, scores: str, classes: Sequence[Any], actual: np.ndarray, found: np.ndarray
) -> "dict[str, float]":
    """A few metrics under scikit-learn's names; one that has no value is left out.

    Rows that have no finite prediction are left out and counted (``unanswered``): whether that is a fault is
    for the edge test to say.

    Examples
    --------
    >>> measure("regression", "", (), np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, np.nan]))
    {'mae': 0.5, 'rmse': 0.7071067811865476, 'r2': -1.0, 'unanswered': 1.0}
    """
    answered = np.isfinite(found) if found.ndim == 1 else np.isfinite(found).all(axis=1)
    unanswered = int((~answered).sum())
    if unanswered:
        rest = measure(task, scores, classes, actual[answered], found[answered]) if answered.any() else {}
        return {**rest, "unanswered": float(unanswered)}
    if task == "regression":
        error = actual.astype(np.float64) - found
        spread = float(np.sum((actual - np.mean(actual)) ** 2))
        measured = {"mae": float(np.mean(np.abs(error))), "rmse": float(np.sqrt(np.mean(error**2)))}
        if spread > 0:
            measured["r2"] = 1.0 - float(np.sum(error**2)) / spread
        return measured
    return _classified(scores, list(classes), actual, found)


def _classified(
    scores: str, classes: "list[Any]", actual: np.ndarray, found: np.ndarray
) -> "dict[str, float]":
    from sklearn.metrics import log_loss, roc_auc_score

    codes = found > 0 if found.ndim == 1 else found.argmax(axis=1)
    measured = {"accuracy": float(np.mean(np.asarray(classes, dtype=object)[codes.astype(int)] == actual))}
    if len(classes) == 2 and len(set(actual.tolist())) == 2:
        ranked = found if found.ndim == 1 else found[:, 1]
        measured["roc_auc"] = float(roc_auc_score(actual == classes[1], ranked))
    if scores == "probabilities":
        measured["log_loss"] = float(log_loss(actual, found, labels=classes))
    return measured


def cheapest_threshold(
    positive: np.ndarray, score: np.ndarray, fp: float, fn: float
) -> "tuple[float, float]":
    """The decision threshold with the least mean cost, and that cost.

    Parameters
    ----------
    positive : ndarray of bool, shape (rows,)
    score : ndarray, shape (rows,)
        Probability of the positive class, of rows that were not fitted on.
    fp, fn : float
        Cost of a false positive and of a false negative.

    Returns
    -------
    threshold : float
        Half-way between two neighbouring scores; of equally cheap ones the nearest to ``fp / (fp + fn)``,
        which is the best one for probabilities that are perfectly calibrated (Elkan 2001).
    cost : float
        Mean cost a row.

    Examples
    --------
    >>> cheapest_threshold(np.array([False, False, True, True]), np.array([0.1, 0.2, 0.6, 0.9]), 1, 1)
    (0.5, 0.0)
    """
    order = np.argsort(score, kind="stable")
    sorted_scores, labels = score[order], positive[order].astype(np.float64)
    missed = np.concatenate([[0.0], np.cumsum(labels)])  # positives below the i-th place
    alarms = np.concatenate([[0.0], np.cumsum(1.0 - labels)])
    cost = (fn * missed + fp * (alarms[-1] - alarms)) / len(score)
    open_places = np.concatenate([[True], np.diff(sorted_scores) > 0, [True]])
    best = np.flatnonzero(open_places & (cost <= cost[open_places].min() + 1e-12))
    lows = np.concatenate([[0.0], sorted_scores])[best]
    above_all = max(1.0, np.nextafter(sorted_scores[-1], np.inf))
    highs = np.concatenate([sorted_scores, [above_all]])[best]
    ideal = fp / (fp + fn)
    between = np.where((lows < ideal) & (ideal <= highs), ideal, (lows + highs) / 2)
    middle = np.minimum(np.maximum(between, np.nextafter(lows, np.inf)), highs)
    at = int(np.abs(middle - ideal).argmin())
    return float(middle[at]), float(cost[best[at]])
