"""The drift check: the newest rows against what a version learned from (rule 10)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from core.checks.setup import Setup, prepare
from core.checks.subjects import champion_of
from core.data.canonical import ColumnError
from core.drift.beyond import expectation, multivariate
from core.drift.document import column_document, column_documents, past_documents
from core.drift.inspection import Inspected, Inspector, Subject
from core.drift.measuring import PREDICTION
from core.drift.past import Trained
from core.drift.rows import Rows, SourceRows
from core.runs import Finding, Outcome, RunContext
from core.scoring import trusted
from core.spec import ColumnKind
from core.statistics.limits import worst
from core.timeline import Window, window_length
from incumbent.errors import NothingLoggedError, RefusedError, UsageError
from store import clock
from store.records import InSample, Measurement, Verdict


@dataclass(frozen=True)
class _Judged:
    """A version with its verdict."""

    found: Inspected
    coverage: InSample
    verdict: Verdict
    note: str


def execute(context: RunContext) -> Outcome:
    """Carry out a drift run.

    Arguments: ``versions`` (list of numbers; by default the champion, else the newest version), ``from``
    (``log``: production's log instead of the data source), ``site`` (of the log), ``multivariate``.
    """
    arguments = context.run.arguments
    try:
        setup = prepare(context, versions=arguments.get("versions"))
        with ExitStack() as stack:
            return _execute(context, setup, stack)
    except ColumnError as error:
        return _unreadable(context, error)


def _execute(context: RunContext, setup: Setup, stack: ExitStack) -> Outcome:
    spec = setup.spec
    length = window_length(spec.window, spec.partition if spec.time else "week")
    try:
        rows = _rows(context, setup)
    except NothingLoggedError as error:
        if setup.spec.time is not None:
            raise
        return _nothing_yet(context, error)
    window = rows.window(length)
    inspector = Inspector(
        context.workspace, context.store, spec, rows, setup.source, length, trusted=trusted(context.store),
        progress=context.progress, check_cancelled=context.check_cancelled,
    )  # fmt: skip
    judged = [
        _judged(context, setup, inspector.inspect(subject, window, stack))
        for subject in _subjects(context, setup)
    ]
    return _conclude(context, setup, judged, rows)


def _rows(context: RunContext, setup: Setup) -> Rows:
    if _source_of(context, setup) != "log":
        if setup.spec.time is None:
            raise UsageError(
                f"{setup.spec.name} has no time column: its data have no newest rows to compare",
                hint="leave --from out to look at what production logged, or set `time` in the spec",
            )
        return SourceRows(setup.source, setup.as_of)
    from core.drift.logged import LoggedRows
    from core.traffic import Traffic

    site = context.run.arguments.get("site") or "local"
    traffic = Traffic.open(context.workspace, context.store, setup.spec.name, site)
    described = setup.source.describe()
    kinds: dict[str, ColumnKind] = {c.name: c.kind for c in described.columns if c.kind != "ignore"}
    return LoggedRows(traffic, kinds, setup.as_of)


def _source_of(context: RunContext, setup: Setup) -> str:
    """Where the rows are from: without a time column, only the log has newest ones."""
    return str(context.run.arguments.get("from") or ("data" if setup.spec.time is not None else "log"))


def _subjects(context: RunContext, setup: Setup) -> list[Subject]:
    named = context.run.arguments.get("versions")
    serious = [s for s in setup.subjects if s.role != "baseline"]
    if named:
        chosen = serious
    else:
        chosen = [setup.champion or serious[-1]] if serious else []
    if not chosen:
        raise RefusedError(
            f"{setup.spec.name} has no version whose data could drift",
            hint=f"make one: `incumbent version train {setup.spec.name}`",
        )
    get = context.store.versions.get
    return [Subject(get(setup.spec.name, s.number), Trained(s.since, s.until), s.role) for s in chosen]


def _judged(context: RunContext, setup: Setup, found: Inspected) -> _Judged:
    coverage = found.subject.trained.coverage(found.window)
    verdict, note = _verdict(context, setup, found, coverage)
    return _Judged(found, coverage, verdict, note)


def _verdict(context: RunContext, setup: Setup, found: Inspected, coverage: InSample) -> tuple[Verdict, str]:
    broken = [c.reason for c in found.schema if c.verdict == "fail"]
    if broken:
        return "fail", "; ".join(broken[:3])
    if found.shortage:
        return "thin", found.shortage
    if coverage in ("in-sample", "hindsight"):
        return "thin", f"the window is {coverage}: it shaped this version, and cannot have drifted from it"
    drifted = {name: v.reason for name, v in found.verdicts.items() if v.verdict == "warn"}
    if not drifted:
        return "pass", f"{len(found.verdicts)} columns, {found.now.rows:,} rows: as in past windows"
    name, reason = next(iter(drifted.items()))
    more = f" (and {len(drifted) - 1} more of {len(found.verdicts)})" if len(drifted) > 1 else ""
    note = f"{name}: {reason}{more}"
    harmed = _harmed(context, found)
    return ("fail", f"{note}; {harmed}") if harmed else ("warn", note)


def _harmed(context: RunContext, found: Inspected) -> str:
    """What the last now-test said of the version in production, if it failed as of the same moment."""
    run, store = context.run, context.store
    last = store.runs.last_per_check(str(run.model)).get("nowtest")
    if last is None or last.verdict != "fail" or last.as_of != run.as_of:
        return ""
    if found.subject.version.number != champion_of(store, str(run.model)):
        return ""
    return f"and the last now-test failed ({last.note})"


def _conclude(context: RunContext, setup: Setup, judged: Sequence[_Judged], rows: Rows) -> Outcome:
    chief = judged[0]
    document = _document(context, setup, chief)
    context.progress(None, "what is to be expected")
    document["expected"] = expectation(chief.found, setup.spec, rows)
    if context.run.arguments.get("multivariate"):
        context.progress(None, "telling the window from the training rows")
        document["multivariate"] = multivariate(chief.found, setup.source)
    document["versions"] = [_line(j) for j in judged]
    verdict = worst(j.verdict for j in judged) or "pass"
    document["verdict"] = verdict
    note = f"v{chief.found.subject.version.number}: {chief.note}"
    serving = chief.found.subject.role == "champion" and len(judged) == 1
    alerts = (Finding("", verdict, note),) if serving else ()
    measured = tuple(_measurement(context, setup, j) for j in judged)
    return Outcome(verdict, note, document, measured, alerts)


def _document(context: RunContext, setup: Setup, judged: _Judged) -> dict[str, Any]:
    found, target = judged.found, setup.spec.target
    alone = {n: column_document(found, n) for n in (PREDICTION, target) if n in found.verdicts}
    return {
        "check": "drift",
        "model": setup.spec.name,
        "version": found.subject.version.number,
        "verdict": judged.verdict,
        "as_of": context.run.as_of,
        "from": _source_of(context, setup),
        "coverage": judged.coverage,
        "window": _window(setup, found.window, found.now.rows),
        "past": past_documents(found),
        "columns": column_documents(found, target),
        "prediction": alone.get(PREDICTION),
        "target": alone.get(target),
        "schema": [c.document() for c in found.schema],
        "multivariate": None,
        "expected": None,
        "note": found.note,
    }


def _window(setup: Setup, window: Window, rows: int) -> dict[str, Any]:
    return {"since": setup.text(window.since), "until": setup.text(window.until), "n": rows}


def _line(judged: _Judged) -> dict[str, Any]:
    """A version in the form that all checks share: columns are its cases."""
    found = judged.found
    failed = [
        {"case": n, "version": found.subject.version.number, "reason": v.reason, "verdict": v.verdict}
        for n, v in found.verdicts.items()
        if v.verdict in ("warn", "fail")
    ]
    failed += [
        {
            "case": c.column,
            "version": found.subject.version.number,
            "reason": c.reason,
            "verdict": c.verdict,
        }
        for c in found.schema
        if c.verdict != "pass"
    ]
    return {
        "version": found.subject.version.number,
        "verdict": judged.verdict,
        "note": judged.note,
        "passed": sum(v.verdict == "pass" for v in found.verdicts.values()),
        "failed": failed,
    }


def _measurement(context: RunContext, setup: Setup, judged: _Judged) -> Measurement:
    drifted = sum(v.verdict == "warn" for v in judged.found.verdicts.values())
    return Measurement(
        run=context.run.id,
        model=setup.spec.name,
        version=judged.found.subject.version.number,
        check="drift",
        partition="window",
        segment=None,
        since=setup.text(judged.found.window.since),
        until=setup.text(judged.found.window.until),
        metric="columns_drifted",
        value=float(drifted),
        low=None,
        high=None,
        n=judged.found.now.rows,
        in_sample=judged.coverage,
        verdict=judged.verdict,
        reason=judged.note,
        as_of=context.run.as_of,
        when=clock.now(),
    )


def _unreadable(context: RunContext, error: ColumnError) -> Outcome:
    """A column whose values are of another kind than the data had when its kind was found."""
    number = champion_of(context.store, str(context.run.model))
    change = {"column": error.column, "change": "retyped", "verdict": "fail", "reason": error.message}
    note = f"the data cannot be read: {error}"
    failed = [{"case": error.column, "version": number, "reason": error.message}]
    document = _without_window(context, number, "fail", note, "data", [change], failed)
    return Outcome("fail", note, document, (), (Finding("", "fail", note),) if number is not None else ())


def _nothing_yet(context: RunContext, error: NothingLoggedError) -> Outcome:
    """A model without a time column that production has not been asked yet."""
    note = f"{error.message}; it has no time column, so production's log is where its newest rows are"
    number = champion_of(context.store, str(context.run.model))
    return Outcome("thin", note, _without_window(context, number, "thin", note, "log"), (), ())


def _without_window(
    context: RunContext,
    number: int | None,
    verdict: Verdict,
    note: str,
    source: str,
    schema: Sequence[dict[str, Any]] = (),
    failed: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The document of a check that saw no window."""
    return {
        "check": "drift",
        "model": str(context.run.model),
        "version": number,
        "verdict": verdict,
        "as_of": context.run.as_of,
        "from": source,
        "coverage": "unknown",
        "window": None,
        "past": [],
        "columns": [],
        "prediction": None,
        "target": None,
        "schema": list(schema),
        "multivariate": None,
        "expected": None,
        "note": note,
        "versions": [
            {"version": number, "verdict": verdict, "note": note, "passed": 0, "failed": list(failed)}
        ],
    }
