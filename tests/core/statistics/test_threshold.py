"""The threshold of least cost, against trying every one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.threshold import tune_threshold
from incumbent.errors import DataError, UsageError

ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 1.0]), st.booleans(), st.integers(1, 4)), min_size=1
)


def _cost(at: float, p: np.ndarray, actual: np.ndarray, weight: np.ndarray, fp: float, fn: float) -> float:
    called = p >= at
    return float((weight * (fp * (called & ~actual) + fn * (~called & actual))).sum() / weight.sum())


@given(ROWS, st.integers(0, 5), st.integers(1, 5))
def test_no_threshold_costs_less_and_none_as_cheap_lies_on_the_other_side_of_a_half(
    rows: list[tuple[float, bool, int]], fp: int, fn: int
) -> None:
    p, actual, weight = (np.array(column) for column in zip(*rows, strict=True))
    found = tune_threshold(p, actual, fp, fn, weight.astype(float))
    tried = np.linspace(0.05, 1.05, 21)
    costs = [_cost(t, p, actual, weight, fp, fn) for t in tried]
    assert found.cost == pytest.approx(_cost(found.value, p, actual, weight, fp, fn))
    assert found.cost <= min(costs) + 1e-9
    if _cost(0.5, p, actual, weight, fp, fn) == pytest.approx(found.cost, abs=1e-12):
        assert found.value == 0.5


def test_calibrated_probabilities_give_the_ratio_of_costs() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(200_000)
    actual = rng.random(200_000) < p
    assert tune_threshold(p, actual, 1, 4).value == pytest.approx(0.2, abs=0.02)


def test_nonsense_is_refused() -> None:
    p, actual = np.array([0.2]), np.array([True])
    with pytest.raises(UsageError):
        tune_threshold(p, actual, -1, 2)
    with pytest.raises(UsageError):
        tune_threshold(p, actual, 0, 0)
    with pytest.raises(DataError):
        tune_threshold(p[:0], actual[:0], 1, 2)
