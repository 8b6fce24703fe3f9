"""A slice's interval is the one that the version's whole history asks for."""

from __future__ import annotations

import numpy as np
import pytest

from core.checks.history import with_history
from core.checks.measure import Measures
from core.metrics import resolve
from core.statistics.jackknife import estimate
from tests.core.statistics.test_few_blocks import series


def measured(days: np.ndarray, unit: str = "day") -> Measures:
    """A slice of which one metric was measured."""
    value, replicates = float(days.mean()), (days.sum() - days) / (len(days) - 1)
    return Measures({"bias": estimate(value, replicates, n=len(days), unit=unit)}, {})


def width(measures: Measures) -> float:
    found = measures.estimates["bias"].width
    assert found is not None
    return found


@pytest.mark.parametrize(("correlation", "wider"), [(0.0, False), (0.7, True)])
def test_a_window_takes_the_correlation_of_the_partitions(correlation: float, wider: bool) -> None:
    rng = np.random.default_rng(0)
    window = measured(rng.normal(size=7))
    months = [measured(days) for days in series(12, 30, correlation, rng)]
    (alone,) = with_history([window], resolve, [window])
    (known,) = with_history([window], resolve, [window], months)
    assert (width(known) > width(alone)) is wider
    assert known.estimates["bias"].value == alone.estimates["bias"].value


def test_blocks_of_another_span_say_nothing_of_days() -> None:
    rng = np.random.default_rng(1)
    window = measured(rng.normal(size=7))
    quarters = [measured(weeks, "week") for weeks in series(12, 13, 0.7, rng)]
    assert with_history([window], resolve, [window], quarters) == with_history([window], resolve, [window])


def test_what_does_not_count_is_shown_with_the_correlation_of_what_does() -> None:
    rng = np.random.default_rng(2)
    seen = measured(rng.normal(size=30))
    months = [measured(days) for days in series(12, 30, 0.7, rng)]
    shown, *_ = with_history([seen, *months], resolve, months)
    assert width(shown) > width(seen)
