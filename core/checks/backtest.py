"""The back-test: champion and challengers over the history, partition by partition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from core.checks.comparing import compare
from core.checks.documents import measurements, metrics_document, segments_document, slice_document
from core.checks.history import with_history
from core.checks.judging import (
    COUNTING,
    UNKNOWN,
    Judged,
    Piece,
    findings,
    judge_overall,
    judge_slices,
    reasons,
    rows_measured,
    unjudged,
)
from core.checks.measure import Found, Measures, measure_all
from core.checks.pairing import own_wishes, paired, shared_cut
from core.checks.pooling import pooled
from core.checks.setup import Setup, prepare
from core.checks.slices import REFUSED, Slice, Wish
from core.checks.subjects import Subject
from core.metrics import Metric
from core.runs import Finding, Outcome, RunContext
from core.statistics.combine import combine
from core.statistics.estimate import Estimate
from core.statistics.limits import Judgement, worst
from incumbent.errors import DataError
from store import clock
from store.records import InSample, Measurement, Verdict

if TYPE_CHECKING:
    from core.data import Partition


@dataclass(frozen=True)
class Result:
    """One version, judged over the history."""

    subject: Subject
    slices: tuple[Judged, ...]
    overall: Mapping[str, Estimate]
    judgements: Mapping[str, Judgement]  # of the overall values
    verdict: Verdict | None

    @property
    def counted(self) -> list[Judged]:
        """The slices that say something about the version."""
        return [s for s in self.slices if s.counts and s.n]


def execute(context: RunContext) -> Outcome:
    """Carry out a back-test run.

    Arguments: ``versions`` (list of numbers), ``since``, ``until``, ``by`` (a column), ``walk_forward``
    (``expanding`` or ``sliding``), ``jobs``.
    """
    arguments = context.run.arguments
    if arguments.get("walk_forward"):
        from core.checks.walk_forward import execute as walk

        return walk(context)
    setup = prepare(context, by=arguments.get("by"), versions=arguments.get("versions"))
    pieces = history_slices(setup, arguments.get("since"), arguments.get("until"))
    setup, found = measure_history(context, setup, pieces, setup.champion)
    results = [judge_version(setup, subject, pieces, found) for subject in setup.subjects]
    return conclude(context, setup, pieces, results, found)


def measure_history(
    context: RunContext, setup: Setup, pieces: Sequence[Slice], opponent: Subject | None
) -> tuple[Setup, Found]:
    """Measure every version of a setup on the slices, and each on the rows that count for the opponent too.

    Returns
    -------
    pair of Setup and dict
        The setup with each version's training as :func:`on_whole_periods` gives it, and what was found.
    """
    found = _measure(context, setup, pieces, opponent)
    settled = on_whole_periods(setup, pieces, found)
    if settled == setup.subjects:
        return setup, found
    setup = replace(setup, subjects=settled)
    numbers = None if opponent is None else opponent.number
    return setup, _measure(context, setup, pieces, next((s for s in settled if s.number == numbers), None))


def _measure(context: RunContext, setup: Setup, pieces: Sequence[Slice], opponent: Subject | None) -> Found:
    return measure_all(
        context.store,
        setup.setting,
        {piece: _wishes(setup, piece, opponent) for piece in pieces if piece.rows},
        progress=context.progress,
        cancelled=context.cancelled,
        jobs=context.run.arguments.get("jobs"),
    )


def on_whole_periods(setup: Setup, pieces: Sequence[Slice], found: Found) -> tuple[Subject, ...]:
    """The versions, each as trained to the end of its last period where no labelled row of that is left.

    Training to the first of July ends with the last row of June: June is then in-sample, and not a partition
    that is measured on nothing.
    """
    if setup.source.slicing.period is None:
        return setup.subjects
    return tuple(_on_whole_period(subject, pieces, found) for subject in setup.subjects)


def _on_whole_period(subject: Subject, pieces: Sequence[Slice], found: Found) -> Subject:
    for piece in pieces:
        state, cut = subject.coverage(piece)
        measures = found.get((piece.label, Wish(subject.number, subject.hash, cut)))
        if state == "part" and measures is not None and not any(e.n for e in measures.estimates.values()):
            return replace(subject, until=piece.until)
    return subject


def history_slices(setup: Setup, since: str | None, until: str | None) -> list[Slice]:
    """The partitions of the history, empty ones between others too.

    Raises
    ------
    DataError
        Where there is no row in the stretch asked for.
    """
    source = setup.source
    for option, asked in (("--since", since), ("--until", until)):
        if asked is not None:
            setup.spec.need_time(option)
    start = None if since is None else source.moment(since, "--since")
    end = None if until is None else source.moment(until, "--until")
    partitions = source.list_partitions(start, end, setup.as_of)
    if not any(p.rows for p in partitions):
        described = source.describe()
        raise DataError(
            f"no row of {setup.spec.name} lies in the stretch asked for",
            hint=f"the data runs from {described.first} to {described.last}",
        )
    return [_slice(setup, p, start, end) for p in partitions]


def _slice(setup: Setup, partition: Partition, since: datetime | None, until: datetime | None) -> Slice:
    counted = setup.source.counted(partition, since, until, setup.as_of)
    begin, end = counted.since, counted.until
    fingerprint = setup.source.fingerprint(partition.label, setup.as_of)
    if since is not None and partition.since is not None and since > partition.since:
        begin, fingerprint = since, f"{fingerprint}>={since.isoformat()}"
    if until is not None and partition.until is not None and until < partition.until:
        end, fingerprint = until, f"{fingerprint}<{until.isoformat()}"
    return Slice(partition.label, begin, end, fingerprint, counted.rows, counted.labelled)


def _wishes(setup: Setup, piece: Slice, opponent: Subject | None) -> list[Wish]:
    """Every version on the rows that count for it, and on those that count for the opponent too."""
    wishes = []
    for subject in setup.subjects:
        wishes += own_wishes(subject, piece)
        if opponent is not None and subject is not opponent:
            cut = shared_cut(subject, opponent, piece)
            wishes += [Wish(s.number, s.hash, cut) for s in (subject, opponent)]
    return wishes


def judge_version(
    setup: Setup,
    subject: Subject,
    pieces: Sequence[Slice],
    found: Found,
    rising: Mapping[str, str] | None = None,
    history: Sequence[Measures] = (),
) -> Result:
    """Judge a version over the slices, oldest first.

    Parameters
    ----------
    rising : mapping, optional
        As in :func:`judge_slices`.
    history : sequence of Measures
        Other slices that count for the version; see :func:`core.checks.history.with_history`.
    """
    listed: list[Piece] = []
    for piece in pieces:
        state, measures = _covered(subject, piece, found)
        listed.append((piece.label, state, measures or Measures(setup.nothing(), {})))
    return judge_listed(setup, subject, listed, rising or {}, history)


def judge_listed(
    setup: Setup,
    subject: Subject,
    listed: Sequence[Piece],
    rising: Mapping[str, str] = MappingProxyType({}),
    history: Sequence[Measures] = (),
) -> Result:
    """Judge what was measured of a version, slice by slice and together; see :func:`judge_version`."""
    counted = [measures for _, state, measures in listed if state in COUNTING]
    settled = with_history([measures for _, _, measures in listed], setup.metric, counted, history)
    pieces = [(label, state, m) for (label, state, _), m in zip(listed, settled, strict=True)]
    return overall_result(setup, subject, judge_slices(pieces, setup.requirements, rising))


def _covered(subject: Subject, piece: Slice, found: Found) -> tuple[InSample, Measures | None]:
    """How a slice lies to what shaped a version, and what was measured; seen but for rows that it has not
    is seen wholly."""
    state, cut = subject.coverage(piece)
    measures = found.get((piece.label, Wish(subject.number, subject.hash, cut)))
    if state == "part" and measures is not None and not rows_measured(measures.estimates):
        return "in-sample", found.get((piece.label, Wish(subject.number, subject.hash)))
    return state, measures


def overall_result(setup: Setup, subject: Subject, slices: Sequence[Judged]) -> Result:
    """A version's judged slices taken together."""
    counted = [s for s in slices if s.counts and s.n]
    keys = dict.fromkeys(key for s in counted for key in s.estimates if not key.startswith(REFUSED))
    overall = {
        key: _combined(
            setup.metric(key.partition("\t")[0]), [s.estimates[key] for s in counted if key in s.estimates]
        )
        for key in keys or setup.setting.metrics
    }
    state: InSample = "unknown" if not subject.known else "no"
    judgements = judge_overall(overall, setup.requirements, state, setup.custom)
    verdict = worst([*(s.verdict for s in counted), *(j.verdict for j in judgements.values())])
    if verdict is None and subject.role != "baseline" and not counted:
        verdict = "thin"
    if verdict is None and counted:
        verdict = unjudged(overall.get(setup.spec.metric), subject.known)
    return Result(subject, tuple(slices), overall, judgements, verdict)


