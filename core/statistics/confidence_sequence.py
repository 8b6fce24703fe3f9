"""Intervals that may be looked at every day, and a sample-ratio check that may be, too (rule 11).

An ordinary 95 % interval that is looked at daily errs far more often than in 5 % of trials. A confidence
sequence covers the effect at all looks together. This is the asymptotic one of Waudby-Smith, Arbour, Sinha,
Kennedy & Ramdas (2024, *Ann. Stat.* 52, theorem 2.2), Robbins' (1970) normal mixture with an estimated
variance. Three things keep it honest in a deployment:

* Its clock runs in blocks of time (days), and its variance is clustered twice, by block and by unit (Cameron,
  Gelbach & Miller 2011): rows of a day share their luck, and so do rows of a customer.
* Few blocks are paid for: where the mixture's bound is so many normal deviations wide, the interval is as
  many of Student's t with blocks − 1 degrees of freedom.
* The loss is bounded, and one more unit with the worst loss is reckoned into each arm's variance: where what
  is rare has not happened yet, its spread has not been seen.
* Nothing is said before a burn-in, where no approximation holds (rule 2's fewest blocks, and some units).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.statistics.precision import FEWEST_BLOCKS
from core.statistics.quantiles import student

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

#: Units without which nothing is said, in each arm.
FEWEST_UNITS = 30
#: A tail that is as good as none: quantiles beyond it cannot be told from 1.
_LEAST_TAIL = 1e-12
#: Days beyond which no forecast is made.
_HORIZON = 3650
#: By how much the search for a day looks ahead at a time.
_STRIDE = 1.05


@dataclass(frozen=True)
class Effect:
    """An estimate with what its interval rests on.

    Parameters
    ----------
    value : float
    deviation : float
        Its standard error, clustered by block and by unit.
    blocks : int
        Blocks of time with rows in them.
    units : int
        Of the smaller arm.
    steady : float
        Of the squared standard error, what further blocks of the same units would leave: customers differ,
        and however often the same ones come again, there are no more of them.
    growth : float
        Of the units, the share that is added with each block.
    """

    value: float
    deviation: float
    blocks: int
    units: int
    steady: float = 0.0
    growth: float = 0.0

    @property
    def early(self) -> bool:
        """Whether it is too early to say anything."""
        return self.blocks < FEWEST_BLOCKS or self.units < FEWEST_UNITS

    def deviation_after(self, blocks: int) -> float:
        """The standard error after so many blocks in all, if everything goes on as it is.

        Examples
        --------
        >>> Effect(0.1, 0.02, 10, 50).deviation_after(40)  # units of their own
        0.01
        >>> Effect(0.1, 0.02, 10, 50, steady=0.02**2).deviation_after(40)  # always the same ones
        0.02
        """
        more = 1 + self.growth * max(0, blocks - self.blocks)
        passing = max(0.0, self.deviation**2 - self.steady)
        return math.sqrt(self.steady / more + passing * self.blocks / blocks)


@dataclass(frozen=True)
class Sequence:
    """A confidence sequence: how wide the interval is after so many blocks.

    Parameters
    ----------
    alpha : float
        Chance that the effect lies outside at any look.
    target : float
        Blocks after which it is narrowest: chosen before the trial, never by what was seen.

    Examples
    --------
    >>> sequence = Sequence(0.05, target=14)
    >>> round(sequence.deviations(14), 2), round(sequence.deviations(100), 2)
    (3.76, 3.29)
    """

    alpha: float
    target: float

    def deviations(self, blocks: int) -> float:
        """Half the width after so many blocks, in standard errors of the estimate."""
        return _deviations(self.alpha, self.target, blocks)

    def interval(self, effect: Effect) -> tuple[float, float] | None:
        """The interval; None while it is too early."""
        if effect.early:
            return None
        reach = self.deviations(effect.blocks) * effect.deviation
        return effect.value - reach, effect.value + reach

    def blocks_to_tell(self, effect: Effect, size: float) -> int | None:
        """After how many blocks in all an effect of some size could be told from none.

        Parameters
        ----------
        effect : Effect
            Whose spread and rate go on as they are.
        size : float

        Returns
        -------
        int or None
            None where that is further off than ten years.
        """
        if size <= 0 or not effect.blocks or not effect.units:
            return None
        per_block = effect.units / effect.blocks
        low = high = max(FEWEST_BLOCKS, math.ceil(FEWEST_UNITS / per_block))
        while high <= _HORIZON and self._reach(effect, high) > size:  # wider again where units stay the same
            low, high = high + 1, max(high + 1, math.ceil(high * _STRIDE))
        if high > _HORIZON:
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._reach(effect, middle) <= size else (middle + 1, high)
        return low

    def detectable(self, effect: Effect, blocks: int) -> float | None:
        """The smallest effect that could be told from none after so many blocks in all."""
        if not effect.blocks or blocks < FEWEST_BLOCKS:
            return None
        return self._reach(effect, blocks)

    def _reach(self, effect: Effect, blocks: int) -> float:
        return self.deviations(blocks) * effect.deviation_after(blocks)


@lru_cache(maxsize=4096)
def _deviations(alpha: float, target: float, blocks: int) -> float:
    log = -2 * math.log(alpha)
    rho2 = (log + math.log(log + 1)) / target  # Waudby-Smith et al. 2024, appendix B.2
    z = math.sqrt((blocks * rho2 + 1) / (blocks * rho2) * math.log((blocks * rho2 + 1) / alpha**2))
    tail = max(math.erfc(z / math.sqrt(2)) / 2, _LEAST_TAIL)
    return student(1 - tail, max(blocks - 1, 1))


def paired_effect(difference: Floats, unit: Codes, block: Codes) -> Effect:
    """The mean over units of their mean difference, rows of two versions on the same inputs.

    Parameters
    ----------
    difference : ndarray, shape (rows,)
        Of the losses, row by row, each between −1 and 1.
    unit, block : ndarray of int, shape (rows,)
        To whom and to when a row belongs; codes from 0.

    Examples
    --------
    >>> found = paired_effect(np.array([1.0, 0.0, 0.5]), np.array([0, 0, 1]), np.array([0, 1, 1]))
    >>> found.value, found.units, found.blocks
    (0.5, 2, 2)
    """
    if not len(difference):
        return Effect(0.0, 0.0, 0, 0)
    unit, units, weight = _weights(unit)
    value = float(weight @ difference)
    deviation = math.hypot(_deviation(weight * (difference - value), unit, block), 1 / units)
    return Effect(value, deviation, _count(block), units, _steady(difference, unit), _growth(unit, block))


def split_effect(loss: Floats, unit: Codes, block: Codes, challenged: NDArray[np.bool_]) -> Effect:
    """The mean loss of the champion's units minus that of the challenger's.

    Parameters
    ----------
    loss : ndarray, shape (rows,)
        Each between 0 and 1.
    unit, block : ndarray of int, shape (rows,)
    challenged : ndarray of bool, shape (rows,)
        Rows of units that fell to the challenger; a unit falls to one arm.

    Examples
    --------
    >>> loss, arm = np.array([0.5, 0.7, 0.1, 0.3]), np.array([False, False, True, True])
    >>> round(split_effect(loss, np.arange(4), np.array([0, 1, 0, 1]), arm).value, 3)
    0.4
    """
    counts = [int(challenged.sum()), int((~challenged).sum())]
    if not all(counts):
        return Effect(0.0, 0.0, _count(block), 0)
    influence, value, fewest, unseen, steady = np.zeros(len(loss)), 0.0, len(loss), 0.0, 0.0
    for arm, sign in ((~challenged, 1.0), (challenged, -1.0)):
        own, units, weight = _weights(unit[arm])
        mean = float(weight @ loss[arm])
        influence[arm] = sign * weight * (loss[arm] - mean)
        value += sign * mean
        fewest = min(fewest, units)
        unseen = math.hypot(unseen, 1 / units)
        steady += _steady(loss[arm], own)
    deviation = math.hypot(_deviation(influence, unit, block), unseen)
    return Effect(value, deviation, _count(block), fewest, steady, _growth(unit, block))


def _weights(unit: Codes) -> tuple[Codes, int, Floats]:
    """Units numbered without gaps, how many there are, and each row's weight: every unit counts once."""
    _, unit, rows = np.unique(unit, return_inverse=True, return_counts=True)
    return unit, len(rows), 1.0 / (rows[unit] * len(rows))


