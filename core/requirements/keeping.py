"""Requirements: set, taken away, listed, with history.

Raising one needs no words. What asks less than before (a weaker limit, or none) needs a reason, which stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.metrics import Metric, check_metrics, custom_metrics, resolve
from core.metrics.metric import UNIT
from core.person import person
from core.requirements.lowering import need_reason, weakenings
from core.wording import requirement_words
from core.workspace import Workspace
from incumbent.errors import IncumbentError, UsageError
from store.records import Requirement

if TYPE_CHECKING:
    from core.metrics import CustomMetrics
    from core.spec import ModelSpec
    from store import Store


def listing(workspace: Workspace, model: str) -> list[dict[str, Any]]:
    """The requirements that stand."""
    with workspace.store() as store:
        return [document(r) for r in store.requirements.live(model)]


def history(workspace: Workspace, model: str) -> list[dict[str, Any]]:
    """Every requirement that ever stood, newest first."""
    with workspace.store() as store:
        return [document(r) for r in store.requirements.history(model)]


def document(requirement: Requirement) -> dict[str, Any]:
    """A requirement as plain data."""
    return {
        "id": requirement.id,
        "metric": requirement.metric,
        "segment": requirement.segment,
        "min": requirement.min,
        "max": requirement.max,
        "mean": requirement.mean,
        "range": None if requirement.range is None else list(requirement.range),
        "since": requirement.since,
        "until": requirement.until,
        "who": requirement.who,
        "why": requirement.why,
        "removed": requirement.removed,
    }


def set_requirement(
    workspace: Workspace,
    model: str,
    metric: str,
    *,
    min: float | None = None,
    max: float | None = None,
    mean: float | None = None,
    range: tuple[float, float] | None = None,
    segment: str | None = None,
    replace: bool = False,
    why: str = "",
    who: str | None = None,
) -> dict[str, Any]:
    """Set what a metric must keep; limits that are not given stay as they are, unless ``replace``.

    Parameters
    ----------
    metric : str
        A name or an alias; the requirement that stands on the same metric is superseded, however it named it.
    segment : str, optional
        A column, for each of its values, or one value of it: ``carrier=UA``.
    why : str
        Needed where a limit asks less than before.

    Raises
    ------
    UsageError
        For a metric that there is not or that makes no sense for the model, or limits that contradict.
    RefusedError
        For a weaker limit without a reason.
    """
    author = who or person()
    _check_segment(workspace, model, segment)
    with workspace.store() as store, store.transaction():
        known = checked_metric(workspace, store, model, metric)
        check_reach(known, min=min, max=max, mean=mean, range=range)
        before = standing(workspace, store, model, known, segment)
        name = metric if before is None else before.metric
        if before is not None and not replace:
            min, max = before.min if min is None else min, before.max if max is None else max
            mean, range = before.mean if mean is None else mean, before.range if range is None else range
        made = store.requirements.set(
            model, name, segment, min=min, max=max, mean=mean, range=range, who=author, why=why
        )
        if before is None:
            _journal(store, author, "require.set", made, None)
        elif before.id != made.id:
            need_reason(requirement_words(made), weakenings(before, made, known.direction), why)
            _journal(store, author, "require.set", made, before)
        return document(made)


def unset(
    workspace: Workspace,
    model: str,
    metric: str,
    *,
    segment: str | None = None,
    why: str = "",
    who: str | None = None,
) -> dict[str, Any]:
    """Take a requirement away, saying why; its history stays.

    Raises
    ------
    UsageError
        Where there is no such requirement.
    RefusedError
        Without a reason.
    """
    author = who or person()
    with workspace.store() as store, store.transaction():
        before = next(
            (r for r in store.requirements.live(model) if (r.metric, r.segment) == (metric, segment)), None
        )
        if before is not None:
            need_reason(f"{model} without {requirement_words(before)}", weakenings(before, None, "none"), why)
        made = store.requirements.unset(model, metric, segment, who=author, why=why)
        _journal(store, author, "require.unset", made, before)
        return document(made)


def _journal(store: Store, who: str, action: str, made: Requirement, before: Requirement | None) -> None:
    subject = requirement_words(made) if action != "require.unset" else _named(made)
    store.journal.add(
        who,
        action,
        f"{made.model}: {subject}",
        model=made.model,
        detail={**document(made), "before": None if before is None else document(before)},
        undo=undo_of(made, before),
    )


def _named(requirement: Requirement) -> str:
    return requirement.metric + (f" by {requirement.segment}" if requirement.segment else "")


def undo_of(made: Requirement, before: Requirement | None) -> dict[str, Any]:
    """What takes a change of a requirement back, as the journal keeps it."""
    named = {"model": made.model, "metric": made.metric, "segment": made.segment}
    if before is None:
        return {"action": "require.unset", "arguments": named}
    limits = {"min": before.min, "max": before.max, "mean": before.mean, "range": before.range}
    return {"action": "require.set", "arguments": {**named, **limits, "replace": True}}


def standing(
    workspace: Workspace, store: Store, model: str, metric: Metric, segment: str | None
) -> Requirement | None:
    """The requirement that stands on a metric and segment, however it names the metric."""
    custom = custom_of(workspace, store, model)
    live = [r for r in store.requirements.live(model) if r.segment == segment]
    return next((r for r in live if _same(r.metric, metric, custom)), None)


def _same(name: str, metric: Metric, custom: CustomMetrics) -> bool:
    try:
        return resolve(name, custom) == metric
    except UsageError:  # a function that has gone from the metrics file
        return False


def custom_of(workspace: Workspace, store: Store, model: str) -> CustomMetrics:
    """The model's own metrics."""
    return custom_metrics(spec_of(store, model), workspace.root)


