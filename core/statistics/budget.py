"""The budget of false alarms, and what it leaves to one look (rule 4).

A now-test looks every night at a window of several nights, so that neighbouring looks share most of their
rows. What a person counts is alerts: a breach after a night without one. For windows that overlap, that rate
follows from the correlation of two neighbours, ``1 − 1 / overlap``, in closed form.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.statistics.quantiles import normal

#: Alerts that an unchanged model may raise in a year, over all its limits.
ALARMS_A_YEAR = 2.0
NIGHTS_A_YEAR = 365.0


def alert_rate(alpha: float, overlap: float) -> float:
    """Chance that a look breaches and the one before it did not.

    Parameters
    ----------
    alpha : float
        Chance that one look breaches.
    overlap : float
        Looks that share a row: 7 for a window of seven nights looked at every night, 1 where none overlap.

    Notes
    -----
    ``alpha − P(both)``, with both normal: Plackett's (1954) identity for the bivariate normal integral.

    Examples
    --------
    >>> round(alert_rate(0.01, 1), 4), round(alert_rate(0.01, 7), 4)
    (0.0099, 0.0054)
    """
    z = normal(1 - alpha)
    nodes, weights = _gauss()
    end = math.asin(1 - 1 / overlap)
    angles = (nodes + 1) * end / 2
    integral = float(weights @ np.exp(-(z**2) / (1 + np.sin(angles)))) * end / 2 / (2 * math.pi)
    return alpha - alpha**2 - integral


@cache
def _gauss() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = np.polynomial.legendre.leggauss(40)
    return nodes, weights


def look_alpha(
    limits: int,
    *,
    looks_a_year: float = NIGHTS_A_YEAR,
    overlap: float = 1.0,
    alarms_a_year: float = ALARMS_A_YEAR,
) -> float:
    """Chance of an alarm that one look at one limit may have.

    Parameters
    ----------
    limits : int
        Metrics and segments with a limit; the budget is shared out evenly.
    looks_a_year : float
    overlap : float
        As in :func:`alert_rate`.
    alarms_a_year : float
        The budget.

    Returns
    -------
    float
        At most 0.05: a budget that would allow more is not used up.

    Examples
    --------
    >>> round(look_alpha(1, looks_a_year=12), 4), round(look_alpha(3, overlap=7), 4)
    (0.05, 0.003)
    """
    wanted = alarms_a_year / (looks_a_year * limits)
    low, high = 1e-9, 0.05
    if alert_rate(high, overlap) <= wanted:
        return high
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if alert_rate(middle, overlap) < wanted else (low, middle)
    return low
