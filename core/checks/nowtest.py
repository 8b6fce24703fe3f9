"""The now-test: production on the newest labelled data, held against its requirements.

Of a model without a time column, the newest data are what production has logged, with its outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from core.checks.backtest import Result, history_slices, judge_version
from core.checks.documents import measurements, metrics_document, segments_document
from core.checks.early_warning import watch_losses
from core.checks.judging import UNKNOWN, findings, unjudged
from core.checks.measure import Found, measure_all
from core.checks.pairing import own_cut, own_wishes
from core.checks.setup import Setup, prepare
from core.checks.slices import LOSSES, Slice, Wish
from core.checks.subjects import Subject, champion_of
from core.production_limits import after_nowtest
from core.runs import Outcome, RunContext
from core.statistics.limits import BREACHES_IN_A_ROW, Judgement, worst
from core.statistics.sequential import Watch
from core.timeline import Duration, Window, window_length
from core.timeline import earlier as earlier_windows
from incumbent.errors import DataError, NothingLoggedError
from store import clock
from store.records import InSample, Verdict


def execute(context: RunContext) -> Outcome:
    """Carry out a now-test run.

    Arguments: ``versions`` (list of numbers; by default the champion, else the newest version), ``by``.
    """
    arguments = context.run.arguments
    try:
        setup = prepare(context, by=arguments.get("by"), versions=arguments.get("versions"), newest=True)
    except NothingLoggedError as error:
        return _nothing_yet(context, error)
    chief = _chief(setup)
    windows = _windows(setup, window_length(setup.spec.window, setup.spec.partition))
    companions = [s for s in setup.subjects if s is chief or s.role in ("challenger", "baseline")]
    plan = {piece: [w for s in companions for w in own_wishes(s, piece)] for piece in windows}
    history = _history(setup, chief)
    plan.update({piece: [Wish(chief.number, chief.hash, own_cut(chief, piece))] for piece in history})
    found = measure_all(
        context.store, setup.setting, plan, progress=context.progress, cancelled=context.cancelled,
        unaltered=[chief.hash],
    )  # fmt: skip
    warning = _warning(chief, history, found)
    rising = {"window": warning.reason} if warning is not None and warning.rising else {}
    past = [found[p.label, Wish(chief.number, chief.hash, own_cut(chief, p))] for p in history]
    results = [
        judge_version(setup, subject, windows, found, rising, past)
        if subject is chief
        else judge_version(setup, subject, windows, found)
        for subject in companions
    ]
    mine = next(r for r in results if r.subject is chief)
    others = [r for r in results if r is not mine]
    mine = _heard(setup, mine, warning)
    outcome = _conclude(context, setup, windows[-1], mine, others, warning)
    return after_nowtest(context, outcome, chief.number if chief is setup.champion else None)


def _heard(setup: Setup, mine: Result, warning: Watch | None) -> Result:
    """The version's result in which an early warning is heard, though no requirement binds the window."""
    judged = mine.slices[-1]
    asked = any("\t" not in key for key in judged.judgements)  # then it speaks there
    if warning is None or not warning.rising or asked or not (judged.counts and judged.n):
        return mine
    rising = Judgement("warn", "rising", f"{warning.reason} (early warning)")
    said = replace(judged, judgements={**judged.judgements, setup.spec.metric: rising})
    return replace(mine, slices=(*mine.slices[:-1], said))


def _history(setup: Setup, chief: Subject) -> list[Slice]:
    """The partitions after what shaped the version, up to now: what the early warning looks at."""
    if chief.until is None:
        return []
    pieces = history_slices(setup, None, None)
    return [p for p in pieces if p.labelled and p.until is not None and p.until > chief.until]


def _warning(chief: Subject, history: Sequence[Slice], found: Found) -> Watch | None:
    kept = [found[p.label, Wish(chief.number, chief.hash, own_cut(chief, p))].kept for p in history]
    return watch_losses(k[LOSSES] for k in kept if LOSSES in k)


def _chief(setup: Setup) -> Subject:
    serious = [s for s in setup.subjects if s.role != "baseline"]
    return setup.champion or (serious[-1] if serious else setup.subjects[-1])


def _windows(setup: Setup, length: Duration) -> list[Slice]:
    """The window, and before it those that a third breach in a row is counted in; oldest first."""
    window = setup.source.window(setup.as_of, length)
    if window is None:
        raise DataError(
            f"no row of {setup.spec.name} has a known label"
            + (f" as of {setup.text(setup.as_of)}" if setup.as_of else ""),
            hint="labels may be late (`label_delay`), or the target column is empty",
        )
    first = setup.source.describe().first
    before = [
        w
        for w in islice(earlier_windows(window, length), BREACHES_IN_A_ROW - 1)
        if first is not None and w.until > first
    ]
    return [_slice(setup, w, f"{-i} before" if i else "window") for i, w in _numbered(before, window)]


