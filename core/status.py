"""What the overview says: for each model the requirement nearest to breaking, its trend, a verdict in words.

Both faces show the same: ``incumbent status`` prints :meth:`Overview.document`, the panel draws the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.standing_checks import of_the_champion
from core.wording import data_day, figure, interval, kind_word, limits
from store.records import Measurement, ModelOverview, ProductionRevision, Requirement, Run, Verdict

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

_SEVERITY = {"pass": 0, "thin": 1, "warn": 2, "fail": 3, "error": 4}


@dataclass(frozen=True)
class Need:
    """A requirement and how the version that serves stands to it."""

    metric: str
    segment: str | None
    limits: str  # "≥ 0.65"
    value: float | None
    low: float | None
    high: float | None
    n: int
    slack: float | None  # distance to the nearest limit in half widths of the interval; below 0: broken
    verdict: Verdict | None

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return figure(self.value, self.low, self.high)


@dataclass(frozen=True)
class CheckStatus:
    """The latest word of one check."""

    kind: str
    verdict: Verdict | None
    run: int
    when: str | None
    as_of: str | None
    note: str


@dataclass(frozen=True)
class Challenger:
    """A version that did better than the champion on the same rows of the last back-test."""

    version: int
    metric: str
    difference: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ModelStatus:
    """One line of the overview."""

    model: str
    serves: str  # "v7", "v7 ▸10% v8", "nothing yet"
    champion: int | None
    shown: int | None  # the version whose figures these are
    versions: int
    metric: str | None
    need: Need | None
    needs: tuple[Need, ...]
    window: str  # "week to 29 Sep 2013, 6,204 rows"; empty without a now-test
    trend: tuple[float | None, ...]
    trend_verdicts: tuple[Verdict | None, ...]
    checks: tuple[CheckStatus, ...]
    verdict: Verdict | None  # the worst that stands
    sentences: tuple[tuple[Verdict | None, str], ...]  # the verdict in words, most important first
    advice: str  # what to do next; empty when all is well
    command: str  # which command does it
    alerts: int
    muted: bool
    active: int
    forced: str = ""  # why the champion was forced past its gate; empty where it was not

    @property
    def nowtest(self) -> CheckStatus | None:
        """The latest now-test."""
        return next((check for check in self.checks if check.kind == "nowtest"), None)

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check.verdict == "pass" for check in self.checks)


#: Verdicts that are news, and how many of them are told.
_SERIOUS = (("fail", "failed"), ("error", "could not run"), ("warn", "warned"))


@dataclass(frozen=True)
class News:
    """What happened since somebody last looked."""

    since: str
    alarms: int
    verdicts: dict[str, int]
    unfinished: int  # runs that failed or were interrupted
    unsent: int = 0  # messages that nobody has accepted yet; of those that were given up, the new ones

    @property
    def sentence(self) -> str:
        """The news in one line, without their moment."""
        return self._told(*_SERIOUS, ("thin", "thin"), ("pass", "passed"))

    @property
    def short(self) -> str:
        """The news without what is well."""
        return self._told(*_SERIOUS)

    @property
    def shortest(self) -> str:
        """The alarms alone."""
        return self._told()

    def _told(self, *words: tuple[str, str]) -> str:
        told = [_counted(self.alarms, "alarm")] if self.alarms else []
        if self.unsent:
            told.append(f"{_counted(self.unsent, 'notification')} could not be sent")
        if judged := [f"{self.verdicts[v]} {word}" for v, word in words if self.verdicts.get(v)]:
            told.append(f"checks: {', '.join(judged)}")
        if self.unfinished:
            told.append(f"{_counted(self.unfinished, 'run')} did not finish")
        ran = any(self.verdicts.values())
        return "; ".join(told) or ("checks ran" if ran else "nothing ran")


@dataclass(frozen=True)
class Overview:
    """All models of a workspace at one moment."""

    workspace: str
    site: str
    moment: str
    models: tuple[ModelStatus, ...]
    news: News

    @property
    def well(self) -> int:
        """How many models have nothing wrong."""
        return sum(model.verdict in ("pass", "thin", None) for model in self.models)

    def document(self) -> dict[str, Any]:
        """What ``status --json`` prints."""
        return {
            "workspace": self.workspace,
            "site": self.site,
            "when": self.moment,
            "news": {**asdict(self.news), "sentence": self.news.sentence},
            "models": [_document(model) for model in self.models],
        }


def overview(
    workspace: Workspace,
    model: str | None = None,
    *,
    site: str = "local",
    since: datetime | None = None,
    now: datetime | None = None,
) -> Overview:
    """What stands in a workspace.

    Parameters
    ----------
    model : str, optional
        Only this one; UsageError if there is none of this name.
    since : datetime, optional
        From when on there are news; the last day by default.

    Returns
    -------
    Overview
    """
    with workspace.store() as store:
        if store.runs.active():
            from core.runs import sweep_store  # only then worth its import

            sweep_store(store)  # what died is not at work
        return read(workspace, store, model, site=site, since=since, now=now)


def read(
    workspace: Workspace,
    store: Store,
    model: str | None = None,
    *,
    site: str = "local",
    since: datetime | None = None,
    now: datetime | None = None,
) -> Overview:
    """Like :func:`overview`, with an open store."""
    from datetime import UTC

    from store.clock import text

    moment = now or datetime.now(UTC)
    if model is not None:
        store.models.get(model)
    store.sites.get(site)
    shown = store.overview(site)
    came = store.production.arrivals(site)
    asked = [each for each in shown if model in (None, each.model.name)]
    judged = [of_the_champion(store, each, came.get(each.model.name)) for each in asked]
    models = [_with_trend(store, status_of(each)) for each in judged]
    models = _with_cases(store, models, moment)
    forced = {name: revision for name, revision in came.items() if _forced(revision)}
    models = [replace(m, forced=forced[m.model].why) if m.model in forced else m for m in models]
    worst_first = sorted(models, key=lambda m: (-_SEVERITY.get(m.verdict or "", -1), m.model))
    news = _news(store, text(since or moment - timedelta(days=1)), model)
    return Overview(str(workspace.root), site, text(moment), tuple(worst_first), news)


def status_of(found: ModelOverview) -> ModelStatus:
    """One line of the overview from what the store knows."""
    needs = tuple(sorted((_need(r, found.nowtest) for r in found.requirements), key=_nearest_first))
    checks = tuple(_check(run) for _, run in sorted(found.checks.items()))
    verdict = _worst([*(alert.severity for alert in found.alerts), *(c.verdict for c in checks)])
    advice, command = _advice(found, verdict)
    return ModelStatus(
        model=found.model.name,
        serves=_serves(found),
        champion=found.production.champion if found.production else None,
        shown=found.shown,
        versions=found.versions,
        metric=found.metric,
        need=needs[0] if needs else None,
        needs=needs,
        window=_window(found.nowtest),
        trend=tuple(point.value for point in found.trend),
        trend_verdicts=tuple(point.verdict for point in found.trend),
        checks=checks,
        verdict=verdict,
        sentences=tuple(_sentences(found, needs, checks)),
        advice=advice,
        command=command,
        alerts=len(found.alerts),
        muted=found.muted,
        active=found.active,
    )


def _with_trend(store: Store, status: ModelStatus) -> ModelStatus:
    """The same with the trend of the metric that is shown, where that is not the primary one."""
    need = status.need
    if need is None or need.metric == status.metric or need.segment is not None or status.shown is None:
        return status
    series = store.measurements.series(status.model, "nowtest", need.metric, status.shown)
    if not series:
        return status
    values, verdicts = [m.value for m in series], [m.verdict for m in series]
    said = _trend(need.metric, values, verdicts)
    sentences = tuple(s for s in status.sentences if not s[1].startswith(f"{status.metric} was "))
    return replace(
        status, trend=tuple(values), trend_verdicts=tuple(verdicts), sentences=(*sentences, (None, said))
    )


def _with_cases(store: Store, models: Sequence[ModelStatus], now: datetime) -> list[ModelStatus]:
    """The same, told which cases nobody has looked at for long, and which rows wait to become cases."""
    from core.cases.age import due_since

    old, waiting = store.cases.not_looked_at_since(due_since(now)), store.inbox.counts()
    return [
        replace(m, sentences=(*m.sentences, *_of_cases(old.get(m.model), waiting.get(m.model))))
        for m in models
    ]


def _of_cases(old: int | None, waiting: int | None) -> Iterable[tuple[Verdict | None, str]]:
    if old:
        yield None, f"{_counted(old, 'case')} that nobody has looked at for a quarter"
    if waiting:
        yield None, f"{_counted(waiting, 'surprising row')} in the inbox"


def better_versions(store: Store, model: str) -> tuple[Challenger, ...]:
    """The versions that beat the champion in the last back-test, on the same rows, beyond doubt."""
    last = store.runs.last(model, "backtest")
    result = (last.result if last else None) or {}
    metric = str(result.get("metric", ""))
    live = store.production.live(model)
    champion = live.champion if live else None
    found = []
    for judged in result.get("versions", ()):
        comparison = judged.get("comparison") or {}
        same_champion = champion is not None and comparison.get("champion") == champion
        if same_champion and comparison.get("outcome") == "better" and judged.get("version"):
            figures = comparison.get(metric) or {}
            found.append(
                Challenger(
                    judged["version"], metric, figures.get("difference"), figures.get("low"),
                    figures.get("high"),
                )
            )  # fmt: skip
    return tuple(found)


def forced_champions(store: Store, site: str = "local") -> dict[str, ProductionRevision]:
    """Model → the revision with which its champion came, where that was forced past its gate.

    Later revisions (a trial, another limit) do not make it less forced.
    """
    return {name: came for name, came in store.production.arrivals(site).items() if _forced(came)}


def _forced(came: ProductionRevision) -> bool:
    return came.forced and came.champion is not None


def _document(model: ModelStatus) -> dict[str, Any]:
    document = asdict(model)
    document["sentences"] = [{"verdict": verdict, "text": text} for verdict, text in model.sentences]
    document["passed"] = model.passed
    return document


def _need(requirement: Requirement, measured: Sequence[Measurement]) -> Need:
    mine = [m for m in _of_metric(requirement.metric, measured) if _concerns(requirement, m)]
    nearest = min(mine, key=lambda m: _order(_slack(requirement, m)), default=None)
    segment = requirement.segment if nearest is None else nearest.segment or requirement.segment
    if nearest is None:
        return Need(requirement.metric, segment, limits(requirement), None, None, None, 0, None, None)
    return Need(
        requirement.metric, segment, limits(requirement), nearest.value, nearest.low, nearest.high,
        nearest.n, _slack(requirement, nearest), nearest.verdict,
    )  # fmt: skip


def _of_metric(metric: str, measured: Sequence[Measurement]) -> Sequence[Measurement]:
    """The measurements of a metric, by the name that is asked for, else by another of its names."""
    named = [m for m in measured if m.metric == metric]
    if named or not measured:
        return named
    from core.metrics import same_metric  # only where a requirement has another name than the spec

    return [m for m in measured if same_metric(m.metric, metric)]


def _concerns(requirement: Requirement, measurement: Measurement) -> bool:
    if requirement.segment is None:
        return measurement.segment is None
    column = (measurement.segment or "").partition("=")[0]
    return column == requirement.segment.partition("=")[0]


def _slack(requirement: Requirement, m: Measurement) -> float | None:
    """How far a value is from its nearest limit, in half widths of its interval; below 0 it is beyond."""
    if m.value is None:
        return None
    low, high = requirement.range or (requirement.min, requirement.max)
    room = [m.value - low] if low is not None else []
    room += [high - m.value] if high is not None else []
    if not room:
        return None
    half = (m.high - m.low) / 2 if m.low is not None and m.high is not None else 0.0
    return min(room) / (half or abs(m.value) or 1.0)


def _order(slack: float | None) -> float:
    return float("inf") if slack is None else slack


def _nearest_first(need: Need) -> tuple[int, float]:
    return (-_SEVERITY.get(need.verdict or "", -1), _order(need.slack))


def _check(run: Run) -> CheckStatus:
    return CheckStatus(run.kind, run.verdict, run.id, run.finished, run.as_of, run.note)


def _worst(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    return max((v for v in verdicts if v), key=_SEVERITY.__getitem__, default=None)


def _serves(found: ModelOverview) -> str:
    live = found.production
    if live is None or live.champion is None:
        return "nothing yet"
    champion = f"v{live.champion}{'' if live.set_aside is None else ' aside'}"
    if live.challenger is not None and live.share > 0:
        return f"{champion} ▸{live.share:.0%} v{live.challenger}"
    return champion


def _window(measured: Sequence[Measurement]) -> str:
    first = next((m for m in measured if m.segment is None), None)
    if first is None or first.until is None:
        return ""
    return f"{_length(first)}{data_day(first.until)}, {first.n:,} rows"


def _length(m: Measurement) -> str:
    try:
        days = (datetime.fromisoformat(m.until or "") - datetime.fromisoformat(m.since or "")).days
    except ValueError:
        return "to "
    return {1: "day to ", 7: "week to "}.get(days, f"{days} days to ")


def _sentences(
    found: ModelOverview, needs: Sequence[Need], checks: Sequence[CheckStatus]
) -> Iterable[tuple[Verdict | None, str]]:
    live = found.production
    if live is not None and live.set_aside is not None:
        yield "fail", f"v{live.champion} is set aside, the chain behind answers: {live.set_aside}"
    told: set[str] = set()
    for alert in sorted(found.alerts, key=lambda a: a.severity):  # "fail" stands before "warn"
        told.add(alert.kind)
        yield alert.severity, f"{kind_word(alert.kind)}: {alert.message}"
    for check in checks:
        if check.verdict in ("fail", "error", "warn") and check.kind not in told:
            yield check.verdict, f"{kind_word(check.kind)}: {check.note}"
        elif check.verdict is None:
            yield None, f"{kind_word(check.kind)}: {check.note}"
    if "nowtest" not in told and (window := _window(found.nowtest)):
        shown = [f"{n.metric} {interval(n.value, n.low, n.high)}, needs {n.limits}" for n in needs[:2] if n.n]
        yield _nowtest_verdict(checks), f"now-test: {window}" + "".join(f"; {text}" for text in shown)
    if len(found.trend) > 2:
        points = found.trend
        yield None, _trend(found.metric, [p.value for p in points], [p.verdict for p in points])


def _nowtest_verdict(checks: Sequence[CheckStatus]) -> Verdict | None:
    return next((check.verdict for check in checks if check.kind == "nowtest"), None)


def _trend(metric: str | None, values: Sequence[float | None], verdicts: Sequence[Verdict | None]) -> str:
    known = [value for value in values if value is not None]
    failed = sum(verdict in ("fail", "warn") for verdict in verdicts)
    missed = f", {failed} of them beyond its limit or too near" if failed else ""
    if not known:
        return f"{metric} was not measured in the last {len(values)} now-tests"
    spread = f"{figure(min(known))} to {figure(max(known))}"
    return f"{metric} was {spread} over the last {len(values)} now-tests{missed}"


def _advice(found: ModelOverview, verdict: Verdict | None) -> tuple[str, str]:
    name = found.model.name
    if not found.versions:
        return "it has no version yet: train or register one", f"incumbent version train {name}"
    if found.production is None or found.production.champion is None:
        if not found.requirements:
            command = f"incumbent require suggest {name} --apply"
            return "nothing is promised yet: suggest requirements", command
        return f"challenge v{found.shown}, or another version", f"incumbent challenge {name} {found.shown}"
    if not found.requirements:
        return "nothing is promised yet: suggest requirements", f"incumbent require suggest {name} --apply"
    if found.checks and not any(run.verdict for run in found.checks.values()):
        return "what serves now has not been checked: run a now-test", f"incumbent check nowtest {name}"
    if not found.checks:
        return "it has never been checked: run a now-test", f"incumbent check nowtest {name}"
    if verdict in ("fail", "error") and _only_of_trials(found):
        return "see how its trial ended", f"incumbent trial status {name} --all"
    if verdict in ("fail", "error") and found.versions > 1:
        return "look whether another version holds: back-test", f"incumbent check backtest {name}"
    if verdict in ("fail", "error"):
        return "train a version on newer rows", f"incumbent version train {name}"
    return "", ""


def _only_of_trials(found: ModelOverview) -> bool:
    """Whether all that fails was a version on trial: what serves is well."""
    failed = [run for run in found.checks.values() if run.verdict in ("fail", "error")]
    return not failed and all(alert.kind == "trial" for alert in found.alerts if alert.severity == "fail")


def _news(store: Store, since: str, model: str | None) -> News:
    ended = store.runs.ended_since(since, model)
    judged = {str(verdict): count for (state, verdict), count in ended.items() if verdict and state == "done"}
    unfinished = sum(count for (state, _), count in ended.items() if state in ("failed", "interrupted"))
    alarms = sum(alert.opened >= since for alert in store.alerts.list(True, model))
    waiting = [d for d in store.notify.page(unsent_only=True).rows if d.next_try or d.created >= since]
    unsent = sum(delivery.error is not None for delivery in waiting)
    return News(since, alarms, judged, unfinished, unsent)


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
