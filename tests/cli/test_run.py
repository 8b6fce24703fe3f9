"""``incumbent run``: rows of what ran, also of what was stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.runs import get, newest, submit
from core.workspace import Workspace
from tests.cli.conftest import Incumbent
from tests.core.night import until

KEYS = {"run", "model", "check", "state", "verdict", "started", "finished", "progress", "why"}

ENDLESS = """
import pathlib, time
def build():
    pathlib.Path(__file__).with_name("began").touch()
    time.sleep(600)
"""


def test_list_show_follow(shared: Workspace, incumbent: Incumbent) -> None:
    incumbent(shared, "check", "regression", "late")
    rows = incumbent(shared, "run", "list", "--json").document
    assert set(rows[0]) >= KEYS
    assert (rows[0]["check"], rows[0]["state"], rows[0]["verdict"]) == ("regression", "done", "pass")
    assert rows[0]["why"] == "command line"
    assert [r["run"] for r in rows] == sorted((r["run"] for r in rows), reverse=True)
    assert len(incumbent(shared, "run", "list", "--limit", 1, "--json").document) == 1
    trained = incumbent(shared, "run", "list", "--model", "late", "--check", "train", "--json").document
    assert {(r["model"], r["check"]) for r in trained} == {("late", "train")}
    number = rows[0]["run"]
    shown = incumbent(shared, "run", "show", number, "--json").document
    assert (shown["run"], shown["result"]["passed"]) == (number, 64)
    shown_again = incumbent(shared, "run", "show", number).out
    assert "✓ pass  late v1: 32 of 32 cases pass" in shown_again
    (last,) = incumbent(shared, "run", "follow", number, "--json").lines
    assert set(last) >= KEYS
    assert f"run {number}: done pass" in incumbent(shared, "run", "follow", number).out


def test_what_is_not_there(shared: Workspace, incumbent: Incumbent) -> None:
    assert incumbent(shared, "run", "show", 999, "--json").code == 2
    assert incumbent(shared, "run", "cancel", 999).code == 2
    assert (
        incumbent(shared, "run", "list", "--model", "lat", "--json").error["hint"] == "did you mean 'late'?"
    )
    assert incumbent(shared, "run", "list", "--check", "naptest").code == 2


def test_a_queued_run_is_cancelled_at_once(house: Workspace, incumbent: Incumbent) -> None:
    queued = submit(house, "late", "nowtest", why="test")
    found = incumbent(house, "run", "cancel", queued.id, "--json").document
    assert found["state"] == "cancelled"
    assert "is cancelled" in incumbent(house, "run", "cancel", queued.id).out
    assert "has ended already: done" in incumbent(house, "run", "cancel", 1).out


@pytest.mark.parametrize(("sent", "state"), [(signal.SIGINT, "cancelled"), (signal.SIGTERM, "interrupted")])
def test_a_stopped_run_says_so(sent: signal.Signals, state: str, house: Workspace) -> None:
    (house.root / "late.py").write_text(ENDLESS)
    before = newest(house)[0].id
    words = [
        sys.executable,
        "-m",
        "cli",
        "--workspace",
        str(house.root),
        "version",
        "train",
        "late",
        "--json",
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: (house.root / "began").exists() or process.poll() is not None)
    process.send_signal(sent)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert json.loads(err.splitlines()[-1])["error"]["kind"] == "interrupted"
    stopped = get(house, before + 1)
    assert (stopped.kind, stopped.state) == ("train", state)


def test_a_killed_run_is_seen_to_be_interrupted(
    house: Workspace, incumbent: Incumbent, tmp_path: Path
) -> None:
    (house.root / "late.py").write_text(ENDLESS)
    before = newest(house)[0].id
    words = [sys.executable, "-m", "cli", "--workspace", str(house.root), "version", "train", "late"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: (house.root / "began").exists() or process.poll() is not None)
    process.kill()
    process.wait()
    followed = incumbent(house, "run", "follow", before + 1, "--json").lines
    assert followed[-1]["state"] == "interrupted"
