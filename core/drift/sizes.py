"""Sizes of a difference between two distributions over the same bins: PSI with its bias, Jensen–Shannon."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Stability(NamedTuple):
    """A population stability index.

    ``raw`` is the sum itself, ``bias`` what two samples of one distribution give on average, ``corrected``
    the difference (it may be below zero: less than chance).
    """

    raw: float
    bias: float

    @property
    def corrected(self) -> float:
        """What is left when chance is taken away."""
        return self.raw - self.bias


def stability(reference: Floats, window: Floats) -> Stability:
    """The population stability index, ``Σ (p − q) ln (p / q)`` over bins.

    Parameters
    ----------
    reference, window : ndarray, shape (bins,)
        Counts. A bin that is empty on one side counts half a row there; one empty on both, nothing.

    Notes
    -----
    Without drift its mean is ``(B − 1)(1/n + 1/m)`` for B bins, n and m rows (Yurdakul & Naranjo 2020,
    *Statistical properties of the population stability index*, J. Risk Model Validation 14).

    Examples
    --------
    >>> found = stability(np.array([50.0, 50.0]), np.array([40.0, 60.0]))
    >>> round(found.raw, 6), round(found.bias, 6)
    (0.040547, 0.02)
    """
    used = (reference + window) > 0
    n, m = float(reference.sum()), float(window.sum())
    if n == 0 or m == 0 or used.sum() < 2:
        return Stability(0.0, 0.0)
    p = np.maximum(reference[used], 0.5) / n
    q = np.maximum(window[used], 0.5) / m
    return Stability(float(((p - q) * np.log(p / q)).sum()), (int(used.sum()) - 1) * (1 / n + 1 / m))


def jensen_shannon(reference: Floats, window: Floats) -> float:
    """The Jensen–Shannon distance, in base 2: 0 for equal shares, 1 for disjoint ones (Lin 1991; Endres &
    Schindelin 2003).

    Parameters
    ----------
    reference, window : ndarray, shape (bins,)
        Counts or shares.

    Examples
    --------
    >>> jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 3.0]))
    1.0
    """
    if reference.sum() <= 0 or window.sum() <= 0:
        return 0.0
    p, q = reference / reference.sum(), window / window.sum()
    middle = (p + q) / 2
    divergence = (_relative(p, middle) + _relative(q, middle)) / 2
    return float(np.sqrt(max(0.0, divergence)))


def _relative(p: Floats, q: Floats) -> float:
    some = p > 0
    return float((p[some] * np.log2(p[some] / q[some])).sum())
