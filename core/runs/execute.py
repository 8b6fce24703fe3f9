"""Executing one run in this process: claim, work, and one transaction at the end."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.present import present
from core.runs.context import Outcome, Progress, RunContext, append_log
from core.runs.handlers import CHECKS, known_kind, resolve, title
from core.runs.pulse import BEAT_SECONDS, Pulse, listening_to_signals
from core.runs.queue import submit
from core.runs.sweeping import make_up_for
from incumbent.errors import IncumbentError, Interrupted, RefusedError, reason_of
from store.records import Run, Verdict

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


def execute(
    workspace: Workspace,
    run_id: int,
    progress: Progress | None = None,
    beat_seconds: float = BEAT_SECONDS,
    on_error: Callable[[IncumbentError], None] | None = None,
) -> Run:
    """Execute a queued run in this process.

    The handler works while a thread writes heartbeats and looks for a cancel request. Its verdict, document,
    measurements, alerts and journal line are written in one transaction. A failure is a state of the run, not
    an exception: ``failed`` with the message and its hint (and, if nobody foresaw it, a traceback in the log
    only).

    Parameters
    ----------
    run_id : int
        A run in state ``queued``.
    progress : callable, optional
        Told how far it is.
    on_error : callable, optional
        Told of the error that made it fail.

    Returns
    -------
    Run
        Its row after it has ended: ``done``, ``failed``, ``cancelled`` or ``interrupted``.

    Raises
    ------
    RefusedError
        If somebody else has claimed it, or it has ended.
    """
    with workspace.store() as store:
        run = store.runs.claim(os.getpid(), run_id)
        if run is None:
            state = store.runs.get(run_id).state
            raise RefusedError(
                f"run {run_id} cannot be started: it is {state}", hint=f"see `incumbent run show {run_id}`"
            )
        return execute_claimed(workspace, store, run, progress, beat_seconds, on_error)


def execute_claimed(
    workspace: Workspace,
    store: Store,
    run: Run,
    progress: Progress | None = None,
    beat_seconds: float = BEAT_SECONDS,
    on_error: Callable[[IncumbentError], None] | None = None,
    within: Pulse | None = None,
) -> Run:
    """Execute a run that this process claimed; ``within`` is the heartbeat of one that it is a part of."""
    from core import notify

    log_path = workspace.log(run.id)
    log_path.parent.mkdir(parents=True, exist_ok=True)

    def log(text: str) -> None:
        append_log(log_path, text)

    log(f"run {run.id}: {title(run.kind)}{f' of {run.model}' if run.model else ''}, {run.why}, by {run.who}")
    pulse = Pulse(store, run.id, progress, log, beat_seconds, within)
    with nullcontext() if within else listening_to_signals(pulse), pulse:
        try:
            outcome = _work(RunContext(workspace, store, run, pulse, log_path))
            _conclude(store, run, outcome)
            log(f"done: {outcome.note}")
        except (Interrupted, KeyboardInterrupt) as stopped:
            _stopped(store, run, pulse, str(stopped), log)
        except IncumbentError as error:
            if pulse.stopping:  # what was told to stop may end with an error of its own
                _stopped(store, run, pulse, str(error), log)
            else:
                log(f"failed: {error}")
                _fail(store, run, error, str(error))
                if on_error is not None:
                    on_error(error)
        except Exception as error:  # the run fails, the worker lives; the log keeps the traceback
            log(traceback.format_exc())
            _fail(store, run, error, unforeseen(error, log_path))
    notify.collect(store, present())
    return store.runs.get(run.id)


def execute_within(
    context: RunContext,
    kind: str,
    arguments: Mapping[str, Any],
    progress: Progress | None = None,
    on_error: Callable[[IncumbentError], None] | None = None,
) -> Run:
    """Execute a run of its own as a part of another: of the same model, in this process, at once.

    It stops when the other is asked to.

    Parameters
    ----------
    kind : str
        What the part does, as ``submit`` takes it.
    arguments : mapping
    progress, on_error : callable, optional
        As in :func:`execute`.

    Returns
    -------
    Run
        Its row after it has ended.

    Raises
    ------
    UsageError
        If this release does not execute such a kind.
    """
    known_kind(kind)
    whole, store = context.run, context.store
    with store.transaction():
        queued = store.runs.enqueue(
            whole.model, kind, arguments, why=part_of(whole), who=whole.who, as_of=whole.as_of
        )
        run = store.runs.claim(os.getpid(), queued.id)
    assert run is not None
    return execute_claimed(context.workspace, store, run, progress, on_error=on_error, within=context.pulse)


def part_of(whole: Run) -> str:
    """Why a run that is a part of another is, as its row says it.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> part_of(SimpleNamespace(kind="challenge", id=7))
    'challenge 7'
    """
    return f"{title(whole.kind)} {whole.id}"


def _work(context: RunContext) -> Outcome:
    handler = resolve(context.run.kind)
    context.check_cancelled()
    outcome: Outcome = handler(context)
    return outcome


def _stopped(store: Store, run: Run, pulse: Pulse, said: str, log: Callable[[str], None]) -> None:
    log(f"{pulse.stopped_as}: {pulse.reason or said}")
    with store.transaction():
        store.runs.finish(run.id, pulse.stopped_as, note=pulse.reason or said)
        if pulse.stopped_as == "interrupted":
            make_up_for(store, run)


def _conclude(store: Store, run: Run, outcome: Outcome) -> None:
    from core import alerts

    result = {**outcome.result, "run": run.id}
    with store.transaction():
        store.runs.conclude(
            run.id, outcome.verdict, outcome.note, result, outcome.measurements, repeats=outcome.repeats
        )
        line = outcome.journal
        if line is not None:
            store.journal.add(
                run.who, line.action, line.subject, model=run.model, detail=line.detail, undo=line.undo
            )
        alerts.conclude(store, run, outcome)


def _fail(store: Store, run: Run, error: BaseException, said: str) -> None:
    from core import alerts

    refused = isinstance(error, RefusedError)
    nothing_to_judge = refused and run.model is not None and not store.versions.list(run.model)
    found_out = run.kind in CHECKS and not alerts.asked_wrongly(run, error) and not nothing_to_judge
    verdict: Verdict | None = "error" if found_out else None
    note = f"refused: {said}" if refused else said
    with store.transaction():
        store.runs.finish(run.id, "failed", verdict, note=note, error=said)
        alerts.could_not_run(store, run, error, said)


def unforeseen(error: BaseException, log_path: Path) -> str:
    """One line about an error that nobody foresaw.

    >>> unforeseen(ZeroDivisionError("division by zero"), Path("run-7.log"))
    'ZeroDivisionError: division by zero (the log has the details: run-7.log)'
    >>> unforeseen(OSError("17379 requested and 16880 written"), Path("run-7.log"))
    'a file could not be written or read: No space left on device (the log has the details: run-7.log)'
    """
    if isinstance(error, OSError):
        what = error.filename or "a file"
        return (
            f"{what} could not be written or read: {reason_of(error)} "
            f"(the log has the details: {log_path.name})"
        )
    said = str(error).strip().splitlines()
    message = said[0] if said else "no message"
    return f"{type(error).__name__}: {message} (the log has the details: {log_path.name})"


def run_here(
    workspace: Workspace,
    model: str | None,
    kind: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    why: str,
    who: str | None = None,
    as_of: str | None = None,
    progress: Progress | None = None,
    on_error: Callable[[IncumbentError], None] | None = None,
) -> Run:
    """Queue a run and execute it in this process, as the command line does.

    Ctrl-C asks it to stop (``cancelled``), a second Ctrl-C stops it at once; SIGTERM makes it
    ``interrupted``. What it had to tell is sent at once where nobody keeps the night.

    Returns
    -------
    Run
        Its row after it has ended.
    """
    from core import notify

    run = submit(workspace, model, kind, arguments, why=why, who=who, as_of=as_of)
    ended = execute(workspace, run.id, progress, on_error=on_error)
    notify.post_if_alone(workspace)
    return ended
