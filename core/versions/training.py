"""``version train``: the pipeline file of a model, fitted on its rows in a child process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.child import job_folder, run_job
from core.versions.attendance import ALONE, Attendance
from core.versions.keeping import Facts, keep
from core.versions.rows import TrainingRows, spec_of, training_rows
from core.workspace import Workspace
from incumbent.errors import Interrupted, UsageError

if TYPE_CHECKING:
    from core.runs import Outcome, RunContext
    from core.spec import ModelSpec

SEED = 0
_LONGEST_MONTH = 31 * 86_400


def train(
    workspace: Workspace,
    model: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    since: str | None = None,
    until: str | None = None,
    seed: int = SEED,
    all_rows: bool = False,
    attendance: Attendance = ALONE,
) -> dict[str, Any]:
    """Train a version of a model.

    Parameters
    ----------
    parameters : mapping, optional
        Replaces values of the pipeline's ``PARAMS``; text is read as the default's type.
    since, until : str, optional
        Range of training rows; all whose label is known by default.
    seed : int
        Of Python's and numpy's global generators.
    all_rows : bool
        Hold no row out, of a model without a time column: it inherits the verdict of its recipe.
    attendance : Attendance, optional

    Returns
    -------
    dict
        The document of ``version train``; an existing version's where the content is the same.

    Raises
    ------
    UsageError, DataError, FittingError, Interrupted
    """
    attendance.progress(0.0, "reading the training rows")
    with workspace.store() as store:
        spec = spec_of(store, model)
        if spec.pipeline is None:
            raise UsageError(
                f"the model {model} has no pipeline file to train with",
                hint="set `pipeline` in its spec, or register a fitted model: incumbent version register",
            )
        rows = training_rows(workspace, store, _holding_none(spec) if all_rows else spec, since, until)
        with job_folder(workspace) as folder:
            result = fit(workspace, spec, rows, folder, parameters or {}, seed, attendance=attendance)
            if attendance.cancelled():
                raise Interrupted("stopped before the version was kept")
            attendance.progress(0.97, "keeping the version")
            facts = Facts(
                origin="trained",
                since=rows.since,
                until=rows.until,
                touched_until=rows.until,
                rows=result["rows"],
                parameters=result["parameters"],
                run=attendance.run,
                trust=result["needs"],
                held_out=rows.held_out,
            )
            document = keep(workspace, store, spec, folder / "out" / "bundle", facts, rows)
    return {**document, "run": attendance.run}


def fit(
    workspace: Workspace,
    spec: ModelSpec,
    rows: TrainingRows,
    folder: Path,
    parameters: Mapping[str, Any],
    seed: int,
    *,
    source: Path | None = None,
    attendance: Attendance = ALONE,
) -> dict[str, Any]:
    """Run the job ``train`` in a folder: its result, and ``folder/out/bundle``.

    ``source`` is another pipeline file than the spec's (the one of a bundle that is reproduced).
    """
    from incumbent.columns import write_columns

    assert spec.pipeline is not None
    write_columns(folder / "columns", rows.columns)
    path = source or workspace.path(spec.pipeline)
    job = {
        "job": "train",
        "model": spec.name,
        "task": spec.task,
        "target": spec.target,
        "positive": spec.positive,
        "threshold": spec.threshold,
        "cost": None if spec.cost is None else {"fp": spec.cost.fp, "fn": spec.cost.fn},
        "key": spec.key,
        "time": spec.time,
        "weight": spec.weight,
        "label_delay_seconds": _seconds(spec.label_delay),
        "kinds": dict(rows.kinds),
        "pipeline": str(path),
        "pipeline_name": spec.pipeline,
        "user_folder": str(path.parent),
        "set": dict(parameters),
        "seed": seed,
        "collection": dict(rows.collection),
    }

    def progress(share: float | None, note: str) -> None:
        attendance.progress(None if share is None else 0.1 + 0.85 * share, note)

    return run_job(
        workspace, folder, job, python=spec.python, log=attendance.log, time_limit=attendance.time_limit,
        progress=progress, cancelled=attendance.cancelled,
    )  # fmt: skip


def _holding_none(spec: ModelSpec) -> ModelSpec:
    if spec.time is not None:
        raise UsageError(
            f"the model {spec.name} has a time column: it is trained on all rows before --until",
            hint="leave --all-rows out, and --until too to train on every labelled row",
        )
    return replace(spec, hold_out=0.0)


def _seconds(duration: str | None) -> float | None:
    from core.timeline import Duration

    if duration is None:
        return None
    delay = Duration.parse(duration)
    return delay.months * _LONGEST_MONTH + delay.seconds


def execute_train(context: RunContext) -> Outcome:
    """The run ``train``: arguments as :func:`train` has them, and ``time_limit``."""
    from core.runs import JournalLine, Outcome

    arguments = context.run.arguments
    assert context.run.model is not None
    document = train(
        context.workspace,
        context.run.model,
        parameters=arguments.get("parameters"),
        since=arguments.get("since"),
        until=arguments.get("until"),
        seed=arguments.get("seed", SEED),
        all_rows=bool(arguments.get("all_rows")),
        attendance=Attendance.of(context),
    )
    number = document["version"]
    if document["existing"]:
        return Outcome(None, f"the same content as version {number}", document, alerts=())
    line = JournalLine("version.train", f"version {number}", {"version": number, "hash": document["hash"]})
    note = f"version {number}: {document['algorithm']}, {document['trained']['rows']:,} rows"
    return Outcome(None, note, document, alerts=(), journal=line)
