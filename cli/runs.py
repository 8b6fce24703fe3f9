"""Executing a run from the command line: a row first, a progress bar, then its document or its error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cli.command import Context
from incumbent.errors import IncumbentError, Interrupted, WorkError

if TYPE_CHECKING:
    from store.records import Run


def run_here(
    context: Context, model: str, kind: str, arguments: Mapping[str, Any], as_of: str | None = None
) -> Run:
    """Execute a run in this process, with a progress bar on a terminal.

    Raises
    ------
    IncumbentError
        What made the run fail, as its handler raised it.
    Interrupted
        Where it was stopped.
    """
    from core import runs

    wanted = {key: value for key, value in arguments.items() if value not in (None, [], {})}
    errors: list[IncumbentError] = []
    with context.progress(runs.title(kind)) as progress:
        run = runs.run_here(
            context.workspace,
            model,
            kind,
            wanted,
            why="command line",
            as_of=as_of,
            progress=progress,
            on_error=errors.append,
        )
    if errors:
        raise errors[0]
    if run.state in ("cancelled", "interrupted"):
        raise Interrupted(f"run {run.id} was stopped; what it had finished is kept")
    if run.state == "failed":
        raise WorkError(run.error or f"run {run.id} failed", hint=f"incumbent run show {run.id}")
    return run


def run_document(
    context: Context, model: str, kind: str, arguments: Mapping[str, Any], as_of: str | None = None
) -> dict[str, Any]:
    """The document of a run executed here."""
    return dict(run_here(context, model, kind, arguments, as_of).result or {})
