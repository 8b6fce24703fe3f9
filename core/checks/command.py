"""A maintainer's own command: run in a group of its own, with a time limit, its end remembered."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.checks.bounded_log import BoundedLog
from core.process import TICK, Cancelled, end, never, open_log
from incumbent.errors import Interrupted, UsageError, WorkError

#: Signs that only a shell understands.
_SHELL = re.compile(r"[|&;<>()$`*?~#\n]|^\s*\w+=")
_MOST_LINES, _MOST_BYTES = 40, 8_192
#: Seconds that the rest of what was printed may take: a process that left the group may keep the pipe open.
_LAST_WORDS = 10.0


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    ``code`` is its exit code (minus the signal that killed it; None: it took longer than ``limit`` seconds),
    ``output`` the end of what it printed.
    """

    code: int | None
    seconds: float
    limit: float
    output: str

    @property
    def passed(self) -> bool:
        return self.code == 0

    @property
    def note(self) -> str:
        """In one line, with the last line that it printed.

        >>> Ended(1, 2.04, 600.0, "1 failed\\n").note
        'the test ended with 1 after 2.0 s: 1 failed'
        """
        if self.code is None:
            return f"the test took longer than {self.limit:g} s and was stopped"
        last = self.output.strip().rsplit("\n", 1)[-1].strip()
        said = f": {last[:200]}" if last else ""
        if self.code == 0:
            return f"the test passed in {self.seconds:.1f} s{said}"
        how = f"was killed by signal {-self.code}" if self.code < 0 else f"ended with {self.code}"
        return f"the test {how} after {self.seconds:.1f} s{said}"

    def document(self) -> dict[str, Any]:
        """As the check's document has it."""
        return {"exit_code": self.code, "seconds": round(self.seconds, 3), "output": self.output}


def run_command(
    line: str,
    folder: Path,
    variables: Mapping[str, str],
    *,
    log: Path,
    time_limit: float,
    cancelled: Cancelled = never,
) -> Ended:
    """Run a command line and wait for its end; everything that it started ends with it.

    Without signs that only a shell understands, no shell is involved.

    Parameters
    ----------
    line : str
    folder : Path
        Where it runs.
    variables : mapping
        Added to the environment.
    log : Path
        What it prints is appended there; of very much only the beginning and the end.
    time_limit : float
        Seconds.

    Raises
    ------
    WorkError
        Where the program does not start.
    Interrupted
        Where ``cancelled`` says so.
    """
    with open_log(log, folder) as kept:
        began = kept.tell()
    started = time.monotonic()
    process = _start(arguments_of(line), folder, variables)
    assert process.stdout is not None
    filling = threading.Thread(target=BoundedLog(log, began).fill, args=(process.stdout,), daemon=True)
    filling.start()
    try:
        code = _wait(process, started + time_limit, cancelled)
    finally:
        end(process)
        filling.join(_LAST_WORDS)
    return Ended(code, time.monotonic() - started, time_limit, _end_of(log, began))


def arguments_of(line: str) -> list[str]:
    """A command line as the arguments of a process.

    Raises
    ------
    UsageError
        Where a quotation is not closed, or there is nothing to run.

    Examples
    --------
    >>> arguments_of("pytest '../my app' -q")
    ['pytest', '../my app', '-q']
    >>> arguments_of("cd ../app && make test")
    ['/bin/sh', '-c', 'cd ../app && make test']
    """
    if _SHELL.search(line):
        return ["/bin/sh", "-c", line]
    try:
        found = shlex.split(line)
    except ValueError as error:
        raise UsageError(
            f"the test command {line!r} cannot be read: {error}", hint="close the quotation"
        ) from None
    if not found:
        raise UsageError("the test command is empty", hint='write [software] test = "pytest ../app/tests"')
    return found


def _start(arguments: list[str], folder: Path, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **variables, "PYTHONUNBUFFERED": "1"}
    program = arguments[0]
    try:
        return subprocess.Popen(
            [_program(program, folder), *arguments[1:]],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise WorkError(
            f"the test command does not start: {program}: {error.strerror}",
            hint="name a program on the path, or a path relative to the spec's folder",
        ) from None


def _program(name: str, folder: Path) -> str:
    """A path counts from the folder where the command runs; a bare name is looked for on the path."""
    if os.sep in name:
        return str(folder / name)
    return shutil.which(name) or name


def _wait(process: subprocess.Popen[bytes], until: float, cancelled: Cancelled) -> int | None:
    while time.monotonic() < until:
        try:
            return process.wait(TICK)
        except subprocess.TimeoutExpired:
            if cancelled():
                raise Interrupted("stopped while the software test ran") from None
    return None


def _end_of(log: Path, began: int) -> str:
    with open(log, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(began, size - _MOST_BYTES))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return "\n".join(lines[-_MOST_LINES:]).strip()
