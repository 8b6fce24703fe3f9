"""What every measuring check begins with: the spec, the data, the versions, the requirements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.checks.logged import as_made, logged_spec
from core.checks.slices import Setting, open_model_source
from core.checks.subjects import BASELINE, Subject, subjects
from core.checks.wanted import segment_columns, task_of, wanted_metrics
from core.collecting import collected
from core.metrics import CustomMetrics, Metric, custom_metrics, resolve
from core.runs import RunContext
from core.scoring import trusted
from core.spec import ColumnKind, ModelSpec
from core.statistics.estimate import Estimate
from core.timeline import text_of
from incumbent.errors import NothingLoggedError, UsageError
from store.records import Requirement

if TYPE_CHECKING:
    from core.data import Source
    from core.workspace import Workspace
    from incumbent.schema import OutputSchema
    from store import Store


@dataclass(frozen=True)
class Setup:
    """All that a check needs to know before it measures."""

    spec: ModelSpec
    source: Source
    setting: Setting
    subjects: tuple[Subject, ...]
    requirements: tuple[Requirement, ...]
    as_of: datetime | None
    positive: int = 1  # code of the positive class

    @property
    def custom(self) -> CustomMetrics:
        """The model's own metrics."""
        return self.setting.custom

    def metric(self, name: str) -> Metric:
        """The metric of this name, the model's own among them."""
        return resolve(name, self.setting.custom)

    @property
    def champion(self) -> Subject | None:
        """The version in production, if it is among those that are judged."""
        return next((s for s in self.subjects if s.role == "champion"), None)

    def nothing(self) -> dict[str, Estimate]:
        """The estimates of a slice without labelled rows."""
        return {n: Estimate(None, None, None, 0, reason="no labelled rows") for n in self.setting.metrics}

    def text(self, moment: datetime | None) -> str | None:
        """A moment of the data as text."""
        return text_of(moment, zoned=self.source.describe().zoned)


def prepare(
    context: RunContext, by: str | None = None, versions: Sequence[int] | None = None, newest: bool = False
) -> Setup:
    """Look everything up that a measuring check needs; see :func:`open_setup`."""
    context.progress(None, "looking at the data")
    run = context.run
    return open_setup(
        context.workspace,
        context.store,
        str(run.model),
        as_of=run.as_of,
        by=by,
        versions=versions,
        newest=newest,
    )


def open_setup(
    workspace: Workspace,
    store: Store,
    model: str,
    *,
    as_of: str | None = None,
    by: str | None = None,
    versions: Sequence[int] | None = None,
    extra: Sequence[str] = (),
    segments: Sequence[str] = (),
    newest: bool = False,
) -> Setup:
    """Look everything up that measuring needs.

    Parameters
    ----------
    extra : sequence of str
        Metrics beyond the usual ones.
    segments : sequence of str
        Columns (``carrier``) or single values (``carrier=UA``) beyond those that requirements name.
    newest : bool
        Whether it is about the newest rows: those of a model without a time column are in production's log.

    Raises
    ------
    UsageError
        For a segment column that the data does not have, or a version that there is not.
    NothingLoggedError
        Where the newest rows are asked for and the log holds none with an outcome.
    DataError
        For a data source that is missing or damaged, or has other classes than the spec says.
    """
    spec = collected(workspace, ModelSpec.from_document(store.models.revision(model).document, model))
    source = open_model_source(workspace, spec)
    described = source.describe()
    from_log = newest and spec.time is None
    if from_log:
        kinds = {c.name: c.kind for c in described.columns}
        spec = _logged(workspace, store, spec, kinds)
        source = open_model_source(workspace, spec)
        described = source.describe()
    if as_of is not None:
        spec.need_time("--as-of")
    moment = None if as_of is None else source.moment(as_of, "--as-of")
    source.check_classes(moment)
    columns = {c.name for c in described.columns}
    requirements = store.requirements.live(model)
    if from_log:  # what is not asked of production cannot be told apart there
        requirements = tuple(r for r in requirements if _segment_column(r) in (None, *columns))
    if by is not None and by not in columns:
        raise UsageError(
            f"--by {by}: the data of {model} has no such column", f"it has {', '.join(sorted(columns))}"
        )
    measured = tuple(dict.fromkeys([*segments, *segment_columns(requirements, by)]))
    lacking = [s for s in measured if s.partition("=")[0] not in columns]
    if lacking:
        raise UsageError(
            f"the segment {lacking[0]}: the data of {model} has no such column",
            hint=f"it has {', '.join(sorted(columns))}",
        )
    baseline = store.versions.find(model, BASELINE)
    chosen = tuple(
        _with_rows_told(subject, columns)
        for subject in subjects(store, model, versions, lambda text: source.moment(text, "training range"))
    )
    if from_log:
        created = {v.number: v.created for v in store.versions.list(model, True, True)}
        chosen = tuple(as_made(subject, created[subject.number], source) for subject in chosen)
    output = _output(workspace, chosen)
    classes: Sequence[object] = described.classes if output is None else output.classes
    custom = custom_metrics(spec, workspace.root)
    wanted = wanted_metrics(spec, requirements, task_of(spec, classes), extra, custom)
    setting = Setting(
        root=workspace.root,
        spec=spec.document(),
        metrics=wanted,
        segments=measured,
        as_of=moment,
        baseline=baseline.hash if baseline else None,
        trusted=trusted(store),
        custom=custom,
    )
    positive = 1 if output is None or output.positive_index is None else output.positive_index
    binding = _canonical(requirements, wanted, custom)
    return Setup(spec, source, setting, chosen, binding, moment, positive)


def _logged(
    workspace: Workspace, store: Store, spec: ModelSpec, kinds: Mapping[str, ColumnKind]
) -> ModelSpec:
    found = logged_spec(workspace, store, spec, kinds)
    if found is None:
        raise NothingLoggedError(
            f"{spec.name} has no time column, and no prediction with an outcome in its log, where its newest "
            "rows would be",
            hint=f"tell what turned out to be true: `incumbent log outcomes {spec.name}`",
        )
    return found


def _segment_column(requirement: Requirement) -> str | None:
    return None if requirement.segment is None else requirement.segment.partition("=")[0]


def _with_rows_told(subject: Subject, columns: Collection[str]) -> Subject:
    """A version whose held-out rows cannot be told any more, for lack of a column, has unknown training."""
    rule = subject.held_out
    if rule is None or set(rule.columns) <= set(columns):
        return subject
    return replace(subject, held_out=None, known=subject.until is not None)


def _output(workspace: Workspace, chosen: Sequence[Subject]) -> OutputSchema | None:
    """What the newest version's predictions are. Its classes say whether the task is binary: those of the
    data may have been added to after as-of."""
    from incumbent.bundle import Bundle

    folder = workspace.bundle_path(chosen[-1].hash)
    return Bundle.open(folder, verify=False).output if folder.is_dir() else None


def _canonical(
    requirements: Sequence[Requirement], wanted: Sequence[str], custom: CustomMetrics
) -> tuple[Requirement, ...]:
    """Requirements under the names that are measured (two may name one metric by two names)."""
    shown = {resolve(name, custom).name: name for name in wanted}
    found = []
    for requirement in requirements:
        name = shown.get(resolve(requirement.metric, custom).name)
        if name is not None:  # an operational one is judged where it is measured
            found.append(replace(requirement, metric=name))
    return tuple(found)
