"""Six weeks are few: what the correction for correlated neighbours is worth there, by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from core.statistics.jackknife import interval

SLICES = 3000


def coverage(blocks: int, correlation: float, ordered: bool) -> float:
    """How many of many intervals of a mean hold it, where neighbouring blocks resemble each other."""
    rng = np.random.default_rng(0)
    shocks = rng.standard_normal((SLICES, blocks)) * np.sqrt(1 - correlation**2)
    values = np.empty((SLICES, blocks))
    values[:, 0] = rng.standard_normal(SLICES)
    for at in range(1, blocks):
        values[:, at] = correlation * values[:, at - 1] + shocks[:, at]
    held = 0
    for row in values:
        low, high = interval(row.mean(), (row.sum() - row) / (blocks - 1), ordered=ordered)
        held += low <= 0 <= high
    return held / SLICES


@pytest.mark.slow
@pytest.mark.parametrize("blocks", [6, 8])
def test_wide_intervals_of_few_blocks_are_not_too_wide(blocks: int) -> None:
    """Their width is what not knowing the correlation costs: narrower ones would hold less than they do."""
    assert coverage(blocks, 0.0, ordered=True) == pytest.approx(0.95, abs=0.02)
    for correlation, least in ((0.3, 0.89), (0.6, 0.79)):
        with_it = coverage(blocks, correlation, ordered=True)
        assert least < with_it < 0.97
        assert with_it > coverage(blocks, correlation, ordered=False) + 0.02
