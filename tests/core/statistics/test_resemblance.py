"""How neighbouring blocks resemble each other: against dense matrices, scipy, and known correlations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import toeplitz

from core.statistics import mixture
from core.statistics.resemblance import GRID, belief, resemblances, shared
from tests.core.statistics.simulate import autoregression


def dense(series: np.ndarray, correlation: float) -> tuple[float, float]:
    """Restricted log-likelihood and inflation of an autoregression, with whole matrices (Harville 1977)."""
    blocks = len(series)
    matrix = toeplitz(correlation ** np.arange(blocks))
    inverse, ones = np.linalg.inv(matrix), np.ones(blocks)
    information = ones @ inverse @ ones
    left = series - ones @ inverse @ series / information
    squares = left @ inverse @ left
    likelihood = -0.5 * (np.linalg.slogdet(matrix)[1] + np.log(information) + (blocks - 1) * np.log(squares))
    return likelihood, squares * matrix.sum() / blocks / ((series - series.mean()) ** 2).sum()


@pytest.mark.parametrize("blocks", [6, 7, 30])
def test_evidence_and_inflation_are_those_of_whole_matrices(blocks: int) -> None:
    series = 5 + autoregression(blocks, 0.5, np.random.default_rng(0))
    (found,) = resemblances([series])
    wanted = np.array([dense(series, float(correlation)) for correlation in GRID])
    assert found.inflation == pytest.approx(wanted[:, 1], rel=1e-9)
    assert np.diff(found.evidence) == pytest.approx(np.diff(wanted[:, 0]), abs=1e-9)


def test_series_of_other_lengths_scales_and_signs_say_the_same_together_and_alone() -> None:
    rng = np.random.default_rng(1)
    many = [rng.normal(size=n) for n in (7, 12, 7)]
    together = resemblances([many[0], -3 * many[1] + 9, many[2]])
    for one, series in zip(together, many, strict=True):
        (alone,) = resemblances([series])
        assert one.evidence == pytest.approx(alone.evidence)
        assert one.inflation == pytest.approx(alone.inflation)


def test_what_does_not_vary_says_nothing() -> None:
    (flat,) = resemblances([np.full(9, 0.1)])
    assert not flat.evidence.any() and (flat.inflation == 1).all()


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
def test_many_short_series_find_the_correlation_without_the_bias_of_each(correlation: float) -> None:
    rng = np.random.default_rng(2)
    said = resemblances([autoregression(7, correlation, rng) for _ in range(1500)])
    likely = belief("day", np.sum([one.evidence for one in said], axis=0))
    assert likely @ GRID == pytest.approx(correlation, abs=0.05)


def test_means_of_neighbouring_partitions_are_as_correlated_as_their_blocks_make_them() -> None:
    whole = toeplitz(0.6 ** np.arange(17))
    covariance = whole[:7, 7:].sum() / np.sqrt(whole[:7, :7].sum() * whole[7:, 7:].sum())
    assert shared(7, 10)[np.isclose(GRID, 0.6)] == pytest.approx(covariance)


@pytest.mark.parametrize("degrees", [1, 5, 6.5, 29, 199])
def test_quantiles_of_averages_are_scipys(degrees: float) -> None:
    rng = np.random.default_rng(3)
    weights = rng.dirichlet(np.ones(5), size=8)
    scales = rng.uniform(0.1, 3.0, (8, 5))
    found, tails = mixture.reach(weights, scales, degrees, 0.95)
    below = (weights * stats.t.cdf(found[:, None] / scales, degrees)).sum(axis=1)
    assert below == pytest.approx(np.full(8, 0.975), abs=1e-5)
    assert (tails <= degrees).all()
    far = mixture.quantile(weights, scales, degrees, 0.9995)
    ratio = stats.t.ppf(0.9995, tails) / stats.t.ppf(0.975, tails)
    assert far / found == pytest.approx(ratio, rel=0.02)


def test_one_scale_is_students_t_and_none_is_no_interval() -> None:
    one = mixture.quantile(np.array([[0.0, 1.0]]), np.array([[9.0, 2.0]]), 6, 0.975)
    assert one == pytest.approx(2 * stats.t.ppf(0.975, 6), rel=1e-5)
    assert mixture.reach(np.array([[1.0]]), np.array([[0.0]]), 6, 0.95)[0] == 0.0
