"""From raw scores to answers: link functions, in scikit-learn's own order of operations."""

from __future__ import annotations

import math

from core.standalone.parts.base import INF, total


def exponential(z: float) -> float:
    """exp(z), infinite where it is too large."""
    try:
        return math.exp(z)
    except OverflowError:
        return INF


def logistic(z: float) -> float:
    """1 / (1 + exp(-z))."""
    try:
        return 1.0 / (1.0 + math.exp(-z))
    except OverflowError:
        return 0.0


def softmax(z: list[float]) -> list[float]:
    """Shares in proportion to exp(z)."""
    top = max(z)
    raised = [exponential(v - top) for v in z]
    whole = total(raised)
    return [v / whole for v in raised]


def normalised(p: list[float]) -> list[float]:
    """Shares that sum to one; zeros become equal shares."""
    whole = total(p)
    if whole == 0:
        return [1.0 / len(p)] * len(p)
    return [v / whole for v in p]


def exponential_answer(z: list[float]) -> list[float]:
    """Numbers by a logarithmic link."""
    return [exponential(v) for v in z]


def logistic_answer(z: list[float]) -> list[float]:
    """Probabilities by the logistic function: of both classes, or one against the rest."""
    if len(z) == 1:
        p = logistic(z[0])
        return [1.0 - p, p]
    return normalised([logistic(v) for v in z])


def softmax_answer(z: list[float]) -> list[float]:
    """Probabilities by softmax."""
    return softmax([-z[0], z[0]] if len(z) == 1 else z)


def modified_huber_answer(z: list[float]) -> list[float]:
    """Probabilities of the modified Huber loss (Zhang 2004)."""
    p = [(min(max(v, -1.0), 1.0) + 1.0) / 2.0 for v in z]
    return [1.0 - p[0], p[0]] if len(p) == 1 else normalised(p)


def posterior_answer(z: list[float]) -> list[float]:
    """Probabilities from joint log-likelihoods."""
    top = max(z)
    evidence = top + math.log(total(exponential(v - top) for v in z))
    return [exponential(v - evidence) for v in z]


def half_logistic_answer(z: list[float]) -> list[float]:
    """Probabilities of the exponential loss."""
    return logistic_answer([2.0 * z[0]])


def samme_answer(z: list[float]) -> list[float]:
    """Probabilities of AdaBoost (Zhu et al. 2009)."""
    if len(z) == 2:
        half = (z[1] - z[0]) / 2
        return softmax([-half, half])
    return softmax([s / (len(z) - 1) for s in z])
