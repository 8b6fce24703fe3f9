"""The night: rings, catches up after sleep, never twice, one keeper at a time."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from core import daemon, runs, schedules, service, worker
from core.leases import NIGHT, role_of, since_of
from core.ringer import Ringer, ring
from core.workspace import Workspace
from incumbent.errors import RefusedError
from store.clock import text
from store.records import Run
from tests.core.night import Clock, at, make_workspace, until, use_told_handlers, wait_for, worker_process


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    use_told_handlers(monkeypatch)
    made = make_workspace(tmp_path / "models")
    with made.store() as store:
        store.settings.set("timezone", "Europe/Berlin")
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock(at("2026-03-26T12:00"))


@pytest.fixture
def started() -> list[Workspace]:
    return []


@pytest.fixture
def ringer(workspace: Workspace, clock: Clock, started: list[Workspace]) -> Iterator[Ringer]:
    made = Ringer(workspace, "daemon", clock, started.append)
    yield made
    made.close()


def nightly(workspace: Workspace, clock: Clock, cron: str = "30 2 * * *") -> None:
    schedules.set_schedule(workspace, "flights", "nowtest", cron, now=clock())


def test_it_rings_once_each_night_also_when_the_clocks_change(
    workspace: Workspace, clock: Clock, ringer: Ringer, started: list[Workspace]
) -> None:
    nightly(workspace, clock)
    rung: list[Run] = []
    for _ in range(4 * 24 * 6):  # ten-minute ticks over four days, in which summer time begins
        rung += ringer.tick().rung
        clock.go(minutes=10)
    assert [run.due for run in rung] == [
        "2026-03-27T01:30:00.000Z", "2026-03-28T01:30:00.000Z",
        "2026-03-29T01:30:00.000Z", "2026-03-30T00:30:00.000Z",
    ]  # fmt: skip
    assert not any(run.late for run in rung)
    assert all((run.why, run.who) == ("nightly", "schedule") for run in rung)
    assert workspace in started


def test_three_nights_asleep_are_made_up_for_once(workspace: Workspace, clock: Clock, ringer: Ringer) -> None:
    nightly(workspace, clock)
    assert ringer.tick().rung == ()
    clock.go(days=3, hours=1)
    (run,) = ringer.tick().rung
    assert (run.late, run.due) == (True, "2026-03-29T01:30:00.000Z")
    assert ringer.tick().rung == ()
    clock.present = at("2026-03-30T00:30")
    (run,) = ringer.tick().rung
    assert not run.late


def test_a_clock_put_back_does_not_ring_again(workspace: Workspace, clock: Clock, ringer: Ringer) -> None:
    nightly(workspace, clock)
    clock.go(days=2)
    assert len(ringer.tick().rung) == 1
    clock.go(days=-1)
    assert ringer.tick().rung == ()
    clock.go(days=1)
    assert ringer.tick().rung == ()


def test_two_that_ring_at_once_make_one_run(workspace: Workspace, clock: Clock) -> None:
    nightly(workspace, clock, "*/5 * * * *")
    clock.go(hours=1)
    together = threading.Barrier(4)
    rung: list[Run] = []

    def ring_in_a_store_of_its_own() -> None:
        with workspace.store() as store:
            together.wait()
            rung.extend(ring(store, clock()))

    threads = [threading.Thread(target=ring_in_a_store_of_its_own) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rung) == 1


def test_a_second_daemon_is_refused_and_told_by_whom(
    workspace: Workspace, clock: Clock, ringer: Ringer
) -> None:
    ringer.tick()
    with pytest.raises(RefusedError) as error:
        daemon.run(workspace, now=clock)
    assert f"pid {os.getpid()}, since {clock.text}" in error.value.message
    with pytest.raises(RefusedError):
        daemon.run_once(workspace, now=clock)
    other = Ringer(workspace, "daemon", clock)
    keeper = other.tick().keeper
    assert keeper is not None and keeper.pid == os.getpid()
    clock.go(minutes=4)  # the first one has not renewed: it hangs
    assert other.tick().keeper is None
    assert ringer.tick().keeper is not None
    other.close()


def test_keeping_the_night_is_seldom_written(workspace: Workspace, clock: Clock, ringer: Ringer) -> None:
    ringer.tick()
    with workspace.store() as store:
        version = store.data_version()
        clock.go(seconds=20)
        assert ringer.tick().keeper is None
        assert store.data_version() == version, "whoever watches the store is left alone"
        clock.go(seconds=80)
        ringer.tick()
        clock.go(seconds=100)
        assert store.leases.get(NIGHT, clock.text) is not None


def test_a_panel_gives_the_night_to_a_daemon_and_takes_it_back(workspace: Workspace, clock: Clock) -> None:
    panel, keeping = Ringer(workspace, "panel", clock), Ringer(workspace, "daemon", clock)
    assert panel.tick().keeper is None
    assert keeping.tick().keeper is None
    keeper = panel.tick().keeper
    assert keeper is not None and role_of(keeper) == "daemon" and since_of(keeper) == clock.text
    keeping.close()
    assert panel.tick().keeper is None
    panel.close()


def test_a_crashed_keepers_night_is_taken_over_at_once(
    workspace: Workspace, clock: Clock, ringer: Ringer
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with workspace.store() as store:
        assert store.leases.take(
            NIGHT, "daemon of before", gone.pid, socket.gethostname(), 3600, now=clock.text
        )
        assert ringer.tick().keeper is None
        store.leases.release(NIGHT, store.leases.get(NIGHT, clock.text).holder)  # type: ignore[union-attr]
        assert store.leases.take(NIGHT, "daemon elsewhere", gone.pid, "another-host", 3600, now=clock.text)
    assert ringer.tick().keeper is not None, "of another machine's processes nothing is known"


def test_a_dead_workers_run_is_swept(
    workspace: Workspace, clock: Clock, ringer: Ringer, tmp_path: Path
) -> None:
    run = runs.submit(workspace, "flights", "nowtest", {"hold": str(tmp_path / "holding")}, why="test")
    process = worker_process(workspace)
    wait_for(tmp_path / "holding", process)
    process.kill()
    process.wait()
    assert [swept.id for swept in ringer.tick().swept] == [run.id]


def test_archived_models_do_not_ring(workspace: Workspace, clock: Clock, ringer: Ringer) -> None:
    nightly(workspace, clock)
    with workspace.store() as store:
        store.models.archive("flights")
    clock.go(days=2)
    assert ringer.tick().rung == ()


def test_once_does_everything_that_is_due(workspace: Workspace, clock: Clock) -> None:
    nightly(workspace, clock)
    clock.go(days=1)
    told: list[Mapping[str, Any]] = []
    ended = daemon.run_once(workspace, told.append, clock)
    assert [run.state for run in ended] == ["failed"]  # a real worker, and a model without data
    assert told[0]["event"] == "rang"
    assert daemon.status(workspace, clock).keeper is None


def test_the_daemon_rings_and_stops(workspace: Workspace) -> None:
    schedules.set_schedule(workspace, "flights", "nowtest", "* * * * *", now=at("2026-03-26T12:00"))
    stop, rang = threading.Event(), threading.Event()
    told: list[Mapping[str, Any]] = []

    def tell(event: Mapping[str, Any]) -> None:
        told.append(event)
        if event["event"] == "rang":
            rang.set()

    keeping = threading.Thread(target=daemon.run, args=(workspace, tell, stop))
    keeping.start()
    assert rang.wait(20)
    alive = daemon.status(workspace).document()
    stop.set()
    keeping.join()
    assert (alive["alive"], alive["role"], alive["pid"]) == (True, "daemon", os.getpid())
    assert alive["next"]["check"] == "nowtest"
    assert [event["event"] for event in told if event["event"] != "rang"] == ["started", "stopped"]
    assert not daemon.status(workspace).document()["alive"]
    until(lambda: not worker.has_started(workspace))


def test_a_daemon_process_ends_cleanly_when_told_to(workspace: Workspace) -> None:
    code = (
        "import sys\n"
        "from core import daemon\n"
        "from core.workspace import Workspace\n"
        "daemon.run(Workspace.open(sys.argv[1]), lambda event: print(event['event'], flush=True))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(workspace.root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "stopped\n"
    assert process.wait() == 0
    with workspace.store() as store:
        assert store.leases.get(NIGHT) is None


def test_the_panel_minds_the_night_in_a_thread(workspace: Workspace, clock: Clock) -> None:
    nightly(workspace, clock)
    clock.go(days=1)
    stop = threading.Event()
    ringer = Ringer(workspace, "panel", clock, lambda _workspace: stop.set())
    minding = threading.Thread(target=ringer.mind, args=(stop,))
    minding.start()
    minding.join(20)
    assert not minding.is_alive()
    with workspace.store() as store:
        assert [run.due for run in store.runs.active()] == [text(at("2026-03-27T01:30"))]
        assert store.leases.get(NIGHT) is None


def test_nothing_heavy_is_imported_to_ring(workspace: Workspace, clock: Clock) -> None:
    nightly(workspace, clock)
    code = (
        "import sys\n"
        "from core.ringer import Ringer\n"
        "from core.workspace import Workspace\n"
        "from core import alerts, daemon, night, notify, schedules, worker\n"
        "ringer = Ringer(Workspace.open(sys.argv[1]), 'panel', start_worker=lambda workspace: None)\n"
        "light = {'apscheduler', 'apprise', 'tzlocal'} & set(sys.modules)\n"
        "ringer.tick(); ringer.deliver(); ringer.close()\n"
        "print(light, {'pandas', 'numpy', 'sklearn', 'sqlite_utils', 'scipy'} & set(sys.modules))\n"
    )
    said = subprocess.check_output([sys.executable, "-c", code, str(workspace.root)], text=True)
    assert said == "set() set()\n"


def test_a_unit_for_systemd(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "systemctl").write_text("#!/bin/sh\n")
    (tools / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setattr(service, "RUNS_SYSTEMD", tmp_path)
    check_unit(workspace, tmp_path, monkeypatch)


def check_unit(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    unit = service.install(workspace, "linux")
    written = unit.path.read_text()
    assert unit.path.is_relative_to(tmp_path / "config" / "systemd" / "user")
    assert f'Environment="INCUMBENT_WORKSPACE={workspace.root}"' in written
    assert f'"{sys.executable}"' in written and "KillMode=process" in written
    assert unit.command.endswith(f"enable --now {unit.path.name} && loginctl enable-linger")
    assert service.install(workspace, "linux") == unit
    assert "disable --now" in service.uninstall(workspace, "linux").command
    assert not unit.path.exists()
    with pytest.raises(RefusedError, match="no unit"):
        service.uninstall(workspace, "linux")


def test_odd_names_of_folders_reach_the_daemon_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "9% of $HOME"
    odd.mkdir()
    workspace = Workspace.create(odd)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(RefusedError) as refused:
        service.install(workspace, "linux")
    assert rf"INCUMBENT_WORKSPACE='{tmp_path}/9\% of $HOME'" in refused.value.hint
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(service, "RUNS_SYSTEMD", tmp_path)
    monkeypatch.setattr(sys, "executable", f"{odd}/python")
    written = service.install(workspace, "linux").path.read_text()
    assert f'Environment="INCUMBENT_WORKSPACE={tmp_path}/9%% of $HOME"' in written
    assert f'ExecStart="{tmp_path}/9%% of $$HOME/python"' in written


def test_an_agent_for_macos(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import plistlib

    monkeypatch.setenv("HOME", str(tmp_path))
    unit = service.install(workspace, "darwin")
    agent = plistlib.loads(unit.path.read_bytes())
    assert unit.path.is_relative_to(tmp_path / "Library" / "LaunchAgents")
    assert agent["EnvironmentVariables"] == {"INCUMBENT_WORKSPACE": str(workspace.root)}
    assert agent["ProgramArguments"][0] == sys.executable
    service.uninstall(workspace, "darwin")


def test_without_a_service_manager_another_way_is_shown(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(workspace.root))
    with pytest.raises(RefusedError, match="neither systemd nor launchd") as error:
        service.install(workspace, "linux")
    assert "@reboot INCUMBENT_WORKSPACE=" in error.value.hint


def test_where_systemd_lies_about_unused_no_unit_is_written(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(service, "RUNS_SYSTEMD", tmp_path / "absent")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with pytest.raises(RefusedError, match="neither systemd nor launchd"):
        service.install(workspace, "linux")
    assert not (tmp_path / "config").exists()
