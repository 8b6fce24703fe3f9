"""Quantiles of Student's t and of the normal distribution, from the standard library alone.

A back-test that finds everything measured already only combines intervals: loading scipy for a handful of
quantiles would take longer than all its work. The tests hold these against scipy to ten digits.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_NORMAL = NormalDist()
_CLOSE = 1e-14
_STEPS = 200


def normal(probability: float) -> float:
    """The value below which a standard normal variable lies with this probability.

    Examples
    --------
    >>> round(normal(0.975), 3)
    1.96
    """
    return _NORMAL.inv_cdf(probability)


@lru_cache(maxsize=4096)
def student(probability: float, degrees: float) -> float:
    """The value below which Student's t lies with this probability.

    By Newton's method on the distribution function, from the expansion of Cornish and Fisher (Abramowitz &
    Stegun 1964, 26.7.5).

    Parameters
    ----------
    probability : float
        Between 0 and 1.
    degrees : float
        Above 0; need not be whole.

    Examples
    --------
    >>> round(student(0.975, 10), 3), round(student(0.975, float("inf")), 3)
    (2.228, 1.96)
    """
    if probability < 0.5:
        return -student(1.0 - probability, degrees)
    if math.isinf(degrees) or degrees > 1e7:
        return normal(probability)
    tail = 1.0 - probability
    if tail == 0.5:
        return 0.0
    low, high, t = 0.0, math.inf, _start(probability, degrees)
    for _ in range(_STEPS):
        excess = _upper_tail(t, degrees) - tail
        low, high = (t, high) if excess > 0 else (low, t)
        step = excess / _density(t, degrees)
        following = t + step
        if not low < following < high:  # Newton left the bracket: halve it
            following = (low + high) / 2 if math.isfinite(high) else 2 * t + 1
        if abs(following - t) <= _CLOSE * following:
            return following
        t = following
    return t


def _start(probability: float, degrees: float) -> float:
    z = normal(probability)
    t = z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    return max(t, 1e-12)


def _density(t: float, degrees: float) -> float:
    log = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - math.log(degrees * math.pi) / 2
    return math.exp(log - (degrees + 1) / 2 * math.log1p(t * t / degrees))


def _upper_tail(t: float, degrees: float) -> float:
    """Chance of a value above ``t`` > 0: half an incomplete beta function."""
    x, y = degrees / (degrees + t * t), t * t / (degrees + t * t)
    return _incomplete_beta(degrees / 2, 0.5, x, y) / 2


def _incomplete_beta(a: float, b: float, x: float, y: float) -> float:
    """The regularised incomplete beta function at x, where y = 1 − x is known as exactly.

    By its continued fraction (Abramowitz & Stegun 26.5.8).
    """
    if x <= 0.0 or y <= 0.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _incomplete_beta(b, a, y, x)
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(y)
    return math.exp(log) / (a * _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    """Lentz's evaluation of the continued fraction 1 + d1/(1 + d2/(1 + …))."""
    value, c, d = 1.0, 1.0, 0.0
    for m in range(1, 10_000):
        k = m // 2
        if m % 2:
            term = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1))
        else:
            term = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k))
        d = 1.0 / (1.0 + term * d)
        c = 1.0 + term / c
        value *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return value
