"""What a fitted estimator itself answers: the truth that every algorithm is compared with."""

from __future__ import annotations

from typing import Any, Callable, Sequence

import numpy as np

from incumbent.errors import FittingError
from incumbent.native.answers import leading_many


def kind_of_scores(estimator: Any, task: str, given: Any = None) -> str:
    """``numbers``, ``probabilities`` or ``decisions``: the most telling scores that an estimator has.

    A classifier with neither probabilities nor decisions gives its class, as probabilities of 0 and 1. So
    does one whose decisions do not tell the class that it predicts (votes of pairs, a threshold of its own).

    Parameters
    ----------
    estimator : object
        Fitted.
    task : str
    given : data frame, matrix or list of texts, optional
        Rows on which the decisions are held against the predictions.
    """
    if task == "regression":
        return "numbers"
    if hasattr(estimator, "predict_proba"):
        return "probabilities"
    if not hasattr(estimator, "decision_function"):
        return "probabilities"
    return "decisions" if given is None or _decides(estimator, given) else "probabilities"


def _decides(estimator: Any, given: Any) -> bool:
    """Whether the highest decision is the predicted class, for every row that the estimator answers."""
    classes = len(np.asarray(estimator.classes_))
    width = (classes,) if classes > 2 else ()
    predicted = predicted_places(estimator, given)
    answered = predicted >= 0
    decided = truth(estimator.decision_function, given, len(given), width)[answered]
    if not np.isfinite(decided).all():
        return False
    places = decided.argmax(axis=1) if width else decided > 0
    return bool((places == predicted[answered]).all())


def predicted_places(estimator: Any, given: Any) -> np.ndarray:
    """The place of each row's predicted class, int, shape (rows,); -1 for rows that are refused."""
    place = {label: at for at, label in enumerate(np.asarray(estimator.classes_).tolist())}

    def places(x: Any) -> np.ndarray:
        named = np.asarray(estimator.predict(x)).ravel().tolist()
        return np.array([place[label] for label in named], dtype=np.float64)

    found = truth(places, given, len(given), ())
    return np.where(np.isnan(found), -1.0, found).astype(np.int64)


def scorer(estimator: Any, task: str, scores: "str | None" = None) -> "Callable[[Any], np.ndarray]":
    """The function from input to scores, float64 as ``Algorithm.predict`` has them.

    ``scores`` is what :func:`kind_of_scores` said, where it is known. Of classes that are equally likely to
    the last bit, the one that ``predict`` names leads by one step
    (:func:`incumbent.native.answers.leading_many`).
    """
    if task == "regression":
        return lambda x: _numbers(estimator.predict(x))
    if hasattr(estimator, "predict_proba"):
        return lambda x: _probabilities(estimator, x)
    if hasattr(estimator, "decision_function") and scores != "probabilities":
        return lambda x: np.asarray(estimator.decision_function(x), dtype=np.float64)
    classes = np.asarray(estimator.classes_)
    return lambda x: (np.asarray(estimator.predict(x))[:, None] == classes[None, :]).astype(np.float64)


def _probabilities(estimator: Any, given: Any) -> np.ndarray:
    p = np.asarray(estimator.predict_proba(given), dtype=np.float64)
    if p.ndim != 2 or p.shape[1] < 2:
        return p
    tied = np.flatnonzero((p == p.max(axis=1, keepdims=True)).sum(axis=1) > 1)
    if not len(tied):
        return p
    winners = p.argmax(axis=1)
    named = predicted_places(estimator, _chosen(given, tied))
    winners[tied] = np.where(named >= 0, named, winners[tied])
    return leading_many(p, winners)


def _chosen(given: Any, rows: np.ndarray) -> Any:
    if hasattr(given, "iloc"):
        return given.iloc[rows]
    return [given[at] for at in rows] if isinstance(given, list) else given[rows]


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
    listed = found if isinstance(found, np.ndarray) else list(found)
    if len(listed) and isinstance(listed[0], (list, tuple, np.ndarray)):
        raise FittingError(
            f"the estimator predicts {len(listed)} classes a row", "a model predicts one target"
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
