"""Values, intervals and replicates of any metrics on one sample."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from core.metrics import calibration, labels, numbers, probabilities, ranking, skill
from core.metrics.catalogue import Metric, resolve
from core.metrics.sample import Sample
from core.metrics.workings import COMPUTES, Floats, Undefined, Workings
from core.statistics.estimate import Estimate
from core.statistics.jackknife import independent, with_intervals

#: The modules whose formulas are registered by importing them.
FORMULAS = (calibration, labels, numbers, probabilities, ranking, skill)


def measure(sample: Sample, metrics: Iterable[str]) -> dict[str, Estimate]:
    """Measure a sample once.

    Parameters
    ----------
    sample : Sample
    metrics : iterable of str
        Names or aliases; operational and custom ones are measured elsewhere and are not known here.

    Returns
    -------
    dict of str to Estimate
        By the names that were asked for. An undefined metric has the value None and a reason.

    Examples
    --------
    >>> from core.statistics.blocks import choose_blocks
    >>> actual, predicted = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
    >>> sample = Sample(actual, choose_blocks(None, None, 3), predicted)
    >>> measure(sample, ["mae", "roc_auc"])["mae"].value
    0.5
    """
    workings = Workings(sample)
    wanted = {name: resolve(name) for name in metrics}
    alone = [_measured(workings, metric) for metric in wanted.values()]
    found = with_intervals(alone, [metric.bounds for metric in wanted.values()])
    return dict(zip(wanted, found, strict=True))


def _measured(workings: Workings, metric: Metric) -> Estimate:
    sample = workings.sample
    value: float | None = None
    replicates: Floats | None = None
    reason = ""
    try:
        everywhere = _everywhere(workings, metric)
    except Undefined as why:
        reason = str(why)
    else:
        value, replicates = float(everywhere[0]), everywhere[1:]
    return independent(
        value,
        replicates,
        n=sample.n,
        unit=sample.blocks.unit,
        key=sample.blocks.key,
        rarer=sample.rarer,
        bounds=metric.bounds,
        smooth=metric.smooth,
        reason=reason,
    )


def _everywhere(workings: Workings, metric: Metric) -> Floats:
    sample = workings.sample
    if metric.kind in ("operational", "custom"):
        raise Undefined("measured elsewhere")
    if not sample.n or not workings.total[0]:
        raise Undefined("no labelled rows")
    if ("regression" in metric.tasks) != (not sample.classes) and metric.name != "bias":
        raise Undefined(f"not a metric of {'classification' if sample.classes else 'regression'}")
    with np.errstate(divide="ignore", invalid="ignore"):
        everywhere = COMPUTES[metric.name](workings)
    if not np.isfinite(everywhere[0]):
        raise Undefined("not a finite number")
    return everywhere
