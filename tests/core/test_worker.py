"""Workers: processes of their own, a few at once, that may be killed at any moment."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from core import runs, schedules, status, worker
from core.leases import Hold
from core.processes import boot_time
from core.ringer import ring
from core.workspace import Workspace
from store.records import Run
from tests.core.night import at, make_workspace, until, use_told_handlers, wait_for, worker_process


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    use_told_handlers(monkeypatch)
    return make_workspace(tmp_path)


def test_a_worker_executes_what_is_queued_oldest_first(workspace: Workspace) -> None:
    queued = [runs.submit(workspace, "flights", "nowtest", why="test").id for _ in range(3)]
    assert worker.drain(workspace, most=1) == 1
    assert [runs.get(workspace, number).state for number in queued] == ["done", "queued", "queued"]
    assert worker.drain(workspace) == 2
    assert worker.drain(workspace) == 0


def test_workers_share_their_places(workspace: Workspace) -> None:
    runs.submit(workspace, "flights", "nowtest", why="test")
    with workspace.store() as store:
        other = Hold(store, "worker-1", 60)
        assert other.take()
        assert worker.drain(workspace) == 0
        assert worker.start(workspace) is None
        store.settings.set("workers", 2)
        assert worker.drain(workspace) == 1
        other.release()


def test_a_failed_run_does_not_end_the_worker(workspace: Workspace) -> None:
    bad = runs.submit(workspace, "flights", "nowtest", {"raise": "bug"}, why="test")
    good = runs.submit(workspace, "flights", "nowtest", why="test")
    assert worker.drain(workspace) == 2
    assert [runs.get(workspace, run.id).state for run in (bad, good)] == ["failed", "done"]


def test_a_killed_worker_leaves_an_interrupted_run(workspace: Workspace, tmp_path: Path) -> None:
    holding = tmp_path / "holding"
    run = runs.submit(workspace, "flights", "nowtest", {"hold": str(holding)}, why="test")
    process = worker_process(workspace, "--drain")
    wait_for(holding, process)
    assert runs.sweep(workspace) == ()
    process.kill()
    process.wait()
    assert [swept.id for swept in runs.sweep(workspace)] == [run.id]
    assert runs.get(workspace, run.id).state == "interrupted"
    next_one = runs.submit(workspace, "flights", "nowtest", why="test")
    assert worker.drain(workspace) == 1, "the dead worker's place is free"
    assert runs.get(workspace, next_one.id).state == "done"


@pytest.mark.parametrize("look", ["newest", "get", "overview"])
def test_whoever_looks_sees_that_a_run_is_dead(workspace: Workspace, tmp_path: Path, look: str) -> None:
    holding = tmp_path / "holding"
    run = runs.submit(workspace, "flights", "nowtest", {"hold": str(holding)}, why="test")
    process = worker_process(workspace, "--drain")
    wait_for(holding, process)
    process.kill()
    process.wait()
    if look == "overview":
        assert status.overview(workspace).models[0].active == 0
    else:
        (seen,) = runs.newest(workspace) if look == "newest" else (runs.get(workspace, run.id),)
        assert seen.state == "interrupted"


def test_a_worker_told_to_end_says_so(workspace: Workspace, tmp_path: Path) -> None:
    holding = tmp_path / "holding"
    run = runs.submit(workspace, "flights", "nowtest", {"hold": str(holding)}, why="test")
    waiting = runs.submit(workspace, "flights", "nowtest", why="test")
    process = worker_process(workspace, "--drain")
    wait_for(holding, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    assert [runs.get(workspace, r.id).state for r in (run, waiting)] == ["interrupted", "queued"]


def test_the_nights_work_is_tried_again_once(workspace: Workspace, tmp_path: Path) -> None:
    told = {"hold": str(tmp_path / "holding")}
    schedules.set_schedule(workspace, "flights", "nowtest", "0 2 * * *", told, now=at("2026-01-01"))
    with workspace.store() as store:
        (rung,) = ring(store, at("2026-01-03"))
        assert killed_while_working(workspace, tmp_path / "holding").id == rung.id
        (again,) = store.runs.active()
        assert (again.why, again.arguments) == (f"again, after run {rung.id} was interrupted", told)
        assert store.alerts.list() == ()
        assert killed_while_working(workspace, tmp_path / "holding").id == again.id
        assert store.runs.active() == ()
        (alert,) = store.alerts.list()
    assert alert.message == f"could not run: interrupted twice, last in run {again.id}"


def killed_while_working(workspace: Workspace, holding: Path) -> Run:
    holding.unlink(missing_ok=True)
    process = worker_process(workspace)
    wait_for(holding, process)
    process.kill()
    process.wait()
    (swept,) = runs.sweep(workspace)
    return swept


def test_after_a_restart_of_the_machine_a_process_number_says_nothing(workspace: Workspace) -> None:
    run = runs.submit(workspace, "flights", "nowtest", why="test")
    with workspace.store() as store:
        store.runs.claim(os.getpid(), run.id, now="2001-01-01T00:00:00.000Z")
        store.runs.heartbeat(run.id)
    swept = [r.id for r in runs.sweep(workspace)]
    assert swept == ([run.id] if boot_time() is not None else [])


def test_a_started_worker_is_a_session_of_its_own(workspace: Workspace) -> None:
    run = runs.submit(workspace, "flights", "nowtest", {"raise": "x"}, why="test")
    pid = worker.start(workspace)
    assert pid is not None and os.getsid(pid) == pid
    ended = list(runs.follow(workspace, run.id, poll=0.02))[-1]
    assert ended.pid == pid  # executed there, by the real handler, which knows no such model's data
    assert ended.state == "failed"
    until(lambda: not worker.has_started(workspace))


def test_a_worker_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert worker.main(["--workspace", str(tmp_path / "nowhere")]) == 1
    assert "not a workspace" in capsys.readouterr().err


def test_one_named_run(workspace: Workspace) -> None:
    runs.submit(workspace, "flights", "nowtest", why="test")
    second = runs.submit(workspace, "flights", "nowtest", why="test")
    assert worker.main(["--workspace", str(workspace.root), "--run", str(second.id)]) == 0
    assert runs.get(workspace, second.id).state == "done"
