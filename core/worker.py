"""The process that executes runs: ``python -m core.worker --workspace PATH [--run N | --drain]``.

A worker takes one of a few places (setting ``workers``, 1 by default: two jobs at once on two cores are
slower than one after the other), executes what is queued, oldest first, and ends. It is started in a session
of its own, so it goes on when the panel that started it is closed. Killed at any moment, it leaves a run that
the next sweep calls interrupted.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core import notify
from core.leases import Hold, holder_of
from core.runs import execute, execute_claimed, sweep_store
from incumbent.errors import IncumbentError

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: How many more than nothing a worker's priority yields to what a person does at the machine.
NICENESS = 10

PLACE_SECONDS = 60.0
RENEW_SECONDS = 20.0

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

#: Workers that this process has started, with their workspace: kept so that ended ones are reaped.
_started: list[tuple[Path, subprocess.Popen[bytes]]] = []


def places(store: Store) -> tuple[str, ...]:
    """The names of the places that workers share."""
    count = store.settings.get("workers", 1)
    return tuple(f"worker-{number}" for number in range(1, max(1, int(count)) + 1))


def start(workspace: Workspace) -> int | None:
    """Start a worker for what is queued, unless every place is taken.

    A worker that is at work looks at the queue again before it ends, so nothing that is queued waits for
    ever.

    Returns
    -------
    int or None
        The process id, None where the workers at work will see to it.
    """
    with workspace.store() as store:
        return start_if_needed(workspace, store)


def start_if_needed(workspace: Workspace, store: Store) -> int | None:
    """Like :func:`start`, with an open store, and only if something is queued."""
    from store.clock import now

    _reap()
    if not store.runs.page(state="queued", limit=1).rows:
        return None
    if all(holder_of(store, place, now()) for place in places(store)):
        return None
    workspace.logs.mkdir(parents=True, exist_ok=True)
    # -P: the workspace may hold a folder named like one of ours
    command = [
        sys.executable,
        "-P",
        "-m",
        "core.worker",
        "--workspace",
        str(workspace.root),
        "--drain",
        "--nice",
    ]
    with (workspace.logs / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=workspace.root,
            env={**os.environ, **_ONE_THREAD},
            start_new_session=True,
            close_fds=True,
        )
    _started.append((workspace.root, process))
    return process.pid


def has_started(workspace: Workspace) -> bool:
    """Whether a worker that this process started for a workspace is still there."""
    _reap()
    return any(root == workspace.root for root, _process in _started)


def _reap() -> None:
    _started[:] = [(root, process) for root, process in _started if process.poll() is None]


def drain(workspace: Workspace, most: int | None = None) -> int:
    """Execute what is queued, oldest first, until nothing is left.

    Parameters
    ----------
    most : int, optional
        Stop after so many runs.

    Returns
    -------
    int
        How many runs were executed here: 0 too where every place is taken.
    """
    executed = 0
    with workspace.store() as store:
        # the queue is looked at after the place is given back: what was queued meanwhile found it taken
        while (most is None or executed < most) and store.runs.page(state="queued", limit=1).rows:
            with _place(store) as taken:
                if not taken:
                    break
                sweep_store(store)
                run = store.runs.claim(os.getpid())
                ended = run and execute_claimed(workspace, store, run)
            executed += ended is not None
            if ended is not None and ended.state == "interrupted":
                break
        if executed:
            notify.post(store)  # a mail must not wait for a daemon that nobody started
    return executed


@contextmanager
def _place(store: Store) -> Iterator[bool]:
    """One of the places, kept while inside; False where all are taken."""
    hold = next(
        (hold for hold in (Hold(store, name, PLACE_SECONDS) for name in places(store)) if hold.take()), None
    )
    if hold is None:
        yield False
        return
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(RENEW_SECONDS):
            try:
                hold.renew()
            except IncumbentError as error:
                print(f"place not renewed: {error}", file=sys.stderr, flush=True)  # noqa: T201

    keeper = threading.Thread(target=keep, name="keeps the worker's place", daemon=True)
    keeper.start()
    try:
        yield True
    finally:
        ended.set()
        keeper.join()
        hold.release()


def main(arguments: Sequence[str] | None = None) -> int:
    """What ``python -m core.worker`` does; the exit code says whether it could work at all."""
    from core.workspace import Workspace

    parser = argparse.ArgumentParser(prog="core.worker", description="Execute queued runs.")
    parser.add_argument("--workspace", required=True, help="folder of the workspace")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--run", type=int, metavar="N", help="execute this run")
    what.add_argument("--drain", action="store_true", help="execute all that is queued")
    parser.add_argument("--nice", action="store_true", help="yield to what a person does at the machine")
    asked = parser.parse_args(arguments)
    if asked.nice:
        os.nice(NICENESS)
    try:
        workspace = Workspace.open(asked.workspace)
        if asked.run is not None:
            execute(workspace, asked.run)
        else:
            drain(workspace, most=None if asked.drain else 1)
    except IncumbentError as error:
        print(f"worker: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
