"""Estimates of several partitions taken together, and of two versions on the same rows taken apart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.statistics.estimate import EXTREME, Estimate
from core.statistics.jackknife import estimate, from_variance, usable, variance
from core.statistics.mixture import reach
from core.statistics.overlap import joined
from core.statistics.precision import TIMELY
from core.statistics.quantiles import student
from core.statistics.resemblance import GRID, Resemblance, belief, resemblances, shared
from core.statistics.scales import Bounds

Floats = NDArray[Any]


def combine(
    estimates: Sequence[Estimate], bounds: Bounds = (None, None), weights: Sequence[float] | None = None
) -> Estimate:
    """Row-weighted mean of the partitions' values, with its interval.

    The partitions are those that were measured, not a sample of them, so only their own variances count:
    ``Σ share² · variance``, with the degrees of freedom of Welch (1938) and Satterthwaite (1946). A partition
    too small to have a variance (one day of a new month) is given that of the others, a row for a row.
    Of blocks that follow each other in time, all of that is reckoned for each correlation that neighbours can
    have, with that of a partition's last blocks and the next one's first, and averaged over how likely all
    partitions together make it (:mod:`core.statistics.resemblance`). Partitions that share days are taken as
    one (:mod:`core.statistics.overlap`).

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
    rarer = None if first.rarer is None else sum(e.rarer or 0 for e, _ in parts)
    key = _key(e.key for e, _ in parts)
    apart = joined(parts)
    unit = apart[0][0].unit if len({e.unit for e, _ in apart}) == 1 else "block"
    spread = _spread([(e, w / total) for e, w in apart])
    blocks = sum(e.blocks for e, _ in apart)
    if spread is None:
        reason = EXTREME if first.extreme else f"no partition has six {unit}s, no interval"
        return Estimate(value, None, None, n, blocks, unit, rarer, key, reason=reason)
    low, high = from_variance(value, spread.variance, spread.degrees, bounds)
    return Estimate(value, low, high, n, blocks, unit, rarer, key, degrees=spread.degrees)


@dataclass(frozen=True)
class _Spread:
    variance: float
    degrees: float


def _spread(parts: Sequence[tuple[Estimate, float]]) -> _Spread | None:
    """Variance of the weighted mean of the parts (with their shares), and its degrees of freedom."""
    known = [i for i, (e, _) in enumerate(parts) if usable(e.replicates) and not e.extreme]
    if not known:
        return None
    measured = [parts[i][0] for i in known]
    said = _said(measured)
    variances = _variances(measured, said)
    shares = np.array([share for _, share in parts])
    of_parts = np.empty((len(parts), len(GRID)))
    of_parts[:] = np.mean([v * shares[i] for v, i in zip(variances, known, strict=True)], axis=0)
    of_parts /= shares[:, None]  # where unknown: as much doubt as its rows
    of_parts[known] = variances
    terms = shares[:, None] ** 2 * of_parts
    free = np.array([max(e.blocks - 1.0, 1.0) for e, _ in parts])
    summed = terms.sum(axis=0)
    below = (terms**2 / free[:, None]).sum(axis=0)
    degrees = np.divide(summed**2, below, out=np.full(len(GRID), free.sum()), where=below > 0)
    summed = summed + 2 * _between_neighbours([e for e, _ in parts], terms)
    likely = _likely(measured, said, terms[known])
    if likely is None:
        return _Spread(float(summed[0]), float(degrees[0]))
    far, tails = reach(likely[None], np.sqrt(summed)[None], float(likely @ degrees), 0.95)
    return _Spread(float(far[0] / student(0.975, float(tails[0]))) ** 2, float(tails[0]))


def _said(known: Sequence[Estimate]) -> list[Resemblance | None]:
    """What the blocks of each estimate say of their neighbours; None where they do not follow in time."""
    series = [e.replicates if e.unit in TIMELY else None for e in known]
    found = iter(resemblances([one for one in series if one is not None]))
    return [None if one is None else next(found) for one in series]


def _variances(known: Sequence[Estimate], said: Sequence[Resemblance | None]) -> Floats:
    """Variance of each estimate at each correlation of its blocks, shape (estimates, correlations)."""
    found = np.empty((len(known), len(GRID)))
    for i, (e, one) in enumerate(zip(known, said, strict=True)):
        assert e.value is not None and e.replicates is not None
        found[i] = variance(e.value, e.replicates)
        if one is not None:
            found[i] *= one.inflation
    return found


def _likely(known: Sequence[Estimate], said: Sequence[Resemblance | None], terms: Floats) -> Floats | None:
    """How likely each correlation is; None where no blocks follow each other in time.

    Where partitions have blocks of several spans, those of the span that adds most to the doubt decide.
    """
    doubt: dict[str, float] = {}
    evidence: dict[str, Floats] = {}
    for i, (e, one) in enumerate(zip(known, said, strict=True)):
        if one is not None:
            doubt[e.unit] = doubt.get(e.unit, 0.0) + float(terms[i, 0])
            evidence[e.unit] = evidence.get(e.unit, 0.0) + one.evidence
    if not doubt:
        return None
    unit = max(doubt, key=doubt.__getitem__)
    return belief(unit, evidence[unit])


def _between_neighbours(parts: Sequence[Estimate], terms: Floats) -> Floats:
    """Covariance of each part with the one after it, whose first days resemble its last ones."""
    found = np.zeros(len(GRID))
    for i, (one, following) in enumerate(pairwise(parts)):
        if one.unit == following.unit and one.unit in TIMELY:
            found += shared(one.blocks, following.blocks) * (terms[i] + terms[i + 1]) / 2
    return found


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
    smooth = not (first.extreme or second.extreme)
    found = estimate(
        value, replicates, n=first.n, unit=first.unit, key=first.key, rarer=first.rarer, smooth=smooth
    )
    return replace(found, labels=first.labels)
