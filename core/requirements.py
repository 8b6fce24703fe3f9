"""Requirements: set, unset, listed, with history; and suggested from what a version has shown (rule 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.metrics import resolve
from core.person import person
from core.wording import requirement_words
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from store.records import Requirement

if TYPE_CHECKING:
    from core.checks.setup import Setup
    from core.checks.subjects import Subject
    from core.statistics.estimate import Estimate
    from store import Store

#: Past windows that a suggestion looks at, at most.
MOST_WINDOWS = 60


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

    Raises
    ------
    UsageError
        For a metric that there is not or that makes no sense for the model, or limits that contradict.
    """
    author = who or person()
    with workspace.store() as store, store.transaction():
        _check_metric(store, model, metric)
        before = _live(store, model, metric, segment)
        if before is not None and not replace:
            min, max = before.min if min is None else min, before.max if max is None else max
            mean, range = before.mean if mean is None else mean, before.range if range is None else range
        made = store.requirements.set(
            model, metric, segment, min=min, max=max, mean=mean, range=range, who=author, why=why
        )
        if before is None or before.id != made.id:
            store.journal.add(
                author,
                "require.set",
                f"{model}: {requirement_words(made)}",
                model=model,
                detail=document(made),
                undo=_undo(model, metric, segment, before),
            )
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
    """Take a requirement away; its history stays."""
    author = who or person()
    with workspace.store() as store, store.transaction():
        before = _live(store, model, metric, segment)
        made = store.requirements.unset(model, metric, segment, who=author, why=why)
        store.journal.add(
            author,
            "require.unset",
            f"{model}: {metric}" + (f" by {segment}" if segment else ""),
            model=model,
            undo=_undo(model, metric, segment, before),
        )
        return document(made)


def suggest(
    workspace: Workspace,
    model: str,
    version: int | None = None,
    *,
    metrics: Sequence[str] | None = None,
    as_of: str | None = None,
    apply: bool = False,
    who: str | None = None,
) -> list[dict[str, Any]]:
    """Limits that a version has kept, and would go on keeping if nothing changed.

    They rest on windows of the size that the now-test judges (partitions, for a model without a time column),
    all after what shaped the version.

    Parameters
    ----------
    version : int, optional
        The champion by default, else the newest.
    metrics : sequence of str, optional
        By default the primary metric and the one that shows what it does not (the log-loss of a classifier,
        the bias of a regression), but for those that a requirement binds already.
    as_of : str, optional
        Look only at what was known then.
    apply : bool
        Set them, too.

    Returns
    -------
    list of dict
        A metric each: ``metric``, the limits, ``windows``, ``breaches``, ``false_alarms_a_year`` and
        ``explanation``.
    """
    from core.checks.setup import open_setup

    with workspace.store() as store:
        number = _version(store, model, version)
        for name in metrics or ():
            _check_metric(store, model, name)
        setup = open_setup(workspace, store, model, as_of=as_of, versions=[number], extra=metrics or ())
        subject = next(s for s in setup.subjects if s.number == number)
        windows, looks, overlap = _past_windows(store, setup, subject)
        wanted = list(metrics or _default_metrics(setup, store.requirements.live(model)))
        found = [_suggestion(n, windows, looks, overlap, len(wanted)) for n in wanted]
    for suggestion in found if apply else ():
        if suggestion["explanation"] and not suggestion["limits"]:
            continue
        set_requirement(
            workspace,
            model,
            suggestion["metric"],
            min=suggestion["min"],
            max=suggestion["max"],
            mean=suggestion["mean"],
            range=None if suggestion["range"] is None else tuple(suggestion["range"]),
            why=f"suggested from v{number}",
            who=who,
        )
    return found


def _suggestion(
    name: str, windows: "Sequence[dict[str, Estimate]]", looks: float, overlap: float, limits: int
) -> dict[str, Any]:
    from core.statistics.budget import look_alpha
    from core.statistics.suggest import suggest as limits_of

    alpha = look_alpha(limits, looks_a_year=looks, overlap=overlap)
    made = limits_of(name, resolve(name), [w[name] for w in windows if name in w], alpha)
    return {
        "metric": name,
        "min": made.min,
        "max": made.max,
        "mean": made.mean,
        "range": None if made.range is None else list(made.range),
        "limits": any(v is not None for v in (made.min, made.max, made.range)),
        "windows": made.windows,
        "breaches": made.breaches,
        "false_alarms_a_year": made.false_alarms(looks / overlap),
        "explanation": made.explanation,
    }


