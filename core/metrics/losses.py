"""A bounded loss for each block, in order of time: what the sequential tests bet on.

They need a loss of which every value lies between 0 and 1 and whose mean says how good a version is: the
Brier score (half of it for more than two classes), the share of wrong rows where there are no probabilities,
and for numbers the absolute error as a share of a fixed scale, cut at one.
"""

from __future__ import annotations

import numpy as np

from core.metrics.probabilities import squared_errors
from core.metrics.sample import Sample
from core.metrics.workings import Floats, Workings
from core.statistics.packing import BlockSeries
from incumbent.errors import DataError, UsageError


def bounded_losses(sample: Sample, scale: float | None = None) -> BlockSeries:
    """Mean loss of each block, between 0 and 1.

    Parameters
    ----------
    sample : Sample
    scale : float or None
        For regression: the absolute error that counts as 1, fixed once from the baseline
        (:func:`error_scale`) and the same ever after.

    Raises
    ------
    UsageError
        A regression sample without a scale.

    Examples
    --------
    >>> from core.statistics.blocks import choose_blocks
    >>> sample = Sample(np.array([1.0, 2.0]), choose_blocks(None, None, 2), np.array([1.5, 9.0]))
    >>> bounded_losses(sample, scale=2.0).values.tolist()
    [0.25, 1.0]
    """
    workings = Workings(sample)
    codes, count = sample.blocks.codes, sample.blocks.count
    sizes: Floats = np.bincount(codes, workings.weight, count)
    summed: Floats = np.bincount(codes, workings.weight * _losses(workings, scale), count)
    values = np.divide(summed, sizes, out=np.zeros(count), where=sizes > 0)
    return BlockSeries(sample.blocks.labels, values, sizes)


def error_scale(sample: Sample) -> float:
    """The absolute error that counts as 1: four times the 90 % quantile, so that hardly a row is cut.

    Raises
    ------
    DataError
        There are no rows.
    """
    if sample.predicted is None or not sample.n:
        raise DataError("no predictions to take the scale of errors from")
    scale = 4 * float(np.quantile(np.abs(sample.predicted - sample.actual), 0.9))
    return scale if scale > 0 else 1.0


def _losses(workings: Workings, scale: float | None) -> Floats:
    sample = workings.sample
    if not sample.classes:
        if scale is None:
            raise UsageError("a bounded loss of numbers needs the scale of its errors")
        errors: Floats = np.minimum(np.abs(workings.predicted - sample.actual) / scale, 1.0)
        return errors
    if sample.probabilities is None:
        wrong: Floats = (workings.predicted != sample.actual).astype(np.float64)
        return wrong
    return squared_errors(workings) / (1 if len(sample.classes) == 2 else 2)
