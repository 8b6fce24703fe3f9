"""Rule 7: better, and how often an equal challenger is called so."""

from __future__ import annotations

import numpy as np
import pytest

from core.metrics import resolve
from core.metrics.measure import measure
from core.metrics.sample import Sample
from core.statistics.comparison import (
    LOOKS_A_YEAR,
    YEARLY_ERROR,
    Guard,
    at_confidence,
    compare,
    look_confidence,
    overall_gain,
    paired_gain,
)
from core.statistics.estimate import Estimate
from incumbent.errors import UsageError
from tests.core.statistics.simulate import hourly_regression


def gain(value: float, half: float = 0.01, **more: object) -> Estimate:
    """A gain with this interval."""
    plain = {"n": 900, "blocks": 30, "unit": "day", "degrees": 29.0} | more
    return Estimate(value, value - half, value + half, **plain)


@pytest.mark.parametrize(
    ("value", "worth", "outcome"),
    [(0.02, 0.0, "better"), (0.02, 0.005, "better"), (0.02, 0.015, "undecided"), (0.005, 0.0, "undecided"),
     (-0.005, 0.0, "undecided"), (-0.02, 0.0, "worse"), (0.0, 0.0, "undecided")],
)  # fmt: skip
def test_outcomes(value: float, worth: float, outcome: str) -> None:
    assert compare("roc_auc", gain(value), worth=worth).outcome == outcome


def test_an_equal_model_is_not_better_though_nothing_varies() -> None:
    assert compare("roc_auc", gain(0.0, 0.0)).outcome == "undecided"


def test_guards_block() -> None:
    good = gain(0.02)
    unsure = compare("roc_auc", good, guards=[Guard("log_loss", gain(-0.015), 0.01)])
    assert unsure.outcome == "undecided"
    assert "but log_loss is worse by 0.015 [0.005, 0.025], margin 0.01" in unsure.reason
    sure = compare("roc_auc", good, guards=[Guard("log_loss [carrier=UA]", gain(-0.05), 0.01)])
    assert sure.outcome == "worse"
    assert "log_loss [carrier=UA] is worse by 0.050" in sure.reason
    assert compare("roc_auc", good, guards=[Guard("log_loss", gain(-0.005), 0.01)]).outcome == "better"


def test_thin_is_not_a_verdict_on_the_model() -> None:
    assert compare("auc", gain(0.5, blocks=4)).outcome == "thin"
    assert compare("auc", gain(0.5, rarer=3)).outcome == "thin"
    nothing = Estimate(None, None, None, n=9, reason="not measured on the same rows")
    assert compare("auc", nothing).reason == "auc cannot be compared: not measured on the same rows"


def test_more_looks_ask_for_more() -> None:
    assert compare("auc", gain(0.012)).outcome == "better"
    assert compare("auc", gain(0.012), confidence=look_confidence()).outcome == "undecided"
    assert LOOKS_A_YEAR * (1 - look_confidence()) / 2 == pytest.approx(YEARLY_ERROR)


def test_at_another_confidence_the_interval_is_that_of_the_replicates() -> None:
    from core.statistics.jackknife import estimate, interval

    replicates = np.random.default_rng(0).normal(0.5, 0.01, 12)
    found = at_confidence(estimate(0.5, replicates, n=12), 0.8)
    assert (found.low, found.high) == pytest.approx(interval(0.5, replicates, confidence=0.8))


def test_gain_is_above_zero_for_the_better_of_two_whatever_the_metric() -> None:
    rng = np.random.default_rng(1)
    sample = hourly_regression(10, rng)
    good = Sample(sample.actual, sample.blocks, sample.actual + 0.1 * rng.normal(size=sample.n))
    metrics = ["mae", "r2", "bias"]
    first, second = measure(good, metrics), measure(sample, metrics)
    for name in metrics:
        metric = resolve(name)
        assert paired_gain(metric, first[name], second[name]).value > 0
        assert paired_gain(metric, second[name], first[name]).value < 0
    with pytest.raises(UsageError, match="describes"):
        paired_gain(resolve("positive_rate"), first["mae"], second["mae"])


def _rivals(rng: np.random.Generator, days: int = 30) -> Estimate:
    """Gain of one forecast over another that is as good, on the same hours."""
    champion = hourly_regression(days, rng)
    other = hourly_regression(days, rng)
    errors = other.predicted - other.actual
    challenger = Sample(champion.actual, champion.blocks, champion.actual + errors)
    metric = resolve("mae")
    pair = (measure(s, ["mae"])["mae"] for s in (challenger, champion))
    return paired_gain(metric, *pair)


def test_an_equal_challenger_is_rarely_called_better() -> None:
    rng = np.random.default_rng(2)
    called = [compare("mae", _rivals(rng, 15)).outcome for _ in range(150)]
    assert called.count("better") / 150 <= 0.06
    assert called.count("worse") / 150 <= 0.06


@pytest.mark.slow
def test_a_year_of_weekly_challenges_keeps_its_budget() -> None:
    rng = np.random.default_rng(3)
    years = 150
    crowned = 0
    for _ in range(years):
        crowned += any(
            compare("mae", _rivals(rng), confidence=look_confidence()).outcome == "better"
            for _ in range(LOOKS_A_YEAR)
        )
    assert crowned / years <= YEARLY_ERROR + 0.05


def test_gains_of_partitions_are_joined() -> None:
    rng = np.random.default_rng(4)
    joined = overall_gain([_rivals(rng, 15) for _ in range(4)])
    assert joined.blocks == 60
    assert compare("mae", joined).outcome in ("undecided", "better", "worse")
