"""Intervals that know the model's history: how far neighbouring days resemble each other (rule 1).

What a slice says of that alone is kept with what was measured. What all slices of a version say together is
more, and it is theirs all: a window of seven days has the interval that months of days before it ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.checks.measure import Measures
from core.statistics.jackknife import evidence_of, with_intervals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.metrics import Metric
    from core.statistics.estimate import Estimate


def with_history(
    slices: Sequence[Measures],
    metric: Callable[[str], Metric],
    counted: Sequence[Measures],
    history: Sequence[Measures] = (),
) -> list[Measures]:
    """The slices of one version, with the intervals that all that is known of it asks for.

    Parameters
    ----------
    slices : sequence of Measures
    metric : callable
        The metric of a name.
    counted : sequence of Measures
        Those of them that count for the version: they do not overlap, and it has not seen them.
    history : sequence of Measures
        Others that count for it. Where they have blocks of the same span, they speak instead of ``counted``,
        which may overlap with them.

    Returns
    -------
    list of Measures
        In the order of the slices.
    """
    said, before = _said(counted), _said(history)
    known = {key: {**said.get(key, {}), **before.get(key, {})} for key in {*said, *before}}
    every = [(key, estimate) for measures in slices for key, estimate in measures.estimates.items()]
    settled = iter(
        with_intervals(
            [estimate for _, estimate in every],
            [_bounds(metric, key, estimate) for key, estimate in every],
            [known.get(key, {}) for key, _ in every],
        )
    )
    return [m._replace(estimates={key: next(settled) for key in m.estimates}) for m in slices]


def _said(slices: Sequence[Measures]) -> dict[str, dict[str, NDArray[np.float64]]]:
    return evidence_of(item for measures in slices for item in measures.estimates.items())


def _bounds(
    metric: Callable[[str], Metric], key: str, estimate: Estimate
) -> tuple[float | None, float | None]:
    """The values that a metric can take; what has no interval needs none."""
    return (None, None) if estimate.low is None else metric(key.partition("\t")[0]).bounds
