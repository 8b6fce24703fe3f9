"""What the store hands out and takes: frozen dataclasses, nothing of SQLite in them.

Wall-clock times are ISO 8601 text in UTC with a ``Z`` (``2026-11-22T02:00:00.000Z``). Times of the data
(``as_of``, partition bounds, training ranges) are ISO 8601 text as the data has them: without a zone as they
stand, with ``Z`` where the data's times carry one. Versions are named by number within their model; version 0
is the model's trivial baseline. ``None`` is "not known" or "not set", and a ``reason`` stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, dataclass_transform

Kind = TypeVar("Kind")

CheckName = Literal["regression", "edge", "stress", "backtest", "nowtest", "drift", "software"]
RunKind = Literal[
    "regression",
    "edge",
    "stress",
    "backtest",
    "nowtest",
    "drift",
    "software",
    "train",
    "register",
    "search",
    "challenge",
    "replay",
    "drill",
    "reproduce",
    "diff",
]
RunState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
Verdict = Literal["pass", "warn", "fail", "thin", "error"]
InSample = Literal["no", "part", "in-sample", "hindsight", "unknown"]


def _equal(one: Any, other: Any) -> Any:
    return vars(one) == vars(other) if type(one) is type(other) else NotImplemented


def _hash(one: Any) -> int:
    return hash(tuple(vars(one).values()))


def _text(one: Any) -> str:
    return f"{type(one).__qualname__}({', '.join(f'{name}={value!r}' for name, value in vars(one).items())})"


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[Kind]) -> type[Kind]:
    """A frozen dataclass.

    How it is compared and shown is not generated for each kind: that takes half of the time of importing this
    module, which every command does.
    """
    made = dataclass(frozen=True, eq=False, repr=False)(kind)
    for name, method in (("__eq__", _equal), ("__hash__", _hash), ("__repr__", _text)):
        setattr(made, name, method)
    return made


#: From best to worst; a worse one opens an alert, a better one closes it.
VERDICTS: tuple[Verdict, ...] = ("pass", "thin", "warn", "fail", "error")


@record
class Model:
    """A named prediction task."""

    id: int
    name: str
    created: str
    archived: str | None
    revision: int  # number of the live spec revision


@record
class SpecRevision:
    """One state of a model's spec. ``document`` is the spec as plain data (core.spec.ModelSpec.document)."""

    model: str
    number: int
    document: Mapping[str, Any]
    when: str
    who: str
    why: str


@record
class Version:
    """One immutable bundle of a model."""

    model: str
    number: int
    hash: str  # content hash; the bundle lies in .incumbent/bundles/<hash>
    algorithm: str  # native, sklearn, onnx, booster, recorded, baseline, rules
    origin: str  # trained, registered, searched, baseline
    created: str
    archived: str | None
    trained_since: str | None  # first training row's time
    trained_until: str | None  # one past the last training row's time (exclusive)
    touched_until: str | None  # end of all rows that shaped it (search, selection, calibration, threshold)
    trained_rows: int | None
    parameters: Mapping[str, Any]
    agreement: Mapping[str, Any]  # {"max_difference", "rows", ...}
    why: str  # why this algorithm runs
    run: int | None
    held_out: Mapping[str, Any] | None = None  # without time: {"share", "by"}, the rows it has not seen


@record
class Requirement:
    """What good means for one metric. Rows are never changed: a newer row of the same metric and segment
    supersedes the older, and ``until`` says when."""

    id: int
    model: str
    metric: str
    segment: str | None
    min: float | None
    max: float | None
    mean: float | None
    range: tuple[float, float] | None
    since: str
    until: str | None
    who: str
    why: str
    removed: bool = False  # this row says "no requirement any more"


@record
class Run:
    """One execution of a check, a training, a search or a challenge."""

    id: int
    model: str | None
    kind: str
    state: RunState
    verdict: Verdict | None
    why: str  # what started it: "nightly", "asked in the panel", "command line", ...
    who: str
    arguments: Mapping[str, Any]
    as_of: str | None
    queued: str
    started: str | None
    finished: str | None
    heartbeat: str | None
    progress: float | None  # 0..1
    note: str  # what it is doing now, or its one-line outcome
    remaining: float | None  # estimated seconds to go
    pid: int | None
    cancel: bool
    late: bool
    schedule: int | None
    due: str | None
    error: str | None
    result: Mapping[str, Any] | None  # the JSON document that the command prints; None in listings


