"""The report of a model's week: how it stands, what changed, every check by day, the trend, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from core.report.blocks import Block, Cell, Code, Facts, Figure, Findings, Paragraph, Report, Section, table
from core.report.changes import journal_between, journal_table
from core.report.in_production import in_production
from core.report.kinds import sections as of_kind
from core.report.measuring import metrics_table, pictured, trend
from core.report.subject import Subject, own_verdict
from core.report.words import moment, short, verdict_words
from core.runs.handlers import CHECKS, title
from core.standing_checks import arrival, of_champion
from store.clock import text
from store.records import VERDICTS, Alert, ProductionRevision, Run, Trial, Verdict

if TYPE_CHECKING:
    from core.traffic.summary import Summary
    from store import Store

#: Runs that are listed one by one.
_MOST_RUNS = 60
#: What is looked at in this order.
_KINDS = (*CHECKS, "challenge")


@dataclass(frozen=True)
class Week:
    """The days of a model that end at a moment, as the store remembers them."""

    store: Store
    model: str
    since: str
    until: str

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Runs that ended in it, newest first, without their documents."""
        found: list[Run] = []
        after: str | None = None
        while True:
            page = self.store.runs.page(self.model, finished_since=self.since, after=after)
            found += [run for run in page.rows if run.finished is not None and run.finished < self.until]
            after = page.after
            if after is None:
                return tuple(found)

    @cached_property
    def standing(self) -> dict[str, Run]:
        """Kind → the last judged run that looked at the whole, in the week or before, with its document.

        Its verdict is that on the version which served at the end, None where it has not judged that one.
        """
        found: dict[str, Run] = {}
        live = self.production
        history = self.store.production.history(self.model).rows
        came = None if live is None else arrival(history, live)
        for kind in _KINDS:
            last = self._last(kind)
            if last is not None:
                found[kind] = of_champion(self.store, self.store.runs.get(last.id), came)
        return found

    def _last(self, kind: str) -> Run | None:
        latest = self.store.runs.last(self.model, kind)
        if latest is not None and (latest.finished or "") < self.until:
            return latest
        earlier = [
            r
            for r in self.runs
            if r.kind == kind and r.verdict is not None and not r.arguments.get("versions")
        ]
        return max(earlier, key=lambda r: (r.as_of or r.finished or "", r.id), default=None)

    @cached_property
    def alerts(self) -> tuple[Alert, ...]:
        """Alerts that were open at some moment of it, newest first."""
        found: list[Alert] = []
        after: str | None = None
        while True:
            page = self.store.alerts.page(open_only=False, model=self.model, after=after)
            found += [
                a for a in page.rows if a.opened < self.until and (a.closed or self.until) >= self.since
            ]
            after = page.after
            if after is None:
                return tuple(found)

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """Trials that ran at some moment of it, newest first."""
        found = self.store.trials.page(self.model).rows
        return tuple(t for t in found if t.started < self.until and (t.ended or self.until) >= self.since)

    @cached_property
    def production(self) -> ProductionRevision | None:
        """What served at its end."""
        history = self.store.production.history(self.model)
        return next((revision for revision in history.rows if revision.when < self.until), None)


def report_of_week(
    store: Store, model: str, until: datetime, days: int = 7, traffic: Summary | None = None
) -> Report:
    """The days of a model that end at a moment.

    Parameters
    ----------
    until : datetime
        The end, with a time zone; what happened later is not known.
    days : int
        How many.
    traffic : Summary, optional
        What production answered in these days, at all sites, by its log.

    Raises
    ------
    UsageError
        If there is no such model.
    """
    store.models.get(model)
    week = Week(store, model, text(until - timedelta(days=days)), text(until))
    checks = {kind: run for kind, run in week.standing.items() if kind != "challenge"}
    sections = (
        Section("Alerts", tuple(_alerts(week))),
        Section("What changed", tuple(_changed(week))),
        Section("In production", tuple(in_production(traffic, week.trials))),
        Section("How each check stands", tuple(_standing(week))),
        Section("Day by day", tuple(_days(week, until, days))),
        Section("The newest data", tuple(_newest(week))),
        *_evidence(week),
        Section("How to find each number again", tuple(_again(week, days))),
    )
    return Report(
        title=f"{model}: {days} days to {week.until[:10]}"
        if days != 7
        else f"{model}: the week to {week.until[:10]}",
        verdict=_worst(checks),
        sentence=_sentence(checks),
        facts=_facts(week),
        sections=tuple(section for section in sections if not section.empty),
    )


def _worst(checks: dict[str, Run]) -> Verdict | None:
    judged = [run.verdict for run in checks.values() if run.verdict is not None]
    return max(judged, key=VERDICTS.index, default=None)


def _sentence(checks: dict[str, Run]) -> str:
    worst = _worst(checks)
    if worst is None:
        return f"Nothing has been judged {'since this version serves' if checks else 'yet'}."
    if worst == "pass":
        passed, unknown = (
            ", ".join(title(kind) for kind, run in checks.items() if run.verdict == word)
            for word in ("pass", None)
        )
        since = f" Not judged since this version serves: {unknown}." if unknown else ""
        return f"Every check that stands has passed: {passed}.{since}"
    first = next(run for run in checks.values() if run.verdict == worst)
    return f"{title(first.kind).capitalize()}: {first.note}"


