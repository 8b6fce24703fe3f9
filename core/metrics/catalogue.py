"""The catalogue of metrics: found by name or alias, refused where they make no sense.

Names and aliases are those of scikit-learn's functions and scorers, and the short names that people write.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from core.metrics.custom import NO_CUSTOM, PREFIX, CustomMetrics
from core.metrics.metric import Metric, Task
from core.metrics.table import METRICS
from incumbent.errors import UsageError

__all__ = [
    "CATALOGUE",
    "Metric",
    "Task",
    "check_metrics",
    "is_operational",
    "names",
    "resolve",
    "same_metric",
]

#: Every metric by its canonical name, in the order in which tables show them.
CATALOGUE: dict[str, Metric] = {metric.name: metric for metric in METRICS}

_BY_ANY_NAME: dict[str, Metric] = {
    name: metric for metric in METRICS for name in (metric.name, *metric.aliases)
}


def names(task: Task | None = None) -> tuple[str, ...]:
    """Canonical names, of one task or of all.

    Examples
    --------
    >>> "mae" in names("regression"), "mae" in names("binary")
    (True, False)
    """
    return tuple(name for name, metric in CATALOGUE.items() if task is None or task in metric.tasks)


def resolve(name: str, custom: CustomMetrics = NO_CUSTOM) -> Metric:
    """The metric that a person means.

    Parameters
    ----------
    name : str
        A canonical name, or an alias (scikit-learn's function or scorer). What the person wrote stays the
        name that is shown; the metric's own ``name`` is the canonical one.
    custom : CustomMetrics
        The model's own metrics: ``metrics.profit``, or ``profit`` where the catalogue has no such name.

    Raises
    ------
    UsageError
        Nothing is called that; the hint names what is close.

    Examples
    --------
    >>> resolve("matthews_corrcoef").name
    'mcc'
    >>> resolve("accurracy")
    Traceback (most recent call last):
    incumbent.errors.UsageError: no metric is called 'accurracy' (did you mean 'accuracy'?)
    """
    if name in _BY_ANY_NAME:
        return _BY_ANY_NAME[name]
    own = custom.find(name)
    if own is not None:
        return own
    bare = name.removeprefix(PREFIX)
    if bare != name or bare in custom.others:
        raise custom.missing(name)
    if name.startswith("neg_") and name[4:] in _BY_ANY_NAME:
        raise UsageError(
            f"{name!r} is a scorer with its sign turned",
            hint=f"write {name[4:]!r}: losses are shown as they are, and lower is known to be better",
        )
    mine = [n.removeprefix(PREFIX) for n in custom.names]
    close = get_close_matches(name, [*mine, *_BY_ANY_NAME], n=3, cutoff=0.75)
    hint = f"did you mean {' or '.join(repr(c) for c in close)}?" if close else f"known: {', '.join(names())}"
    raise UsageError(f"no metric is called {name!r}", hint=hint)


def same_metric(one: str, other: str) -> bool:
    """Whether two names mean one metric; of a model's own metrics, with or without their prefix.

    Examples
    --------
    >>> same_metric("auc", "roc_auc"), same_metric("profit", "metrics.profit"), same_metric("mae", "rmse")
    (True, True, False)
    """
    return one == other or _canonical(one) == _canonical(other)


def _canonical(name: str) -> str:
    return _BY_ANY_NAME[name].name if name in _BY_ANY_NAME else name.removeprefix(PREFIX)


def is_operational(name: str) -> bool:
    """Whether a metric is measured where predictions are made, and not on history; false for unknown names.

    Examples
    --------
    >>> is_operational("latency_p99_ms"), is_operational("roc_auc"), is_operational("metrics.profit")
    (True, False, False)
    """
    metric = _BY_ANY_NAME.get(name)
    return metric is not None and metric.kind == "operational"


def check_metrics(wanted: Iterable[str], task: Task, custom: CustomMetrics = NO_CUSTOM) -> None:
    """Refuse metrics that do not exist or that make no sense for a task.

    Raises
    ------
    UsageError
        Names the metric and what fits the task instead.

    Examples
    --------
    >>> check_metrics(["roc_auc", "log_loss"], "binary")
    >>> check_metrics(["f1"], "multiclass")
    Traceback (most recent call last):
    incumbent.errors.UsageError: 'f1' is not a metric of a multiclass task (did you mean 'f1_macro'?)
    """
    for name in wanted:
        metric = resolve(name, custom)
        if task in metric.tasks:
            continue
        fitting = names(task)
        close = [n for n in fitting if n.startswith(metric.name)] or get_close_matches(metric.name, fitting)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(fitting)}"
        raise UsageError(f"{name!r} is not a metric of a {task} task", hint=hint)
