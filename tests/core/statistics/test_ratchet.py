"""Rule 9: the ratchet moves by what is sure, and does not ratchet on noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics import resolve
from core.statistics.budget import ALARMS_A_YEAR, look_alpha
from core.statistics.estimate import Estimate
from core.statistics.jackknife import estimate
from core.statistics.ratchet import rise, usual_step
from core.statistics.suggest import suggest
from tests.core.statistics.simulate import autoregression, day_means

MAE, AUC = resolve("mae"), resolve("roc_auc")


def gained(value: float, half: float) -> Estimate:
    return Estimate(value, value - half, value + half, n=900, blocks=40, unit="day", degrees=39.0)


@given(
    limit=st.floats(0.5, 0.8),
    value=st.floats(-0.05, 0.2),
    half=st.floats(1e-4, 0.1),
    ceiling=st.floats(0.4, 0.95),
    step=st.floats(1e-4, 0.02),
)
def test_a_limit_never_falls_never_outruns_the_gain_and_never_its_version(
    limit: float, value: float, half: float, ceiling: float, step: float
) -> None:
    gain = gained(value, half)
    sure = value - half
    for metric, sign in ((AUC, 1.0), (MAE, -1.0)):
        found = rise(metric, sign * limit, gain, sign * ceiling, step)
        if found.to is None:
            assert sure <= step + 1e-9 or ceiling < limit + step
            continue
        rose = sign * found.to - limit
        assert 0 < rose <= sure + 1e-9 and sure > step
        assert sign * found.to <= ceiling + 1e-9


def test_what_cannot_be_told_moves_nothing() -> None:
    assert rise(AUC, 0.6, Estimate(None, None, None, 0, reason="no rows"), 0.7, 0.01).to is None
    few = Estimate(0.1, 0.09, 0.11, n=9, blocks=3, unit="day", degrees=2.0)
    assert "3 days are too few" in rise(AUC, 0.6, few, 0.7, 0.01).reason
    assert "too short a past" in rise(AUC, 0.6, gained(0.1, 0.01), None, 0.01).reason
    assert "not surely better" in rise(AUC, 0.6, gained(0.01, 0.02), 0.7, 0.01).reason


def test_without_a_step_it_is_a_tenth_of_the_room() -> None:
    assert usual_step(0.6, 0.7) == pytest.approx(0.01) and usual_step(3.0, 2.0) == pytest.approx(0.1)


WEEKS_BEFORE, MONTHS = 26, 24


def _ceiling(days: np.ndarray, alpha: float) -> float | None:
    weeks = days[len(days) % 7 :].reshape(-1, 7)[-52:]
    return suggest("mae", MAE, day_means(list(weeks), (0.0, None)), alpha).max


def _two_years(rng: np.random.Generator, careful: bool) -> float:
    """Alerts a year of an unchanged model whose champion is swapped for its equal every month."""
    alpha = look_alpha(1, overlap=7)
    count = 7 * WEEKS_BEFORE + 30 * MONTHS
    days = 10 + autoregression(count, 0.4, rng) + rng.normal(size=count)
    limit = _ceiling(days[: 7 * WEEKS_BEFORE], alpha)
    assert limit is not None
    alerts, before = 0, False
    for day in range(7 * WEEKS_BEFORE, count):
        breach = float(days[day - 6 : day + 1].mean()) > limit
        alerts += breach and not before
        before = breach
        if day % 30:
            continue
        past = days[:day]
        if careful:
            apart = rng.normal(0.0, 0.3, min(day, 180))  # the equal challenger, day by day
            gain = estimate(
                float(apart.mean()), (apart.sum() - apart) / (len(apart) - 1), n=100 * len(apart), unit="day"
            )
            found = rise(MAE, limit, gain, _ceiling(past, alpha), step=0.02)
            limit = limit if found.to is None else found.to
        else:  # the best month so far is what is asked from now on
            limit = min(limit, float(past[-30:].mean()) * 1.1)
    return alerts / (30 * MONTHS / 365)


def test_an_unchanged_model_keeps_its_budget_for_two_years_of_ratcheting() -> None:
    rng = np.random.default_rng(5)
    assert np.mean([_two_years(rng, careful=True) for _ in range(5)]) <= ALARMS_A_YEAR


@pytest.mark.slow
def test_an_unchanged_model_keeps_its_budget_in_many_draws_and_a_naive_ratchet_does_not() -> None:
    rng = np.random.default_rng(6)
    careful = [_two_years(rng, careful=True) for _ in range(60)]
    naive = [_two_years(rng, careful=False) for _ in range(20)]
    assert np.mean(careful) <= ALARMS_A_YEAR
    assert np.mean(naive) > 2 * ALARMS_A_YEAR
