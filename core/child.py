"""Jobs in child processes that run a user's code: a document in, a result and files out.

What goes in and what comes back are files, never Python objects. A child that crashes, hangs or calls
``sys.exit`` is a :class:`FittingError` that says so; a child whose parent dies ends by itself.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from core.process import TICK, Cancelled, crashed, end, last_lines, never, open_log, raise_error, start
from core.runtime import command
from core.workspace import Workspace
from incumbent.errors import FittingError, Interrupted

Progress = Callable[["float | None", str], None]


def no_progress(share: float | None, note: str) -> None:
    """Tell nobody."""


@contextmanager
def job_folder(workspace: Workspace) -> Iterator[Path]:
    """A folder for one job's files, gone when the block ends."""
    workspace.cache.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="job-", dir=workspace.cache))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_job(
    workspace: Workspace,
    folder: Path,
    job: Mapping[str, Any],
    *,
    python: str | None = None,
    log: Path | None = None,
    time_limit: float | None = None,
    progress: Progress = no_progress,
    cancelled: Cancelled = never,
) -> dict[str, Any]:
    """Run one job in a child process and return its result.

    Parameters
    ----------
    workspace : Workspace
    folder : Path
        The job's own folder (:func:`job_folder`); results that are files lie in ``folder/out``.
    job : mapping
        As ``incumbent.fitting.jobs`` reads it.
    python : str, optional
        The interpreter that the model's spec names.
    log : Path, optional
        Where the child's output is appended.
    time_limit : float, optional
        Seconds.

    Raises
    ------
    FittingError
        Where the user's code fails, crashes, exits or takes too long, or the interpreter is of no use.
    Interrupted
        Where ``cancelled`` says so.
    """
    (folder / "out").mkdir(exist_ok=True)
    (folder / "job.json").write_text(json.dumps({**job, "folder": str(folder)}), "utf-8")
    arguments = command(workspace, python, str(folder / "job.json"))
    with _log_file(log, folder) as output:
        began = output.tell()
        process = start(arguments, workspace, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            _wait(process, _Notes(folder / "progress.jsonl", progress), time_limit, cancelled)
        finally:
            end(process)
        tail = last_lines(Path(output.name), began)
    return _result(folder / "result.json", process.returncode, arguments[0], tail)


class _Notes:
    """Reads the progress lines that a job appends to a file."""

    def __init__(self, path: Path, progress: Progress) -> None:
        self._path = path
        self._progress = progress
        self._read = 0

    def pass_on(self) -> None:
        if not self._path.exists():
            return
        with open(self._path, "rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._read += len(line)
                note = json.loads(line)
                self._progress(note.get("share"), note.get("note", ""))


def _wait(
    process: subprocess.Popen[bytes], notes: _Notes, time_limit: float | None, cancelled: Cancelled
) -> None:
    until = None if time_limit is None else time.monotonic() + time_limit
    while True:
        try:
            process.wait(TICK)
        except subprocess.TimeoutExpired:
            notes.pass_on()
            if cancelled():
                raise Interrupted("stopped while it ran the model's code") from None
            if until is not None and time.monotonic() > until:
                raise FittingError(
                    f"it took longer than the limit of {time_limit:g} seconds",
                    "give it more time, fewer rows or a simpler model",
                ) from None
        else:
            notes.pass_on()
            return


def _result(path: Path, code: int, python: str, tail: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise crashed(code, python, tail) from None
    raise_error(document)
    return document


@contextmanager
def _log_file(log: Path | None, folder: Path) -> Iterator[IO[bytes]]:
    file = open_log(log, folder)
    try:
        yield file
    finally:
        file.close()
