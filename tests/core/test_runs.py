"""Runs: a row first, then work, then one transaction."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from core import runs
from core.runs import HANDLERS, Outcome, RunContext
from core.runs.pulse import Pulse, remaining_seconds
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from tests.core.night import make_workspace, until, use_told_handlers


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    use_told_handlers(monkeypatch)
    return make_workspace(tmp_path)


def test_a_run_here_is_stored_whole(workspace: Workspace) -> None:
    heard: list[tuple[float | None, str]] = []
    run = runs.run_here(
        workspace, "flights", "nowtest", {"value": 0.71}, why="command line", who="ann",
        progress=lambda fraction, note: heard.append((fraction, note)),
    )  # fmt: skip
    assert (run.state, run.verdict, run.who, run.why) == ("done", "pass", "ann", "command line")
    assert run.result is not None and run.result["run"] == run.id
    assert run.started and run.finished and run.pid == os.getpid()
    assert heard == [(0.5, "half way")]
    with workspace.store() as store:
        assert [m.value for m in store.measurements.of_run(run.id)] == [0.71]
    assert any("looked at the data" in line for line in runs.tail_log(workspace, run.id))


def test_a_submitted_run_waits(workspace: Workspace) -> None:
    run = runs.submit(workspace, "flights", "backtest", {}, why="asked in the panel", as_of="2013-06-01")
    assert (run.state, run.as_of, run.started) == ("queued", "2013-06-01", None)
    assert runs.execute(workspace, run.id).state == "done"


def test_a_run_is_executed_once(workspace: Workspace) -> None:
    run = runs.submit(workspace, "flights", "backtest", why="test")
    runs.execute(workspace, run.id)
    with pytest.raises(RefusedError, match="it is done"):
        runs.execute(workspace, run.id)


def test_a_foreseen_failure_says_what_to_do(workspace: Workspace) -> None:
    run = runs.run_here(workspace, "flights", "nowtest", {"raise": "data"}, why="test")
    assert (run.state, run.verdict) == ("failed", "error")
    assert run.error == "no file data/flights.csv (put it there)"
    assert not any("Traceback" in line for line in runs.tail_log(workspace, run.id))


def test_what_was_asked_for_wrongly_is_no_verdict_on_the_model(workspace: Workspace) -> None:
    passed = runs.run_here(workspace, "flights", "nowtest", why="test")
    run = runs.run_here(workspace, "flights", "nowtest", {"raise": "usage"}, why="test")
    assert (run.state, run.verdict) == ("failed", None)
    with workspace.store() as store:
        assert store.runs.last_per_check("flights")["nowtest"].id == passed.id


@pytest.mark.parametrize("as_of", ["2999-01-01", "soon"])
def test_a_moment_to_come_would_have_the_last_word_until_then(workspace: Workspace, as_of: str) -> None:
    with pytest.raises(UsageError, match="--as-of"):
        runs.run_here(workspace, "flights", "nowtest", why="test", as_of=as_of)
    assert runs.newest(workspace) == ()


def test_an_unforeseen_failure_is_one_line_and_a_traceback_in_the_log(workspace: Workspace) -> None:
    run = runs.run_here(workspace, "flights", "train", {"raise": "bug"}, why="test")
    assert (run.state, run.verdict) == ("failed", None)
    assert run.error == f"ZeroDivisionError: division by zero (the log has the details: run-{run.id}.log)"
    assert any("Traceback" in line for line in runs.tail_log(workspace, run.id))


@pytest.mark.parametrize("kind", ["replay", "nonsense"])
def test_kinds_that_nothing_executes_are_refused(workspace: Workspace, kind: str) -> None:
    with pytest.raises(UsageError, match=kind):
        runs.submit(workspace, "flights", kind, why="test")


def test_an_unknown_model_is_refused(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="flihgts"):
        runs.submit(workspace, "flihgts", "nowtest", why="test")


def test_every_handler_can_be_imported_by_name() -> None:
    for place in HANDLERS.values():
        module, colon, function = place.partition(":")
        assert module.startswith("core.") and colon and function.isidentifier()


def test_a_queued_run_is_cancelled_at_once(workspace: Workspace) -> None:
    run = runs.submit(workspace, "flights", "nowtest", why="test")
    assert runs.cancel(workspace, run.id).state == "cancelled"
    assert runs.cancel(workspace, run.id).state == "cancelled"
    with pytest.raises(UsageError, match="no run 99"):
        runs.cancel(workspace, 99)


def test_a_running_run_is_cancelled_from_outside(workspace: Workspace, tmp_path: Path) -> None:
    holding = tmp_path / "holding"
    run = runs.submit(workspace, "flights", "nowtest", {"hold": str(holding)}, why="test")
    worker = threading.Thread(target=runs.execute, args=(workspace, run.id), kwargs={"beat_seconds": 0.01})
    worker.start()
    until(holding.exists)
    assert runs.cancel(workspace, run.id).cancel
    seen = list(runs.follow(workspace, run.id, poll=0.01))
    worker.join()
    assert seen[-1].state == "cancelled"
    assert seen[-1].verdict is None and seen[-1].result is None


def test_progress_reaches_the_store(workspace: Workspace, tmp_path: Path) -> None:
    holding = tmp_path / "holding"
    run = runs.submit(workspace, "flights", "nowtest", {"hold": str(holding)}, why="test")
    worker = threading.Thread(target=runs.execute, args=(workspace, run.id), kwargs={"beat_seconds": 0.01})
    worker.start()
    reported = next(r for r in runs.follow(workspace, run.id, poll=0.005) if r.progress == 0.5)
    runs.cancel(workspace, run.id)
    worker.join()
    assert reported.note == "half way"
    assert reported.remaining is not None and reported.heartbeat is not None


@pytest.mark.parametrize(("number", "state"), [(signal.SIGTERM, "interrupted"), (signal.SIGINT, "cancelled")])
def test_signals_end_a_run(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, state: str
) -> None:
    def struck(context: RunContext) -> Outcome:
        os.kill(os.getpid(), number)
        until(context.cancelled)
        context.check_cancelled()
        raise AssertionError("it was asked to stop")

    monkeypatch.setattr("tests.core.night.as_told", struck)
    before = signal.getsignal(number)
    run = runs.run_here(workspace, "flights", "nowtest", why="test")
    assert run.state == state
    assert signal.getsignal(number) is before


def test_a_second_ctrl_c_ends_a_deaf_run(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(context: RunContext) -> Outcome:
        os.kill(os.getpid(), signal.SIGINT)
        until(context.cancelled)
        while True:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("tests.core.night.as_told", deaf)
    assert runs.run_here(workspace, "flights", "nowtest", why="test").state == "cancelled"


def test_what_a_run_wrote_is_not_there_if_its_end_fails(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unstorable(context: RunContext) -> Outcome:
        from tests.core.night import measurement

        return Outcome("pass", "", {"value": float("nan")}, (measurement(context, 0.7),))

    monkeypatch.setattr("tests.core.night.as_told", unstorable)
    run = runs.run_here(workspace, "flights", "nowtest", why="test")
    assert run.state == "failed"
    with workspace.store() as store:
        assert not tuple(store.measurements.of_run(run.id))


def test_the_estimate_follows_the_share_done() -> None:
    assert remaining_seconds(10, 0.5) == 10
    assert remaining_seconds(10, 0) is None
    assert remaining_seconds(10, 1) == 0


def test_reports_stay_between_nothing_and_all(workspace: Workspace) -> None:
    heard: list[float | None] = []
    with workspace.store() as store:
        pulse = Pulse(store, 1, lambda fraction, _note: heard.append(fraction))
        for fraction in (-1, 0.25, 7, None):
            pulse.report(fraction, "")
    assert heard == [0, 0.25, 1, None]


def test_a_log_that_is_not_there_is_empty(workspace: Workspace) -> None:
    assert runs.tail_log(workspace, 12) == ()