def _steady(values: Floats, unit: Codes) -> float:
    """The variance of a mean over units that is their own, by the moments of an analysis of variance
    (Searle, Casella & McCulloch 1992, *Variance Components*, chapter 3)."""
    rows = np.bincount(unit).astype(np.float64)
    units, spare = len(rows), float(len(values) - len(rows))
    if units < 2 or spare <= 0:
        return 0.0
    means = np.bincount(unit, values) / rows
    within = float(np.square(values - means[unit]).sum()) / spare
    between = float(np.square(means - means.mean()).sum()) / (units - 1)
    return max(0.0, between - within * float(np.mean(1.0 / rows))) / units


def _growth(unit: Codes, block: Codes) -> float:
    """Of the units, the share that came for the first time with each block of the later half."""
    first = np.full(int(unit.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, unit, block)
    first = first[np.bincount(unit) > 0]
    begin, end = int(block.min()), int(block.max())
    middle = (begin + end) / 2
    return float(np.count_nonzero(first > middle)) / len(first) / max(end - middle, 1.0)


def _deviation(influence: Floats, unit: Codes, block: Codes) -> float:
    """The square root of the variance that is clustered by block and by unit."""
    by_block, by_unit = _clustered(influence, block), _clustered(influence, unit)
    alone = int(np.bincount(unit).max()) == 1  # every unit has one row
    both = by_unit if alone else _clustered(influence, unit * (int(block.max()) + 1) + block)
    return math.sqrt(max(by_block + by_unit - both, by_block, by_unit))


def _clustered(influence: Floats, code: Codes) -> float:
    _, code = np.unique(code, return_inverse=True)
    sums = np.bincount(code, influence)
    clusters = len(sums)
    return float(sums @ sums) * (clusters / (clusters - 1) if clusters > 1 else 1.0)


def _count(code: Codes) -> int:
    return int(np.count_nonzero(np.bincount(code)))


def ratio_evidence(challenged: int, units: int, share: float, weight: float = 100.0) -> float:
    """Evidence that units do not fall to the challenger in the share that was set (Fabijan et al. 2019).

    A mixture of binomial likelihood ratios, as Lindon & Malek (2022, *NeurIPS*) have it for counts: under the
    right share it ever exceeds ``1 / alpha`` with a chance of at most ``alpha`` (Ville 1939), however often
    one looks.

    Parameters
    ----------
    challenged, units : int
        Units that fell to the challenger, and all.
    share : float
        Between 0 and 1, exclusive.
    weight : float
        Of the prior around the share, in units.

    Examples
    --------
    >>> ratio_evidence(100, 1000, 0.1) < 1, ratio_evidence(60, 1000, 0.1) > 1000
    (True, True)
    """
    one, other = weight * share, weight * (1 - share)
    log = (
        _log_beta(one + challenged, other + units - challenged)
        - _log_beta(one, other)
        - challenged * math.log(share)
        - (units - challenged) * math.log1p(-share)
    )
    return math.exp(min(log, 700.0))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
