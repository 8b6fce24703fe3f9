"""The performance to be expected on rows whose labels are not known yet, from calibrated probabilities.

Confidence-based performance estimation (Białek, Kuberski, Perrakis & Bifet 2024, *Estimating Model
Performance Under Covariate Shift Without Labels*): a probability that is calibrated says how likely each
answer is right, so the expected confusion follows from the probabilities alone. The calibration is learned on
labelled rows that did not shape the version. It sees a shift of the inputs, never a changed relation between
inputs and outcome: it informs, and never decides (rule 12).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Labelled rows, and rows of the rarest class, that a calibration needs.
FEWEST_ROWS = 200
FEWEST_OF_CLASS = 20
#: Outcomes that are drawn from the probabilities for the interval.
DRAWS = 200
_TINY = 1e-12


def calibrated(scores: Floats, codes: Integers) -> Callable[[Floats], Floats] | None:
    """Calibration of probabilities: an isotonic curve a class, made to sum to one (Zadrozny & Elkan 2002).

    Parameters
    ----------
    scores : ndarray, shape (rows, classes)
    codes : ndarray, shape (rows,)
        The outcomes.

    Returns
    -------
    callable or None
        None where there are too few rows.
    """
    from sklearn.isotonic import IsotonicRegression

    classes = scores.shape[1]
    counts = np.bincount(codes, minlength=classes)
    if len(codes) < FEWEST_ROWS or counts.min() < FEWEST_OF_CLASS:
        return None
    curves = [
        IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scores[:, k], codes == k)
        for k in range(classes)
    ]
    if classes == 2:
        return lambda found: _pair(curves[1].predict(found[:, 1]))
    return lambda found: _shares(np.column_stack([c.predict(found[:, k]) for k, c in enumerate(curves)]))


def _pair(positive: Floats) -> Floats:
    return np.column_stack([1 - positive, positive])


def _shares(values: Floats) -> Floats:
    total = values.sum(axis=1, keepdims=True)
    shares: Floats = np.where(total > 0, values / np.maximum(total, _TINY), 1 / values.shape[1])
    return shares


def performance(
    truth: Floats, scores: Floats, decided: Integers, positive: int = 1
) -> dict[str, float | None]:
    """Metrics of given answers, where ``truth`` says how likely each outcome is (one-hot where it is known).

    Parameters
    ----------
    truth, scores : ndarray, shape (rows, classes)
    decided : ndarray, shape (rows,)
        The classes that were answered.

    Examples
    --------
    >>> truth = np.array([[0.8, 0.2], [0.3, 0.7]])
    >>> found = performance(truth, truth, np.array([0, 1]))
    >>> round(found["accuracy"], 3), round(found["brier"], 3)
    (0.75, 0.185)
    """
    rows = np.arange(len(decided))
    squares = 1 - 2 * scores + (scores**2).sum(axis=1, keepdims=True)  # of the distance to each outcome
    brier = float((truth * squares).sum(axis=1).mean())
    found: dict[str, float | None] = {
        "accuracy": float(truth[rows, decided].mean()),
        "log_loss": float(-(truth * np.log(np.clip(scores, 1e-15, 1.0))).sum(axis=1).mean()),
        "brier": brier / 2 if scores.shape[1] == 2 else brier,
    }
    if scores.shape[1] == 2:
        chosen = decided == positive
        hits, wanted = float(truth[chosen, positive].sum()), float(truth[:, positive].sum())
        found["precision"] = hits / chosen.sum() if chosen.any() else None
        found["recall"] = hits / wanted if wanted > 0 else None
        found["roc_auc"] = _area(scores[:, positive], truth[:, positive])
    return found


def _area(scores: Floats, positive: Floats) -> float | None:
    """The area under the ROC curve where each row is positive with a probability; ties count half."""
    _, place = np.unique(scores, return_inverse=True)
    yes = np.bincount(place, weights=positive)
    no = np.bincount(place, weights=1 - positive)
    if yes.sum() <= 0 or no.sum() <= 0:
        return None
    below = np.cumsum(no) - no
    return float((yes * (below + no / 2)).sum() / (yes.sum() * no.sum()))


def expected(
    probabilities: Floats, scores: Floats, decided: Integers, positive: int = 1, seed: int = 0
) -> dict[str, dict[str, float | None]]:
    """Expected metrics with the interval in which the realised ones will lie, if the calibration holds.

    Parameters
    ----------
    probabilities : ndarray, shape (rows, classes)
        Calibrated.
    scores : ndarray, shape (rows, classes)
        As the version states them.

    Returns
    -------
    dict
        ``{METRIC: {"value", "low", "high"}}``.
    """
    random = np.random.default_rng(seed)
    middle = performance(probabilities, scores, decided, positive)
    ends = np.cumsum(probabilities, axis=1)
    drawn: dict[str, list[float]] = {name: [] for name in middle}
    for _ in range(DRAWS):
        codes = np.minimum((random.random(len(ends))[:, None] > ends).sum(axis=1), ends.shape[1] - 1)
        for name, value in performance(one_hot(codes, ends.shape[1]), scores, decided, positive).items():
            if value is not None:
                drawn[name].append(value)
    return {name: {"value": value, **_interval(drawn[name])} for name, value in middle.items()}


def one_hot(codes: Integers, classes: int) -> Floats:
    """Known outcomes as probabilities."""
    return np.eye(classes)[codes]


def _interval(values: Sequence[float]) -> dict[str, float | None]:
    if not values:
        return {"low": None, "high": None}
    low, high = np.quantile(values, [0.025, 0.975])
    return {"low": float(low), "high": float(high)}
