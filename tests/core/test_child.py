"""Whatever a user's code does to its process, the panel's process gets an error in words."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.child import job_folder, run_job
from core.prediction_child import PredictionChild
from core.runtime import interpreter, runtime_copy
from core.workspace import Workspace
from incumbent.columns import write_columns
from incumbent.errors import FittingError, Interrupted


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path)


def train(workspace: Workspace, source: str, **options: Any) -> dict[str, Any]:
    """Run the job ``train`` for a pipeline file that fails before it fits anything."""
    user = workspace.root / "user"
    user.mkdir(exist_ok=True)
    (user / "flights.py").write_text(source)
    job = {
        "job": "train",
        "pipeline": str(user / "flights.py"),
        "user_folder": str(user),
        "seed": 0,
        "task": "regression",
        "target": "y",
        "kinds": {},
        "cost": None,
    }
    with job_folder(workspace) as folder:
        write_columns(folder / "columns", {"x": np.arange(4.0), "y": np.arange(4.0)})
        return run_job(workspace, folder, job, **options)


def test_sys_exit_is_an_error_in_words(workspace: Workspace) -> None:
    with pytest.raises(FittingError, match=r"called sys\.exit\(3\)(.|\n)*flights\.py, line 2"):
        train(workspace, "import sys\nsys.exit(3)\n")


def test_a_crash_names_its_signal_and_what_was_printed_last(workspace: Workspace) -> None:
    source = "import os, signal\nprint('nearly there')\nos.kill(os.getpid(), signal.SIGSEGV)\n"
    with pytest.raises(FittingError, match="killed by SIGSEGV: nearly there"):
        train(workspace, source)


def test_an_exit_without_a_result_is_told(workspace: Workspace) -> None:
    with pytest.raises(FittingError, match="exit code 7 and no result"):
        train(workspace, "import os\nos._exit(7)\n")


def test_a_full_disk_is_told_without_a_traceback(workspace: Workspace) -> None:
    source = "import errno, os\nprint(os.strerror(errno.ENOSPC), flush=True)\nos._exit(1)\n"
    with pytest.raises(FittingError, match="could not write: the disk is full"):
        train(workspace, source)


def test_a_time_limit_ends_the_child(workspace: Workspace) -> None:
    with pytest.raises(FittingError, match="longer than the limit"):
        train(workspace, "import time\ntime.sleep(600)\n", time_limit=0.2)


def test_what_a_child_started_ends_with_it(workspace: Workspace) -> None:
    pid = workspace.root / "pid"
    source = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pid)!r} + '.new', 'w').write(str(child.pid))\n"
        f"import os\nos.rename({str(pid)!r} + '.new', {str(pid)!r})\nchild.wait()\n"
    )
    with pytest.raises(Interrupted):
        train(workspace, source, cancelled=pid.exists)
    wait_until(lambda: not alive(int(pid.read_text())))


def alive(pid: int) -> bool:
    """Whether a process runs (one that has ended and waits for its parent does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def wait_until(happened: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(200):
        if happened():
            return
        pause.wait(0.05)
    raise AssertionError("it did not happen in ten seconds")


def test_a_cancelled_job_ends(workspace: Workspace) -> None:
    started = workspace.root / "started"
    source = f"import time\nopen({str(started)!r}, 'w').close()\ntime.sleep(600)\n"
    with pytest.raises(Interrupted):
        train(workspace, source, cancelled=started.exists)


def test_what_a_job_prints_is_in_the_runs_log(workspace: Workspace) -> None:
    log = workspace.log(1)
    with pytest.raises(FittingError):
        train(workspace, "print('hello from the pipeline')\nraise ValueError('ups')\n", log=log)
    text = log.read_text()
    assert "hello from the pipeline" in text and "ValueError: ups" in text


def test_a_missing_interpreter_is_told(workspace: Workspace) -> None:
    with pytest.raises(FittingError, match=r"no interpreter at .*venv/bin/python"):
        train(workspace, "", python="venv/bin/python")
    with pytest.raises(FittingError, match="no interpreter 'no-such-python'"):
        interpreter(workspace, "no-such-python")


def test_a_program_that_is_no_python_is_told(workspace: Workspace) -> None:
    for program in ("/bin/ls", "true"):
        with pytest.raises(FittingError, match="is not a Python interpreter"):
            interpreter(workspace, program)


def test_an_interpreter_without_numpy_is_told(workspace: Workspace) -> None:
    bare = workspace.root / "bare"
    bare.write_text(f'#!/bin/sh\nshift 0\nexec "{sys.executable}" -I -S "$@"\n')  # no site-packages
    bare.chmod(0o755)
    with pytest.raises(FittingError, match="has no numpy"):
        train(workspace, "", python="./bare")


def test_the_users_own_modules_come_before_ours(workspace: Workspace) -> None:
    user = workspace.root / "user"
    (user / "core").mkdir(parents=True)
    (user / "core" / "__init__.py").write_text("WHOSE = 'the user'\n")
    (user / "incumbent.py").write_text("raise RuntimeError('not ours')\n")
    with pytest.raises(FittingError, match="it is the user's"):
        train(workspace, "import core\nassert core.WHOSE != 'the user', \"it is the user's\"\n")


def test_the_runtime_copy_holds_incumbent_alone_and_is_made_once(workspace: Workspace) -> None:
    copy = runtime_copy(workspace)
    assert [p.name for p in copy.iterdir()] == ["incumbent"]
    before = copy.stat().st_mtime_ns
    assert runtime_copy(workspace) == copy and copy.stat().st_mtime_ns == before


def test_a_prediction_child_without_a_bundle_says_so_and_lives_on(workspace: Workspace) -> None:
    from incumbent.errors import BundleError

    with PredictionChild(workspace, workspace.root / "nothing") as child:
        for _ in range(2):
            with pytest.raises(BundleError, match="no bundle"):
                child.predict({"x": np.arange(3.0)})
