"""Data with the dependence that real predictions have, from a seed."""

from __future__ import annotations

import numpy as np

from core.metrics.sample import Sample
from core.statistics.blocks import choose_blocks
from core.statistics.estimate import Estimate
from core.statistics.jackknife import evidence_of, independent, with_intervals
from core.statistics.scales import Bounds

HOURS = 24


def autoregression(steps: int, correlation: float, rng: np.random.Generator) -> np.ndarray:
    """A normal series of variance one whose neighbours have this correlation."""
    noise = rng.normal(size=steps)
    out = np.empty(steps)
    out[0] = noise[0]
    for i in range(1, steps):
        out[i] = correlation * out[i - 1] + np.sqrt(1 - correlation**2) * noise[i]
    return out


def day_means(slices: list[np.ndarray], bounds: Bounds = (None, None)) -> list[Estimate]:
    """The means of slices of one history, a value a day, with the intervals that all of them ask for."""
    alone = [
        independent(float(x.mean()), (x.sum() - x) / (len(x) - 1), n=100 * len(x), unit="day", bounds=bounds)
        for x in slices
    ]
    return with_intervals(
        alone, [bounds] * len(alone), [evidence_of(("", e) for e in alone)[""]] * len(alone)
    )


def hourly_regression(days: int, rng: np.random.Generator, hourly: float = 0.8) -> Sample:
    """One forecast an hour, its errors those of a slow weather plus noise; mean error 0.3."""
    hours = days * HOURS
    error = 0.3 + 0.7 * autoregression(hours, hourly, rng) + 0.7 * rng.normal(size=hours)
    actual = rng.normal(10, 3, hours)
    times = np.datetime64("2013-01-01T00", "us") + np.arange(hours) * np.timedelta64(1, "h")
    return Sample(actual, choose_blocks(times, None, hours), actual + error)


def daily_classification(days: int, rows: int, rng: np.random.Generator, hourly: float = 0.8) -> Sample:
    """Rows spread over days; an hour's shock moves the outcomes, and not the scores, of all its rows."""
    hour = np.sort(rng.integers(0, days * HOURS, rows))
    shock = autoregression(days * HOURS, hourly, rng)[hour]
    odds = rng.normal(-1.0, 1.0, rows)
    happened = (rng.random(rows) < 1 / (1 + np.exp(-(odds + 0.7 * shock)))).astype(int)
    p = 1 / (1 + np.exp(-odds))
    times = np.datetime64("2013-01-01T00", "us") + hour * np.timedelta64(1, "h")
    return Sample(
        happened,
        choose_blocks(times, None, rows),
        (p > 0.5).astype(int),
        np.stack([1 - p, p], axis=1),
        classes=("no", "yes"),
    )
