"""Quantiles against scipy's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.statistics.quantiles import normal, student


@given(
    st.floats(1e-7, 1 - 1e-7).filter(lambda p: abs(p - 0.5) > 1e-3),
    st.one_of(st.integers(1, 500).map(float), st.floats(0.7, 1e5)),
)
def test_student_is_scipys(probability: float, degrees: float) -> None:
    assert student(probability, degrees) == pytest.approx(stats.t.ppf(probability, degrees), rel=1e-9)


@given(st.floats(1e-9, 1 - 1e-9))
def test_normal_is_scipys(probability: float) -> None:
    assert normal(probability) == pytest.approx(stats.norm.ppf(probability), rel=1e-9, abs=1e-12)


def test_many_degrees_are_the_normal_distribution() -> None:
    assert student(0.975, float("inf")) == normal(0.975)
    assert student(0.5, 7.0) == 0.0