@record
class Measurement:
    """One metric of one version on one slice of history, as judged in one run."""

    run: int
    model: str
    version: int
    check: str
    partition: str | None  # label; None for the overall row of a back-test
    segment: str | None  # "carrier=UA", None for all rows
    since: str | None
    until: str | None
    metric: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    in_sample: InSample
    verdict: Verdict | None
    reason: str | None
    as_of: str | None
    when: str


@record
class Measured:
    """A slice measured once: what must be equal for it to be taken again, and what was found.

    ``payload`` is opaque to the store (core.checks packs estimates and their leave-one-block-out replicates).
    """

    version_hash: str
    data: str  # fingerprint of the slice's rows
    metrics: str  # fingerprint of what is computed, and how
    payload: bytes


@record
class Site:
    """A named place where predictions are made."""

    name: str
    path: str  # relative to the workspace where it lies inside
    created: str


@record
class ProductionRevision:
    """One state of a model's production configuration at one site; the highest number is live."""

    model: str
    site: str
    number: int
    champion: int | None
    challenger: int | None
    share: float
    shadows: tuple[int, ...]
    fallback: tuple[Any, ...]  # version numbers
    limits: Mapping[str, Any]
    when: str
    who: str
    why: str
    forced: bool
    undoes: int | None
    published: str | None  # when its files were in place at the site

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that it names, each once, the champion first; 0 is the baseline."""
        named = (self.champion, self.challenger, *self.shadows, *self.fallback)
        return tuple(dict.fromkeys(number for number in named if isinstance(number, int)))

    @property
    def chain(self) -> tuple[int | str, ...]:
        """Who answers where the champion cannot, in order: versions, ``rules`` if any, and ``baseline``."""
        return (*self.fallback, *(("rules",) if self.limits.get("rules") else ()), "baseline")

    @property
    def set_aside(self) -> str | None:
        """Why the chain behind answers instead of the champion; None where the champion answers."""
        demoted = self.limits.get("demoted") or {}
        if self.champion is None or demoted.get("version") != self.champion:
            return None
        return str(demoted.get("why") or "it failed its now-test")


@record
class JournalEntry:
    """One thing that somebody did."""

    id: int
    when: str
    who: str
    action: str  # id of an action in core.actions, e.g. "production.swap"
    model: str | None
    subject: str  # what it was done to, for people
    detail: Mapping[str, Any]
    undo: Mapping[str, Any] | None  # arguments of the action that takes it back
    undone_by: int | None


@record
class Case:
    """One regression-test row."""

    id: int
    model: str
    version: int | None  # golden: the bundle whose number this is; behavioural: None, binds every version
    kind: Literal["golden", "behavioural"]
    row: Mapping[str, Any]
    expect: Mapping[str, Any]  # {"value"}, {"probabilities"}, {"label"}, {"min", "max"}, with "tolerance"
    origin: Literal["sampled", "contrived", "incident"]
    note: str
    blocking: bool
    created: str
    looked: str  # when somebody last looked at it
    removed: str | None


@record
class NewCase:
    """A regression-test row that has not been stored yet."""

    kind: Literal["golden", "behavioural"]
    row: Mapping[str, Any]
    expect: Mapping[str, Any]
    version: int | None = None
    origin: Literal["sampled", "contrived", "incident"] = "sampled"
    note: str = ""
    blocking: bool = True


@record
class Schedule:
    """When a check runs by itself."""

    id: int
    model: str
    check: str
    cron: str  # five fields, in the workspace's time zone
    arguments: Mapping[str, Any]
    paused: bool
    created: str
    last_due: str | None


@record
class Alert:
    """Something that is wrong until a better verdict closes it."""

    id: int
    model: str | None
    subject: str  # what it is about, unique while open: "flights nowtest local"
    severity: Literal["warn", "fail"]
    message: str
    run: int | None
    opened: str
    closed: str | None
    seen: str  # last time a run confirmed it
    acknowledged: str | None
    acknowledged_by: str | None
    snoozed_until: str | None
    notified: str | None

    @property
    def kind(self) -> str:
        """The check that it is of, or ``trial``: the second word of its subject, or the only one."""
        words = self.subject.split(" ")
        return words[1] if len(words) > 1 else words[0]


@record
class NotifyTarget:
    """Where notifications go. ``url`` is an Apprise URL whose secrets are ``${NAME}`` references."""

    id: int
    url: str
    model: str | None
    severity: Literal["warn", "fail"]
    created: str


@record
class Delivery:
    """One notification on its way to one target."""

    id: int
    target: int
    alert: int | None
    subject: str
    body: str
    created: str
    tries: int
    next_try: str | None
    sent: str | None
    error: str | None


@record
class SourceFile:
    """What was known of one file of a data source when it was last read."""

    source: str  # fingerprint of the data part of the spec
    path: str
    size: int
    modified: int  # st_mtime_ns
    sha256: str
    partitions: tuple["SourcePartition", ...] = field(default=())


@record
class SourcePartition:
    """The rows of one partition that one file holds."""

    partition: str
    since: str | None
    until: str | None
    rows: int
    labelled: int
    fingerprint: str


@record
class Lease:
    """Who keeps the night: the one process that rings schedules."""

    name: str
    holder: str
    pid: int
    host: str
    until: str


@record
class Page:
    """A page of a long listing; ``after`` continues it, None at the end."""

    rows: tuple[Any, ...]
    after: str | None


@record
class Found:
    """Something whose words a search was for."""

    kind: Literal["journal", "run", "case"]
    id: int  # of the journal entry, the run or the case
    model: str | None
    when: str
    subject: str  # what it is: "production.swap: version 2", "nowtest", "golden case"
    text: str  # the words around what was found


@record
class TrendPoint:
    """One point of a sparkline."""

    moment: str  # as-of, else when it was measured
    value: float | None
    verdict: Verdict | None


@record
class ModelOverview:
    """What the overview shows of one model, read for all models at once."""

    model: Model
    metric: str | None  # the primary metric that the spec names
    production: ProductionRevision | None  # live at the site asked for
    shown: int | None  # the version that stands for the model: the champion, else the newest
    versions: int  # how many are not archived, the baseline not counted
    requirements: tuple[Requirement, ...]
    checks: Mapping[str, Run]  # kind → the judged run of the latest moment
    nowtest: tuple[Measurement, ...]  # the shown version's latest now-test, all metrics and segments
    trend: tuple[TrendPoint, ...]  # its primary metric over the latest now-tests, oldest first
    alerts: tuple[Alert, ...]  # open ones
    muted: bool
    active: int  # runs queued or running


@record
class Trial:
    """A version that is tried out against the champion, at some sites."""

    id: int
    model: str
    version: int
    champion: int  # with whom it is compared
    mode: Literal["shadow", "share", "site"]
    share: float  # of the keys; 1 where it serves whole sites, 0 in shadow
    sites: tuple[str, ...]
    guards: Mapping[str, Any]  # guard rail → its margin
    started: str
    since: str  # the comparison's beginning: later than the start where another champion took office
    until: str | None  # when it ends by itself; None: never
    who: str
    why: str
    ended: str | None
    outcome: Literal["accepted", "withdrawn", "stopped", "finished", "overtaken"] | None
    ended_why: str | None
    standing: Mapping[str, Any] | None  # as the last look found it
    looked: str | None


@record
class TrialNote:
    """What somebody, perhaps at a site, says of a trial."""

    id: int
    trial: int
    when: str
    who: str
    site: str | None
    note: str


InboxKind = Literal["error", "fallback", "mistake", "residual", "outside"]


@record
class Surprise:
    """A row that somebody should look at, before it lies in the inbox."""

    kind: InboxKind
    fold: str  # equal for what is one entry: the fault, or the row itself
    source: Literal["log", "history"]
    row: Mapping[str, Any]
    said: Mapping[str, Any]  # {"value", "probabilities", "version", "route", "reason"}, as far as known
    actual: Any  # what was true; None: not known
    reason: str  # why it is here, in one sentence
    surprise: float  # how surprising, to be compared within a kind
    count: int = 1
    first: str | None = None
    last: str | None = None


@record
class InboxEntry:
    """A surprising row in the inbox, and what was decided about it."""

    id: int
    model: str
    kind: InboxKind
    fold: str
    source: Literal["log", "history"]
    row: Mapping[str, Any]
    said: Mapping[str, Any]
    actual: Any
    reason: str
    surprise: float
    count: int  # rows folded together
    first: str | None
    last: str | None
    state: Literal["open", "accepted", "dismissed"]
    case: int | None  # what it became
    created: str
    decided: str | None
    decided_by: str | None
