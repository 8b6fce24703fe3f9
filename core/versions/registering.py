"""``version register``: a fitted model that somebody already has becomes a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.child import job_folder, run_job
from core.data.hold_out import HoldOut
from core.versions.attendance import ALONE, Attendance
from core.versions.claims import Claim, doubt_of
from core.versions.keeping import TRUSTED, Facts, keep
from core.versions.rows import TrainingRows, newest_rows, spec_of, training_rows
from core.workspace import Workspace
from incumbent.errors import Interrupted, RefusedError, UsageError

if TYPE_CHECKING:
    from core.runs import Outcome, RunContext
    from core.spec import ModelSpec
    from incumbent.fitting.formats import ModelFile
    from store import Store
    from store.records import Run


def register(
    workspace: Workspace,
    model: str,
    path: str | Path | None = None,
    *,
    reference: str | Path | None = None,
    trained_since: str | None = None,
    trained_until: str | None = None,
    trust_pickle: bool = False,
    trust_types: Sequence[str] = (),
    recorded: str | None = None,
    unseen: bool = False,
    attendance: Attendance = ALONE,
) -> dict[str, Any]:
    """Register a fitted model's file, or a column of stored predictions.

    Parameters
    ----------
    path : path, optional
        A file or an MLflow folder; None with ``recorded``.
    reference : path, optional
        Rows like those that it was fitted on; the model's data by default.
    trained_since, trained_until : str, optional
        Range of the rows that it was fitted on; without them, or where the file itself records more rows than
        they hold, no verdict on it is better than ``warn``.
    trust_pickle : bool
        A person says that this pickle may run.
    trust_types : sequence of str
        Types of a skops file that a person trusts.
    recorded : str, optional
        Column with the predictions of a model that cannot be run here.
    unseen : bool
        A person says that no row of the model's data shaped it.
    attendance : Attendance, optional

    Returns
    -------
    dict
        The document of ``version register``.

    Raises
    ------
    UsageError
        Unless one of ``path`` and ``recorded`` is given; where ``unseen`` comes with a training range.
    RefusedError
        For a pickle without ``trust_pickle``, or types that nobody trusts.
    FittingError, DataError
    """
    if (path is None) == (recorded is None):
        raise UsageError("name either a model's file or --recorded COLUMN", "one version is one model")
    if unseen and (trained_since or trained_until):
        raise UsageError(
            "it was either trained on rows of the data, or on none of them", "leave one of both out"
        )
    file = None if path is None else accepted(Path(path).expanduser(), trust_pickle)
    with workspace.store() as store:
        spec = spec_of(store, model)
        attendance.progress(0.0, "reading the reference rows")
        rows = _reference(workspace, store, spec, reference, trained_since, trained_until)
        said = _said(trained_since, trained_until, unseen)
        with job_folder(workspace) as folder:
            if file is None:
                from core.versions.recording import write_recorded_bundle

                result: Mapping[str, Any] = {"parameters": {"column": recorded}, "needs": None}
                write_recorded_bundle(folder / "out", spec, str(recorded), rows, said)
            else:
                trust = _merged(store, trust_types)
                job = _job(spec, file, rows, trust, said, workspace)
                result = _run(workspace, spec, folder, job, rows, attendance)
            if attendance.cancelled():
                raise Interrupted("stopped before the version was kept")
            claimed = Claim(trained_since, trained_until)
            doubt = doubt_of(workspace, store, spec, claimed, result.get("seen"))
            since, until = (None, None) if doubt else _moments(workspace, store, spec, claimed)
            facts = Facts(
                origin="registered",
                since=since,
                until=until,
                touched_until=until,
                rows=None,
                parameters=result["parameters"],
                run=attendance.run,
                trust=result["needs"],
                doubt=doubt,
                held_out=HoldOut((), 1.0) if unseen else None,
            )
            document = keep(workspace, store, spec, folder / "out" / "bundle", facts, rows)
    return {**document, "run": attendance.run}


def accepted(path: Path, trust_pickle: bool) -> ModelFile:
    """A model's file, recognised; RefusedError for a pickle that nobody trusts."""
    from incumbent.fitting.formats import recognise
    from incumbent.fitting.pickles import inspect

    file = recognise(path.absolute())
    if not file.runs_code or trust_pickle:
        return file
    contents = inspect(file.path)
    version = contents.sklearn_version or file.made_with.get("scikit-learn")
    made = f", made with scikit-learn {version}" if version else ""
    raise RefusedError(
        f"{file.path.name} is a pickle: loading it runs whatever it says (it imports from "
        f"{', '.join(contents.modules) or 'nowhere that can be seen'}{made})",
        "if you made it yourself, or trust who did, add --trust-pickle; better, save it with skops",
    )


