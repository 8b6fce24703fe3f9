"""``adopt``: a fitted model and its data become a model in the workspace, with a first verdict.

What the file and the data tell is not asked (:mod:`core.adopt.evidence`, :mod:`core.adopt.guess`). What is
made is what a person would have made by hand: a spec that lies in the workspace to be read and changed, a
registered version, a back-test, suggested requirements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.adopt.guess import Ask, Question, refuse_to_guess
from core.workspace import Workspace
from incumbent.errors import (
    DataError,
    FittingError,
    IncumbentError,
    Interrupted,
    RefusedError,
    UsageError,
    WorkError,
)

if TYPE_CHECKING:
    from core.spec import ModelSpec

__all__ = ["Ask", "Given", "Question", "propose", "refuse_to_guess", "take_in"]

Progress = Callable[[float | None, str], None]


@dataclass(frozen=True)
class Given:
    """What a person has said already; None is "find out"."""

    name: str | None = None
    target: str | None = None
    time: str | None = None  # "none": no time
    task: str | None = None
    positive: str | None = None
    metric: str | None = None
    trust_pickle: bool = False
    trained_since: str | None = None
    trained_until: str | None = None
    unseen: bool = False  # no row of the data shaped it


def propose(
    workspace: Workspace, file: Path, data: str, given: Given, ask: Ask = refuse_to_guess
) -> ModelSpec:
    """The spec of a model that a file and data describe.

    Parameters
    ----------
    file : Path
        The fitted model.
    data : str
        File, glob or folder.
    ask : callable
        Answers what cannot be known.

    Raises
    ------
    UsageError
        For an answer that makes no sense, or where a question cannot be asked.
    RefusedError, FittingError, DataError
        Where the model or the data cannot be taken.
    """
    from core.adopt import guess
    from core.adopt.evidence import look_at_data, look_at_model
    from core.spec import DataSpec, ModelSpec, default_metric

    seen = look_at_data(workspace, data)
    model = look_at_model(workspace, file, given.trust_pickle)
    target = guess.target_of(model, seen, given.target, ask)
    time = guess.time_of(model, seen, given.time, ask)
    task = guess.task_of(model, seen, target, given.task)
    positive = guess.positive_of(model, seen, target, task, given.positive)
    spec = ModelSpec(
        name=given.name or guess.name_of(file.name.split(".")[0]),
        task=task,  # type: ignore[arg-type]  # checked by task_of
        target=target,
        metric=given.metric or default_metric(task, positive),
        positive=positive,
        time=time,
        partition="all" if time is None else "month",
        data=DataSpec(path=seen.path),
    )
    return replace(spec, partition=guess.partition_of(_days(workspace, spec), seen.files, time is not None))


def _days(workspace: Workspace, spec: ModelSpec) -> float:
    from core.data import open_source

    described = open_source(spec, workspace.root).describe()
    if described.first is None or described.last is None:
        return 0.0
    return (described.last - described.first).total_seconds() / 86_400


def take_in(
    workspace: Workspace,
    file: Path,
    spec: ModelSpec,
    given: Given,
    *,
    progress: Progress = lambda fraction, note: None,
    who: str | None = None,
) -> dict[str, Any]:
    """Make what was proposed. Doing it again changes nothing.

    Returns
    -------
    dict
        ``model``, ``spec`` (the file's path), ``version`` (the document of ``version register``),
        ``backtest``, ``verdict`` and ``suggestions``.

    Raises
    ------
    RefusedError
        Where another model has the name.
    """
    from core import models, requirements

    written, new = _write(workspace, spec, who)
    progress(0.0, "registering")
    try:
        version = _run(workspace, spec.name, "register", _register_arguments(file, given))
    except (FittingError, DataError, UsageError):
        if new:  # the file does not fit what was said: another try shall find nothing in its way
            models.delete(workspace, spec.name, spec.name, who)
            written.unlink(missing_ok=True)
        raise
    progress(0.4, "back-testing")
    backtest = _run(workspace, spec.name, "backtest", {})
    progress(0.8, "looking for requirements")
    try:
        suggestions = requirements.suggest(workspace, spec.name, version["version"])
    except IncumbentError as error:
        suggestions = [{"metric": spec.metric, "limits": False, "explanation": str(error)}]
    return {
        "model": spec.name,
        "name": spec.name,
        "spec": workspace.relative(written),
        "version": version,
        "verdict": backtest["verdict"],
        "backtest": backtest,
        "suggestions": suggestions,
    }


def _write(workspace: Workspace, spec: ModelSpec, who: str | None) -> tuple[Path, bool]:
    """Write the spec's file and apply it, where that is new; refuse where another model has the name."""
    from core import models
    from core.spec import dump
    from incumbent.files import atomic_write

    path = workspace.root / f"{spec.name}.toml"
    with workspace.store() as store:
        known = store.models.find(spec.name)
        before = None if known is None else dict(store.models.revision(spec.name).document)
    if before is not None and any(before.get(k) != v for k, v in spec.document().items()):
        raise RefusedError(
            f"there is a model {spec.name} already, with another spec", hint="give this one a name: --name"
        )
    if before is not None:
        return path, False
    if path.exists():
        raise RefusedError(f"{path} exists already", hint="give the model another name: --name")
    models.check_spec(spec, workspace.root)
    atomic_write(path, dump(spec).encode())
    models.apply(workspace, path, who)
    return path, True


def _register_arguments(file: Path, given: Given) -> dict[str, Any]:
    arguments = {
        "path": str(file.absolute()),
        "trained_since": given.trained_since,
        "trained_until": given.trained_until,
        "unseen": given.unseen,
        "trust_pickle": given.trust_pickle,
    }
    return {key: value for key, value in arguments.items() if value}


def _run(workspace: Workspace, model: str, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    from core.runs import run_here

    errors: list[IncumbentError] = []
    run = run_here(workspace, model, kind, arguments, why="adopt", on_error=errors.append)
    if errors:
        raise errors[0]
    if run.state in ("cancelled", "interrupted"):
        raise Interrupted(f"run {run.id} was stopped; adopt again to go on")
    if run.state != "done":
        raise WorkError(run.error or f"run {run.id} failed", hint=f"incumbent run show {run.id}")
    return dict(run.result or {})
