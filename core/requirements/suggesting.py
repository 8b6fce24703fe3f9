"""Limits that a version has kept, and would go on keeping if nothing changed (rule 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.metrics import CustomMetrics, Metric, resolve
from core.requirements.keeping import checked_metric, custom_of, set_requirement, spec_of, standing
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from store.records import Requirement

if TYPE_CHECKING:
    from core.requirements.windows import PastWindows
    from core.spec import ModelSpec
    from core.statistics.suggest import Suggestion
    from store import Store


@dataclass(frozen=True)
class _Asked:
    """One requirement to suggest."""

    name: str
    metric: Metric
    segment: str | None

    @property
    def words(self) -> str:
        return self.name if self.segment is None else f"{self.name} by {self.segment}"


def suggest(
    workspace: Workspace,
    model: str,
    version: int | None = None,
    *,
    metrics: Sequence[str] | None = None,
    segments: Sequence[str] = (),
    as_of: str | None = None,
    apply: bool = False,
    who: str | None = None,
) -> list[dict[str, Any]]:
    """Limits that a version has kept, and would go on keeping if nothing changed.

    They rest on windows of the size that the now-test judges (partitions, for a model without a time column),
    all after what shaped the version. The budget of false alarms is shared with the requirements that stand.

    Parameters
    ----------
    version : int, optional
        The champion by default, else the newest.
    metrics : sequence of str, optional
        By default the primary metric and the one that shows what it does not (the log-loss of a classifier,
        the bias of a regression), but for those that a requirement binds already.
    segments : sequence of str
        Instead of all rows: columns (one limit that each of its values keeps), or single values of a column
        (``carrier=UA``).
    as_of : str, optional
        Look only at what was known then.
    apply : bool
        Set them, too.

    Returns
    -------
    list of dict
        A requirement each: ``metric``, ``segment``, the limits, ``windows``, ``breaches`` (of past windows),
        ``false_alarms_a_year`` (that the past would have raised), ``expected_alarms_a_year`` (that the limit
        is made for), ``together`` (past alarms a year of all of them, a window counted once) and
        ``explanation``.
    """
    from core.checks.setup import open_setup
    from core.requirements.windows import past_windows

    with workspace.store() as store:
        number = _version(store, model, version)
        live = store.requirements.live(model)
        asked = _asked(workspace, store, model, metrics, segments, live)
        setup = open_setup(
            workspace,
            store,
            model,
            as_of=as_of,
            versions=[number],
            extra=[a.name for a in asked],
            segments=segments,
        )
        subject = next(s for s in setup.subjects if s.number == number)
        windows = past_windows(store, setup, [subject])
        replaced = [standing(workspace, store, model, a.metric, a.segment) for a in asked]
        others = [r for r in live if r not in replaced and not _binds_elsewhere(r, setup.custom)]
    found = _suggestions(asked, windows, number, len(others))
    for suggestion in found if apply else ():
        if suggestion["limits"]:
            _apply(workspace, model, suggestion, number, who)
    return found


def _apply(
    workspace: Workspace, model: str, suggestion: dict[str, Any], number: int, who: str | None
) -> None:
    set_requirement(
        workspace,
        model,
        suggestion["metric"],
        min=suggestion["min"],
        max=suggestion["max"],
        mean=suggestion["mean"],
        range=None if suggestion["range"] is None else tuple(suggestion["range"]),
        segment=suggestion["segment"],
        why=f"suggested from v{number}",
        who=who,
    )


def _binds_elsewhere(requirement: Requirement, custom: CustomMetrics) -> bool:
    """Whether a requirement is judged where predictions are made, and not by nightly windows."""
    try:
        return resolve(requirement.metric, custom).kind == "operational"
    except UsageError:
        return True


def _suggestions(
    asked: Sequence[_Asked], windows: PastWindows, version: int, others: int
) -> list[dict[str, Any]]:
    from core.statistics.suggest import enough

    every = {a: _keys(a, windows.keys(version)) for a in asked}
    keys = {
        a: [k for k in found if enough(windows.judged(version, k), windows.alone)]
        for a, found in every.items()
    }
    limits = others + sum(max(1, len(found)) for found in keys.values())
    alpha = windows.alpha(limits)
    made = {a: _of_each(a, found, every[a], windows, version, alpha) for a, found in keys.items()}
    broken = [_broken(a, keys[a], made[a], windows, version) for a in asked]
    seen = {
        label
        for found in keys.values()
        for key in found
        for label, estimate in windows.judged(version, key)
        if estimate.value is not None
    }
    together = len(set().union(*broken)) * windows.independent / max(1, len(seen))
    return [
        _document(a, made[a], len(b), windows, len(keys[a]), together)
        for a, b in zip(asked, broken, strict=True)
    ]


def _keys(asked: _Asked, measured: Sequence[str]) -> list[str]:
    from core.checks.judging import keys_of

    binding = Requirement(0, "", asked.name, asked.segment, None, None, None, None, "", None, "", "")
    return keys_of(binding, measured)


def _of_each(
    asked: _Asked, keys: Sequence[str], every: Sequence[str], windows: PastWindows, version: int, alpha: float
) -> Suggestion:
    """One suggestion that all rows, or every value of a column with a past long enough, would have kept."""
    from core.statistics.suggest import loosest
    from core.statistics.suggest import suggest as limits_of

    def made(key: str, name: str) -> Suggestion:
        past = [e for _, e in windows.judged(version, key)]
        return limits_of(name, asked.metric, past, alpha, windows.alone)

    if not keys:
        return made(max(every, key=lambda k: len(windows.judged(version, k)), default=""), asked.words)
    found = [made(key, key.replace("\t", " of ")) for key in keys]
    short = len(every) - len(keys)
    lacking = f" ({short} of {len(every)} values are too rare to say)" if short else ""
    return loosest(asked.words + lacking, found)


def _broken(
    asked: _Asked, keys: Sequence[str], made: Suggestion, windows: PastWindows, version: int
) -> set[str]:
    """Labels of the past windows that would have breached."""
    return {
        label
        for key in keys
        for label, estimate in windows.judged(version, key)
        if estimate.value is not None and made.breached(estimate.value)
    }


def _document(
    asked: _Asked, made: Suggestion, breaches: int, windows: PastWindows, values: int, together: float
) -> dict[str, Any]:
    from core.statistics.budget import alert_rate

    a_look = alert_rate(made.alpha, windows.overlap)
    return {
        "metric": asked.name,
        "segment": asked.segment,
        "min": made.min,
        "max": made.max,
        "mean": made.mean,
        "range": None if made.range is None else list(made.range),
        "limits": made.limited,
        "windows": made.windows,
        "breaches": breaches,
        "false_alarms_a_year": breaches / made.windows * windows.independent if made.windows else 0.0,
        "expected_alarms_a_year": a_look * windows.looks * values if made.limited else 0.0,
        "together": together,
        "budget": windows.budget,
        "explanation": made.explanation,
    }


def _asked(
    workspace: Workspace,
    store: Store,
    model: str,
    metrics: Sequence[str] | None,
    segments: Sequence[str],
    live: Sequence[Requirement],
) -> list[_Asked]:
    spec, custom = spec_of(store, model), custom_of(workspace, store, model)
    wanted: list[str | None] = list(segments) or [None]
    names = list(metrics) if metrics else _default_metrics(spec, custom)
    found = []
    for name in dict.fromkeys(names):
        metric = checked_metric(workspace, store, model, name)
        if metric.kind == "operational":
            raise UsageError(
                f"{name} has no past to suggest a limit from: it is measured where predictions are made",
                hint=f"see `incumbent check stress {model}`, then `incumbent require set {model} {name}`",
            )
        for segment in wanted:
            bound = standing(workspace, store, model, metric, segment) is not None
            if metrics or not bound:
                found.append(_Asked(name, metric, segment))
    return found


def _default_metrics(spec: ModelSpec, custom: CustomMetrics) -> list[str]:
    companion = "bias" if spec.task == "regression" else "log_loss"
    return [spec.metric] if resolve(spec.metric, custom).name == companion else [spec.metric, companion]


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
