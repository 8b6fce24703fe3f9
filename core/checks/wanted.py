"""Which metrics a check measures: the model's primary one, those required, and the usual ones of its task."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.metrics import NO_CUSTOM, CustomMetrics, check_metrics, resolve
from core.metrics.catalogue import Task
from core.spec import ModelSpec
from store.records import Requirement

USUAL: dict[Task, tuple[str, ...]] = {
    "binary": (
        "roc_auc", "log_loss", "brier", "calibration_error", "accuracy", "precision",
        "recall", "f1", "false_positives", "false_negatives", "target_rate", "positive_rate",
    ),
    "multiclass": ("log_loss", "brier", "accuracy", "balanced_accuracy", "f1_macro", "errors"),
    "regression": ("mae", "rmse", "bias", "medae", "r2", "max_error"),
}  # fmt: skip


def task_of(spec: ModelSpec, classes: Sequence[object]) -> Task:
    """The kind of task: regression, or classification of two or of more classes."""
    if spec.task == "regression":
        return "regression"
    return "binary" if len(classes) <= 2 else "multiclass"


def wanted_metrics(
    spec: ModelSpec,
    requirements: Iterable[Requirement],
    task: Task,
    extra: Sequence[str] = (),
    custom: CustomMetrics = NO_CUSTOM,
) -> tuple[str, ...]:
    """Names of metrics as people wrote them, the primary one first, each metric once.

    The model's own are all measured. Operational ones (latency and the like) are measured where predictions
    are made, not here.

    Raises
    ------
    UsageError
        For a metric that makes no sense for the task, which only the classes of the data decide.
    """
    chosen: dict[str, str] = {}
    required = [r.metric for r in requirements]
    check_metrics([spec.metric, *required, *extra], task, custom)
    for name in (spec.metric, *required, *extra, *custom.names, *USUAL[task]):
        metric = resolve(name, custom)
        if metric.kind != "operational":
            chosen.setdefault(metric.name, name)
    if spec.cost is not None and task == "binary":
        chosen.setdefault("cost", "cost")
    return tuple(chosen.values())


def segment_columns(requirements: Iterable[Requirement], by: str | None) -> tuple[str, ...]:
    """By whose values the metrics are measured too: columns, or single values (``carrier=UA``) of others."""
    named = [r.segment for r in requirements if r.segment]
    return tuple(dict.fromkeys([*named, *([by] if by else [])]))