def _combined(metric: Metric, estimates: Sequence[Estimate]) -> Estimate:
    if metric.kind == "count":
        total = [e.value for e in estimates if e.value is not None]
        n = sum(e.n for e in estimates)
        return Estimate(sum(total) if total else None, None, None, n, reason="a sum has no interval")
    return combine(estimates, metric.bounds)


def conclude(
    context: RunContext, setup: Setup, pieces: Sequence[Slice], results: Sequence[Result], found: Found
) -> Outcome:
    """The document, the rows and the verdict of a back-test."""
    bounds = {p.label: (setup.text(p.since), setup.text(p.until)) for p in pieces}
    unlabelled = {p.label: p.rows - p.labelled for p in pieces}
    documents = [_document(setup, result, bounds, unlabelled) for result in results]
    champion = next((r for r in results if r.subject is setup.champion), None)
    for result, written in zip(results, documents, strict=True):
        written["comparison"] = _comparison(setup, result, champion, pieces, found)
    verdict = _verdict(results, champion, bool(context.run.arguments.get("versions")))
    document = {
        "run": context.run.id,
        "check": "backtest",
        "model": setup.spec.name,
        "verdict": verdict,
        "as_of": context.run.as_of,
        "metric": setup.spec.metric,
        "requirements": len(setup.requirements),
        "unlabelled": sum(unlabelled.values()),
        "versions": documents,
    }
    rows = tuple(_rows(context, results, bounds))
    return Outcome(verdict, _note(setup, results, champion), document, rows, _alerts(setup, champion))