def _past_windows(
    store: Store, setup: Setup, subject: Subject
) -> "tuple[list[dict[str, Estimate]], float, float]":
    """Estimates of past windows, oldest first; looks a year, and how many of them share rows."""
    from core.checks.measure import measure_all
    from core.checks.slices import Slice, Wish

    if setup.spec.time is None:
        pieces = [
            Slice(p.label, p.since, p.until, setup.source.fingerprint(p.label), p.rows, p.labelled)
            for p in setup.source.list_partitions()
            if p.labelled
        ]
        looks, overlap = 52.0, 1.0
    else:
        pieces, looks, overlap = _time_windows(setup, subject)
    plan = {piece: [Wish(subject.number, subject.hash)] for piece in pieces}
    found = measure_all(
        store, setup.setting, plan, progress=lambda share, note: None, cancelled=lambda: False
    )
    estimates = [found[piece.label, wish].estimates for piece, wishes in plan.items() for wish in wishes]
    return estimates, looks, overlap


def _time_windows(setup: Setup, subject: Subject) -> "tuple[list[Any], float, float]":
    from core.checks.slices import Slice
    from core.timeline import Window, earlier, window_length

    length = window_length(setup.spec.window, setup.spec.partition)
    newest = setup.source.window(setup.as_of, length)
    first = setup.source.describe().first
    windows: list[Window] = []
    if newest is not None and first is not None:
        begin = max(first, subject.until or first)
        for window in (newest, *_before(newest, length, earlier)):
            if window.since < begin:
                break
            windows.append(window)
    pieces = [
        Slice(
            f"window to {w.until.isoformat()}",
            w.since,
            w.until,
            setup.source.range_fingerprint(w.since, w.until, setup.as_of),
            rows=1,
            window=True,
        )
        for w in reversed(windows)
    ]
    days = max(1.0, (newest.until - newest.since).total_seconds() / 86_400) if newest else 1.0
    return pieces, 365.0, days


def _before(window: Any, length: Any, earlier: Any) -> Any:
    from itertools import islice

    return islice(earlier(window, length), MOST_WINDOWS - 1)


def _default_metrics(setup: Setup, live: Sequence[Requirement]) -> list[str]:
    spec = setup.spec
    companion = "bias" if spec.task == "regression" else "log_loss"
    names = [spec.metric]
    if resolve(spec.metric).name != companion:
        names.append(companion)
    bound = {resolve(r.metric).name for r in live if r.segment is None}
    return [n for n in names if resolve(n).name not in bound]


def _version(store: Store, model: str, version: int | None) -> int:
    if version is not None:
        return store.versions.get(model, version).number
    live = store.production.live(model)
    if live is not None and live.champion is not None:
        return live.champion
    listed = store.versions.list(model)
    if not listed:
        raise RefusedError(
            f"{model} has no version to suggest requirements from",
            hint=f"make one: `incumbent version train {model}`",
        )
    return listed[0].number


def _live(store: Store, model: str, metric: str, segment: str | None) -> Requirement | None:
    return next(
        (r for r in store.requirements.live(model) if (r.metric, r.segment) == (metric, segment)), None
    )


def _undo(model: str, metric: str, segment: str | None, before: Requirement | None) -> dict[str, Any]:
    named = {"model": model, "metric": metric, "segment": segment}
    if before is None:
        return {"action": "require.unset", "arguments": named}
    limits = {"min": before.min, "max": before.max, "mean": before.mean, "range": before.range}
    return {"action": "require.set", "arguments": {**named, **limits, "replace": True}}


def _check_metric(store: Store, model: str, metric: str) -> None:
    from core.metrics import check_metrics
    from core.spec import ModelSpec

    spec = ModelSpec.from_document(store.models.revision(model).document, model)
    if resolve(metric).kind == "operational":
        return
    if spec.task == "regression":
        check_metrics([metric], "regression")
        return
    try:
        check_metrics([metric], "binary")
    except UsageError:
        check_metrics([metric], "multiclass")
