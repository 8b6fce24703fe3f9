"""The scale on which an interval is symmetric: log-odds for shares, logarithm for losses, and so on.

A share near 1 cannot err upwards as far as downwards. On the log-odds scale its estimate is closer to a
normal distribution, and an interval carried back from there stays between 0 and 1 (Pepe 2003, section 5.2,
for ROC areas).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bounds = tuple[float | None, float | None]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """A monotone map and its inverse."""

    forward: Callable[[Floats | np.float64], Floats]
    backward: Callable[[Floats], Floats]


def _same(x: Floats | np.float64) -> Floats:
    return np.asarray(x, dtype=np.float64)


def _between(low: float, high: float) -> Scale:
    return Scale(
        lambda x: np.log((x - low) / (high - x)),
        lambda z: low + (high - low) / (1 + np.exp(-np.clip(z, -700, 700))),
    )


IDENTITY = Scale(_same, _same)


def scale_for(bounds: Bounds, value: float, replicates: Floats) -> Scale:
    """The scale for a metric with these bounds; plain where a value lies on a bound.

    Parameters
    ----------
    bounds : pair of float or None
    value : float
    replicates : ndarray

    Examples
    --------
    >>> scale = scale_for((0.0, None), 2.0, np.array([1.0, 3.0]))
    >>> scale.forward(np.float64(1.0)).item()
    0.0
    >>> scale_for((0.0, None), 2.0, np.array([0.0, 3.0])) is IDENTITY
    True
    """
    least = min(value, float(np.min(replicates)))
    most = max(value, float(np.max(replicates)))
    return IDENTITY if reaches(bounds, least, most) else natural(bounds)


def reaches(bounds: Bounds, least: Any, most: Any) -> Any:
    """Whether values from the least to the most touch a bound; of arrays, for each.

    Examples
    --------
    >>> reaches((0.0, None), np.array([0.0, 0.1]), np.array([3.0, 3.0])).tolist()
    [True, False]
    """
    low, high = bounds
    return (False if low is None else least <= low) | (False if high is None else most >= high)


def natural(bounds: Bounds) -> Scale:
    """The scale for a metric with these bounds, for values inside of them."""
    low, high = bounds
    if low is not None and high is not None:
        return _between(low, high)
    if low is not None:
        return Scale(lambda x: np.log(x - low), lambda z: low + np.exp(np.clip(z, -700, 700)))
    if high is not None:
        return Scale(lambda x: -np.log(high - x), lambda z: high - np.exp(np.clip(-z, -700, 700)))
    return IDENTITY
