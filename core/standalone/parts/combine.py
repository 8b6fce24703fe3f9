"""Answers made of answers: averages, votes, stacks, calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from core.standalone.parts.answers import logistic, normalised, softmax
from core.standalone.parts.base import Refused, total
from core.standalone.parts.expand import between


def categorical(x: Sequence[float], tables: Any, priors: Sequence[float]) -> list[float]:
    """Joint log-likelihoods of whole-number features: a table of every class's a category."""
    joint = [0.0] * len(priors)
    for value, table in zip(x, tables):
        if not -1.0 < value < len(table):
            raise Refused(f"{value!r} is no category from 0 to {len(table) - 1}")
        joint = [a + b for a, b in zip(joint, table[int(value)])]
    return [a + b for a, b in zip(joint, priors)]


def average(scores: Sequence[list[float]], weights: Sequence[float]) -> list[float]:
    """The weighted mean of several answers."""
    weighted = [[v * f for v in s] for s, f in zip(scores, weights)]
    whole = total(weights)
    return [total(column) / whole for column in zip(*weighted)]


def against_rest(p: list[float]) -> list[float]:
    """Probabilities of one classifier a class; one alone is of the second of two classes."""
    if len(p) == 1:
        p = [1.0 - p[0], p[0]]
    whole = total(p)
    return [v / whole for v in p] if whole != 0.0 else p


def as_features(scores: Sequence[list[float]]) -> list[float]:
    """Answers as features of another model; of two probabilities the second is enough."""
    found: list[float] = []
    for answer in scores:
        found += answer[1:] if len(answer) == 2 else answer
    if any(map(math.isnan, found)):
        raise Refused("a part of the model has no answer")
    return found


def sigmoid_curve(score: float, slope: float, offset: float) -> float:
    """Platt's curve from a score to a probability."""
    return logistic(-(slope * score + offset))


def isotonic_curve(score: float, scores: Sequence[float], probabilities: Sequence[float]) -> float:
    """Straight lines from score to probability."""
    return score if score != score else between(score, scores, probabilities)


def calibrated(p: list[float]) -> list[float]:
    """Probabilities from one calibrated number a class; one alone is of the second of two classes."""
    return [1.0 - p[0], p[0]] if len(p) == 1 else normalised(p)


def tempered(found: list[float], factor: float, probabilities: bool) -> list[float]:
    """Probabilities by softmax of all logits times one factor."""
    if probabilities:
        return softmax([factor * math.log(p + 1e-12) for p in found])
    return softmax([factor * z for z in ([-found[0], found[0]] if len(found) == 1 else found)])
