"""How the sums of trees are read as scores: the answers of linear models, and three that only trees have."""

from __future__ import annotations

import numpy as np

from incumbent.native.answers import ANSWERS, Answer, softmax, softmax_many


def _half_logistic_many(sums: np.ndarray) -> np.ndarray:
    return ANSWERS["logistic"].many(2.0 * sums)


def _half_logistic(sums: "list[float]") -> "list[float]":
    return ANSWERS["logistic"].one([2.0 * sums[0]])


def _samme_many(sums: np.ndarray) -> np.ndarray:
    if sums.shape[1] == 2:
        half = (sums[:, 1] - sums[:, 0]) / 2
        return softmax_many(np.column_stack([-half, half]))
    return softmax_many(sums / (sums.shape[1] - 1))


def _samme(sums: "list[float]") -> "list[float]":
    if len(sums) == 2:
        half = (sums[1] - sums[0]) / 2
        return softmax([-half, half])
    return softmax([s / (len(sums) - 1) for s in sums])


#: Every answer that an ensemble may have, by the name in its coefficients file.
LINKS: "dict[str, Answer]" = {
    **{name: ANSWERS[name] for name in ("number", "exp", "logistic", "softmax", "decision")},
    "average": Answer("probabilities", lambda sums: sums, lambda sums: sums),  # already probabilities
    "half_logistic": Answer("probabilities", _half_logistic_many, _half_logistic),  # exponential loss
    "samme": Answer("probabilities", _samme_many, _samme),  # AdaBoost: Zhu et al. 2009, equation 15
}
