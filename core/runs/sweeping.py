"""Runs whose process is gone: marked as interrupted, and tried again where it was the night's work.

What was rung by a schedule and then interrupted (the machine was switched off, the worker killed for its
memory) is queued once more; what is interrupted a second time opens an alert, since a check that does not run
is not a pass.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.processes import boot_time, process_lives
from store.records import Run

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: Silence after which a process id is taken for another process's. Longer than a machine sleeps.
SILENT = timedelta(days=3)

#: What a run says of why it is, when it takes an interrupted one's place.
AGAIN = "again, after run {} was interrupted"


def sweep(workspace: Workspace) -> tuple[Run, ...]:
    """Mark runs whose process is gone as interrupted; what they had finished stays.

    Returns
    -------
    tuple of Run
        The runs that were marked now.
    """
    with workspace.store() as store:
        return sweep_store(store)


def sweep_store(store: Store) -> tuple[Run, ...]:
    """Like :func:`sweep`, with an open store."""
    started = {run.pid: run.started for run in store.runs.active() if run.state == "running"}
    if not started:
        return ()
    booted = boot_time()

    def alive(pid: int) -> bool:
        since = started.get(pid)
        if booted is not None and since is not None and datetime.fromisoformat(since) < booted:
            return False  # the number belongs to another process by now
        return process_lives(pid)

    with store.transaction():
        swept = store.runs.interrupt_dead(alive, SILENT.total_seconds())
        for run in swept:
            make_up_for(store, run)
    return swept


def make_up_for(store: Store, run: Run) -> Run | None:
    """Queue the night's work again where it was interrupted; the second time, open an alert instead.

    Returns
    -------
    Run or None
        The run that takes its place.
    """
    from core import alerts

    if run.schedule is not None:
        return store.runs.enqueue(
            run.model, run.kind, run.arguments, why=AGAIN.format(run.id), who="schedule", as_of=run.as_of
        )
    if run.why.startswith(AGAIN.partition("{")[0]):
        alerts.was_interrupted(store, run)
    return None
