"""The early warning: rare on an unchanged model, soon on one that got worse."""

from __future__ import annotations

import numpy as np
import pytest

from core.metrics.losses import bounded_losses, error_scale
from core.metrics.sample import Sample
from core.statistics.blocks import choose_blocks
from core.statistics.sequential import WARNINGS_A_YEAR, detector, watch
from incumbent.errors import DataError, UsageError
from tests.core.statistics.simulate import autoregression, daily_classification, hourly_regression


def daily_losses(days: int, correlation: float, rng: np.random.Generator, rise: float = 0.0) -> np.ndarray:
    """Skewed losses of days; ``rise`` is in standard deviations of their logarithm."""
    return 0.2 * np.exp(0.3 * (autoregression(days, correlation, rng) + rise))


def first_alarm(before: np.ndarray, after: np.ndarray) -> int | None:
    """The day on which the warning is given, looking every day."""
    return next((d for d in range(1, len(after) + 1) if watch(before, after[:d]).rising), None)


def test_the_first_alarm_of_a_fair_game_comes_late() -> None:
    """Average run length at least the threshold (Shin, Ramdas & Rinaldo 2024)."""
    rng = np.random.default_rng(0)
    runs = []
    for _ in range(60):
        path = detector(rng.beta(2, 8, 400), 0.2)
        reached = np.flatnonzero(path >= 50)
        runs.append(reached[0] + 1 if len(reached) else 400)
    assert np.mean(runs) >= 50


@pytest.mark.parametrize("correlation", [0.0, 0.4])
def test_an_unchanged_model_is_rarely_warned_of(correlation: float) -> None:
    rng = np.random.default_rng(1)
    warned = 0
    for _ in range(40):
        before, after = daily_losses(60, correlation, rng), daily_losses(120, correlation, rng)
        warned += any(watch(before, after[:d]).rising for d in range(10, 121, 10))
    assert warned / 40 <= WARNINGS_A_YEAR * 120 / 365


def test_a_rise_is_found_soon_and_the_sooner_the_larger() -> None:
    rng = np.random.default_rng(2)
    delays = {}
    for rise in (1.0, 2.0):
        found = [
            first_alarm(daily_losses(60, 0.3, rng), daily_losses(200, 0.3, rng, rise)) for _ in range(12)
        ]
        assert None not in found
        delays[rise] = np.median(found)
    assert delays[2.0] < delays[1.0] < 90
    assert delays[2.0] <= 25


def test_a_rise_that_begins_late_is_found_too() -> None:
    rng = np.random.default_rng(3)
    before = daily_losses(60, 0.0, rng)
    after = np.concatenate([daily_losses(200, 0.0, rng), daily_losses(60, 0.0, rng, 2.0)])
    assert not watch(before, after[:200]).rising
    assert watch(before, after).rising


def test_a_fall_is_no_warning() -> None:
    rng = np.random.default_rng(4)
    before = daily_losses(60, 0.0, rng)
    found = watch(before, before / 2)
    assert not found.rising
    assert "has not risen" in found.reason


def test_too_few_blocks_are_never_a_warning() -> None:
    assert not watch(np.full(11, 0.1), np.full(50, 0.9)).rising
    assert not watch(np.full(40, 0.1), np.array([])).rising
    assert watch(np.full(40, 0.1), np.full(50, 0.9)).rising, "a baseline that never varies is no hindrance"


def test_bounded_losses_are_the_brier_score_by_block() -> None:
    sample = daily_classification(10, 500, np.random.default_rng(5))
    found = bounded_losses(sample)
    assert found.labels == sample.blocks.labels
    expected = (sample.probabilities[:, 1] - sample.actual) ** 2
    assert (found.values * found.sizes).sum() == pytest.approx(expected.sum())
    labels_only = Sample(sample.actual, sample.blocks, sample.predicted, classes=("no", "yes"))
    wrong = bounded_losses(labels_only)
    assert (wrong.values @ wrong.sizes) == (sample.predicted != sample.actual).sum()


def test_bounded_losses_of_numbers_need_a_scale() -> None:
    sample = hourly_regression(10, np.random.default_rng(6))
    with pytest.raises(UsageError, match="scale"):
        bounded_losses(sample)
    scale = error_scale(sample)
    found = bounded_losses(sample, scale)
    assert (found.values >= 0).all() and (found.values <= 1).all()
    assert found.values.mean() == pytest.approx(np.abs(sample.predicted - sample.actual).mean() / scale)
    with pytest.raises(DataError):
        error_scale(Sample(np.array([]), choose_blocks(None, None, 0), np.array([])))


def test_losses_of_many_classes_stay_within_one() -> None:
    probabilities = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    rows = choose_blocks(None, None, 2)
    sample = Sample(np.array([1, 2]), rows, None, probabilities, classes=("a", "b", "c"))
    assert bounded_losses(sample).values.tolist() == [1.0, 0.0]
