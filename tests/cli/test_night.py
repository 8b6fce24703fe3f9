"""``incumbent schedule``, ``daemon``, ``alert`` and ``notify``."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import daemon
from core.schedules import DEFAULT_NIGHT
from core.workspace import VARIABLE, Workspace
from tests.cli.conftest import Incumbent

NIGHT = tuple(check for check, _, _ in DEFAULT_NIGHT)


def test_schedules(house: Workspace, incumbent: Incumbent) -> None:
    rows = incumbent(house, "schedule", "list", "--json").document
    assert len(rows) == 2 * len(NIGHT)
    assert {"id", "model", "check", "cron", "paused", "next"} <= set(rows[0])
    made = incumbent(house, "schedule", "set", "late", "nowtest", "30  3 * * 1", "--json").document
    assert (made["cron"], made["paused"]) == ("30 3 * * 1", False)
    paused = incumbent(house, "schedule", "pause", "late", "nowtest", "--json").document
    assert (paused["paused"], paused["next"]) == (True, None)
    assert "paused" in incumbent(house, "schedule", "list", "late").out
    assert incumbent(house, "schedule", "resume", "late", "nowtest").code == 0
    assert incumbent(house, "schedule", "remove", "late", "nowtest", "--json").document["removed"] is True
    assert incumbent(house, "schedule", "remove", "late", "nowtest").code == 2
    assert len(incumbent(house, "schedule", "list", "late", "--json").document) == len(NIGHT) - 1


@pytest.mark.parametrize(
    "words",
    [
        ["nowtest", "often"],
        ["napping", "0 2 * * *"],
        ["nowtest", "61 2 * * *"],
        ["challenge", "0 2 * * *"],
    ],
)
def test_schedules_that_make_no_sense(words: list[str], shared: Workspace, incumbent: Incumbent) -> None:
    found = incumbent(shared, "schedule", "set", "late", *words, "--json")
    assert found.code == 2
    assert found.error["message"]


def test_a_schedule_run_by_hand_is_executed_by_a_worker(house: Workspace, incumbent: Incumbent) -> None:
    queued = incumbent(house, "schedule", "run", "late", "regression", "--json").document
    assert (queued["check"], queued["state"]) == ("regression", "queued")
    last = incumbent(house, "run", "follow", queued["run"], "--json").lines[-1]
    assert (last["state"], last["verdict"]) == ("done", "pass")


def test_nobody_keeps_the_night(house: Workspace, incumbent: Incumbent) -> None:
    found = incumbent(house, "daemon", "status", "--json").document
    assert (found["alive"], found["running"], found["queued"]) == (False, [], 0)
    assert found["next"]["model"] in ("late", "minutes")
    assert "nobody keeps the night" in incumbent(house, "daemon", "status").out
    for planned in incumbent(house, "schedule", "list", "--json").document:  # at whatever hour this runs
        incumbent(house, "schedule", "pause", planned["model"], planned["check"])
    once = incumbent(house, "daemon", "--once")
    assert (once.code, once.out) == (0, "nothing was due\n")
    assert incumbent(house, "daemon", "--once", "--json").document == {"event": "nothing due"}


def test_once_does_what_is_due(
    house: Workspace, incumbent: Incumbent, monkeypatch: pytest.MonkeyPatch
) -> None:
    for model in ("late", "minutes"):
        for check in NIGHT:
            if (model, check) != ("late", "regression"):
                incumbent(house, "schedule", "remove", model, check)
    tomorrow = datetime.now(UTC) + timedelta(days=1, hours=1)
    run_once = daemon.run_once
    monkeypatch.setattr(
        daemon, "run_once", lambda workspace, tell: run_once(workspace, tell, lambda: tomorrow)
    )
    events = incumbent(house, "daemon", "--once", "--json").lines
    assert [e["event"] for e in events] == ["rang", "ended"]
    assert (events[0]["model"], events[0]["check"]) == ("late", "regression")
    assert (events[1]["state"], events[1]["verdict"]) == ("done", "pass")


def test_the_daemon_keeps_the_night_until_told_to_stop(
    house: Workspace, incumbent: Incumbent, request: pytest.FixtureRequest
) -> None:
    words = [sys.executable, "-P", "-m", "cli", "daemon", "--json"]
    environment = {**os.environ, VARIABLE: str(house.root)}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, env=environment, text=True, cwd="/")
    request.addfinalizer(process.kill)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event"] == "started"
    found = incumbent(house, "daemon", "status", "--json").document
    assert (found["alive"], found["role"], found["pid"]) == (True, "daemon", process.pid)
    second = incumbent(house, "daemon", "--json")
    assert second.code == 3
    assert str(process.pid) in second.error["message"]
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=60)
    assert json.loads(rest.splitlines()[-1])["event"] == "stopped"
    assert process.returncode == 0
    assert incumbent(house, "daemon", "status", "--json").document["alive"] is False


def test_a_unit_is_written_and_removed(
    house: Workspace, incumbent: Incumbent, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = shutil.which
    monkeypatch.setattr("shutil.which", lambda name: "/bin/systemctl" if name == "systemctl" else found(name))
    monkeypatch.setattr("core.service.RUNS_SYSTEMD", house.root)
    made = incumbent(house, "daemon", "install", "--json").document
    assert str(house.root) in Path(made["path"]).read_text()
    assert "systemctl --user" in made["command"]
    assert incumbent(house, "daemon", "install").code == 0
    assert incumbent(house, "daemon", "uninstall").code == 0
    assert not Path(made["path"]).exists()
    assert incumbent(house, "daemon", "uninstall").code == 3


def test_an_alert_from_opening_to_closing(house: Workspace, incumbent: Incumbent) -> None:
    assert incumbent(house, "alert", "list", "--json").document == []
    incumbent(house, "require", "set", "late", "roc_auc", "--min", 0.99)
    incumbent(house, "check", "nowtest", "late")
    (alert,) = incumbent(house, "alert", "list", "--json").document
    assert (alert["model"], alert["severity"], alert["closed"]) == ("late", "fail", None)
    assert "roc_auc" in alert["message"]
    number = alert["id"]
    assert incumbent(house, "alert", "ack", number, "--json").document["acknowledged"]
    assert incumbent(house, "alert", "ack", number, "--undo", "--json").document["acknowledged"] is None
    assert incumbent(house, "alert", "snooze", number, "3d", "--json").document["snoozed_until"]
    assert incumbent(house, "alert", "snooze", number, "0", "--json").document["snoozed_until"] is None
    assert incumbent(house, "alert", "snooze", number, "soon").code == 2
    assert incumbent(house, "alert", "mute", "late", "--json").document["muted"] is True
    assert "  muted  " in incumbent(house, "alert", "list").out
    assert incumbent(house, "alert", "unmute", "late", "--json").document["muted"] is False
    assert incumbent(house, "alert", "ack", 99).code == 2
    incumbent(house, "require", "set", "late", "roc_auc", "--min", 0.1, "--reason", "too high")
    incumbent(house, "check", "nowtest", "late")
    assert incumbent(house, "alert", "list").out == "No alert is open.\n"
    (closed,) = incumbent(house, "alert", "list", "--all", "--model", "late", "--json").document
    assert closed["closed"]


def test_targets(house: Workspace, incumbent: Incumbent) -> None:
    assert incumbent(house, "notify", "test").code == 2
    refused = incumbent(house, "notify", "add", "mailtos://ann:secret@mail.example.org", "--json")
    assert refused.code == 2
    assert "${" in refused.error["hint"]
    url = "json://ann:${NO_SUCH_SECRET}@127.0.0.1:1/"
    made = incumbent(house, "notify", "add", url, "--model", "late", "--severity", "fail", "--json").document
    assert (made["id"], made["model"], made["severity"]) == (1, "late", "fail")
    assert incumbent(house, "notify", "add", url, "--severity", "loud").code == 2
    (row,) = incumbent(house, "notify", "list", "--json").document
    assert row["unsent"] == 0
    tried = incumbent(house, "notify", "test", "--json")
    assert (tried.code, tried.document[0]["sent"]) == (4, False)
    assert "NO_SUCH_SECRET" in tried.document[0]["error"]
    assert incumbent(house, "notify", "remove", 1).code == 0
    assert incumbent(house, "notify", "remove", 1).code == 2
