"""The early warning: has the loss risen above what it was, though every limit still holds (rules 3 and 4)?

Podkopaev & Ramdas (2022) track the risk of a deployed model with betting confidence sequences and warn when
it has provably risen. Here the same bets (Waudby-Smith & Ramdas 2024) are joined to an e-detector (Shin,
Ramdas & Rinaldo 2024): a Shiryaev–Roberts sum of bets that start at every block, so that a rise is found
whenever it begins. Its average run to a false alarm is at least its threshold, which makes a budget of false
alarms a year exact: look as often as you like, the threshold is looks a year divided by alarms a year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.statistics.mixture import quantile
from core.statistics.precision import FEWEST_BLOCKS
from core.statistics.resemblance import belief, resemblances

#: Early warnings of an unchanged model a year, of the two alarms that it may raise in all.
WARNINGS_A_YEAR = 1.0
#: A rise of less than this many standard deviations of a block's loss is let be.
TOLERANCE = 0.25
#: Losses are cut this many standard deviations from their mean: bets are the bolder the narrower their range.
_REACH = 3.0
_BETS = (0.1, 0.25, 0.5, 0.9)
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Watch:
    """What a sequential test has seen.

    Parameters
    ----------
    rising : bool
        The evidence has reached the threshold by the last block.
    evidence, threshold : float
    baseline : float
        Mean loss of the blocks that are compared with.
    recent : float
        Mean loss of the blocks since.
    reason : str
        One sentence for people.
    """

    rising: bool
    evidence: float
    threshold: float
    baseline: float
    recent: float
    reason: str


def watch(
    baseline: NDArray[np.float64],
    recent: NDArray[np.float64],
    *,
    looks_a_year: float = 365.0,
    warnings_a_year: float = WARNINGS_A_YEAR,
    tolerance: float = TOLERANCE,
) -> Watch:
    """Bet against "the loss is no higher than it was", a block at a time.

    Parameters
    ----------
    baseline : ndarray, shape (blocks before,)
        Mean bounded loss of each block of the time that is compared with, in order
        (:func:`core.metrics.losses.bounded_losses`).
    recent : ndarray, shape (blocks since,)
        Of each block since, in order.
    looks_a_year : float
        Blocks in a year, times the series that are watched.
    warnings_a_year : float
        False warnings that an unchanged model may raise in a year.
    tolerance : float
        Rises of fewer standard deviations of a block are let be.

    Returns
    -------
    Watch
        Never ``rising`` with fewer than twelve blocks to compare with.

    Examples
    --------
    >>> before = np.tile([0.19, 0.2, 0.21, 0.2], 10)
    >>> watch(before, before).rising, watch(before, before + 0.03).rising
    (False, True)
    """
    threshold = looks_a_year / warnings_a_year
    before = float(np.mean(baseline)) if len(baseline) else float("nan")
    since = float(np.mean(recent)) if len(recent) else float("nan")
    if len(baseline) < 2 * FEWEST_BLOCKS or not len(recent):
        return Watch(False, 0.0, threshold, before, since, "too few blocks to compare with")
    deviation = float(np.std(baseline, ddof=1)) or 1e-9
    low = before - _REACH * deviation
    width = 2 * _REACH * deviation
    null = _upper(_scaled(baseline, low, width)) + tolerance / (2 * _REACH)
    evidence = float(detector(_scaled(recent, low, width), null)[-1]) if null < 1 else 0.0
    rising = bool(evidence >= threshold)
    turn = "has risen" if rising else "has not risen"
    reason = f"the loss {turn} from {before:.4g} to {since:.4g} (evidence {evidence:.3g} of {threshold:.3g})"
    return Watch(rising, evidence, threshold, before, since, reason)


def detector(losses: NDArray[np.float64], null: float) -> NDArray[np.float64]:
    """The e-detector after each loss.

    While the mean of the losses, given those before, is at most ``null``, the mean number of losses until it
    first reaches ``c`` is at least ``c`` (Shin, Ramdas & Rinaldo 2024, theorem 2.4).

    Parameters
    ----------
    losses : ndarray, shape (blocks,)
        Each between 0 and 1.
    null : float
        Between 0 and 1.

    Examples
    --------
    >>> detector(np.array([1.0, 1.0, 0.0]), 0.5).round(2).tolist()
    [1.44, 3.6, 2.22]
    """
    bets = np.array(_BETS) / null
    sums = np.zeros(len(bets))
    path = np.empty(len(losses))
    for i, loss in enumerate(losses):
        sums = (1 + sums) * (1 + bets * (loss - null))
        path[i] = sums.mean()
    return path


def _scaled(losses: NDArray[np.float64], low: float, width: float) -> NDArray[np.float64]:
    return np.clip((losses - low) / width, 0.0, 1.0)


def _upper(losses: NDArray[np.float64]) -> float:
    """Upper confidence limit of the mean of blocks that follow each other in time."""
    (said,) = resemblances([losses])
    scales = np.sqrt(np.var(losses, ddof=1) / len(losses) * said.inflation)
    likely = belief("day", said.evidence)
    return float(losses.mean() + quantile(likely[None], scales[None], len(losses) - 1, _CONFIDENCE)[0])
