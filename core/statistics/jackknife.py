"""Intervals from leaving out one block at a time (rule 1).

The variance is that of the delete-one-block jackknife, centred on the full value: ``(B − 1) / B · Σ (θ₍b₎ −
θ)²`` (Künsch 1989; Cameron, Gelbach & Miller 2008; MacKinnon, Nielsen & Webb 2023, there called CV3). It
holds for blocks of unequal size: a large block moves the value more, and is counted so. The delete-m_j
weights of Busing, Meijer & van der Leeden (1999) would suppose that rows within a block are independent,
which is what blocks are there to doubt: with 30 blocks of log-normal sizes, 95 % intervals cover 93 % this
way and 82 % with those weights (simulated). For the area under the ROC curve it is Obuchowski's (1997)
clustered variance but for terms of smaller order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.statistics.estimate import Estimate
from core.statistics.precision import FEWEST_BLOCKS, TIMELY
from core.statistics.quantiles import student
from core.statistics.scales import IDENTITY, Bounds, Scale, scale_for

CONFIDENCE = 0.95
_MOST_CORRELATED = 0.8


def variance(value: float, replicates: NDArray[np.float64], ordered: bool = False) -> float:
    """Jackknife variance of a value from its replicates.

    Parameters
    ----------
    value : float
        Of all rows.
    replicates : ndarray, shape (blocks,)
        Without each block.
    ordered : bool
        The blocks follow each other in time: see :func:`inflation`.

    Examples
    --------
    For a mean over single rows it is the squared standard error:

    >>> x = np.array([1.0, 2.0, 4.0, 9.0])
    >>> bool(np.isclose(variance(x.mean(), (x.sum() - x) / 3), x.var(ddof=1) / 4))
    True
    """
    blocks = len(replicates)
    plain = float((blocks - 1) / blocks * np.sum((replicates - value) ** 2))
    return plain * inflation(replicates) if ordered else plain


def inflation(replicates: NDArray[np.float64]) -> float:
    """How much larger the variance is because neighbouring blocks resemble each other, 1 or more.

    A bad day is often followed by another. With the correlation ``r`` of neighbours the variance of a mean is
    ``(1 + r) / (1 − r)`` times as large (Bayley & Hammersley 1946, for an autoregression of order one); ``r``
    is taken from the replicates, freed of its downward bias ``(1 + 3 r) / blocks`` (Marriott & Pope 1954) and
    kept between 0 and 0.8. With ``r`` = 0.3 and 30 blocks, 95 % intervals cover 86 % without it and 93 %
    with it; without correlation it costs 8 % of width (simulated).

    Parameters
    ----------
    replicates : ndarray, shape (blocks,)
        In the order of time.

    Examples
    --------
    >>> inflation(np.array([1.0, -1.0] * 10))
    1.0
    >>> bool(inflation(np.repeat([1.0, -1.0, 2.0, -2.0], 5)) > 2)
    True
    """
    centred = replicates - replicates.mean()
    squares = float(centred @ centred)
    if squares == 0:
        return 1.0
    r = float(centred[1:] @ centred[:-1]) / squares
    r = min(max(r + (1 + 3 * r) / len(replicates), 0.0), _MOST_CORRELATED)
    return (1 + r) / (1 - r)


def interval(
    value: float,
    replicates: NDArray[np.float64],
    bounds: Bounds = (None, None),
    confidence: float = CONFIDENCE,
    ordered: bool = False,
) -> tuple[float, float]:
    """Two-sided interval with Student's t on blocks − 1 degrees of freedom.

    It is symmetric on the scale that fits the metric's bounds (log-odds for a share, logarithm for a loss),
    and so never leaves them.

    Parameters
    ----------
    value : float
    replicates : ndarray, shape (blocks,), blocks ≥ 2
    bounds : pair of float or None
    confidence : float
    ordered : bool
        The blocks follow each other in time: see :func:`inflation`.

    Examples
    --------
    >>> low, high = interval(0.9, np.array([0.88, 0.9, 0.92, 0.91, 0.89, 0.9]), (0.0, 1.0))
    >>> 0.7 < low < 0.9 < high < 1.0
    True
    """
    scale = scale_for(bounds, value, replicates)
    centre = float(scale.forward(np.float64(value)))
    spread = variance(centre, scale.forward(replicates), ordered)
    return _ends(centre, spread, len(replicates) - 1, scale, bounds, confidence)


def from_variance(
    value: float,
    spread: float,
    degrees: float,
    bounds: Bounds = (None, None),
    confidence: float = CONFIDENCE,
) -> tuple[float, float]:
    """The same interval where only the variance is known, carried to the other scale by its slope.

    Examples
    --------
    >>> low, high = from_variance(0.0, 1.0, float("inf"))
    >>> round(low, 2), round(high, 2)
    (-1.96, 1.96)
    """
    error = float(np.sqrt(spread))
    scale = scale_for(bounds, value, np.array([value]))
    step = 1e-4 * error
    near = np.array([value - step, value + step])
    if step == 0 or scale_for(bounds, value, near) is IDENTITY:
        scale, slope = IDENTITY, 1.0
    else:
        slope = float(np.diff(scale.forward(near))[0]) / (2 * step)
    centre = float(scale.forward(np.float64(value)))
    return _ends(centre, spread * slope**2, degrees, scale, bounds, confidence)


def _ends(
    centre: float, spread: float, degrees: float, scale: Scale, bounds: Bounds, confidence: float
) -> tuple[float, float]:
    reach = student((1 + confidence) / 2, degrees) * float(np.sqrt(spread))
    low, high = (float(e) for e in scale.backward(np.array([centre - reach, centre + reach])))
    lowest, highest = bounds
    return (
        low if lowest is None else max(low, lowest),
        high if highest is None else min(high, highest),
    )


def usable(replicates: NDArray[np.float64] | None) -> bool:
    """Whether replicates are enough, and all defined, to give an interval."""
    return replicates is not None and len(replicates) >= FEWEST_BLOCKS and bool(np.isfinite(replicates).all())


def estimate(
    value: float | None,
    replicates: NDArray[np.float64] | None,
    *,
    n: int,
    unit: str = "row",
    key: str = "",
    rarer: int | None = None,
    bounds: Bounds = (None, None),
    smooth: bool = True,
    reason: str = "",
) -> Estimate:
    """A value with its interval, or without one and with the reason.

    Parameters
    ----------
    value : float or None
    replicates : ndarray, shape (blocks,), or None
        NaN where the metric is undefined without a block.
    n, unit, key, rarer, reason
        As in :class:`~core.statistics.estimate.Estimate`.
    bounds : pair of float or None
        The values that the metric can take.
    smooth : bool
        False for a maximum, whose spread a jackknife does not see (Efron 1982, section 3.4).

    Examples
    --------
    >>> estimate(0.5, np.array([0.5, 0.4]), n=2).reason
    'only 2 rows to compare, no interval'
    """
    blocks = 0 if replicates is None else len(replicates)
    low = high = None
    degrees: float | None = None
    if value is not None and replicates is not None:
        reason = _why_not(replicates, unit, smooth)
        if not reason:
            low, high = interval(value, replicates, bounds, ordered=unit in TIMELY)
            degrees = blocks - 1.0
    return Estimate(value, low, high, n, blocks, unit, rarer, key, replicates, degrees, reason)


def _why_not(replicates: NDArray[np.float64], unit: str, smooth: bool) -> str:
    if not smooth:
        return "an extreme value has no interval"
    if len(replicates) < FEWEST_BLOCKS:
        return f"only {len(replicates)} {unit}s to compare, no interval"
    alone = int(np.isnan(replicates).sum())
    if alone:
        return f"undefined without one {unit}, no interval"
    return ""
