"""Overall estimates of partitions, pairs of versions, and packing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.metrics.measure import measure
from core.metrics.sample import Sample
from core.statistics.blocks import Blocks, choose_blocks
from core.statistics.combine import combine, paired_difference
from core.statistics.estimate import Estimate
from core.statistics.jackknife import estimate
from core.statistics.packing import BlockSeries, pack, unpack
from incumbent.errors import StoreError


def errors_of(x: np.ndarray, name: str = "bias") -> Estimate:
    """The estimate of the mean of rows that are their own blocks."""
    blocks = Blocks(np.arange(len(x)), tuple(map(str, range(len(x)))), "group")
    return measure(Sample(np.zeros(len(x)), blocks, x), [name])[name]


def test_overall_is_the_row_weighted_mean_with_a_stratified_interval() -> None:
    rng = np.random.default_rng(0)
    parts = [rng.normal(m, s, n) for m, s, n in ((0, 1, 40), (5, 3, 20), (1, 2, 60))]
    found = combine([errors_of(x) for x in parts])
    assert found.value == pytest.approx(np.concatenate(parts).mean())
    terms = np.array([(len(x) / 120) ** 2 * x.var(ddof=1) / len(x) for x in parts])
    degrees = terms.sum() ** 2 / sum(t**2 / (len(x) - 1) for t, x in zip(terms, parts, strict=True))
    reach = stats.t.ppf(0.975, degrees) * np.sqrt(terms.sum())
    assert found.degrees == pytest.approx(degrees)
    assert (found.low, found.high) == pytest.approx((found.value - reach, found.value + reach))
    assert (found.n, found.blocks) == (120, 120)


def test_two_samples_apart_are_welchs() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, 30), rng.normal(1, 3, 12)
    found = combine([errors_of(a), errors_of(-b)], weights=[1, 1])
    low, high = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert (2 * found.low, 2 * found.high) == pytest.approx((low, high))


def test_partitions_without_a_value_are_left_out() -> None:
    nothing = Estimate(None, None, None, n=1_000, reason="only one class happened")
    some = errors_of(np.arange(10.0))
    assert combine([nothing, some]).value == some.value
    assert combine([nothing, some]).n == 10
    assert combine([nothing]).reason == "no partition has a value"


def test_a_partition_too_small_for_an_interval_adds_as_much_doubt_as_its_rows() -> None:
    rng = np.random.default_rng(2)
    whole = errors_of(rng.normal(size=90))
    rest = errors_of(rng.normal(size=3))
    found = combine([whole, rest])
    assert found.width == pytest.approx(whole.width * np.sqrt(90 / 93), rel=0.05)


def shops(rng: np.random.Generator, days: int = 60) -> list[Estimate]:
    """The mean of each of four shops that share their days' luck; the last is open on Mondays alone."""
    first = np.datetime64("2013-01-07", "D")
    luck = rng.normal(0, 1, days)
    found = []
    for shop in range(4):
        day = np.repeat(np.arange(days)[:: 7 if shop == 3 else 1], 5)
        value = luck[day] + rng.normal(0, 1, len(day))
        blocks = choose_blocks(first + day, None, len(day))
        estimate = measure(Sample(np.zeros(len(day)), blocks, value), ["bias"])["bias"]
        found.append(replace(estimate, labels=blocks.labels))
    return found


def test_slices_that_share_their_days_are_no_independent_ones() -> None:
    rng = np.random.default_rng(4)
    several = [shops(rng) for _ in range(120)]
    runs = [combine(estimates) for estimates in several]
    apart = [combine([replace(e, labels=()) for e in estimates]) for estimates in several]
    assert np.mean([e.low <= 0 <= e.high for e in runs]) >= 0.92
    assert np.mean([e.width for e in runs]) > 1.3 * np.mean([e.width for e in apart])
    assert (runs[0].unit, runs[0].blocks) == ("week", 9)
    gains = [
        paired_difference(e, replace(e, replicates=e.replicates / 2, value=e.value / 2)) for e in shops(rng)
    ]
    assert combine(gains).blocks == 9


def test_slices_with_days_of_their_own_stay_independent() -> None:
    rng = np.random.default_rng(5)
    north, *_ = shops(rng)
    later = tuple(f"2014-{label[5:]}" for label in north.labels)
    pair = [north, replace(north, labels=later)]
    assert combine(pair) == combine([replace(e, labels=()) for e in pair])


def test_a_paired_difference_is_that_of_the_rows() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=40)
    y = x + rng.normal(0.1, 0.1, 40)
    found = paired_difference(errors_of(y), errors_of(x))
    low, high = stats.ttest_rel(y, x).confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high))


def test_a_maximum_has_no_interval_averaged_or_compared() -> None:
    peaks = [estimate(9.0, np.linspace(8, 9, 10), n=50, smooth=False, key="k") for _ in range(3)]
    for found in (combine(peaks), paired_difference(peaks[0], peaks[1])):
        assert found.value is not None
        assert (found.low, found.extreme) == (None, True)


def test_what_cannot_be_paired_says_why() -> None:
    a, b = errors_of(np.arange(8.0)), errors_of(np.arange(9.0))
    assert paired_difference(a, b).reason == "not measured on the same rows"
    none = Estimate(None, None, None, n=8, reason="no probabilities")
    assert paired_difference(a, none).reason == "no probabilities"


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.lists(st.floats(allow_nan=True, allow_infinity=False), min_size=1, max_size=9) | st.none(),
        max_size=4,
    ),
    st.text(max_size=20),
)
def test_packing_round_trips(found: dict[str, list[float] | None], reason: str) -> None:
    estimates = {
        name: Estimate(0.1, None, 0.3, 9, 3, "day", 4, "k", None if r is None else np.array(r), 2.0, reason)
        for name, r in found.items()
    }
    series = {"loss": BlockSeries(("2013-01-01", "2013-01-02"), np.array([0.1, 0.2]), np.array([3.0, 4.0]))}
    told = {name: replace(e, labels=("2013-01-01", "2013-01-02")) for name, e in estimates.items()}
    again, lines = unpack(pack(told, series))
    assert again == estimates
    assert all(e.labels == ("2013-01-01", "2013-01-02") for e in again.values())
    for name, r in found.items():
        np.testing.assert_array_equal(again[name].replicates, None if r is None else np.array(r))
    assert lines["loss"].labels == series["loss"].labels
    np.testing.assert_array_equal(lines["loss"].sizes, [3.0, 4.0])


def test_a_packed_example_of_format_1_is_read() -> None:
    packed = (
        b'{"format":1,"estimates":{"mae":{"value":1.5,"low":1.0,"high":2.0,"n":9,"blocks":1,"unit":"day",'
        b'"rarer":null,"key":"k","degrees":null,"reason":"","replicates":1}},"series":{}}\n'
        b"\x00\x00\x00\x00\x00\x00\xf8?"
    )
    assert unpack(packed)[0]["mae"].replicates.tolist() == [1.5]


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\n", b'{"format":9}\n'])
def test_damaged_bytes_are_refused(damage: bytes) -> None:
    with pytest.raises(StoreError):
        unpack(damage)


def test_missing_and_left_over_values_are_refused() -> None:
    packed = pack({"mae": errors_of(np.arange(8.0), "mae")})
    for bad in (packed[:-8], packed + b"\0" * 8, packed[:-3]):
        with pytest.raises(StoreError, match="damaged"):
            unpack(bad)
