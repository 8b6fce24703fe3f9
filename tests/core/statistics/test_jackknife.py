"""Intervals: against closed forms and statsmodels, and their coverage where rows depend on each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.metrics.catalogue import resolve
from core.metrics.measure import measure
from core.metrics.sample import Sample
from core.statistics.blocks import Blocks, choose_blocks
from core.statistics.jackknife import (
    estimate,
    evidence_of,
    from_variance,
    interval,
    variance,
    with_intervals,
)
from tests.core.statistics.simulate import daily_classification, hourly_regression

BOUNDS = [(None, None), (0.0, None), (None, 1.0), (0.0, 1.0), (-1.0, 1.0)]


def test_the_interval_of_a_mean_of_rows_is_students() -> None:
    x = np.random.default_rng(0).normal(5, 2, 25)
    low, high = interval(x.mean(), (x.sum() - x) / 24)
    assert (low, high) == pytest.approx(stats.t.interval(0.95, 24, x.mean(), stats.sem(x)))


def test_the_variance_of_a_mean_of_uneven_blocks_is_the_clustered_one_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(40), rng.integers(20, 40, 40))
    x = rng.normal(size=40)[codes] + rng.normal(size=len(codes))
    found = measure(
        Sample(np.zeros(len(x)), Blocks(codes, tuple(map(str, range(40))), "group"), x), ["bias"]
    )["bias"]
    fitted = sm.OLS(x, np.ones(len(x))).fit(cov_type="cluster", cov_kwds={"groups": codes})
    assert np.sqrt(variance(found.value, found.replicates)) == pytest.approx(fitted.bse[0], rel=0.02)


def test_the_area_under_the_curve_has_delongs_variance() -> None:
    """DeLong, DeLong & Clarke-Pearson (1988), computed from the pairs themselves."""
    rng = np.random.default_rng(2)
    positive, negative = rng.normal(1, 1, 90).round(1), rng.normal(0, 1, 110).round(1)
    pairs = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    delong = pairs.mean(axis=1).var(ddof=1) / 90 + pairs.mean(axis=0).var(ddof=1) / 110
    actual = np.repeat([1, 0], [90, 110])
    sample = Sample(
        actual, choose_blocks(None, None, 200), scores=np.append(positive, negative), classes=("n", "y")
    )
    found = measure(sample, ["roc_auc"])["roc_auc"]
    assert found.value == pytest.approx(pairs.mean())
    assert variance(found.value, found.replicates) == pytest.approx(delong, rel=0.02)


@given(
    st.sampled_from(BOUNDS),
    st.floats(-0.99, 0.99),
    st.lists(st.floats(-0.01, 0.01), min_size=6, max_size=20),
)
def test_an_interval_holds_its_value_and_keeps_its_bounds(
    bounds: tuple[float | None, float | None], value: float, moves: list[float]
) -> None:
    lowest, highest = bounds
    value = abs(value) if lowest == 0.0 else value
    replicates = value + np.array(moves)
    if bounds != (None, None):
        replicates = np.clip(replicates, lowest, highest)
    low, high = interval(value, replicates, bounds)
    assert low <= value + 1e-9
    assert value - 1e-9 <= high
    assert lowest is None or low >= lowest
    assert highest is None or high <= highest


def test_the_two_roads_to_an_interval_agree() -> None:
    x = np.random.default_rng(3).uniform(0.6, 0.8, 200)
    replicates = (x.sum() - x) / 199
    for bounds in BOUNDS:
        one = interval(x.mean(), replicates, bounds)
        other = from_variance(x.mean(), variance(x.mean(), replicates), 199, bounds)
        assert one == pytest.approx(other, rel=1e-3)


def test_no_interval_without_enough_blocks_or_with_undefined_replicates() -> None:
    few = estimate(0.5, np.full(5, 0.5), n=50, unit="day")
    assert (few.low, few.reason) == (None, "only 5 days to compare, no interval")
    gap = estimate(0.5, np.array([0.5] * 6 + [np.nan]), n=50, unit="day")
    assert (gap.low, gap.reason) == (None, "undefined without one day, no interval")
    peak = estimate(9.0, np.full(10, 9.0), n=50, smooth=False)
    assert (peak.value, peak.high, peak.reason) == (9.0, None, "an extreme value has no interval")


Make = Callable[[np.random.Generator], Sample]


def _coverage(
    make: Make, metrics: list[str], truth: dict[str, float], runs: int, seed: int
) -> dict[str, float]:
    """Of slices that have nine others for a history."""
    rng = np.random.default_rng(seed)
    hits = dict.fromkeys(metrics, 0)
    for _ in range(runs // 10):
        slices = [measure(make(rng), metrics) for _ in range(10)]
        for name in metrics:
            alone = [one[name] for one in slices]
            bounds, known = resolve(name).bounds, evidence_of(("", e) for e in alone)[""]
            found = with_intervals(alone, [bounds] * 10, [known] * 10)
            hits[name] += sum(e.low <= truth[name] <= e.high for e in found)
    return {name: count / runs for name, count in hits.items()}


def _truth(make: Make, metrics: list[str], runs: int) -> dict[str, float]:
    rng = np.random.default_rng(99)
    many = [measure(make(rng), metrics) for _ in range(runs)]
    return {name: float(np.mean([found[name].value for found in many])) for name in metrics}


REGRESSION = ["bias", "mae", "rmse", "medae"]
CLASSIFICATION = ["roc_auc", "log_loss", "brier", "accuracy", "average_precision"]


def test_intervals_of_autocorrelated_data_cover_where_those_of_rows_do_not() -> None:
    rng = np.random.default_rng(5)
    by_day = by_row = 0
    for _ in range(200):
        sample = hourly_regression(30, rng)
        by_day += _covers(sample, 0.3)
        alone = Blocks(np.arange(sample.n), tuple(map(str, range(sample.n))), "row")
        by_row += _covers(Sample(sample.actual, alone, sample.predicted), 0.3)
    assert 0.91 <= by_day / 200 <= 0.99
    assert by_row / 200 < 0.75


def _covers(sample: Sample, truth: float) -> bool:
    found = measure(sample, ["bias"])["bias"]
    return bool(found.low <= truth <= found.high)


@pytest.mark.slow
def test_coverage_of_regression_metrics() -> None:
    def make(rng: np.random.Generator) -> Sample:
        return hourly_regression(30, rng)

    truth = _truth(make, REGRESSION, 3_000)
    for name, share in _coverage(make, REGRESSION, truth, 2_000, 6).items():
        assert 0.93 <= share <= 0.97, (name, share)


@pytest.mark.slow
def test_coverage_of_classification_metrics() -> None:
    def make(rng: np.random.Generator) -> Sample:
        return daily_classification(30, 1_500, rng)

    truth = _truth(make, CLASSIFICATION, 3_000)
    for name, share in _coverage(make, CLASSIFICATION, truth, 2_000, 7).items():
        assert 0.93 <= share <= 0.97, (name, share)
