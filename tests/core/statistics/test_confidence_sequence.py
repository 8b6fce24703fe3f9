"""Confidence sequences: their formula, their laws, and what daily looking does to them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.statistics.confidence_sequence import (
    Effect,
    Sequence,
    paired_effect,
    ratio_evidence,
    split_effect,
)
from core.statistics.precision import FEWEST_BLOCKS

ALPHA = 0.03


def test_the_bound_is_robbins_mixture_where_blocks_are_many() -> None:
    # Waudby-Smith et al. (2024), theorem 2.2, per unit of standard error
    alpha, target, t = 0.05, 500.0, 5000
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / target
    wanted = math.sqrt((t * rho2 + 1) / (t * rho2) * math.log((t * rho2 + 1) / alpha**2))
    assert Sequence(alpha, target).deviations(t) == pytest.approx(wanted, rel=2e-3)


def test_few_blocks_are_paid_for_by_student() -> None:
    sequence, t = Sequence(0.05, 14), 10
    rho2 = (-2 * math.log(0.05) + math.log(-2 * math.log(0.05) + 1)) / 14
    z = math.sqrt((t * rho2 + 1) / (t * rho2) * math.log((t * rho2 + 1) / 0.05**2))
    assert sequence.deviations(t) == pytest.approx(stats.t.isf(stats.norm.sf(z), t - 1), rel=1e-6)


@given(st.integers(6, 60), st.floats(0.001, 0.2), st.integers(6, 5000))
def test_it_is_wider_than_an_interval_for_one_look(blocks: int, alpha: float, target: int) -> None:
    assert Sequence(alpha, target).deviations(blocks) > stats.t.isf(alpha / 2, blocks - 1)


def rows(seed: int, count: int, units: int, blocks: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.uniform(-1, 1, count), random.integers(0, units, count), random.integers(0, blocks, count)


@given(st.integers(0, 10_000), st.integers(2, 200))
def test_the_effect_counts_each_unit_once(seed: int, count: int) -> None:
    difference, unit, block = rows(seed, count, 20, 8)
    found = paired_effect(difference, unit, block)
    means = [difference[unit == u].mean() for u in np.unique(unit)]
    assert found.value == pytest.approx(np.mean(means), abs=1e-12)
    assert found.units == len(means)


@given(st.integers(0, 10_000))
def test_neither_the_order_of_rows_nor_the_names_of_units_matter(seed: int) -> None:
    difference, unit, block = rows(seed, 120, 15, 9)
    found = paired_effect(difference, unit, block)
    turn = np.random.default_rng(seed).permutation(120)
    again = paired_effect(difference[turn], 1000 - unit[turn], block[turn])
    assert again.value == pytest.approx(found.value, abs=1e-12)
    assert again.deviation == pytest.approx(found.deviation)


@given(st.integers(0, 10_000))
def test_turning_the_arms_round_turns_the_effect(seed: int) -> None:
    loss, unit, block = rows(seed, 200, 60, 9)
    challenged = unit % 3 == 0
    found, turned = (split_effect(loss, unit, block, arm) for arm in (challenged, ~challenged))
    assert turned.value == pytest.approx(-found.value)
    assert turned.deviation == pytest.approx(found.deviation)


def test_it_agrees_with_an_independent_computation_of_the_clustered_variance() -> None:
    import statsmodels.api as sm

    difference, unit, block = rows(7, 400, 400, 30)
    unit = np.arange(400)
    fitted = sm.OLS(difference, np.ones(400)).fit(
        cov_type="cluster", cov_kwds={"groups": block, "use_correction": False}
    )
    clusters = len(np.unique(block))
    wanted = float(fitted.bse[0]) * math.sqrt(clusters / (clusters - 1))
    found = paired_effect(difference, unit, block).deviation
    assert math.sqrt(found**2 - (1 / 400) ** 2) == pytest.approx(
        max(wanted, math.sqrt(difference.var() / 399)), rel=0.01
    )


def test_days_that_share_their_luck_widen_it() -> None:
    random = np.random.default_rng(0)
    block, noise = np.repeat(np.arange(20), 50), random.normal(0, 0.1, 1000)
    shared = noise + np.repeat(random.normal(0, 0.05, 20), 50)
    unit = np.arange(1000)
    assert paired_effect(shared, unit, block).deviation > 2 * paired_effect(noise, unit, block).deviation


def test_what_is_rare_and_has_not_happened_is_no_certainty() -> None:
    unit, block = np.arange(300), np.repeat(np.arange(10), 30)
    loss, challenged = np.zeros(300), unit % 10 == 0
    loss[[7, 108]] = 1.0  # twice among 270 units, never among 30
    low, high = Sequence(ALPHA, 10).interval(split_effect(loss, unit, block, challenged)) or (0, 0)
    assert low < 0 < high


def test_too_early_there_is_no_interval() -> None:
    unit = np.arange(100)
    few_days = paired_effect(np.full(100, 0.5), unit, unit % (FEWEST_BLOCKS - 1))
    few_units = paired_effect(np.full(100, 0.5), unit % 29, unit % 10)
    enough = paired_effect(np.full(100, 0.5), unit, unit % FEWEST_BLOCKS)
    sequence = Sequence(ALPHA, 10)
    assert sequence.interval(few_days) is sequence.interval(few_units) is None
    assert sequence.interval(enough) is not None


def test_the_forecast_is_when_it_can_tell() -> None:
    sequence, effect = Sequence(ALPHA, 15), Effect(0.01, 0.006, 10, 500)
    days = sequence.blocks_to_tell(effect, 0.01)
    assert days is not None
    one, other = (sequence.detectable(effect, d) for d in (days - 1, days))
    assert one is not None and other is not None
    assert other <= 0.01 < one
    assert sequence.blocks_to_tell(effect, 1e-6) is None
    assert sequence.blocks_to_tell(Effect(0.0, 0.0, 0, 0), 0.1) is None


def test_the_same_customers_again_and_again_tell_no_more_than_they_are() -> None:
    """Of 60 that come every day, what is their own stays; simulated, and held against what was forecast."""
    random = np.random.default_rng(11)
    own = random.normal(0, 0.2, 60)

    def effect(days: int) -> Effect:
        unit, block = np.tile(np.arange(60), days), np.repeat(np.arange(days), 60)
        return paired_effect(own[unit] + random.normal(0, 0.2, len(unit)), unit, block)

    early, late = effect(8), effect(80)
    assert early.steady == pytest.approx(own.var(ddof=1) / 60, rel=0.3)
    assert early.growth == 0.0
    assert early.deviation_after(80) == pytest.approx(late.deviation, rel=0.1)
    sequence = Sequence(ALPHA, 15)
    assert sequence.blocks_to_tell(early, 0.06) is None
    assert sequence.blocks_to_tell(effect(8), 0.3) is not None


def test_new_customers_every_day_are_reckoned_with() -> None:
    random = np.random.default_rng(12)

    def effect(days: int) -> Effect:
        unit = np.repeat(np.arange(40 * days), 2)  # each comes twice, on one day
        values = random.normal(0, 0.2, 40 * days)[unit] + random.normal(0, 0.1, len(unit))
        return paired_effect(values, unit, np.repeat(np.arange(days), 80))

    early = effect(10)
    assert early.growth == pytest.approx(0.1, rel=0.15)
    assert early.steady > early.deviation**2 / 2
    assert early.deviation_after(60) == pytest.approx(effect(60).deviation, rel=0.2)


# -- the sample ratio


@given(st.integers(0, 500), st.integers(1, 500), st.floats(0.01, 0.99))
def test_the_evidence_is_a_mixture_of_likelihood_ratios(hits: int, more: int, share: float) -> None:
    units = hits + more
    found = ratio_evidence(hits, units, share)
    mixture = stats.betabinom.logpmf(hits, units, 100 * share, 100 * (1 - share))
    wanted = min(
        mixture - stats.binom.logpmf(hits, units, share), 700.0
    )  # beyond, it is as large as numbers are
    assert math.log(found) == pytest.approx(wanted, abs=1e-6)


def test_the_right_share_is_seldom_called_wrong_however_often_one_looks() -> None:
    random = np.random.default_rng(1)
    arms = np.cumsum(random.random((1000, 400)) < 0.1, axis=1)
    looks = range(10, 401, 10)
    broken = sum(any(ratio_evidence(int(a[n - 1]), n, 0.1) >= 20 for n in looks) for a in arms)
    assert broken / len(arms) <= 0.05


@pytest.mark.parametrize(
    ("share", "lost", "units"), [(0.5, 0.4, 450), (0.5, 0.2, 2000), (0.1, 0.4, 1300), (0.1, 0.2, 6000)]
)
def test_lost_rows_of_one_arm_are_found_at_less_than_twice_what_one_look_would_need(
    share: float, lost: float, units: int
) -> None:
    """80 % power of a check that may be looked at daily, and of the exact test for one look on fewer."""
    alpha, random = 0.004, np.random.default_rng(3)

    def drawn(count: int) -> list[tuple[int, int]]:
        challenged = random.binomial(random.binomial(count, share, 400), 1 - lost)
        rest = random.binomial(count, 1 - share, 400)
        return [(int(c), int(c + r)) for c, r in zip(challenged, rest, strict=True)]

    daily = np.mean([ratio_evidence(c, n, share) >= 1 / alpha for c, n in drawn(units)])
    once = np.mean([stats.binomtest(c, n, share).pvalue < alpha for c, n in drawn(round(units / 1.9))])
    assert daily >= 0.8 >= once - 0.1


# -- whole trials, looked at every day


Decided = Callable[[int], int | None]


def first_decision(effects: Iterator[Effect], sequence: Sequence) -> int | None:
    """The first day on which a trial decides, and 1 or −1 for which way; None if it never does."""
    for effect in effects:
        interval = sequence.interval(effect)
        if interval is not None and (interval[0] > 0 or interval[1] < 0):
            return effect.blocks if interval[0] > 0 else -effect.blocks
    return None


def paired_trial(
    seed: int, days: int, a_day: int, gain: float = 0.0, shared: float = 0.0, keys: int | None = None
) -> int | None:
    """Two versions on the same rows; day by day their difference has luck of its own (``shared``)."""
    random = np.random.default_rng(seed)
    count = days * a_day
    block = np.repeat(np.arange(days), a_day)
    unit = np.arange(count) if keys is None else random.integers(0, keys, count)
    chance = random.beta(2, 2, count)
    happened = random.random(count) < chance
    one, other = (np.clip(chance + random.normal(0, 0.1, count), 0, 1) for _ in range(2))
    difference = (one - happened) ** 2 - (other - happened) ** 2 + gain
    difference = difference + np.repeat(random.normal(0, shared, days), a_day)
    if keys is not None:
        difference = difference + random.normal(0, 0.05, keys)[unit]
    ends = [day * a_day for day in range(FEWEST_BLOCKS, days + 1)]
    effects = (paired_effect(difference[:n], unit[:n], block[:n]) for n in ends)
    return first_decision(effects, Sequence(ALPHA, days / 2))


def split_trial(
    seed: int,
    days: int,
    a_day: int,
    gain: float = 0.0,
    share: float = 0.1,
    wrong: float = 0.2,
    shared: float = 0.0,
    keys: int | None = None,
) -> int | None:
    """Rows are right or wrong; customers differ, and so do days."""
    random = np.random.default_rng(seed)
    count = days * a_day
    block = np.repeat(np.arange(days), a_day)
    unit = np.arange(count) if keys is None else random.integers(0, keys, count)
    people = count if keys is None else keys
    challenged = (random.random(people) < share)[unit]
    own = random.normal(0, 0.1 if keys is not None else 0.0, people)[unit]
    luck = np.repeat(random.normal(0, shared, days), a_day)
    loss = (random.random(count) < np.clip(wrong + own + luck - gain * challenged, 0, 1)).astype(float)
    ends = [day * a_day for day in range(FEWEST_BLOCKS, days + 1)]
    effects = (split_effect(loss[:n], unit[:n], block[:n], challenged[:n]) for n in ends)
    return first_decision(effects, Sequence(ALPHA, days / 2))


def false_share(trial: Callable[[int], int | None], trials: int) -> float:
    return sum(trial(seed) is not None for seed in range(trials)) / trials


def test_equals_are_seldom_told_apart_in_a_short_run() -> None:
    assert false_share(lambda seed: paired_trial(seed, 20, 20, shared=0.03), 100) <= 0.05
    assert false_share(lambda seed: split_trial(seed, 20, 20, share=0.5, shared=0.05), 100) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize(
    "trial",
    [
        lambda seed: paired_trial(seed, 60, 30),
        lambda seed: paired_trial(seed, 60, 30, shared=0.03),
        lambda seed: paired_trial(seed, 60, 30, shared=0.01, keys=50),
        lambda seed: split_trial(seed, 60, 30),
        lambda seed: split_trial(seed, 60, 30, share=0.5, shared=0.1),
        lambda seed: split_trial(seed, 60, 30, share=0.3, keys=300),
        lambda seed: split_trial(seed, 60, 30, wrong=0.01),
    ],
    ids=["paired", "days", "keys", "a tenth", "half, days", "customers", "rare"],
)
def test_equals_are_told_apart_in_few_trials_though_looked_at_daily(
    trial: Callable[[int], int | None],
) -> None:
    assert false_share(trial, 250) <= 0.03


@pytest.mark.slow
def test_an_interval_for_one_look_would_decide_falsely_in_many() -> None:
    class OneLook(Sequence):
        def deviations(self, blocks: int) -> float:
            return float(stats.t.ppf(0.975, blocks - 1))

    def trial(seed: int) -> int | None:
        random = np.random.default_rng(seed)
        difference, block = random.normal(0, 0.2, 1800).clip(-1, 1), np.repeat(np.arange(60), 30)
        ends = range(180, 1801, 30)
        effects = (paired_effect(difference[:n], np.arange(n), block[:n]) for n in ends)
        return first_decision(effects, OneLook(0.05, 30))

    assert false_share(trial, 200) > 0.15


@pytest.mark.slow
def test_two_points_of_accuracy_take_days_in_shadow_and_months_on_a_tenth() -> None:
    """80 → 82 % at 200 rows a day: two versions that agree on nearly every row, and two arms."""

    def shadowed(seed: int) -> int | None:
        random = np.random.default_rng(seed)
        count, block = 60 * 200, np.repeat(np.arange(60), 200)
        wrong = random.random(count) < 0.2
        mended, spoilt = wrong & (random.random(count) < 0.125), ~wrong & (random.random(count) < 0.00625)
        difference = mended.astype(float) - spoilt
        effects = (
            paired_effect(difference[: d * 200], np.arange(d * 200), block[: d * 200]) for d in range(6, 61)
        )
        return first_decision(effects, Sequence(ALPHA, 14))

    told = [shadowed(seed) for seed in range(40)]
    assert all(day is not None and day > 0 for day in told)
    assert np.median([day for day in told if day is not None]) <= 14
    split = [split_trial(seed, 60, 200, gain=0.02) for seed in range(20)]
    assert sum(day is not None for day in split) <= 8
