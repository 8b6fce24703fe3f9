"""How a child process is made: which interpreter, what lies on its path, in what environment.

A user's code runs with the model's own interpreter, never beside ``core``: the child sees the user's folder
and a copy of ``incumbent/`` alone, kept in the workspace's cache under the hash of its content.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import incumbent
from core.workspace import Workspace
from incumbent.errors import FittingError
from incumbent.files import new_folder

#: Runs the fitting package from the runtime copy, whatever the current folder holds.
_BOOT = (
    "import sys; "
    "sys.version_info >= (3, 10) or sys.exit('this is Python ' + sys.version + ': too old, 3.10 is needed'); "
    "sys.path[:1] = [sys.argv.pop(1)]; "
    "from incumbent.fitting.__main__ import main; "
    "sys.exit(main(sys.argv[1:]))"
)
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_PATIENCE = 20  # seconds that a program has to say that it is a Python


def interpreter(workspace: Workspace, python: str | None) -> str:
    """The interpreter that a model names, checked; this one where it names none.

    Raises
    ------
    FittingError
        Where there is no such program, or it is no Python.
    """
    if python is None:
        return sys.executable
    if "/" not in python and os.sep not in python:
        found = shutil.which(python)
        if found is None:
            raise FittingError(f"there is no interpreter {python!r} on the path", _interpreter_hint())
        return _python(found)
    path = workspace.path(python)  # a link of a virtual environment must stay a link
    if not path.is_file() or not os.access(path, os.X_OK):
        raise FittingError(f"there is no interpreter at {path}", _interpreter_hint())
    return _python(str(path))


def _python(path: str) -> str:
    """The path, if it is a Python; what is not named like one is asked."""
    if "python" in Path(path).name or "pypy" in Path(path).name:
        return path
    try:
        asked = subprocess.run(
            [path, "-c", "print(6 * 7)"], capture_output=True, text=True, errors="replace", timeout=_PATIENCE
        )
        said = asked.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        said = ""
    if said != "42":
        raise FittingError(f"{path} is not a Python interpreter", _interpreter_hint())
    return path


def _interpreter_hint() -> str:
    return "set `python` in the model's spec to an interpreter that has scikit-learn, or leave it out"


def command(workspace: Workspace, python: str | None, *arguments: str) -> list[str]:
    """The command line of a child."""
    return [interpreter(workspace, python), "-c", _BOOT, str(runtime_copy(workspace)), *arguments]


def environment() -> dict[str, str]:
    """The child's environment: one thread a job, sets in the same order every time, output at once."""
    return {
        **os.environ,
        **dict.fromkeys(_ONE_THREAD, "1"),
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
    }


def runtime_copy(workspace: Workspace) -> Path:
    """A folder that holds a copy of ``incumbent/`` alone; made once for each state of the source."""
    source = Path(incumbent.__file__).parent
    names = sorted(p.relative_to(source).as_posix() for p in source.rglob("*.py"))
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + (source / name).read_bytes() + b"\0")
    target = workspace.cache / f"runtime-{digest.hexdigest()[:16]}"
    if not target.is_dir():
        with new_folder(target) as building:
            for name in names:
                (building / "incumbent" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / name, building / "incumbent" / name)
    return target
