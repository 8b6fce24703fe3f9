"""Student's t where its scale is not known for sure: an average of several, with their quantiles."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.statistics.quantiles import student

Floats = NDArray[Any]

_STEPS = 40
_CLOSE = 1e-6
_NEAR = 0.975
_FAR = 0.9995  # against the one before, it says how heavy the tails are
_DEGREES = np.geomspace(1.0, 1e4, 60)


def quantile(weights: Floats, scales: Floats, degrees: float, probability: float) -> Floats:
    """The value below which an average of Student's t distributions of several scales lies.

    Parameters
    ----------
    weights, scales : ndarray, shape (rows, scales)
        A row is one average; its weights add up to 1.
    degrees : float
        Of freedom, of all of them.
    probability : float
        Above one half.

    Returns
    -------
    ndarray, shape (rows,)

    Examples
    --------
    >>> one, two = quantile(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[1.0, 9.0], [1.0, 2.0]]), 6, 0.975)
    >>> round(one.item(), 3), round(two.item(), 2)
    (2.447, 3.99)
    """
    (found,) = _quantiles(weights, scales, float(degrees), (probability,))
    return found


def reach(weights: Floats, scales: Floats, degrees: float, confidence: float) -> tuple[Floats, Floats]:
    """How far a two-sided interval of such an average reaches, and the degrees of freedom of its tails.

    Student's t with those degrees has the same ratio of its 99.95 % to its 97.5 % quantile, so that an
    interval of another confidence can be had from this one.

    Parameters
    ----------
    weights, scales, degrees
        As for :func:`quantile`.
    confidence : float

    Returns
    -------
    pair of ndarray, shape (rows,)

    Examples
    --------
    >>> far, tails = reach(np.array([[1.0]]), np.array([[2.0]]), 6, 0.95)
    >>> round(far.item(), 3), round(tails.item(), 1)
    (4.894, 6.0)
    """
    wanted, near, far = _quantiles(weights, scales, float(degrees), ((1 + confidence) / 2, _NEAR, _FAR))
    ratio = np.divide(far, near, out=np.full(len(near), _ratio(degrees)), where=near > 0)
    tails = np.exp(np.interp(-ratio, -_ratios(), np.log(_DEGREES)))
    return wanted, np.minimum(tails, degrees)


def _quantiles(
    weights: Floats, scales: Floats, degrees: float, probabilities: tuple[float, ...]
) -> list[Floats]:
    """Quantiles at several probabilities, shape (rows,) each; equal ones are worked out once.

    By Newton's method. Above zero the distribution function is concave, so that from its second step on it
    comes from below and never passes the root.
    """
    angles, below = _table(degrees)
    distinct = tuple(dict.fromkeys(probabilities))
    wanted = np.array(distinct)[:, None]
    inverse = np.divide(1.0, scales, out=np.zeros(scales.shape), where=(scales > 0) & (weights > 0))
    weights = np.where(inverse > 0, weights, 0.0)
    nothing = 1 - weights.sum(axis=1)  # what has no spread lies at zero
    inverse_root = inverse / np.sqrt(degrees)
    steepness = weights * inverse * np.exp(_log_density_at_zero(degrees))
    starts = np.array([student(p, degrees) for p in distinct])[:, None]
    found: Floats = starts * (weights * scales).sum(axis=1)
    for _ in range(_STEPS):
        t = found[..., None] * inverse_root
        lies = (weights * np.interp(np.arctan(t), angles, below)).sum(axis=-1) + nothing
        steep = (steepness * (1 + t * t) ** (-(degrees + 1) / 2)).sum(axis=-1)
        step = np.divide(wanted - lies, steep, out=np.zeros(found.shape), where=steep > 0)
        step = np.maximum(step, -found)
        found = found + step
        if np.all(np.abs(step) <= _CLOSE * found):
            break
    return [found[distinct.index(p)] for p in probabilities]


def _ratio(degrees: float) -> float:
    return student(_FAR, degrees) / student(_NEAR, degrees)


@lru_cache(maxsize=1)
def _ratios() -> Floats:
    return np.array([_ratio(float(degrees)) for degrees in _DEGREES])


@lru_cache(maxsize=512)
def _table(degrees: float) -> tuple[Floats, Floats]:
    """Student's distribution function at the angles ``atan(t / √degrees)``, by Simpson's rule."""
    angles = np.linspace(0.0, np.pi / 2, 4001)
    height = np.cos(angles) ** (degrees - 1)
    pairs = (height[:-2:2] + 4 * height[1:-1:2] + height[2::2]) * (angles[2] / 6)
    summed = np.concatenate([[0.0], np.cumsum(pairs)])
    return angles[::2], 0.5 + summed / summed[-1] / 2


@lru_cache(maxsize=512)
def _log_density_at_zero(degrees: float) -> float:
    from math import lgamma, log, pi

    return lgamma((degrees + 1) / 2) - lgamma(degrees / 2) - log(degrees * pi) / 2
