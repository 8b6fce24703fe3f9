"""Estimates of several partitions taken together, and of two versions on the same rows taken apart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.statistics.estimate import Estimate
from core.statistics.jackknife import estimate, from_variance, usable, variance
from core.statistics.precision import TIMELY
from core.statistics.scales import Bounds


def combine(
    estimates: Sequence[Estimate], bounds: Bounds = (None, None), weights: Sequence[float] | None = None
) -> Estimate:
    """Row-weighted mean of the partitions' values, with its interval.

    The partitions are those that were measured, not a sample of them, so only their own variances count:
    ``Σ share² · variance``, with the degrees of freedom of Welch (1938) and Satterthwaite (1946). A partition
    too small to have a variance (one day of a new month) is given that of the others, a row for a row.

    Parameters
    ----------
    estimates : sequence of Estimate
        Those without a value are left out.
    bounds : pair of float or None
        The values that the metric can take.
    weights : sequence of float, optional
        Instead of the rows.

    Returns
    -------
    Estimate
        Without replicates. ``value`` is None if no partition has one.

    Examples
    --------
    >>> parts = [Estimate(1.0, None, None, n=30), Estimate(2.0, None, None, n=10)]
    >>> combine(parts).value
    1.25
    """
    given = [float(e.n) for e in estimates] if weights is None else list(map(float, weights))
    parts = [(e, w) for e, w in zip(estimates, given, strict=True) if e.value is not None and w > 0]
    n = sum(e.n for e, _ in parts)
    if not parts:
        return Estimate(None, None, None, n, reason="no partition has a value")
    total = sum(w for _, w in parts)
    value = sum(w * (e.value or 0.0) for e, w in parts) / total
    first = parts[0][0]
    unit = first.unit if len({e.unit for e, _ in parts}) == 1 else "block"
    spread = _spread(parts, total)
    blocks = sum(e.blocks for e, _ in parts)
    rarer = None if first.rarer is None else sum(e.rarer or 0 for e, _ in parts)
    key = _key(e.key for e, _ in parts)
    if spread is None:
        reason = f"no partition has six {unit}s, no interval"
        return Estimate(value, None, None, n, blocks, unit, rarer, key, reason=reason)
    low, high = from_variance(value, spread.variance, spread.degrees, bounds)
    return Estimate(value, low, high, n, blocks, unit, rarer, key, degrees=spread.degrees)


@dataclass(frozen=True)
class _Spread:
    variance: float
    degrees: float


def _spread(parts: Sequence[tuple[Estimate, float]], total: float) -> _Spread | None:
    known = {i: _variance(e) for i, (e, _) in enumerate(parts) if usable(e.replicates)}
    if not known:
        return None
    a_row = float(np.mean([known[i] * parts[i][1] for i in known]))
    terms, degrees = [], []
    for i, (e, weight) in enumerate(parts):
        of_part = known.get(i, a_row / weight)
        terms.append((weight / total) ** 2 * of_part)
        degrees.append(max(e.blocks - 1.0, 1.0))
    summed = float(np.sum(terms))
    below = float(np.sum(np.square(terms) / degrees))
    return _Spread(summed, summed**2 / below if below > 0 else float(np.sum(degrees)))


def _variance(e: Estimate) -> float:
    assert e.value is not None and e.replicates is not None
    return variance(e.value, e.replicates, e.unit in TIMELY)


def _key(keys: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(keys).encode(), digest_size=8).hexdigest()


def paired_difference(
    first: Estimate, second: Estimate, turn: Callable[[Any], Any] = lambda value: value
) -> Estimate:
    """First minus second, on the same rows, with the interval of the difference.

    What makes both versions better or worse on a day cancels, for the replicates leave out the same blocks
    (Diebold & Mariano 1995, by blocks).

    Parameters
    ----------
    first, second : Estimate
        Of one metric on one slice, each with its replicates.
    turn : callable
        Applied to values and to arrays of them before subtracting.

    Returns
    -------
    Estimate
        Without a value, and with the reason, where the two cannot be paired.

    Examples
    --------
    >>> one = Estimate(0.7, None, None, n=9, key="k", blocks=3, replicates=np.array([0.6, 0.7, 0.8]))
    >>> paired_difference(one, one).value
    0.0
    """
    lacking = next((e for e in (first, second) if e.value is None), None)
    reason = ""
    if lacking is not None:
        reason = lacking.reason or "no value to compare"
    elif first.key != second.key or first.replicates is None or second.replicates is None:
        reason = "not measured on the same rows"
    if reason or first.value is None or second.value is None:
        return Estimate(
            None, None, None, first.n, first.blocks, first.unit, first.rarer, first.key, reason=reason
        )
    value, replicates = turn(first.value), turn(first.replicates)
    value, replicates = value - turn(second.value), replicates - turn(second.replicates)
    return estimate(value, replicates, n=first.n, unit=first.unit, key=first.key, rarer=first.rarer)