def _reference(
    workspace: Workspace,
    store: Store,
    spec: ModelSpec,
    reference: str | Path | None,
    since: str | None,
    until: str | None,
) -> TrainingRows:
    if reference is not None:
        found = newest_rows(workspace, store, _read_from(workspace, spec, Path(reference)))
        return found if spec.time is None else replace(found, held_out=None)
    if since or until:
        return training_rows(workspace, store, spec, since, until)
    return newest_rows(workspace, store, spec)


def _read_from(workspace: Workspace, spec: ModelSpec, reference: Path) -> ModelSpec:
    """The spec for a file of reference rows, which needs the columns that the model reads, and the target."""
    from core.data import open_source
    from core.spec import DataSpec

    place = DataSpec(path=workspace.relative(reference.expanduser().absolute()))
    bare = replace(
        spec, data=place, partition="all", time=None, window=None, label_delay=None, key=None, group=None,
        weight=None,
    )  # fmt: skip
    held = {column.name for column in open_source(bare, workspace.root).describe().columns}
    if spec.time not in held:
        return bare
    return replace(bare, time=spec.time, label_delay=spec.label_delay)


def _merged(store: Store, types: Sequence[str]) -> dict[str, Any]:
    trusted = dict(store.settings.get(TRUSTED) or {})
    return {**trusted, "types": sorted({*trusted.get("types", ()), *types})}


def _moments(
    workspace: Workspace, store: Store, spec: ModelSpec, claimed: Claim
) -> tuple[str | None, str | None]:
    since, until = claimed.since, claimed.until
    return _moment(workspace, store, spec, since), _moment(workspace, store, spec, until)


def _moment(workspace: Workspace, store: Store, spec: ModelSpec, text: str | None) -> str | None:
    if text is None or spec.time is None:
        return None
    from core.timeline import text_of
    from core.versions.rows import source_of

    source = source_of(workspace, store, spec)
    return text_of(source.moment(text), zoned=source.describe().zoned)


def _said(since: str | None, until: str | None, unseen: bool) -> dict[str, Any]:
    """What a person says of the training, for the lineage."""
    return {"since": since, "until": until, **({"unseen": True} if unseen else {})}


def _job(
    spec: ModelSpec,
    file: ModelFile,
    rows: TrainingRows,
    trust: Mapping[str, Any],
    trained: Mapping[str, Any],
    workspace: Workspace,
) -> dict[str, Any]:
    return {
        "job": "register",
        "path": str(file.path),
        "format": file.format,
        "made_with": dict(file.made_with),
        "trusted": dict(trust),
        "model": spec.name,
        "task": spec.task,
        "target": spec.target,
        "positive": spec.positive,
        "threshold": spec.threshold,
        "cost": None if spec.cost is None else {"fp": spec.cost.fp, "fn": spec.cost.fn},
        "key": spec.key,
        "time": spec.time,
        "kinds": dict(rows.kinds),
        "user_folder": None if spec.pipeline is None else str(workspace.path(spec.pipeline).parent),
        "collection": dict(rows.collection),
        "trained": dict(trained),
    }


def _run(
    workspace: Workspace,
    spec: ModelSpec,
    folder: Path,
    job: Mapping[str, Any],
    rows: TrainingRows,
    attendance: Attendance,
) -> dict[str, Any]:
    from incumbent.columns import write_columns

    write_columns(folder / "columns", rows.columns)
    own_code = job["format"] in ("skops", "pickle")
    return run_job(
        workspace, folder, job, python=spec.python if own_code else None, log=attendance.log,
        time_limit=attendance.time_limit, progress=attendance.progress, cancelled=attendance.cancelled,
    )  # fmt: skip


def _trust_given(run: Run) -> dict[str, Any]:
    """What the person who registered said may be loaded."""
    return {key: run.arguments[key] for key in ("trust_pickle", "trust_types") if run.arguments.get(key)}


def execute_register(context: RunContext) -> Outcome:
    """The run ``register``: arguments as :func:`register` has them."""
    from core.runs import JournalLine, Outcome

    arguments = {k: v for k, v in context.run.arguments.items() if k != "time_limit"}
    assert context.run.model is not None
    document = register(
        context.workspace,
        context.run.model,
        arguments.pop("path", None),
        **arguments,
        attendance=Attendance.of(context),
    )
    number = document["version"]
    if document["existing"] and not document["told"]:
        return Outcome(None, f"the same content as version {number}", document, alerts=())
    detail = {"version": number, "hash": document["hash"]}
    line = JournalLine("version.register", f"version {number}", {**detail, **_trust_given(context.run)})
    return Outcome(None, f"version {number}: {document['algorithm']}", document, alerts=(), journal=line)