def _numbered(before: Sequence[Window], window: Window) -> list[tuple[int, Window]]:
    listed = [(-(i + 1), w) for i, w in enumerate(before)]
    return [*reversed(listed), (0, window)]


def _slice(setup: Setup, window: Window, label: str) -> Slice:
    fingerprint = setup.source.range_fingerprint(window.since, window.until, setup.as_of)
    return Slice(label, window.since, window.until, fingerprint, rows=1, window=True)


def _conclude(
    context: RunContext,
    setup: Setup,
    window: Slice,
    mine: Result,
    others: Sequence[Result],
    warning: Watch | None,
) -> Outcome:
    judged = mine.slices[-1]
    bounds = (setup.text(window.since), setup.text(window.until))
    failed = [
        {"metric": key.partition("\t")[0], "segment": key.partition("\t")[2] or None, "verdict": j.verdict,
         "reason": j.reason}
        for key, j in judged.judgements.items()
        if j.verdict in ("fail", "warn")
    ]  # fmt: skip
    verdict = _verdict(setup, mine)
    result = {
        "check": "nowtest",
        "model": setup.spec.name,
        "version": mine.subject.number,
        "verdict": verdict,
        "as_of": context.run.as_of,
        "in_sample": judged.in_sample == "in-sample",
        "coverage": judged.in_sample,
        "metric": setup.spec.metric,
        "window": {"since": bounds[0], "until": bounds[1], "n": judged.n},
        "metrics": metrics_document(judged.estimates),
        "segments": segments_document(judged.estimates),
        "failed": failed,
        "early_warning": None if warning is None else {"rising": warning.rising, "reason": warning.reason},
        "others": [
            {
                "version": r.subject.number,
                "role": r.subject.role,
                "coverage": r.slices[-1].in_sample,
                "metrics": metrics_document(r.slices[-1].estimates),
            }
            for r in others
        ],
    }
    when = clock.now()
    rows = [
        row
        for r in (mine, *others)
        for row in measurements(
            context.run, r.subject.number, None, bounds, r.slices[-1].estimates, r.slices[-1].judgements,
            r.slices[-1].in_sample, when,
        )
    ]  # fmt: skip
    rows = [replace(row, partition="window") for row in rows]
    note = f"v{mine.subject.number}: {_sentence(setup, mine, verdict)}"
    serves = mine.subject is setup.champion
    alerts = findings(judged.judgements.values(), verdict, note) if serves else ()
    return Outcome(verdict, note, result, tuple(rows), alerts)


def _nothing_yet(context: RunContext, error: NothingLoggedError) -> Outcome:
    """A model without a time column that production has not been told the truth about."""
    document: dict[str, Any] = {
        "check": "nowtest",
        "model": str(context.run.model),
        "version": champion_of(context.store, str(context.run.model)),
        "verdict": "thin",
        "as_of": context.run.as_of,
        "in_sample": False,
        "coverage": "no",
        "window": {"since": None, "until": None, "n": 0},
        "metrics": {},
        "segments": {},
        "failed": [],
        "early_warning": None,
        "others": [],
    }
    return Outcome("thin", error.message, document, alerts=())


def _verdict(setup: Setup, mine: Result) -> Verdict:
    judged = mine.slices[-1]
    state: InSample = judged.in_sample
    if state in ("in-sample", "hindsight") or not judged.n:
        return "thin"
    found = worst(j.verdict for j in judged.judgements.values())
    return found or unjudged(judged.estimates.get(setup.spec.metric), mine.subject.known)


def _sentence(setup: Setup, mine: Result, verdict: Verdict) -> str:
    judged = mine.slices[-1]
    if not judged.n:
        return "no labelled row in the window lies after what shaped this version"
    if judged.in_sample in ("in-sample", "hindsight"):
        return f"the window is {judged.in_sample}: it shaped this version, and cannot judge it"
    said = [j.reason for j in judged.judgements.values() if j.verdict == verdict and verdict != "pass"]
    if said:
        return "; ".join(said[:2])
    value = judged.estimates.get(setup.spec.metric)
    shown = f"{setup.spec.metric} {value.value:.3f}, " if value and value.value is not None else ""
    suffix = "" if setup.requirements else "; no requirements are set"
    suffix += "" if mine.subject.known else f"; {UNKNOWN}"
    return f"{shown}{judged.n:,} rows{suffix}"