def _alerts(setup: Setup, champion: Result | None) -> tuple[Finding, ...]:
    if champion is None or champion.verdict is None:
        return ()
    judgements = [j for s in champion.counted for j in s.judgements.values()]
    return findings(
        [*judgements, *champion.judgements.values()], champion.verdict, _sentence(setup, champion)
    )


def _document(
    setup: Setup, result: Result, bounds: Mapping[str, Any], unlabelled: Mapping[str, int]
) -> dict[str, Any]:
    overall = metrics_document(result.overall)
    for name, written in overall.items():
        parts = [(s.estimates[name], s.kept) for s in result.counted if name in s.estimates]
        written["pooled"] = pooled(setup.metric(name), parts, setup.positive)
    document: dict[str, Any] = {
        "version": result.subject.number,
        "role": result.subject.role,
        "rule": result.subject.rule,
        "verdict": result.verdict,
        "note": _sentence(setup, result),
        "overall": overall,
        "partitions": [
            {**slice_document(s, *bounds[s.label]), "unlabelled": unlabelled[s.label]} for s in result.slices
        ],
    }
    segments = segments_document(result.overall)
    if segments:
        document["segments"] = segments
    return document


def _comparison(
    setup: Setup, result: Result, champion: Result | None, pieces: Sequence[Slice], found: Found
) -> dict[str, Any] | None:
    if champion is None or result is champion:
        return None
    one, other = result.subject, champion.subject
    pairs = [pair for _, pair in paired(one, other, pieces, found)]
    known = one.known and other.known
    compared = compare(setup.spec, setup.requirements, pairs, known, custom=setup.custom)
    return {"champion": other.number, **compared}


def _verdict(results: Sequence[Result], champion: Result | None, named: bool) -> Verdict | None:
    """The champion's verdict; the worst of those named where versions were named, or where nobody serves."""
    if champion is not None and not named:
        return champion.verdict
    judged = [r.verdict for r in results if r.subject.role != "baseline"]
    return worst(judged) if named else (judged[-1] if judged else None)


def _that_count(partitions: int) -> str:
    return "the one partition that counts" if partitions == 1 else f"{partitions} partitions that count"


def _note(setup: Setup, results: Sequence[Result], champion: Result | None) -> str:
    chief = champion or next((r for r in reversed(results) if r.subject.role != "baseline"), None)
    if chief is None:
        return f"{len(results)} versions measured"
    return f"v{chief.subject.number}: {_sentence(setup, chief)}"


def _sentence(setup: Setup, result: Result) -> str:
    """The verdict of one version in a line."""
    counted = result.counted
    if not counted:
        return "no partition lies after what shaped this version: nothing can be judged"
    bad = [s for s in counted if s.verdict == result.verdict and s.verdict not in (None, "pass")]
    if bad:
        first = reasons(bad[-1].judgements, result.verdict)
        more = f" (and {len(bad) - 1} more of {len(counted)} partitions)" if len(bad) > 1 else ""
        return f"{bad[-1].label}: {first[0] if first else result.verdict}{more}"
    overall = reasons(result.judgements, result.verdict)
    if overall:
        return f"overall: {overall[0]}"
    value = result.overall.get(setup.spec.metric)
    if value is None or value.value is None:
        return f"{setup.spec.metric} has no value: {_why_undefined(setup, counted)}"
    suffix = "" if setup.requirements else "; no requirements are set"
    suffix += "" if result.subject.known else f"; {UNKNOWN}"
    return f"{setup.spec.metric} {value.value:.3f} over {_that_count(len(counted))}{suffix}"


def _why_undefined(setup: Setup, counted: Sequence[Judged]) -> str:
    estimate = counted[-1].estimates.get(setup.spec.metric)
    return estimate.reason if estimate is not None and estimate.reason else "nothing to measure"


def _rows(context: RunContext, results: Sequence[Result], bounds: Mapping[str, Any]) -> "list[Measurement]":
    when = clock.now()
    rows: list[Measurement] = []
    for result in results:
        number = result.subject.number
        for judged in result.slices:
            if judged.n:
                rows += measurements(
                    context.run, number, judged.label, bounds[judged.label], judged.estimates,
                    judged.judgements, judged.in_sample, when,
                )  # fmt: skip
        state: InSample = "no" if result.subject.known else "unknown"
        rows += measurements(
            context.run, number, None, (None, None), result.overall, result.judgements, state, when
        )
    return rows