def spec_of(store: Store, model: str) -> ModelSpec:
    """The model's present spec."""
    from core.spec import ModelSpec

    return ModelSpec.from_document(store.models.revision(model).document, model)


def checked_metric(workspace: Workspace, store: Store, model: str, metric: str) -> Metric:
    """The metric of this name, refused where it makes no sense for the model.

    Raises
    ------
    UsageError
        Naming what fits instead.
    """
    spec = spec_of(store, model)
    custom = custom_metrics(spec, workspace.root)
    found = resolve(metric, custom)
    if found.kind in ("operational", "custom"):
        return found
    if spec.task == "regression":
        check_metrics([metric], "regression")
        return found
    try:
        check_metrics([metric], "binary")
    except UsageError:
        check_metrics([metric], "multiclass")
    return found


def check_reach(
    metric: Metric,
    *,
    min: float | None = None,
    max: float | None = None,
    mean: float | None = None,
    range: tuple[float, float] | None = None,
) -> None:
    """Refuse a limit that no value of the metric can keep, as a share in percent.

    Raises
    ------
    UsageError
    """
    lowest, highest = metric.bounds
    at_least = {"min": min, "mean": mean, "range": range and range[0]}
    at_most = {"max": max, "mean": mean, "range": range and range[1]}
    for limits, beyond in ((at_least, _above(highest)), (at_most, _below(lowest))):
        for name, limit in limits.items():
            if limit is not None and beyond(limit):
                raise UsageError(
                    f"{metric.name} {_reach(metric)}: {name} {limit:g} can never be kept",
                    hint="write a share as a part of one: 0.7, not 70" if metric.bounds == UNIT else "",
                )


def _above(highest: float | None) -> Callable[[float], bool]:
    return lambda limit: highest is not None and limit > highest


def _below(lowest: float | None) -> Callable[[float], bool]:
    return lambda limit: lowest is not None and limit < lowest


def _reach(metric: Metric) -> str:
    lowest, highest = metric.bounds
    if lowest is None or highest is None:
        return f"is at most {highest:g}" if lowest is None else f"is at least {lowest:g}"
    return f"lies between {lowest:g} and {highest:g}"


def _check_segment(workspace: Workspace, model: str, segment: str | None) -> None:
    if segment is None:
        return
    column = segment.partition("=")[0]
    if not column.strip():
        raise UsageError(
            f"{segment!r} is no segment", hint="name a column (carrier), or one value of it (carrier=UA)"
        )
    columns = _columns(workspace, model)
    if columns and column not in columns:
        raise UsageError(
            f"--segment {segment}: the data of {model} has no such column",
            hint=f"it has {', '.join(sorted(columns))}",
        )


def _columns(workspace: Workspace, model: str) -> set[str]:
    """The columns of the model's data; none where it is made by the pipeline, or cannot be read now."""
    from core.checks.slices import open_model_source

    with workspace.store() as store:
        spec = spec_of(store, model)
    if spec.data is None:
        return set()
    try:
        return {c.name for c in open_model_source(workspace, spec).describe().columns}
    except IncumbentError:
        return set()
