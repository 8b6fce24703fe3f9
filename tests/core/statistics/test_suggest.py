"""Rule 4: limits that an unchanged model keeps, within its budget of false alarms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from core.metrics import resolve
from core.statistics.budget import ALARMS_A_YEAR, alert_rate, look_alpha
from core.statistics.estimate import Estimate
from core.statistics.suggest import between_variance, suggest
from tests.core.statistics.simulate import autoregression, day_means


def plain(values: np.ndarray) -> list[Estimate]:
    """Windows whose own precision is not known."""
    return [Estimate(float(v), None, None, n=100) for v in values]


def test_without_bounds_it_is_the_prediction_limit_of_the_textbook() -> None:
    values = np.random.default_rng(0).normal(1.0, 0.5, 12)
    found = suggest("bias", resolve("bias"), plain(values), alpha=0.02)
    reach = stats.t.ppf(0.99, 11) * values.std(ddof=1) * np.sqrt(1 + 1 / 12)
    assert found.range == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.02)
    assert found.range[0] <= values.mean() - reach, "rounded away from the mean, never towards it"


@pytest.mark.parametrize(
    ("name", "which"),
    [("roc_auc", "min"), ("log_loss", "max"), ("bias", "range"), ("positive_rate", "range")],
)
def test_the_side_follows_the_metric(name: str, which: str) -> None:
    values = np.random.default_rng(1).uniform(0.6, 0.7, 10)
    found = suggest(name, resolve(name), plain(values), alpha=0.01)
    assert {k for k in ("min", "max", "range") if getattr(found, k) is not None} == {which}
    assert (found.mean is None) == (name == "positive_rate")


def test_limits_stay_within_what_the_metric_can_be_and_the_mean_is_the_stricter() -> None:
    values = np.array([0.97, 0.99, 0.98, 0.995, 0.96])
    found = suggest("accuracy", resolve("accuracy"), plain(values), alpha=0.001)
    assert 0 < found.min < found.mean < values.mean()
    low = suggest("brier", resolve("brier"), plain(1 - values), alpha=0.001)
    assert low.max > low.mean > (1 - values).mean()


def test_too_few_windows_say_so() -> None:
    found = suggest("mae", resolve("mae"), plain(np.array([1.0, 2.0])), alpha=0.01)
    assert (found.min, found.max, found.range, found.mean) == (None, None, None, None)
    assert "2 past windows with a value, 4 are needed" in found.explanation


def test_between_variance_is_paule_and_mandels() -> None:
    rng = np.random.default_rng(2)
    values, variances = rng.normal(0, 2, 15), rng.uniform(0.1, 2.0, 15)

    def excess(between: float) -> float:
        w = 1 / (variances + between)
        return float(w @ (values - w @ values / w.sum()) ** 2 - 14)

    assert between_variance(values, variances) == pytest.approx(brentq(excess, 0, 100))
    assert between_variance(values, variances * 100) == 0.0


def test_windows_that_differ_less_than_their_rows_allow_are_given_the_rows_variance() -> None:
    """Luck in the past is not promised to the future."""
    equal = [replace(e, low=e.value - 0.05, high=e.value + 0.05) for e in plain(np.full(8, 0.7))]
    found = suggest("roc_auc", resolve("roc_auc"), equal, alpha=0.01)
    assert found.min < 0.65


def test_alert_rate_is_that_of_overlapping_windows() -> None:
    both = stats.multivariate_normal([0, 0], [[1, 6 / 7], [6 / 7, 1]]).cdf([-2.0, -2.0])
    alpha = stats.norm.sf(2.0)
    assert alert_rate(alpha, 7) == pytest.approx(alpha - both, rel=1e-3)


def test_the_budget_is_shared_by_all_limits_and_nights() -> None:
    assert 365 * 4 * alert_rate(look_alpha(4, overlap=7), 7) == pytest.approx(ALARMS_A_YEAR, rel=1e-6)
    assert look_alpha(8, overlap=7) < look_alpha(4, overlap=7)
    assert look_alpha(1, looks_a_year=12) == 0.05


NIGHTLY_ALPHA = look_alpha(1, overlap=7)


def _alerts_in_a_year(windows: int, correlation: float, rng: np.random.Generator) -> int:
    """Alerts of an unchanged model in its next year: a week's mean error, looked at every night."""
    days = 10 + autoregression(7 * windows + 372, correlation, rng) + rng.normal(size=7 * windows + 372)
    past = day_means([days[7 * i : 7 * i + 7] for i in range(windows)], (0.0, None))
    limit = suggest("mae", resolve("mae"), past, NIGHTLY_ALPHA).max
    weekly = np.convolve(days[7 * windows :], np.ones(7) / 7, "valid")
    breach = weekly > limit
    return int((breach[1:] & ~breach[:-1]).sum())


@pytest.mark.parametrize("windows", [9, 40])
@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_an_unchanged_model_keeps_its_budget_of_false_alarms(windows: int, correlation: float) -> None:
    rng = np.random.default_rng(3)
    alerts = [_alerts_in_a_year(windows, correlation, rng) for _ in range(40)]
    assert np.mean(alerts) <= ALARMS_A_YEAR


def test_a_model_that_got_worse_does_not_keep_them() -> None:
    rng = np.random.default_rng(4)
    days = 10 + rng.normal(size=140)
    past = day_means([days[7 * i : 7 * i + 7] for i in range(20)], (0.0, None))
    limit = suggest("mae", resolve("mae"), past, NIGHTLY_ALPHA).max
    assert limit < 10 + 5 / np.sqrt(7), "a rise of two of a day's deviations is a breach"


def test_false_alarms_on_the_history_are_counted() -> None:
    values = np.array([1.0, 1.1, 0.9, 1.0, 1.05, 0.95, 1.0, 9.0])
    found = suggest("bias", resolve("bias"), plain(values), alpha=0.4)
    assert found.breaches == 1
    assert found.false_alarms(52) == pytest.approx(52 / 8)
    assert "1 of the past ones would have" in found.explanation
