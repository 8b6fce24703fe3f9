"""The decision threshold that a fitted classifier carries with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from incumbent.fitting.convert import Unsupported, qualified

_MODULE = "sklearn.model_selection._classification_threshold"


@dataclass(frozen=True)
class Threshold:
    """Where a binary classifier cuts its probabilities.

    Parameters
    ----------
    value : float
        The positive class is predicted from this probability on.
    positive : object
        The positive class, as the target has it.
    """

    value: float
    positive: Any


def threshold(estimator: Any) -> "Threshold | None":
    """The threshold of a fitted estimator, or of what it ends with; None: the likeliest class.

    To be written into the bundle as ``OutputSchema.threshold`` and ``OutputSchema.positive``: the native
    steps of such a classifier are its probabilities alone.

    Raises
    ------
    Unsupported
        Where it cuts decisions instead of probabilities.
    """
    name = qualified(estimator)
    if name == "sklearn.pipeline.Pipeline":
        return threshold(estimator.steps[-1][1])
    if name.startswith("sklearn.model_selection._search"):
        return threshold(estimator.best_estimator_)
    if name == "sklearn.frozen._frozen.FrozenEstimator":
        return threshold(estimator.estimator)
    if name not in (f"{_MODULE}.FixedThresholdClassifier", f"{_MODULE}.TunedThresholdClassifierCV"):
        return None
    fitted = getattr(estimator, "estimator_", estimator.estimator)
    by_decisions = estimator.response_method == "decision_function" or not hasattr(fitted, "predict_proba")
    if by_decisions:
        raise Unsupported(name, "it cuts decisions, not probabilities")
    if name.endswith(".TunedThresholdClassifierCV"):
        value, positive = estimator.best_threshold_, estimator._curve_scorer._get_pos_label()
    else:
        value, positive = estimator.threshold, estimator.pos_label
        value = 0.5 if value == "auto" else value
    found = fitted.classes_.tolist()[1] if positive is None else positive
    return Threshold(float(value), found.item() if hasattr(found, "item") else found)
