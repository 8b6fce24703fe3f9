"""The error budget of challenges: shares that add up, and a year of weekly null challengers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import zeta

from core.metrics.catalogue import resolve
from core.statistics.comparison import YEARLY_ERROR, compare, overall_gain, paired_gain
from core.statistics.estimate import Estimate
from core.statistics.looks import POWER, confidence_at, look_error, share
from incumbent.errors import UsageError

BRIER = resolve("brier")
WEEKS, DAYS, ROWS = 52, 7, 40
BEFORE = 8  # weeks of rows that are there before the first challenge
MONTH = 4


def test_all_shares_together_are_the_budget() -> None:
    first = sum(share(k) for k in range(1, 100_000))
    rest = zeta(POWER, 100_000) / zeta(POWER)  # Hurwitz: all looks from the hundred-thousandth on
    assert first + rest == pytest.approx(1.0, abs=1e-12)
    assert confidence_at(3) == 1 - 2 * look_error(3)


def test_there_is_no_look_before_the_first() -> None:
    with pytest.raises(UsageError):
        share(0)


@given(st.lists(st.integers(0, 800), min_size=1, max_size=120))
def test_no_year_spends_more_than_the_budget(days: list[int]) -> None:
    """Looks are counted over the year before each: whatever their days, any 365 of them stay within."""
    looks = sorted(days)
    spent = [
        (day, look_error(1 + sum(day - earlier < 365 for earlier in looks[:position])))
        for position, day in enumerate(looks)
    ]
    for start in looks:
        assert sum(error for day, error in spent if start <= day < start + 365) <= YEARLY_ERROR


def crowned(random: np.random.Generator, better_by: float = 0.0) -> int | None:
    """The first week in which one of a year's weekly challengers is called better; None if none is.

    Champion and challengers see the same signal through noise of their own, which has bad days that are
    followed by bad days. ``better_by`` is how much less noise the challengers have.
    """
    days = (WEEKS + BEFORE) * DAYS
    signal = random.normal(0, 1, (days, ROWS)) + _slow(random, days)[:, None]
    happened = random.random((days, ROWS)) < _probability(signal)
    champion = _losses(random, signal, happened, 1.0)
    for week in range(WEEKS):
        challenger = _losses(random, signal, happened, 1.0 - better_by)
        end = (BEFORE + week) * DAYS
        gains = [
            paired_gain(BRIER, _estimate(challenger[a:b]), _estimate(champion[a:b]))
            for a, b in itertools.pairwise([*range(0, end, MONTH * DAYS), end])
        ]
        if compare("brier", overall_gain(gains), confidence=confidence_at(week + 1)).outcome == "better":
            return week
    return None


def _slow(random: np.random.Generator, days: int, scale: float = 0.3) -> NDArray[np.float64]:
    steps = random.normal(0, scale, days)
    for day in range(1, days):
        steps[day] += 0.4 * steps[day - 1]
    return steps


def _probability(score: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-score))


def _losses(
    random: np.random.Generator, signal: NDArray[np.float64], happened: NDArray[np.bool_], noise: float
) -> NDArray[np.float64]:
    """Squared errors, shape (days, rows)."""
    seen = signal + noise * (random.normal(0, 0.7, signal.shape) + _slow(random, len(signal))[:, None])
    return (_probability(seen) - happened) ** 2


def _estimate(losses: NDArray[np.float64]) -> Estimate:
    sums, count = losses.sum(axis=1), losses.size
    replicates = (sums.sum() - sums) / (count - losses.shape[1])
    return Estimate(
        float(losses.mean()), None, None, count, len(sums), "day", key=str(count), replicates=replicates
    )


def test_a_truly_better_challenger_is_crowned_at_once() -> None:
    random = np.random.default_rng(5)
    weeks = [crowned(random, better_by=0.5) for _ in range(5)]
    assert all(week is not None and week < 4 for week in weeks)


def test_a_few_years_of_null_challengers() -> None:
    random = np.random.default_rng(11)
    assert sum(crowned(random) is not None for _ in range(4)) <= 1


@pytest.mark.slow
def test_null_challengers_are_crowned_in_no_more_years_than_stated() -> None:
    random = np.random.default_rng(2)
    years = 300
    false = sum(crowned(random) is not None for _ in range(years))
    three_errors = 3 * (YEARLY_ERROR * (1 - YEARLY_ERROR) / years) ** 0.5
    assert false / years <= YEARLY_ERROR + three_errors
