"""What a fitted estimator itself answers: the truth that every algorithm is compared with."""

from __future__ import annotations

from typing import Any, Callable, Sequence

import numpy as np

from incumbent.errors import FittingError


def kind_of_scores(estimator: Any, task: str) -> str:
    """``numbers``, ``probabilities`` or ``decisions``: the most telling scores that an estimator has.

    A classifier with neither probabilities nor decisions gives its class, as probabilities of 0 and 1.
    """
    if task == "regression":
        return "numbers"
    if hasattr(estimator, "predict_proba"):
        return "probabilities"
    return "decisions" if hasattr(estimator, "decision_function") else "probabilities"


def scorer(estimator: Any, task: str) -> "Callable[[Any], np.ndarray]":
    """The function from input to scores, float64 as ``Algorithm.predict`` has them."""
    if task == "regression":
        return lambda x: _numbers(estimator.predict(x))
    if hasattr(estimator, "predict_proba"):
        return lambda x: np.asarray(estimator.predict_proba(x), dtype=np.float64)
    if hasattr(estimator, "decision_function"):
        return lambda x: np.asarray(estimator.decision_function(x), dtype=np.float64)
    classes = np.asarray(estimator.classes_)
    return lambda x: (np.asarray(estimator.predict(x))[:, None] == classes[None, :]).astype(np.float64)


def _numbers(predicted: Any) -> np.ndarray:
    found = np.asarray(predicted, dtype=np.float64)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1:
        raise FittingError(
            f"the estimator predicts {found.shape[1]} numbers a row", "a model predicts one target"
        )
    return found


def classes_of(estimator: Any) -> "tuple[Any, ...]":
    """An estimator's classes as plain Python values, in its order.

    Raises
    ------
    FittingError
        Where it has none: it is no classifier.
    """
    found = getattr(estimator, "classes_", None)
    if found is None:
        raise FittingError(
            f"{type(estimator).__name__} has no classes: it is no classifier",
            'set task = "regression" in the spec, or build a classifier',
        )
    return tuple(np.asarray(found).tolist())


def truth(
    score: "Callable[[Any], np.ndarray]",
    given: Any,
    rows: int,
    width: Sequence[int],
    raised: "dict[int, Exception] | None" = None,
) -> np.ndarray:
    """Scores of many rows, NaN for each row that the estimator refuses by itself.

    Parameters
    ----------
    score : callable
        From :func:`scorer`.
    given : data frame, matrix or list of texts
        As many as ``rows``.
    width : sequence of int
        Shape of one row's scores.
    raised : dict, optional
        Is told what the estimator raised, by row.
    """
    out = np.full((rows, *width), np.nan)
    waiting = [(0, rows)]
    while waiting:
        start, stop = waiting.pop()
        try:
            found = np.asarray(score(_rows(given, start, stop)))
            if found.shape != (stop - start, *width):  # numpy would give one answer to every row
                raise TypeError(f"scores of the shape {found.shape} for {stop - start} rows")
            out[start:stop] = found
        except Exception as error:  # an estimator may raise anything at all for a row that it refuses
            if stop - start > 1:
                middle = (start + stop) // 2
                waiting += [(start, middle), (middle, stop)]
            elif raised is not None:
                raised[start] = error
    return out


def _rows(given: Any, start: int, stop: int) -> Any:
    return given.iloc[start:stop] if hasattr(given, "iloc") else given[start:stop]
