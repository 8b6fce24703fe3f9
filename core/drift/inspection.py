"""One version, one window: measured, compared with past windows, judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.drift.gates import NULLS
from core.drift.measuring import PREDICTION, Measured, WindowMeter
from core.drift.past import PastWindow, Trained, past_windows, shrinkage
from core.drift.predicted import MOST_ROWS, Predictions, answers_of, reference_of
from core.drift.rows import Rows
from core.drift.schema import SchemaChange, schema_changes
from core.drift.verdicts import (
    ColumnVerdict,
    PastColumn,
    chance_of_alarm,
    gate_count,
    judge_column,
    shortage,
)
from core.scoring import Scorer, open_scorer
from core.spec import ModelSpec
from core.timeline import Duration, Window
from incumbent.bundle import Bundle
from incumbent.columns import Array, Columns, row_count
from incumbent.errors import BundleError, DataError
from store.records import Measured as Kept
from store.records import Version

if TYPE_CHECKING:
    from core.data import Source
    from core.workspace import Workspace
    from store import Store

#: A past window with fewer rows than this share of the present one's is left out: it is a gap, or an edge.
FEWEST_SHARE = 0.2
_REFERENCE = "drift reference of answers 1"


@dataclass(frozen=True)
class Subject:
    """A version to inspect, and what shaped it."""

    version: Version
    trained: Trained
    role: str


@dataclass(frozen=True)
class Inspected:
    """What was found of one version.

    Parameters
    ----------
    now : Measured
        The window, with drawings.
    past : sequence of pair
        Past windows, newest first, with what they measured.
    verdicts : mapping of str to ColumnVerdict
    schema : sequence of SchemaChange
    profile : mapping
        The profile's columns that were looked at.
    read : tuple of str
        The columns that the version reads.
    rows : mapping of str to array
        The window itself.
    shortage : str
        Why the window is too thin to be judged.
    note : str
        What could not be done, for people.
    """

    subject: Subject
    window: Window
    now: Measured
    past: Sequence[tuple[PastWindow, Measured]]
    verdicts: Mapping[str, ColumnVerdict]
    schema: Sequence[SchemaChange]
    profile: Mapping[str, Any]
    read: tuple[str, ...]
    rows: Columns = field(repr=False)
    scorer: Scorer | None = field(repr=False)
    shortage: str = ""
    note: str = ""


class Inspector:
    """Inspects versions of one model in one window.

    Parameters
    ----------
    rows : Rows
        Where the window's and past windows' rows come from.
    source : Source
        Where training rows come from, for the reference of the answers.
    """

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        spec: ModelSpec,
        rows: Rows,
        source: Source,
        length: Duration,
        *,
        trusted: Mapping[str, Any],
        progress: Callable[[float | None, str], None] = lambda share, note: None,
        check_cancelled: Callable[[], None] = lambda: None,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._spec = spec
        self._rows = rows
        self._source = source
        self._length = length
        self._trusted = trusted
        self._progress = progress
        self._check_cancelled = check_cancelled

    def inspect(self, subject: Subject, window: Window, stack: ExitStack) -> Inspected:
        """Measure and judge a version; what it opens is closed by the stack."""
        bundle = self._bundle(subject.version)
        profile = dict(bundle.profile().get("columns", {}))
        if not profile:
            raise BundleError(
                f"version {subject.version.number} has no training profile",
                hint="register it again with --reference, or train it",
            )
        read = bundle.input.names
        names = [n for n in profile if n in self._rows.names]
        wanted = [*names, *(n for n in read if n in self._rows.names and n not in names)]
        if self._spec.time is not None and self._spec.time in self._rows.names:
            wanted = list(dict.fromkeys([*wanted, self._spec.time]))
        rows = self._rows.read(window, wanted)
        scorer, predictions, note = self._predictions(subject, stack)
        meter = WindowMeter(profile, self._spec.time, predictions)
        now = meter.measure(rows, draw=True)
        past = self._past(subject, window, meter, wanted, now)
        expected = {n: k for n, k in profile.items() if n in read or not self._rows.inputs_only}
        known = [*self._known(), *(n for n in profile if n not in expected)]
        private = self._spec.private if self._rows.inputs_only else ()
        schema = schema_changes(expected, rows, read, self._rows.names, known, private)
        now = replace(now, calendar=self._calendar(now, past))
        doubled = Window(window.since - (window.until - window.since), window.until)
        short = shortage(now.rows, window, self._rows.oldest(doubled))
        verdicts = self._judge(subject, now, past, profile, read, {c.column for c in schema}, short)
        return Inspected(
            subject, window, now, past, verdicts, schema, profile, read, rows, scorer, short, note
        )

    def _bundle(self, version: Version) -> Bundle:
        return Bundle.open(self._workspace.bundle_path(version.hash), expect=version.hash)

    def _known(self) -> list[str]:
        spec = self._spec
        named = [spec.time, spec.key, spec.group, spec.weight, spec.target]
        return [n for n in named if n is not None]

    # -- the version's answers -----------------------------------------------------------------------------

    def _predictions(
        self, subject: Subject, stack: ExitStack
    ) -> tuple[Scorer | None, Predictions | None, str]:
        version = subject.version
        if version.algorithm == "recorded":
            return None, None, "its predictions are a column of the data"
        scorer = stack.enter_context(
            open_scorer(
                self._workspace,
                self._workspace.bundle_path(version.hash),
                expect=version.hash,
                python=self._spec.python,
                trusted=self._trusted,
            )
        )
        answers = answers_of(scorer)
        reference = self._reference(subject, answers, scorer.bundle.input.names)
        if reference is None:
            return scorer, None, "its predictions are not compared: its training rows are not at hand"
        return scorer, Predictions(answers, reference), ""

    def _reference(
        self, subject: Subject, answers: Callable[[Columns], Array | None], names: Sequence[str]
    ) -> dict[str, Any] | None:
        """The profile of the version's answers on its training rows, made once."""
        trained = subject.trained
        if trained.since is None or trained.until is None:
            return None
        there = {c.name for c in self._source.describe().columns}
        if any(name not in there for name in names):
            return None
        key = (subject.version.hash, "training", _REFERENCE)
        kept = self._store.measured.get_many([key]).get(key)
        if kept is not None:
            found: dict[str, Any] = json.loads(kept)
            return found
        self._progress(None, "predicting the training rows once")
        rows = self._source.read_columns(trained.since, trained.until, None, list(names))
        if not row_count(rows):
            return None
        column = answers(_thinned(rows))
        if column is None:
            return None
        found = reference_of(column)
        self._store.measured.put_many([Kept(*key, json.dumps(found).encode())])
        return found

    # -- past windows --------------------------------------------------------------------------------------

    def _past(
        self, subject: Subject, window: Window, meter: WindowMeter, names: Sequence[str], now: Measured
    ) -> list[tuple[PastWindow, Measured]]:
        first = self._rows.first
        if first is None:
            return []
        chosen = past_windows(window, self._length, subject.trained, first)
        version_hash, way = subject.version.hash, meter.key
        keys = [(version_hash, self._rows.fingerprint(p.window), way) for p in chosen]
        known = self._store.measured.get_many(keys)
        found = []
        for done, (past, key) in enumerate(zip(chosen, keys, strict=True)):
            self._check_cancelled()
            payload = known.get(key)
            if payload is None:
                self._progress(done / len(chosen), f"past windows: {done} of {len(chosen)}")
                measured = self._measured_then(meter, past.window, names)
                if measured is None:
                    continue
                self._store.measured.put_many([Kept(*key, measured.payload())])
            else:
                measured = Measured.of_payload(payload)
            if measured.rows >= FEWEST_SHARE * now.rows and measured.rows:
                found.append((past, measured))
        return found

    def _measured_then(self, meter: WindowMeter, window: Window, names: Sequence[str]) -> Measured | None:
        """A past window's figures; None where its rows cannot be read any more."""
        try:
            return meter.measure(self._rows.read(window, names))
        except DataError:
            return None

    # -- judging -------------------------------------------------------------------------------------------

    def _judge(
        self,
        subject: Subject,
        now: Measured,
        past: Sequence[tuple[PastWindow, Measured]],
        profile: Mapping[str, Any],
        read: Sequence[str],
        changed: set[str],
        short: str,
    ) -> dict[str, ColumnVerdict]:
        calendar = now.calendar
        kinds = self._kinds(now, profile)
        watched = {n: kind for n, kind in kinds.items() if n in (*read, self._spec.target, PREDICTION)}
        alpha = chance_of_alarm(gate_count(watched, calendar), self._days())
        verdicts = {}
        for name, kind in kinds.items():
            given = self._spec.drift.get(name)
            if given == "ignore":
                verdicts[name] = ColumnVerdict("pass", "ignored by the spec")
            elif name not in watched:
                verdicts[name] = ColumnVerdict("pass", "the version does not read it")
            elif name in changed:
                continue
            elif short:
                verdicts[name] = ColumnVerdict("thin", short)
            else:
                before = [
                    PastColumn(m.columns[name], p.season, shrunk)
                    for p, m in past
                    if name in m.columns and (shrunk := self._shrunk(subject, p, m, name)) > 0
                ]
                figures = now.columns[name]
                if name == self._spec.target and self._rows.inputs_only:
                    # outcomes that are still on their way are no nulls of the target
                    figures = {k: v for k, v in figures.items() if k != NULLS.statistic}
                verdicts[name] = judge_column(
                    kind, figures, before, alpha, given if isinstance(given, Mapping) else None,
                    calendar=name in calendar,
                )  # fmt: skip
        return verdicts

    def _calendar(self, now: Measured, past: Sequence[tuple[PastWindow, Measured]]) -> frozenset[str]:
        """Columns that say which time it is: by what any window shows, or by the spec."""
        shown = now.calendar.union(*(measured.calendar for _, measured in past))
        told = {name for name, word in self._spec.drift.items() if word == "calendar"}
        return frozenset(shown | told)

    def _kinds(self, now: Measured, profile: Mapping[str, Any]) -> dict[str, str]:
        kinds = {name: str(profile[name]["kind"]) for name in now.columns if name in profile}
        if PREDICTION in now.columns:
            kinds[PREDICTION] = "category" if "jensen_shannon" in now.columns[PREDICTION] else "number"
        return kinds

    def _shrunk(self, subject: Subject, past: PastWindow, measured: Measured, name: str) -> float:
        """How much farther away an in-sample window counts; 0: it says nothing."""
        if past.in_sample != "in-sample":
            return 1.0
        return shrinkage(subject.version.trained_rows, measured.rows)

    def _days(self) -> float:
        return self._length.months * 30.4 + self._length.seconds / 86_400


def _thinned(rows: dict[str, Array]) -> dict[str, Array]:
    """At most :data:`MOST_ROWS` rows, evenly spread."""
    from incumbent.columns import take

    step = -(-row_count(rows) // MOST_ROWS)
    return take(rows, slice(None, None, step)) if step > 1 else rows
