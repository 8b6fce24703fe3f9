"""Intervals of few blocks that resemble their neighbours: their coverage, with and without a history."""

from __future__ import annotations

import numpy as np
import pytest

from core.statistics.combine import combine
from core.statistics.estimate import Estimate
from core.statistics.jackknife import independent, with_intervals
from core.statistics.quantiles import student
from core.statistics.resemblance import resemblances
from tests.core.statistics.simulate import day_means

DAYS_OF_WEEK, DAYS_OF_MONTH, WEEKS_OF_QUARTER = 7, 30, 13


def series(count: int, blocks: int, correlation: float, rng: np.random.Generator) -> np.ndarray:
    """Normal series of mean zero whose neighbours have this correlation, shape (count, blocks)."""
    shocks = rng.standard_normal((count, blocks)) * np.sqrt(1 - correlation**2)
    values = np.empty((count, blocks))
    values[:, 0] = rng.standard_normal(count)
    for at in range(1, blocks):
        values[:, at] = correlation * values[:, at - 1] + shocks[:, at]
    return values


def judged(
    blocks: int, unit: str, correlation: float, past: tuple[int, int], runs: int, seed: int
) -> tuple[float, float]:
    """Coverage of the interval of a slice's mean, and its width as a multiple of Student's.

    ``past`` is how many slices its history has, and of how many blocks each.
    """
    rng = np.random.default_rng(seed)
    slices = series(runs, blocks, correlation, rng)
    alone = [independent(float(x.mean()), (x.sum() - x) / (blocks - 1), n=blocks, unit=unit) for x in slices]
    known = [one.evidence for one in resemblances(list(slices))]
    for _ in range(past[0]):
        said = resemblances(list(series(runs, past[1], correlation, rng)))
        known = [before + one.evidence for before, one in zip(known, said, strict=True)]
    found = with_intervals(alone, [(None, None)] * runs, [{unit: one} for one in known])
    held = np.mean([e.low <= 0 <= e.high for e in found])
    plain = student(0.975, blocks - 1) * slices.std(axis=1, ddof=1) / np.sqrt(blocks)
    return float(held), float(np.mean([e.width for e in found]) / plain.mean())


def test_a_week_is_judged_by_what_months_say_of_its_days() -> None:
    for correlation, widths in ((0.0, (1.0, 1.15)), (0.6, (1.9, 2.4))):
        held, width = judged(DAYS_OF_WEEK, "day", correlation, (6, DAYS_OF_MONTH), 500, seed=1)
        assert 0.92 <= held <= 0.98
        assert widths[0] <= width <= widths[1]


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
@pytest.mark.parametrize(
    ("blocks", "unit", "past"),
    [
        (DAYS_OF_WEEK, "day", (3, DAYS_OF_MONTH)),
        (DAYS_OF_WEEK, "day", (12, DAYS_OF_MONTH)),
        (DAYS_OF_WEEK, "day", (25, DAYS_OF_WEEK)),
        (DAYS_OF_MONTH, "day", (3, DAYS_OF_MONTH)),
        (DAYS_OF_MONTH, "day", (11, DAYS_OF_MONTH)),
        (WEEKS_OF_QUARTER, "week", (11, WEEKS_OF_QUARTER)),
    ],
)
def test_with_a_history_they_cover_what_they_say(
    blocks: int, unit: str, past: tuple[int, int], correlation: float
) -> None:
    held, width = judged(blocks, unit, correlation, past, 6000, seed=2)
    print(f"{blocks} {unit}s, {past} before, φ {correlation}: {held:.1%}, {width:.2f} times as wide")
    assert 0.93 <= held <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize(
    ("blocks", "unit", "least"),
    [(6, "day", 0.87), (DAYS_OF_WEEK, "day", 0.86), (DAYS_OF_MONTH, "day", 0.91), (13, "week", 0.83)],
)
def test_without_a_history_they_do_what_can_be_done(blocks: int, unit: str, least: float) -> None:
    """What a few blocks cannot know of themselves, the resemblance of real series stands in for."""
    for correlation in (0.0, 0.3, 0.6):
        held, width = judged(blocks, unit, correlation, (0, blocks), 6000, seed=3)
        print(f"{blocks} {unit}s alone, φ {correlation}: {held:.1%}, {width:.2f} times as wide")
        assert held >= (0.93 if correlation < 0.5 else least)


def months(correlation: float, rng: np.random.Generator, count: int, blocks: int) -> list[Estimate]:
    """Partitions that follow each other in one series."""
    whole = series(1, count * blocks, correlation, rng)[0]
    return day_means(list(whole.reshape(count, blocks)))


def overall(correlation: float, count: int, blocks: int, runs: int) -> float:
    """Coverage of the interval of all partitions together."""
    rng = np.random.default_rng(4)
    found = [combine(months(correlation, rng, count, blocks)) for _ in range(runs)]
    return float(np.mean([e.low <= 0 <= e.high for e in found]))


def test_the_days_on_both_sides_of_a_border_resemble_each_other_too() -> None:
    assert 0.92 <= overall(0.6, count=12, blocks=DAYS_OF_WEEK, runs=120) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
@pytest.mark.parametrize(("count", "blocks"), [(26, DAYS_OF_WEEK), (12, DAYS_OF_MONTH)])
def test_the_mean_of_partitions_is_covered(count: int, blocks: int, correlation: float) -> None:
    held = overall(correlation, count, blocks, runs=2000)
    print(f"{count} partitions of {blocks} days, φ {correlation}: {held:.1%}")
    assert 0.925 <= held <= 0.975
