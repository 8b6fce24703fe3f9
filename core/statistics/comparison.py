"""Is one version better than another (rule 7)?

Said of the primary metric, by the paired, blocked interval of the difference on the same rows (Diebold &
Mariano 1995), and only if nothing else that is required got worse by more than its margin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.metrics.catalogue import Metric
from core.statistics.combine import combine, paired_difference
from core.statistics.estimate import Estimate
from core.statistics.jackknife import CONFIDENCE
from core.statistics.precision import shortage
from core.statistics.quantiles import student
from core.statistics.wording import number, with_interval
from incumbent.errors import UsageError

Outcome = Literal["better", "worse", "undecided", "thin"]

#: A year's chance of crowning a version that is no better.
YEARLY_ERROR = 0.05
#: Challenges a year: one a week.
LOOKS_A_YEAR = 52


@dataclass(frozen=True)
class Guard:
    """A metric or segment that must not get worse.

    Parameters
    ----------
    name : str
        The metric, and its segment where it has one, for people.
    gain : Estimate
        From :func:`paired_gain`.
    margin : float
        How much worse is still no worse, in units of the metric.
    """

    name: str
    gain: Estimate
    margin: float


@dataclass(frozen=True)
class Comparison:
    """What came of comparing a challenger with a champion.

    Parameters
    ----------
    outcome : "better", "worse", "undecided" or "thin"
    gain : Estimate
        By how much the challenger is better (below zero: worse), with the interval at ``confidence``.
    confidence : float
        Of the interval that decided.
    reason : str
        One sentence for people.
    """

    outcome: Outcome
    gain: Estimate
    confidence: float
    reason: str


def look_confidence(looks: int = LOOKS_A_YEAR, yearly: float = YEARLY_ERROR) -> float:
    """Confidence of the two-sided interval at each of many looks a year.

    The year's error is shared out evenly (Bonferroni), for each week's challenger may be another: 52 looks
    at 2.5 % each would crown a false challenger in 73 % of years; these do in no more than ``yearly``.

    Parameters
    ----------
    looks : int
        Comparisons a year.
    yearly : float
        Chance, in a year, that any of them calls an equal challenger better.

    Examples
    --------
    >>> round(look_confidence(1), 3), round(look_confidence(52), 5)
    (0.9, 0.99808)
    """
    return 1 - 2 * yearly / looks


def paired_gain(metric: Metric, challenger: Estimate, champion: Estimate) -> Estimate:
    """By how much the challenger is better, on the same rows: above zero is better, whatever the metric.

    Parameters
    ----------
    metric : Metric
    challenger, champion : Estimate
        Of one slice, each with replicates.

    Returns
    -------
    Estimate
        Without a value, and with the reason, where the two cannot be paired.

    Raises
    ------
    UsageError
        Neither direction of the metric is better.

    Examples
    --------
    >>> import numpy as np
    >>> from core.metrics.catalogue import resolve
    >>> one = Estimate(-3.0, None, None, n=9, key="k", replicates=np.full(9, -3.0))
    >>> two = Estimate(2.0, None, None, n=9, key="k", replicates=np.full(9, 2.0))
    >>> paired_gain(resolve("bias"), one, two).value
    -1.0
    """
    if metric.direction == "none":
        raise UsageError(f"{metric.name} describes: no value of it is better than another")
    return paired_difference(champion, challenger, turn=metric.loss)


def overall_gain(gains: Sequence[Estimate]) -> Estimate:
    """The gains of several partitions as one, weighted by their rows."""
    return combine(gains)


def compare(
    name: str,
    gain: Estimate,
    *,
    worth: float = 0.0,
    confidence: float = CONFIDENCE,
    guards: Sequence[Guard] = (),
) -> Comparison:
    """Decide whether a challenger is better.

    ``better``: the whole interval of the gain lies beyond ``worth``, and no guard is worse by more than its
    margin. ``worse``: the whole interval lies below zero, or that of a guard beyond its margin. Otherwise
    ``undecided``, or ``thin`` where there is too little to say even that.

    Parameters
    ----------
    name : str
        The primary metric, as the person wrote it.
    gain : Estimate
        From :func:`paired_gain` or :func:`overall_gain`.
    worth : float
        The smallest improvement worth a swap, in units of the metric.
    confidence : float
        :func:`look_confidence` of the looks in a year.
    guards : sequence of Guard

    Examples
    --------
    >>> gain = Estimate(0.02, 0.012, 0.028, n=9000, blocks=30, unit="day", degrees=29.0)
    >>> compare("roc_auc", gain, worth=0.005).outcome
    'better'
    >>> compare("roc_auc", gain, worth=0.005, confidence=look_confidence(520)).reason
    'roc_auc is better by 0.020 [0.003, 0.037], not surely by more than 0.005'
    """
    if gain.value is None:
        return Comparison("thin", gain, confidence, f"{name} cannot be compared: {gain.reason}")
    short = shortage(gain)
    if short:
        return Comparison("thin", gain, confidence, f"{name} cannot be compared: {short}")
    gain = at_confidence(gain, confidence)
    low, high = gain.low, gain.high
    assert low is not None and high is not None and gain.value is not None
    turn = "better" if gain.value >= 0 else "worse"
    shown = f"{name} is {turn} by {_amount(gain)}"
    if high < 0:
        return Comparison("worse", gain, confidence, shown)
    hurt = [(g, at_confidence(g.gain, confidence)) for g in guards if _hurts(g)]
    surely = next((g for g, e in hurt if e.high is not None and e.high < -g.margin), None)
    if surely is not None:
        reason = f"{surely.name} is worse by {_amount(surely.gain)}, beyond its margin {surely.margin:g}"
        return Comparison("worse", gain, confidence, reason)
    if low <= worth:
        unsure = f"not surely by more than {worth:g}" if gain.value >= 0 else "not surely"
        return Comparison("undecided", gain, confidence, f"{shown}, {unsure}")
    if hurt:
        guard = hurt[0][0]
        reason = f"{shown}, but {guard.name} is worse by {_amount(guard.gain)}, margin {guard.margin:g}"
        return Comparison("undecided", gain, confidence, reason)
    return Comparison("better", gain, confidence, shown)


def at_confidence(estimate: Estimate, confidence: float) -> Estimate:
    """A difference with its interval at another confidence than 95 %.

    Examples
    --------
    >>> wide = at_confidence(Estimate(0.0, -1.0, 1.0, n=9, degrees=8.0), 0.99)
    >>> round(wide.high, 3)
    1.455
    """
    width = estimate.width
    if estimate.value is None or width is None or estimate.degrees is None:
        return estimate
    wider = (
        width
        * student((1 + confidence) / 2, estimate.degrees)
        / student((1 + CONFIDENCE) / 2, estimate.degrees)
    )
    return replace(estimate, low=estimate.value - wider, high=estimate.value + wider)


def _hurts(guard: Guard) -> bool:
    return guard.gain.value is not None and guard.gain.value < -guard.margin


def _amount(gain: Estimate) -> str:
    """The size of a gain or loss, with its interval the same way round."""
    if gain.value is None or gain.value >= 0 or gain.low is None or gain.high is None:
        return with_interval(gain)
    spread = gain.width
    ends = f"[{number(-gain.high, spread)}, {number(-gain.low, spread)}]"
    return f"{number(-gain.value, spread)} {ends}"
