"""Carrying out a stress test: versions one after the other, each in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.checks.edge.ordinary import ordinary_rows
from core.checks.runnable import runnable_versions
from core.checks.stress.judging import latency_limits
from core.checks.stress.load import Load, load_of
from core.checks.stress.report import Tested, conclude
from core.child import job_folder, run_job
from core.runs import Outcome, RunContext
from core.spec import ModelSpec
from core.staging import staged
from incumbent.errors import BundleError, FittingError
from incumbent.fitting.values import write_value

if TYPE_CHECKING:
    from core.checks.stress.over_http import Served
    from store.records import Requirement, Version

#: Seconds beyond those asked for, until a process that does not end is ended.
PATIENCE = 60.0


def execute(context: RunContext) -> Outcome:
    """Carry out a stress run.

    Arguments: ``versions`` (list of numbers; by default champion, challenger and every candidate), ``rate``
    (predictions a second to expect), ``factor`` (how many times that is tested), ``seconds`` (in all, for
    each version), ``http`` (ask the HTTP service of the version instead of a predictor in the process).
    """
    load = load_of(context)
    versions = runnable_versions(context)
    requirements = context.store.requirements.live(str(context.run.model))
    return conclude(context, load, list(_tested(context, load, versions, requirements)))


def _tested(
    context: RunContext, load: Load, versions: Sequence[Version], requirements: Sequence[Requirement]
) -> Iterator[Tested]:
    spec = ModelSpec.from_document(context.store.models.revision(str(context.run.model)).document)
    for done, version in enumerate(versions):
        context.check_cancelled()

        def progress(share: float | None, note: str, done: int = done, number: int = version.number) -> None:
            context.progress((done + (share or 0.0)) / len(versions), f"version {number}: {note}")

        try:
            with (
                staged(context.workspace, context.store, version.model, version.number) as folder,
                _asked(context, folder) as service,
            ):
                measured = _measure(
                    context, load, version, folder, service, spec.python, requirements, progress
                )
        except (BundleError, FittingError) as error:
            yield Tested.broken(version, error.message)
        else:
            yield Tested.of(version, load, measured, requirements)


def _asked(context: RunContext, folder: Path) -> AbstractContextManager[Served | None]:
    """Where the folder is served, for a run that asks over HTTP; nowhere for one that does not."""
    if context.run.arguments.get("http"):
        from core.checks.stress.over_http import served

        return served(folder)
    return nullcontext()


def _measure(
    context: RunContext,
    load: Load,
    version: Version,
    folder: Path,
    service: Served | None,
    python: str | None,
    requirements: Sequence[Requirement],
    progress: Any,
) -> dict[str, Any]:
    bundle = context.workspace.bundle(version.hash, verify=False)
    rows = ordinary_rows(
        context.store, version.model, version.number, bundle.input, bundle.profile().get("columns", {})
    )
    with job_folder(context.workspace) as job:
        wanted = {
            "job": "stress",
            "production": str(folder),
            "url": service and service.url,
            "process": service and service.process,
            "rows": write_value(rows),
            "load": load.tested,
            "seconds": load.seconds,
            "limits": {str(share): most for share, most in latency_limits(requirements).items()},
        }
        return run_job(
            context.workspace,
            job,
            wanted,
            python=python,
            log=context.log_path,
            time_limit=3 * load.seconds + PATIENCE,
            progress=progress,
            cancelled=context.cancelled,
        )