def _facts(week: Week) -> Facts:
    live = week.production
    serves = "nothing" if live is None or live.champion is None else f"version {live.champion}"
    if live is not None and live.challenger is not None:
        serves += f", challenger {live.challenger} with {live.share:.0%}"
    return Facts(
        (
            ("In production", serves),
            ("From", moment(week.since)),
            ("To", moment(week.until)),
            ("Runs", short(len(week.runs))),
        )
    )


def _alerts(week: Week) -> Iterator[Block]:
    if not week.alerts:
        yield Paragraph("None was open.", "pass")
        return
    rows: list[list[Cell | str]] = [
        [
            Cell(alert.subject, alert.severity),
            alert.message,
            moment(alert.opened),
            moment(alert.closed) if alert.closed and alert.closed < week.until else "open",
            alert.acknowledged_by or "",
        ]
        for alert in week.alerts
    ]
    yield table("Open at some moment", ("About", "What", "Opened", "Closed", "Known to"), rows)


def _changed(week: Week) -> Iterator[Block]:
    entries = journal_between(week.store, week.model, week.since, week.until)
    if entries:
        yield journal_table("Done to the model", entries)
    new = [v for v in week.store.versions.list(week.model, include_archived=True)
           if v.number and week.since <= v.created < week.until]  # fmt: skip
    if new:
        rows: list[list[Cell | str]] = [
            [f"v{v.number}", v.origin, moment(v.created), v.algorithm, short(v.trained_rows)] for v in new
        ]
        yield table("New versions", ("Version", "Origin", "Made", "Algorithm", "Training rows"), rows, (4,))
    if not entries and not new:
        yield Paragraph("Nobody changed anything, and no version was made.")


def _standing(week: Week) -> Iterator[Block]:
    rows: list[list[Cell | str]] = [
        [
            title(kind),
            Cell("", own_verdict(run)),
            run.note,
            moment(run.finished),
            run.as_of or "",
            str(run.id),
        ]
        for kind, run in week.standing.items()
    ]
    if rows:
        yield table("The last word of each check", ("Check", "Verdict", "What", "When", "As of", "Run"),
                    rows, (3, 4, 5))  # fmt: skip


def _days(week: Week, until: datetime, days: int) -> Iterator[Block]:
    """The worst verdict of each check on each day, and how many runs that was."""
    dates = [text(until - timedelta(days=back))[:10] for back in range(min(days, 14), -1, -1)]
    rows: list[list[Cell | str]] = []
    judged = {run.kind for run in week.runs if run.verdict is not None}
    for kind in (kind for kind in _KINDS if kind in judged):
        cells: list[Cell | str] = [title(kind)]
        for date in dates:
            found = [r for r in week.runs if r.kind == kind and r.verdict and (r.finished or "")[:10] == date]
            worst = max((r.verdict for r in found if r.verdict), key=VERDICTS.index, default=None)
            many = f" ({len(found)})" if len(found) > 1 else ""
            cells.append(f"{verdict_words(worst)}{many}" if worst else "")
        rows.append(cells)
    if rows:
        yield table(
            "The worst verdict of each day (UTC), of how many runs", ("Check", *(d[5:] for d in dates)), rows
        )
    undone = [r for r in week.runs if r.state in ("failed", "interrupted")]
    if undone:
        yield Findings(
            tuple(
                Paragraph(f"Run {r.id}, {title(r.kind)}: {r.error or r.state}", "error") for r in undone[:20]
            )
        )


def _newest(week: Week) -> Iterator[Block]:
    run = week.standing.get("nowtest")
    if run is None or not run.result:
        return
    subject = Subject(week.store, run)
    version = run.result.get("version")
    metrics = run.result.get("metrics") or {}
    others = [o["version"] for o in run.result.get("others") or () if o.get("version") is not None]
    latest = max(r.id for r in (run, *(r for r in week.runs if r.kind == "nowtest")))
    for name in pictured(subject, subject.primary, metrics):
        drawn = None if version is None else trend(subject, name, [version, *others], latest)
        if drawn is not None:
            yield Figure((drawn,), f"{name} over the latest now-tests, with its 95 % interval.")
    shown = metrics_table(f"Version {version}, run {run.id}", [(f"v{version}", metrics)], subject)
    if shown is not None:
        yield shown


def _evidence(week: Week) -> Iterator[Section]:
    """What the checks that do not pass have found, the newest data apart, which has its own section."""
    for kind, run in week.standing.items():
        shown = kind != "nowtest" and (run.verdict not in ("pass", None) or kind == "backtest")
        if shown and kind != "challenge":
            yield Section(f"{title(kind).capitalize()}, run {run.id}", (), of_kind(Subject(week.store, run)))


def _again(week: Week, days: int) -> Iterator[Block]:
    yield Paragraph(
        "Each run's own report tells how to do its work again; this one is made of what the store keeps."
    )
    lines = [
        f"incumbent report {week.model} --until {week.until} --days {days} --out week.html",
        f"incumbent history {week.model} --json",
        *(f"incumbent report {run.id} --out run-{run.id}.html" for run in week.standing.values()),
    ]
    yield Code("\n".join(lines), "Commands, in the workspace")
    rows: list[list[Cell | str]] = [
        [str(run.id), title(run.kind), Cell("", run.verdict), moment(run.finished), run.note]
        for run in week.runs
    ]
    if rows:
        headers = ("Run", "Check", "Verdict", "Ended", "What")
        yield table("Runs of these days, newest first", headers, rows, (0,), most=_MOST_RUNS)
