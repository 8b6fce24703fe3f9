"""One child process: started in a group of its own, ended with all that it started, its failure in words."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from core.runtime import environment
from core.workspace import Workspace
from incumbent.errors import BundleError, DataError, FittingError, InputError, RefusedError, UsageError

Cancelled = Callable[[], bool]

TICK = 0.05  # seconds between looks at a child
_GRACE = 2.0  # seconds between asking a child to end and ending it
_LAST_LINES = 12
_ERRORS = (BundleError, DataError, FittingError, InputError, RefusedError, UsageError)
_KINDS = {error.kind: error for error in _ERRORS}


def never() -> bool:
    """Nobody cancels."""
    return False


def start(arguments: list[str], workspace: Workspace, **streams: Any) -> subprocess.Popen[bytes]:
    """Start a child in the workspace's folder; FittingError where its interpreter does not start."""
    try:
        return subprocess.Popen(
            arguments, cwd=workspace.root, env=environment(), start_new_session=True, **streams
        )
    except OSError as error:
        raise FittingError(
            f"the interpreter {arguments[0]} does not start: {error.strerror}",
            "set `python` in the model's spec to an interpreter that has scikit-learn",
        ) from None


def end(process: subprocess.Popen[bytes]) -> None:
    """End a child and everything that it started (its process group)."""
    for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            process.wait()
            return
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue


def raise_error(document: Mapping[str, Any]) -> None:
    """Raise the error that a child's answer carries, if it does."""
    error = document.get("error")
    if error is not None:
        raise _KINDS.get(error["kind"], FittingError)(error["message"], error.get("hint", ""))


def crashed(code: int, python: str, tail: str) -> FittingError:
    """The error that says how a child ended without an answer."""
    if os.strerror(errno.ENOSPC) in tail:
        return FittingError(
            "the process that ran the model's code could not write: the disk is full",
            "make room on the disk of the workspace, then try again; nothing half-made is left",
        )
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        what = f"the process that ran the model's code was killed by {name}"
        hint = "a crash in compiled code, or not enough memory; the run's log has what it printed"
    else:
        what = f"the process that ran the model's code ended with exit code {code} and no result"
        hint = f"it ran with {python}; the run's log has what it printed"
    return FittingError(f"{what}: {tail}" if tail else what, hint)


def last_lines(path: Path, began: int) -> str:
    """The end of what a child printed since a position in its log."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(began, size - 4096))
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return "\n".join(lines[-_LAST_LINES:])


def open_log(log: Path | None, folder: Path) -> IO[bytes]:
    """The run\'s log, to append to; a file in the job\'s own folder without one."""
    path = log or folder / "output.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")
    file.seek(0, os.SEEK_END)
    return file
