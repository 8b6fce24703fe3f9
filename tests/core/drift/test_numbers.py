"""Numbers against a profile and against rows, compared with scipy."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from core.drift import counting
from core.drift.counting import count_cells
from core.drift.numbers import NumberWindow
from core.drift.reference import NumberReference
from incumbent.profile import QUANTILES, profile

Values = np.ndarray


def kept(values: Values, older: bool = False) -> NumberReference:
    """The reference that a profile keeps, by way of JSON; an older one lacks ties and tails."""
    known = json.loads(json.dumps(profile({"x": values}, {"x": "number"})["columns"]["x"]))
    if older:
        del known["ties"], known["tails"]
    return NumberReference.of_profile(known)


def shapes(name: str, count: int, moved: float, random: np.random.Generator) -> Values:
    values: Values = {
        "normal": lambda: random.normal(moved, 1.0, count),
        "skewed": lambda: random.lognormal(moved, 1.0, count),
        "whole": lambda: random.poisson(20 + 5 * moved, count).astype(float),
        "half zero": lambda: np.where(random.random(count) < 0.4, 0.0, random.exponential(1 + moved, count)),
        "rare": lambda: (random.random(count) < 0.03 + 0.1 * moved).astype(float),
    }[name]()
    return values


SHAPES = ("normal", "skewed", "whole", "half zero", "rare")


@pytest.mark.parametrize("moved", [0.0, 0.3])
@pytest.mark.parametrize("shape", SHAPES)
def test_of_rows_at_hand_distances_are_scipys(shape: str, moved: float) -> None:
    random = np.random.default_rng(1)
    trained, seen = shapes(shape, 3000, 0.0, random), shapes(shape, 1100, moved, random)
    found = NumberWindow(NumberReference.of_values(trained), seen, refine=True).statistics()
    assert found["ks"] == pytest.approx(stats.ks_2samp(trained, seen, method="asymp").statistic, abs=1e-12)
    assert found["wasserstein"] == pytest.approx(stats.wasserstein_distance(trained, seen), abs=1e-9)


@pytest.mark.parametrize("moved", [0.0, 0.3])
@pytest.mark.parametrize("count", [700, 20_000, pytest.param(200_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("shape", SHAPES)
def test_of_a_profile_distances_are_scipys_to_a_thousandth(shape: str, count: int, moved: float) -> None:
    random = np.random.default_rng(2)
    trained, seen = shapes(shape, count, 0.0, random), shapes(shape, count // 2, moved, random)
    found = NumberWindow(kept(trained), seen).statistics()
    limit = 1e-4 if count >= 100_000 else 5e-4
    assert found["ks"] == pytest.approx(stats.ks_2samp(trained, seen, method="asymp").statistic, abs=limit)
    distance = stats.wasserstein_distance(trained, seen)
    assert found["wasserstein"] == pytest.approx(distance, abs=1e-3 * trained.std())


@given(
    arrays(np.float64, st.integers(2, 80), elements=st.floats(-1e6, 1e6)),
    arrays(np.float64, st.integers(2, 80), elements=st.floats(-1e6, 1e6)),
)
@settings(deadline=None, max_examples=40)
def test_few_rows_are_kept_exactly(trained: Values, seen: Values) -> None:
    found = NumberWindow(kept(trained), seen).statistics()
    assert found["ks"] == pytest.approx(stats.ks_2samp(trained, seen, method="asymp").statistic, abs=1e-9)
    span = max(np.ptp(np.r_[trained, seen]), 1e-300)
    distance = stats.wasserstein_distance(trained, seen)
    assert found["wasserstein"] == pytest.approx(distance, abs=1e-9 * span)


def test_a_profile_of_an_earlier_release_is_read_for_what_it_has() -> None:
    random = np.random.default_rng(3)
    trained, seen = random.normal(size=20_000), random.normal(0.2, 1, 5000)
    old, new = (NumberWindow(kept(trained, older), seen).statistics() for older in (True, False))
    assert old["ks"] == pytest.approx(new["ks"], abs=1e-3)
    assert old["psi"] == pytest.approx(new["psi"], rel=0.02)


@pytest.mark.parametrize("shape", SHAPES)
def test_psi_is_the_published_sum_over_tenths(shape: str) -> None:
    random = np.random.default_rng(4)
    trained, seen = shapes(shape, 50_000, 0.0, random), shapes(shape, 4000, 0.3, random)
    edges = np.unique(np.quantile(trained, np.arange(1, 10) / 10, method="inverted_cdf"))
    edges = edges[edges < trained.max()]
    p = np.bincount(np.searchsorted(edges, trained), minlength=len(edges) + 1) / len(trained)
    q = np.bincount(np.searchsorted(edges, seen), minlength=len(edges) + 1) / len(seen)
    found = NumberWindow(NumberReference.of_values(trained), seen).statistics()
    assert found["psi_raw"] == pytest.approx(float(((p - q) * np.log(p / q)).sum()), rel=1e-9)
    bias = (len(p) - 1) * (1 / len(trained) + 1 / len(seen))
    assert found["psi"] == pytest.approx(found["psi_raw"] - bias)
    assert NumberWindow(kept(trained), seen).statistics()["psi"] == pytest.approx(found["psi"], abs=1e-3)


def test_the_bias_of_psi_is_what_calm_windows_show() -> None:
    random = np.random.default_rng(5)
    reference = kept(random.normal(size=40_000))
    found = [NumberWindow(reference, random.normal(size=500)).statistics()["psi"] for _ in range(400)]
    values = np.array(found, dtype=float)
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values)) + 2e-4


def test_ranges_moments_and_nulls() -> None:
    trained, seen = np.arange(101.0), np.array([-1.0, 50.0, np.nan, 200.0, np.inf])
    found = NumberWindow(kept(trained), seen).statistics()
    assert found["outside"] == 0.75 and found["infinite"] == 1 and found["null_share"] == 0.2
    assert (found["min_change"], found["max_change"]) == (-1.0, 100.0)
    assert found["mean"] == pytest.approx(83.0)
    assert found["shift"] == pytest.approx(33.0 / trained.std(ddof=1))


@pytest.mark.parametrize("seen", [[], [np.nan, np.nan], [np.inf], [1e308, -1e308], [5.0]])
def test_windows_without_much_in_them(seen: list[float]) -> None:
    found = NumberWindow(kept(np.arange(5000.0)), np.array(seen, dtype=float))
    json.dumps([found.statistics(), found.drawing()], allow_nan=False)


def test_a_column_that_training_knew_as_null_has_no_distances() -> None:
    found = NumberWindow(kept(np.full(10, np.nan)), np.arange(5.0)).statistics()
    assert "psi" not in found and found["null_change"] == -1.0


@given(
    arrays(
        np.float64, st.integers(0, 200), elements=st.floats(-5, 5) | st.sampled_from([np.nan, np.inf, 0.0])
    ),
    st.lists(st.floats(-4, 4), min_size=2, max_size=40, unique=True),
)
@settings(deadline=None, max_examples=100)
def test_cells_are_counted_alike_by_both_engines(values: Values, points: list[float]) -> None:
    knots = np.sort(np.array(points))
    plain = count_cells(values, knots, compiled=False)
    with pytest.MonkeyPatch.context() as patch:  # the same loop, without the seconds of compiling it
        patch.setattr(counting, "_kernel", lambda: counting._count)
        quick = count_cells(values, knots, compiled=True)
    assert (plain.at == quick.at).all() and (plain.between == quick.between).all()
    assert plain.nulls == quick.nulls and plain.infinite == quick.infinite
    np.testing.assert_allclose(plain.sums, quick.sums, atol=1e-9)
    finite = values[np.isfinite(values)]
    assert plain.count == len(finite)
    below = np.searchsorted(np.sort(finite), knots, side="left")
    np.testing.assert_array_equal(np.cumsum(plain.between)[:-1] + np.r_[0, np.cumsum(plain.at)][:-1], below)
    if len(finite) > 1:
        assert quick.mean == pytest.approx(finite.mean(), abs=1e-9)
        assert quick.deviation == pytest.approx(finite.std(ddof=1), abs=1e-6)


@pytest.mark.slow
def test_the_compiled_loop_counts_a_million_rows_as_sorting_does() -> None:
    random = np.random.default_rng(7)
    values, knots = random.lognormal(0, 2, 1_000_000), np.sort(random.lognormal(0, 2, 1001))
    plain, quick = (count_cells(values, knots, compiled=how) for how in (False, True))
    assert (plain.between == quick.between).all() and plain.count == quick.count


def test_histograms_are_drawn_over_the_same_bars() -> None:
    random = np.random.default_rng(6)
    trained, seen = random.normal(size=5000), np.round(random.normal(1.0, 1.0, 3000), 1)
    reference, window = NumberWindow(kept(trained), seen).drawing()
    counts, _ = np.histogram(seen, np.array(reference["edges"]))
    np.testing.assert_allclose(window["shares"], counts / len(seen), atol=1e-12)
    assert window["below"] == pytest.approx((seen < trained.min()).mean())
    assert window["above"] == pytest.approx((seen > trained.max()).mean())
    assert len(reference["edges"]) < QUANTILES
