"""The queue: a run is a row first, and whoever is free executes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.person import person
from core.runs.handlers import known_kind
from core.runs.sweeping import sweep_store
from incumbent.errors import UsageError
from store.records import Run

if TYPE_CHECKING:
    from core.workspace import Workspace

#: Seconds that :func:`follow` waits between two looks.
POLL_SECONDS = 0.5

ENDED: tuple[str, ...] = ("done", "failed", "cancelled", "interrupted")


def submit(
    workspace: Workspace,
    model: str | None,
    kind: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    why: str,
    who: str | None = None,
    as_of: str | None = None,
) -> Run:
    """Queue a run; it is executed by the next free worker.

    Parameters
    ----------
    model : str or None
        Name of the model.
    kind : str
        ``backtest``, ``nowtest``, ``regression``, ``train``, …
    arguments : mapping, optional
        Plain data, as the kind's handler wants it.
    why : str
        What started it, for people: "asked in the panel", "command line".
    who : str, optional
        The user account by default.
    as_of : str, optional
        The moment that the run pretends it is.

    Returns
    -------
    Run
        Its row, ``queued``.

    Raises
    ------
    UsageError
        If this release does not execute such a kind, there is no such model, or as-of is no moment, or one to
        come.
    """
    known_kind(kind)
    if as_of is not None:
        _check_past(as_of)
    with workspace.store() as store:
        return store.runs.enqueue(model, kind, arguments or {}, why=why, who=who or person(), as_of=as_of)


def _check_past(as_of: str) -> None:
    """A run that pretends to be in the future would be the latest word on its model until then."""
    from core.timeline import now, parse_moment

    if parse_moment(as_of, what="--as-of") > now() + timedelta(days=1):  # in any zone
        raise UsageError(f"--as-of: {as_of} is still to come", hint="leave it out for what is known now")


def get(workspace: Workspace, run_id: int) -> Run:
    """The row of a run; UsageError if there is none of this number. A dead one is seen to be dead."""
    with workspace.store() as store:
        sweep_store(store)
        return store.runs.get(run_id)


def newest(
    workspace: Workspace,
    model: str | None = None,
    kind: str | None = None,
    limit: int = 30,
    search: str | None = None,
) -> tuple[Run, ...]:
    """The newest runs first, without their documents; of a model, of a kind, with these words.

    Those whose process is gone are marked as interrupted before they are shown: where nobody keeps the night,
    nobody else would.

    Raises
    ------
    UsageError
        If there is no such model or kind.
    """
    if kind is not None:
        known_kind(kind)
    with workspace.store() as store:
        if model is not None:
            store.models.get(model)
        sweep_store(store)
        rows: tuple[Run, ...] = store.runs.page(model, kind=kind, search=search, limit=limit).rows
        return rows


def document(run: Run) -> dict[str, Any]:
    """A run as ``run list --json`` prints it."""
    return {
        "id": run.id,
        "run": run.id,
        "model": run.model,
        "check": run.kind,
        "state": run.state,
        "verdict": run.verdict,
        "queued": run.queued,
        "started": run.started,
        "finished": run.finished,
        "progress": run.progress,
        "remaining": run.remaining,
        "note": run.note,
        "why": run.why,
        "who": run.who,
        "as_of": run.as_of,
        "late": run.late,
        "arguments": dict(run.arguments),
    }


def cancel(workspace: Workspace, run_id: int) -> Run:
    """Ask a run to stop. A queued run is cancelled at once, a running one at its next unit of work.

    What it had finished stays. Cancelling a run that has ended changes nothing.
    """
    with workspace.store() as store:
        return store.runs.request_cancel(run_id)


def follow(
    workspace: Workspace,
    run_id: int,
    poll: float = POLL_SECONDS,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[Run]:
    """The row of a run each time it changes, until it has ended (that last state too)."""
    with workspace.store() as store:
        seen: Run | None = None
        while True:
            run = store.runs.get(run_id)
            if run != seen:
                yield run
                seen = run
            if run.state in ENDED:
                return
            sweep_store(store)  # whoever waits for a dead run would wait for ever
            wait(poll)


def log_path(workspace: Workspace, run_id: int) -> Path:
    """Where the output of a run lies."""
    return workspace.log(run_id)


def tail_log(workspace: Workspace, run_id: int, lines: int = 200) -> tuple[str, ...]:
    """The last lines of a run's log; empty where it has not written any."""
    path = workspace.log(run_id)
    size = 400 * lines
    try:
        with path.open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - size))
            text = log.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ()
    return tuple(text.splitlines()[-lines:])
