"""What is measured: the registry of metrics, and their values with leave-one-block-out replicates.

``catalogue`` says what each metric is called, which way is better and what it needs; it imports nothing
heavy, so that a spec or a screen can ask it. ``measure`` computes, and imports numpy.

Examples
--------
>>> resolve("mae").name
'mae'
>>> resolve("mean_absolute_error").name
'mae'
"""

from core.metrics.catalogue import (
    CATALOGUE,
    Metric,
    check_metrics,
    is_operational,
    names,
    resolve,
    same_metric,
)
from core.metrics.custom import NO_CUSTOM, CustomMetrics, custom_metrics

__all__ = [
    "CATALOGUE",
    "NO_CUSTOM",
    "CustomMetrics",
    "Metric",
    "check_metrics",
    "custom_metrics",
    "is_operational",
    "names",
    "resolve",
    "same_metric",
]
