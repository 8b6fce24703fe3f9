"""The decision threshold that costs least on given rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from incumbent.errors import DataError, UsageError

NEUTRAL = 0.5


@dataclass(frozen=True)
class Threshold:
    """A row is positive if its probability is at least ``value``; ``cost`` is what a row then costs."""

    value: float
    cost: float


def tune_threshold(
    probabilities: NDArray[np.float64],
    actual: NDArray[Any],
    false_positive: float,
    false_negative: float,
    weight: NDArray[np.float64] | None = None,
) -> Threshold:
    """Threshold of least mean cost.

    All thresholds between two neighbouring probabilities decide alike: of such a gap it takes 0.5 if it lies
    there, else the middle. Among gaps of equal cost it takes the one nearest to 0.5. For calibrated
    probabilities it approaches ``fp / (fp + fn)`` (Elkan 2001).

    Parameters
    ----------
    probabilities : ndarray, shape (rows,)
        Of the positive class.
    actual : ndarray of bool, shape (rows,)
    false_positive, false_negative : float
        What each costs.
    weight : ndarray, shape (rows,), or None

    Raises
    ------
    UsageError
        A cost is negative, or both are zero.
    DataError
        There are no rows.

    Examples
    --------
    >>> tune_threshold(np.array([0.1, 0.2, 0.4, 0.9]), np.array([False, False, True, True]), 1, 5)
    Threshold(value=0.30000000000000004, cost=0.0)
    """
    if min(false_positive, false_negative) < 0 or false_positive == false_negative == 0:
        raise UsageError("costs must not be negative, nor both zero", hint="e.g. cost = { fp = 1, fn = 5 }")
    if not len(probabilities):
        raise DataError("no rows to tune a threshold on")
    weights = np.ones(len(probabilities)) if weight is None else weight
    order = np.argsort(probabilities)
    ranked, positive, weights = probabilities[order], actual[order].astype(bool), weights[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    missed = np.cumsum(np.where(positive, weights * false_negative, 0.0))[ends]
    alarms = np.cumsum(np.where(positive, 0.0, weights * false_positive))[ends]
    costs = np.concatenate([[0.0], missed]) + alarms[-1] - np.concatenate([[0.0], alarms])
    values = ranked[ends]
    below = np.concatenate([[0.0], values])  # a threshold of the gap lies above this
    above = np.concatenate([values, [max(1.0, float(np.nextafter(values[-1], 2.0)))]])  # and at most here
    middle = np.where((below < NEUTRAL) & (above >= NEUTRAL), NEUTRAL, (below + above) / 2)
    middle = np.where(middle > below, middle, above)  # between neighbouring floats there is no middle
    least = costs <= costs.min() + 1e-12 * max(1.0, float(costs.max()))
    distance = np.where(least, np.abs(middle - NEUTRAL), np.inf)
    chosen = int(np.argmin(distance))
    return Threshold(float(middle[chosen]), float(costs[chosen] / weights.sum()))
