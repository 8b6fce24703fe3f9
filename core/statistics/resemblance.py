"""How far neighbouring blocks resemble each other, and how much that widens an interval (rule 1).

A bad day is often followed by another. With blocks of correlation ``φ`` from one to the next (an
autoregression of order one) the variance of their mean is larger than their spread says, and a slice of six
or seven blocks cannot tell by how much: every estimate of ``φ`` from so few is mostly noise. A model's
history can. So the evidence about ``φ`` of all its slices is added up, as the restricted likelihood that each
gives it, free of the downward bias that a short series has otherwise (Cheang & Reinsel 2000; for that bias
Marriott & Pope 1954 and Kendall 1954), and what is not known of ``φ`` stays in the interval: it is the
quantile of Student's t averaged over what ``φ`` can be, given the evidence (Zellner & Tiao 1964).

Before there is a history, what was measured on real series stands in for it (:data:`_TILT`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]

#: The correlations that are held possible. Blocks that repel each other are taken as independent.
GRID: Floats = np.linspace(0.0, 0.8, 17)

#: What is believed of a correlation beforehand: a density proportional to ``exp(−tilt · φ)``. Measured on
#: series of metrics by block (flights of 2013, hourly bicycle hire, hourly fine dust; several models each),
#: the mean was 0.05 for weeks, 0.33 for days and 0.45 for hours; these give 0.20, 0.29 and 0.40.
_TILT = {"week": 4.0, "day": 2.0, "hour": 0.0}


@dataclass(frozen=True)
class Resemblance:
    """What one series of blocks says, for each correlation of :data:`GRID`.

    Parameters
    ----------
    evidence : ndarray, shape (17,)
        Logarithm of the restricted likelihood, up to a constant.
    inflation : ndarray, shape (17,)
        How much larger the variance of the series' mean is than its jackknife variance, if that were the
        correlation. 1 at 0.
    """

    evidence: Floats
    inflation: Floats


def resemblances(series: Sequence[Floats]) -> list[Resemblance]:
    """What each of many series says; those of one length are worked out together.

    Parameters
    ----------
    series : sequence of ndarray, shape (blocks,), blocks ≥ 3
        Replicates, or anything else that moves in proportion to the blocks, in the order of time.

    Examples
    --------
    >>> calm, moody = resemblances([np.array([1.0, -1.0] * 10), np.repeat([1.0, -1.0, 2.0, -2.0], 5)])
    >>> GRID[calm.evidence.argmax()], round(float(GRID[moody.evidence.argmax()]), 3)
    (np.float64(0.0), 0.8)
    >>> bool(calm.inflation[0] == moody.inflation[0] == 1.0)
    True
    """
    found: list[Resemblance | None] = [None] * len(series)
    lengths: dict[int, list[int]] = {}
    for place, one in enumerate(series):
        lengths.setdefault(len(one), []).append(place)
    for places in lengths.values():
        together = np.array([series[place] for place in places], dtype=np.float64)
        for place, evidence, inflation in zip(places, *resemblance(together), strict=True):
            found[place] = Resemblance(evidence, inflation)
    return [one for one in found if one is not None]


def resemblance(series: Floats) -> tuple[Floats, Floats]:
    """Evidence and inflation (:class:`Resemblance`) of series of one length, shape (series, 17) each.

    The inverse of an autoregression's correlation matrix has three diagonals, so that the squares around the
    mean of generalised least squares follow from four sums.
    """
    blocks = series.shape[1]
    x = series - series.mean(axis=1, keepdims=True)
    squares = (x * x).sum(axis=1)
    flat = squares <= 1e-24 * np.maximum((series * series).sum(axis=1), 1e-300)
    x /= np.sqrt(np.where(flat, 1.0, squares))[:, None]
    x[flat] = 0.0
    inner = (x[:, 1:-1] ** 2).sum(axis=1)[:, None]
    cross = (x[:, 1:] * x[:, :-1]).sum(axis=1)[:, None]
    ends = (x[:, 0] + x[:, -1])[:, None]
    ones = (1 - GRID) * ends - (1 - GRID) ** 2 * ends  # the inner blocks sum to minus the ends
    innovation = 1 - GRID**2
    information = (1 - GRID) * (blocks - (blocks - 2) * GRID)
    left = (1 + GRID**2 * inner - 2 * GRID * cross - ones**2 / information) / innovation
    left = np.where(flat[:, None], 1.0, np.maximum(left, 1e-300))
    free = blocks - 1
    evidence = -free / 2 * (np.log(innovation) + np.log(left)) - np.log(information / innovation) / 2
    evidence = np.where(flat[:, None], 0.0, evidence)
    inflation = np.where(flat[:, None], 1.0, left * _summed(blocks) / blocks)
    return evidence, inflation


@lru_cache(maxsize=1024)
def _summed(blocks: int) -> Floats:
    """Variance of the sum of so many blocks of variance one, at each correlation."""
    apart = np.arange(1, blocks)[:, None]
    total: Floats = blocks + 2 * ((blocks - apart) * GRID**apart).sum(axis=0)
    return total


@lru_cache(maxsize=4096)
def shared(blocks: int, following: int) -> Floats:
    """Correlation of the means of so many blocks and of those after them, at each correlation of blocks.

    Examples
    --------
    >>> shared(7, 7)[0].item(), round(shared(7, 7)[12].item(), 2), round(shared(30, 30)[12].item(), 2)
    (0.0, 0.17, 0.03)
    """
    both = (1 - GRID**blocks) * (1 - GRID**following) / (1 - GRID) ** 2
    found: Floats = GRID * both / np.sqrt(_summed(blocks) * _summed(following))
    return found


def belief(unit: str, evidence: Floats | float = 0.0) -> Floats:
    """How likely each correlation of :data:`GRID` is, given the evidence; adds up to 1 along the last axis.

    Parameters
    ----------
    unit : str
        "week", "day" or "hour".
    evidence : ndarray, shape (17,) or (series, 17)
        Summed over all series that share the correlation.

    Examples
    --------
    >>> [round(float(belief(unit) @ GRID), 2) for unit in ("week", "day", "hour")]
    [0.2, 0.29, 0.4]
    """
    logarithm = evidence - _TILT[unit] * GRID
    likely = np.exp(logarithm - np.max(logarithm, axis=-1, keepdims=True))
    found: Floats = likely / likely.sum(axis=-1, keepdims=True)
    return found
