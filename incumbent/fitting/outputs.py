"""The output schema: scores, classes, the positive one, and the decision threshold."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from incumbent.errors import DataError, FittingError
from incumbent.fitting.convert import Unsupported
from incumbent.fitting.convert.threshold import threshold as carried
from incumbent.fitting.scores import classes_of, kind_of_scores, predicted_places
from incumbent.schema import OutputSchema

#: How a threshold came about that a person has neither given nor put a cost to.
OWN = "the estimator's own"
#: A threshold, and how it came about; both None where the likeliest class is taken.
Threshold = "tuple[float | None, dict[str, Any] | None]"


def output_of(
    estimator: Any,
    job: Mapping[str, Any],
    target: "np.ndarray | None",
    threshold: "float | None",
    given: Any = None,
) -> OutputSchema:
    """What a fitted estimator's predictions are.

    Parameters
    ----------
    estimator : object
    job : mapping
        ``task`` and ``positive``.
    target : ndarray, shape (rows,), or None
        Of the training rows, where they are known.
    threshold : float, optional
    given : data frame, matrix or list of texts, optional
        Some of the rows, as the estimator takes them.
    """
    task = job["task"]
    scores = kind_of_scores(estimator, task, given)
    if task == "regression":
        if hasattr(estimator, "classes_"):
            raise FittingError(
                f"{type(estimator).__name__} is a classifier, and the model's task is regression",
                'set task = "classification" in the spec',
            )
        if target is None:
            return OutputSchema("regression", scores)
        numbers = target.astype(np.float64)
        return OutputSchema("regression", scores, low=float(numbers.min()), high=float(numbers.max()))
    classes = classes_of(estimator)
    _check_classes(classes, target)
    return OutputSchema("classification", scores, classes, positive_of(classes, job), threshold)


def _check_classes(classes: "tuple[Any, ...]", target: "np.ndarray | None") -> None:
    if target is None or set(classes) & set(target[:10_000].tolist()):
        return
    found = sorted({str(v) for v in target[:10_000].tolist()})[:10]
    raise DataError(
        f"the model's classes are {', '.join(map(str, classes))}, and the target has {', '.join(found)}",
        "the target must be written as it was when the model was fitted",
    )


def positive_of(classes: "tuple[Any, ...]", job: Mapping[str, Any]) -> Any:
    """The positive class as the target has it; the second of two where the spec names none."""
    wanted = job.get("positive")
    if wanted is None:
        return classes[1] if len(classes) == 2 else None
    for candidate in classes:
        if candidate == wanted or str(candidate) == str(wanted):
            return candidate
    raise DataError(
        f"the positive class {wanted!r} is not among the model's: {', '.join(map(str, classes))}",
        "correct `positive` in the spec",
    )


def belied(estimator: Any, output: OutputSchema, given: Any, expected: np.ndarray) -> "str | None":
    """What to tell where an estimator's ``predict`` is not what follows from its scores, else None.

    Parameters
    ----------
    given : data frame, matrix or list of texts
    expected : ndarray
        The estimator's scores of these rows.
    """
    if output.task == "regression":
        return None
    predicted = predicted_places(estimator, given)
    decided = output.decide(expected)
    both = (predicted >= 0) & (decided >= 0)
    apart = int((predicted != decided)[both].sum())
    if not apart:
        return None
    by = "its likeliest class" if output.threshold is None else f"the threshold {output.threshold:g}"
    return (
        f"its predict() names another class than {by} on {apart:,} of {int(both.sum()):,} reference rows; "
        "what counts here are the scores"
    )


def own_threshold(estimator: Any, job: Mapping[str, Any]) -> "tuple[float | None, dict[str, Any] | None]":
    """The threshold that an estimator carries itself (scikit-learn's threshold classifiers).

    It cuts the probability of the estimator's own positive class. Where the spec means the other one, that
    is the positive one where its probability is above the complement.
    """
    try:
        found = carried(estimator)
    except Unsupported:  # it cuts decisions
        return None, None
    if found is None:
        return None, None
    value = found.value
    if positive_of(classes_of(estimator), job) != found.positive:
        value = float(np.nextafter(1.0 - value, np.inf))
    return value, {"threshold": value, "how": OWN}


def threshold_without_rows(
    job: Mapping[str, Any], estimator: Any
) -> "tuple[float | None, dict[str, Any] | None]":
    """The threshold of a model that was fitted elsewhere.

    Where the spec has a cost it is ``fp / (fp + fn)``, the cheapest one for calibrated probabilities (Elkan
    2001, "The foundations of cost-sensitive learning"): there are no rows of which it is known that the
    model has not seen them.
    """
    given, cost = job.get("threshold"), job.get("cost")
    if job["task"] != "classification":
        return None, None
    if given is not None:
        return float(given), {"threshold": float(given), "how": "given"}
    if cost is None:
        return own_threshold(estimator, job)
    ratio = cost["fp"] / (cost["fp"] + cost["fn"])
    return ratio, {"threshold": ratio, "how": "cost ratio", "cost": dict(cost)}
