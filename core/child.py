"""Child processes that run a user's code: one job and its result, or predictions until told to stop.

What goes in and what comes back are files, never Python objects. A child that crashes, hangs or calls
``sys.exit`` is a :class:`FittingError` that says so; a child whose parent dies ends by itself.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from core.runtime import command, environment
from core.workspace import Workspace
from incumbent.errors import (
    BundleError,
    DataError,
    FittingError,
    IncumbentError,
    InputError,
    Interrupted,
    RefusedError,
    UsageError,
)

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Columns

Progress = Callable[["float | None", str], None]
Cancelled = Callable[[], bool]

_TICK = 0.05  # seconds between looks at a child
_GRACE = 2.0  # seconds between asking a child to end and ending it
_LAST_LINES = 12
_ERRORS = (BundleError, DataError, FittingError, InputError, RefusedError, UsageError)
_KINDS = {error.kind: error for error in _ERRORS}


def no_progress(share: float | None, note: str) -> None:
    """Tell nobody."""


def never() -> bool:
    """Nobody cancels."""
    return False


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
        process = _start(arguments, workspace, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            _wait(process, _Notes(folder / "progress.jsonl", progress), time_limit, cancelled)
        finally:
            _end(process)
        tail = _tail(Path(output.name), began)
    return _result(folder / "result.json", process.returncode, arguments[0], tail)


class PredictionChild:
    """A child process that opens a bundle once and answers requests: for algorithms that run a user's code.

    Use as a context manager. Not for use from several threads at once.

    Parameters
    ----------
    workspace : Workspace
    bundle : Path
        The bundle's folder.
    python : str, optional
        The interpreter that the model's spec names.
    trusted : mapping, optional
        ``types`` and ``sources`` that a person has trusted.
    """

    def __init__(
        self,
        workspace: Workspace,
        bundle: Path,
        python: str | None = None,
        trusted: Mapping[str, Any] | None = None,
        log: Path | None = None,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="predict-", dir=workspace.cache))
        self._output = _open_log(log, self._folder)
        self._began = self._output.tell()
        job = {"job": "predict", "bundle": str(bundle), "trusted": dict(trusted or {})}
        job["folder"] = str(self._folder)
        (self._folder / "job.json").write_text(json.dumps(job), "utf-8")
        arguments = command(workspace, python, str(self._folder / "job.json"))
        self._python = arguments[0]
        self._process = _start(
            arguments, workspace, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._output
        )
        self._asked = 0

    def __enter__(self) -> PredictionChild:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def predict(
        self, columns: Columns, *, time_limit: float | None = None, cancelled: Cancelled = never
    ) -> np.ndarray:
        """Scores of many rows, as :meth:`incumbent.bundle.Bundle.predict` gives them."""
        import numpy as np

        from incumbent.columns import row_count, write_columns

        self._asked += 1
        given = self._folder / f"columns-{self._asked}"
        answer = self._folder / f"scores-{self._asked}.npy"
        write_columns(given, columns)
        request = {"columns": str(given), "rows": row_count(columns), "out": str(answer)}
        self._ask(request, time_limit, cancelled)
        scores = np.load(answer, allow_pickle=False)
        shutil.rmtree(given, ignore_errors=True)
        answer.unlink()
        return np.asarray(scores)

    def _ask(self, request: Mapping[str, Any], time_limit: float | None, cancelled: Cancelled) -> None:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        line = self._read_line(process.stdout, time_limit, cancelled)
        if not line.endswith(b"\n"):
            raise self._died()
        _raise_error(json.loads(line))

    def _read_line(self, pipe: IO[bytes], time_limit: float | None, cancelled: Cancelled) -> bytes:
        import select

        until = None if time_limit is None else time.monotonic() + time_limit
        while not select.select([pipe], [], [], _TICK)[0]:
            if cancelled():
                self.close()
                raise Interrupted("stopped while it predicted")
            if until is not None and time.monotonic() > until:
                self.close()
                message = f"predicting took longer than {time_limit:g} seconds"
                raise FittingError(message, "ask for fewer rows")
        return pipe.readline()

    def _died(self) -> IncumbentError:
        _end(self._process)
        return _crash(self._process.returncode, self._python, _tail(Path(self._output.name), self._began))

    def close(self) -> None:
        """End the child and drop its files; harmless a second time."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        _end(self._process)
        self._output.close()
        shutil.rmtree(self._folder, ignore_errors=True)


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


def _start(arguments: list[str], workspace: Workspace, **streams: Any) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            arguments, cwd=workspace.root, env=environment(), start_new_session=True, **streams
        )
    except OSError as error:
        raise FittingError(
            f"the interpreter {arguments[0]} does not start: {error.strerror}",
            "set `python` in the model's spec to an interpreter that has scikit-learn",
        ) from None


def _wait(
    process: subprocess.Popen[bytes], notes: _Notes, time_limit: float | None, cancelled: Cancelled
) -> None:
    until = None if time_limit is None else time.monotonic() + time_limit
    while True:
        try:
            process.wait(_TICK)
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


def _end(process: subprocess.Popen[bytes]) -> None:
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


def _result(path: Path, code: int, python: str, tail: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise _crash(code, python, tail) from None
    _raise_error(document)
    return document


def _raise_error(document: Mapping[str, Any]) -> None:
    error = document.get("error")
    if error is not None:
        raise _KINDS.get(error["kind"], FittingError)(error["message"], error.get("hint", ""))


def _crash(code: int, python: str, tail: str) -> FittingError:
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


def _tail(path: Path, began: int) -> str:
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(began, size - 4096))
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    return "\n".join(lines[-_LAST_LINES:])


@contextmanager
def _log_file(log: Path | None, folder: Path) -> Iterator[IO[bytes]]:
    file = _open_log(log, folder)
    try:
        yield file
    finally:
        file.close()


def _open_log(log: Path | None, folder: Path) -> IO[bytes]:
    path = log or folder / "output.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")
    file.seek(0, os.SEEK_END)
    return file
