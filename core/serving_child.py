"""A child process that stays: a job that answers requests, line by line, until its input ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

from core.process import TICK, Cancelled, crashed, end, last_lines, never, open_log, raise_error, start
from core.runtime import command
from core.workspace import Workspace
from incumbent.errors import FittingError, IncumbentError, Interrupted


class ServingChild:
    """A child that was started for one job and answers requests about it.

    Use as a context manager. Not for use from several threads at once.

    Parameters
    ----------
    workspace : Workspace
    job : mapping
        As ``incumbent.fitting.jobs`` reads it.
    python : str, optional
        The interpreter that the model's spec names.
    log : Path, optional
        Where the child's output is appended.
    """

    #: What it does, in a sentence that says that it was stopped.
    does = "answered"

    def __init__(
        self, workspace: Workspace, job: Mapping[str, Any], python: str | None = None, log: Path | None = None
    ) -> None:
        workspace.cache.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{job['job']}-", dir=workspace.cache))
        self._output = open_log(log, self.folder)
        self._began = self._output.tell()
        file = self.folder / "job.json"
        file.write_text(json.dumps({**job, "folder": str(self.folder)}), "utf-8")
        arguments = command(workspace, python, str(file))
        self._python = arguments[0]
        self._process = start(
            arguments, workspace, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._output
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(
        self, request: Mapping[str, Any], *, time_limit: float | None = None, cancelled: Cancelled = never
    ) -> dict[str, Any]:
        """Send a request and wait for its answer.

        Raises
        ------
        FittingError
            What the child says of the user's code, or that it died or takes too long.
        Interrupted
            Where ``cancelled`` says so.
        """
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
        answer: dict[str, Any] = json.loads(line)
        raise_error(answer)
        return answer

    def _read_line(self, pipe: IO[bytes], time_limit: float | None, cancelled: Cancelled) -> bytes:
        import select

        until = None if time_limit is None else time.monotonic() + time_limit
        while not select.select([pipe], [], [], TICK)[0]:
            if cancelled():
                self.close()
                raise Interrupted(f"stopped while it {self.does}")
            if until is not None and time.monotonic() > until:
                self.close()
                message = f"it took longer than {time_limit:g} seconds; stopped while it {self.does}"
                raise FittingError(message, "ask for fewer rows")
        return pipe.readline()

    def _died(self) -> IncumbentError:
        end(self._process)
        return crashed(
            self._process.returncode, self._python, last_lines(Path(self._output.name), self._began)
        )

    def close(self) -> None:
        """End the child and drop its files; harmless a second time."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        end(self._process)
        self._output.close()
        shutil.rmtree(self.folder, ignore_errors=True)
