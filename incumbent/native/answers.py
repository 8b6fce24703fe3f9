"""From raw scores to answers: the link functions of linear models, networks and naive Bayes.

Each answer takes raw scores, shape (rows, outputs), and gives what the estimator's ``predict``,
``predict_proba`` or ``decision_function`` gives; ``many`` with numpy, ``one`` with plain Python for a single
row. Both follow scikit-learn's own order of operations, so that they saturate, overflow and round as it does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable

import numpy as np

Many = Callable[[np.ndarray], np.ndarray]
One = Callable[["list[float]"], "list[float]"]


@dataclass(frozen=True)
class Answer:
    """One way to read raw scores.

    Parameters
    ----------
    scores : str
        ``numbers``, ``probabilities`` or ``decisions``.
    many : callable
        (rows, outputs) to what ``Predictor.predict`` returns.
    one : callable
        One row's raw scores to what ``Predictor.predict_row`` returns.
    """

    scores: str
    many: Many
    one: One


def exponential(z: float) -> float:
    """``exp`` that overflows to infinity, as numpy's does.

    Examples
    --------
    >>> exponential(0.0), exponential(1000.0)
    (1.0, inf)
    """
    try:
        return math.exp(z)
    except OverflowError:
        return math.inf


def logistic(z: float) -> float:
    """The logistic function of one number.

    Examples
    --------
    >>> logistic(0.0), logistic(800.0), logistic(-800.0)
    (0.5, 1.0, 0.0)
    """
    try:
        return 1.0 / (1.0 + math.exp(-z))
    except OverflowError:
        return 0.0


def logistic_many(z: np.ndarray) -> np.ndarray:
    """The logistic function, any shape."""
    with np.errstate(all="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-z)))


def softmax_many(z: np.ndarray) -> np.ndarray:
    """Row-wise softmax, shape (rows, classes)."""
    with np.errstate(all="ignore"):
        raised = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def softmax(z: "list[float]") -> "list[float]":
    """Softmax of one row.

    Examples
    --------
    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    top = max(z)
    raised = [exponential(v - top) for v in z]
    total = sum(raised)
    return [v / total for v in raised]


def normalise_many(p: np.ndarray) -> np.ndarray:
    """Rows that sum to one; a row of zeros becomes uniform."""
    total = p.sum(axis=1, keepdims=True)
    nothing = total[:, 0] == 0
    if nothing.any():
        p, total = p.copy(), total.copy()
        p[nothing] = 1.0
        total[nothing] = p.shape[1]
    with np.errstate(all="ignore"):
        return np.asarray(p / total)


def normalise(p: "list[float]") -> "list[float]":
    """One row that sums to one; zeros become uniform.

    Examples
    --------
    >>> normalise([1.0, 3.0]), normalise([0.0, 0.0])
    ([0.25, 0.75], [0.5, 0.5])
    """
    total = sum(p)
    if total == 0:
        return [1.0 / len(p)] * len(p)
    return [v / total for v in p]


def leading_many(p: np.ndarray, winners: np.ndarray) -> np.ndarray:
    """Probabilities in which the class that ``predict`` names leads.

    Saturated classes are equally likely to the last bit, and of those the estimator goes by something else.
    The winner's probability is then made one step larger, so that whoever takes the likeliest class takes
    the same one.

    Parameters
    ----------
    p : ndarray, shape (rows, classes)
    winners : ndarray of int, shape (rows,)
        The classes' places.

    Examples
    --------
    >>> leading_many(np.array([[0.5, 0.5], [0.9, 0.1]]), np.array([1, 1])).argmax(axis=1).tolist()
    [1, 0]
    """
    if not len(p):
        return p
    rows = np.arange(len(p))
    top = p.max(axis=1)
    behind = (p[rows, winners] == top) & (p.argmax(axis=1) != winners)
    if behind.any():
        p = p.copy()
        p[rows[behind], winners[behind]] = np.nextafter(top[behind], np.inf)
    return p


def leading(p: "list[float]", winner: int) -> "list[float]":
    """The same for one row.

    Examples
    --------
    >>> leading([0.5, 0.5], 1)[1] > 0.5
    True
    """
    top = max(p)
    if p[winner] == top and p.index(top) != winner:
        p = list(p)
        p[winner] = math.nextafter(top, math.inf)
    return p


def two_classes(p: np.ndarray) -> np.ndarray:
    """Probabilities of both classes from those of the second, shape (rows,) to (rows, 2)."""
    return np.stack([1.0 - p, p], axis=1)


def _flat(z: np.ndarray) -> np.ndarray:
    return z[:, 0] if z.shape[1] == 1 else z


def _exponential_many(z: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return _flat(np.exp(z))


def _logistic_answer_many(z: np.ndarray) -> np.ndarray:
    p = logistic_many(z)
    return two_classes(p[:, 0]) if p.shape[1] == 1 else leading_many(normalise_many(p), z.argmax(axis=1))


def _logistic_answer(z: "list[float]") -> "list[float]":
    if len(z) == 1:
        p = logistic(z[0])
        return [1.0 - p, p]
    return leading(normalise([logistic(v) for v in z]), z.index(max(z)))


def _softmax_answer_many(z: np.ndarray) -> np.ndarray:
    return softmax_many(np.concatenate([-z, z], axis=1) if z.shape[1] == 1 else z)


def _softmax_answer(z: "list[float]") -> "list[float]":
    return softmax([-z[0], z[0]] if len(z) == 1 else z)


def _modified_huber_many(z: np.ndarray) -> np.ndarray:
    p = (np.clip(z, -1.0, 1.0) + 1.0) / 2.0
    return two_classes(p[:, 0]) if p.shape[1] == 1 else leading_many(normalise_many(p), z.argmax(axis=1))


def _modified_huber(z: "list[float]") -> "list[float]":
    p = [(min(max(v, -1.0), 1.0) + 1.0) / 2.0 for v in z]
    return [1.0 - p[0], p[0]] if len(p) == 1 else leading(normalise(p), z.index(max(z)))


def _posterior_many(z: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        top = z.max(axis=1, keepdims=True)
        return np.asarray(np.exp(z - (top + np.log(np.exp(z - top).sum(axis=1, keepdims=True)))))


def _posterior(z: "list[float]") -> "list[float]":
    top = max(z)
    evidence = top + math.log(sum(exponential(v - top) for v in z))
    return [exponential(v - evidence) for v in z]


#: Every answer by the name that a coefficients file has for it.
ANSWERS: "dict[str, Answer]" = {
    "number": Answer("numbers", _flat, lambda z: z),
    "exp": Answer("numbers", _exponential_many, lambda z: [exponential(v) for v in z]),
    "decision": Answer("decisions", _flat, lambda z: z),
    "logistic": Answer("probabilities", _logistic_answer_many, _logistic_answer),
    "softmax": Answer("probabilities", _softmax_answer_many, _softmax_answer),
    "modified_huber": Answer("probabilities", _modified_huber_many, _modified_huber),
    "posterior": Answer("probabilities", _posterior_many, _posterior),
}
