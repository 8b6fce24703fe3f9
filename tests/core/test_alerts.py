"""Alerts: opened, kept and closed by verdicts on the champion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core import alerts, runs
from core.runs import Finding, Outcome
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from store.records import Alert, Run
from tests.core.night import at, make_workspace, use_told_handlers


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    use_told_handlers(monkeypatch)
    return make_workspace(tmp_path)


def check(
    workspace: Workspace, told: Mapping[str, Any], as_of: str | None = None, kind: str = "nowtest"
) -> Run:
    return runs.run_here(workspace, "flights", kind, told, why="test", as_of=as_of)


def the_alert(workspace: Workspace) -> Alert:
    (alert,) = alerts.list_alerts(workspace)
    return alert


@pytest.mark.parametrize(("verdict", "severity"), [("fail", "fail"), ("warn", "warn"), ("error", "fail")])
def test_a_worse_verdict_opens_and_a_better_one_closes(
    workspace: Workspace, verdict: str, severity: str
) -> None:
    run = check(workspace, {"verdict": verdict, "value": 0.641})
    alert = the_alert(workspace)
    assert (alert.subject, alert.severity, alert.run) == ("flights nowtest", severity, run.id)
    assert alert.message == "roc_auc 0.641, needs ≥ 0.65"
    check(workspace, {"verdict": "pass"})
    assert alerts.list_alerts(workspace) == ()
    (closed,) = alerts.list_alerts(workspace, open_only=False)
    assert closed.id == alert.id and closed.closed is not None


def test_thin_leaves_it_as_it_is(workspace: Workspace) -> None:
    check(workspace, {"verdict": "thin"})
    assert alerts.list_alerts(workspace) == ()
    check(workspace, {"verdict": "fail"})
    before = the_alert(workspace)
    check(workspace, {"verdict": "thin"})
    assert the_alert(workspace) == before


def test_a_warning_that_is_no_alarm_opens_nothing_and_makes_a_failure_milder(workspace: Workspace) -> None:
    reaches = Finding("", "warn", "0.66 holds, but its interval reaches below 0.65", opens=False)

    def look() -> None:
        run = check(workspace, {"verdict": "thin"})
        with workspace.store() as store, store.transaction():
            alerts.conclude(store, run, Outcome("warn", "", {}, alerts=(reaches,)))

    look()
    assert alerts.list_alerts(workspace) == ()
    check(workspace, {"verdict": "fail"})
    failed = the_alert(workspace)
    look()
    milder = the_alert(workspace)
    assert (milder.id, milder.severity, milder.message) == (failed.id, "warn", reaches.message)


def test_the_same_again_is_one_alert(workspace: Workspace) -> None:
    check(workspace, {"verdict": "warn"})
    first = the_alert(workspace)
    later = check(workspace, {"verdict": "fail", "value": 0.6})
    again = the_alert(workspace)
    assert (again.id, again.opened) == (first.id, first.opened)
    assert (again.severity, again.run, again.message) == ("fail", later.id, "roc_auc 0.6, needs ≥ 0.65")


def test_a_check_that_could_not_run_is_an_alarm(workspace: Workspace) -> None:
    check(workspace, {"raise": "data"})
    alert = the_alert(workspace)
    assert (alert.severity, alert.message) == (
        "fail",
        "could not run: no file data/flights.csv (put it there)",
    )
    check(workspace, {"verdict": "pass"})
    assert alerts.list_alerts(workspace) == ()


def test_other_versions_than_the_champion_raise_no_alarm(workspace: Workspace) -> None:
    check(workspace, {"verdict": "fail", "version": 2})
    assert alerts.list_alerts(workspace) == ()


def test_without_a_champion_there_is_no_alarm(workspace: Workspace) -> None:
    with workspace.store() as store:
        store.production.add("flights", champion=None, who="ann", why="none is good enough")
    check(workspace, {"verdict": "fail"})
    check(workspace, {"raise": "bug"})
    assert alerts.list_alerts(workspace) == ()


def test_of_several_versions_the_champions_verdict_counts(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def backtest(context: runs.RunContext) -> runs.Outcome:
        judged = [{"version": 1, "verdict": "pass"}, {"version": 2, "verdict": "fail"}]
        return runs.Outcome("fail", "version 2 fails", {"versions": judged})

    monkeypatch.setattr("tests.core.night.as_told", backtest)
    check(workspace, {}, kind="backtest")
    assert alerts.list_alerts(workspace) == ()


def test_a_champion_that_could_not_be_judged_leaves_it_as_it_is(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(workspace, {"verdict": "fail"}, kind="backtest")

    def backtest(context: runs.RunContext) -> runs.Outcome:
        return runs.Outcome("pass", "version 2 passes", {"versions": [{"version": 1, "verdict": None}]})

    monkeypatch.setattr("tests.core.night.as_told", backtest)
    check(workspace, {}, kind="backtest")
    assert the_alert(workspace).severity == "fail"


def test_a_check_may_speak_of_several_things(workspace: Workspace) -> None:
    check(
        workspace,
        {"findings": [["carrier=UA", "fail", "bad"], ["carrier=AA", "warn", "so so"], ["", "pass", ""]]},
    )
    assert {(a.subject, a.severity) for a in alerts.list_alerts(workspace)} == {
        ("flights nowtest carrier=UA", "fail"),
        ("flights nowtest carrier=AA", "warn"),
    }
    check(workspace, {"findings": [["carrier=UA", "pass", ""]]})
    assert the_alert(workspace).subject == "flights nowtest carrier=AA"


def test_the_latest_moment_speaks(workspace: Workspace) -> None:
    check(workspace, {"verdict": "pass"}, as_of="2013-05-01")
    check(workspace, {"verdict": "fail"}, as_of="2013-06-01")
    assert the_alert(workspace).severity == "fail"
    check(workspace, {"verdict": "pass"}, as_of="2013-04-01")
    assert the_alert(workspace).severity == "fail", "looking back does not close it"
    check(workspace, {"verdict": "pass"}, as_of="2013-07-01")
    check(workspace, {"verdict": "fail"}, as_of="2013-06-15")
    check(workspace, {"raise": "data"}, as_of="2013-06-16")
    assert alerts.list_alerts(workspace) == (), "nor open one"


@pytest.mark.parametrize("narrowing", [{"since": "2013-01"}, {"until": "2013-03"}, {"by": "carrier"}])
def test_a_look_at_a_part_says_nothing_of_the_whole(workspace: Workspace, narrowing: dict[str, str]) -> None:
    check(workspace, {"verdict": "fail"})
    check(workspace, {"verdict": "pass", **narrowing})
    assert the_alert(workspace).severity == "fail"


def test_work_that_is_no_check_raises_no_alarm(workspace: Workspace) -> None:
    check(workspace, {"raise": "bug"}, kind="train")
    assert alerts.list_alerts(workspace) == ()


def test_what_was_asked_wrongly_is_no_alarm(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked_wrongly(context: runs.RunContext) -> runs.Outcome:
        raise UsageError("no version 7 of flights")

    monkeypatch.setattr("tests.core.night.as_told", asked_wrongly)
    assert check(workspace, {}).state == "failed"
    assert alerts.list_alerts(workspace) == ()


def test_what_people_do_is_in_the_journal(workspace: Workspace) -> None:
    check(workspace, {"verdict": "fail"})
    number = the_alert(workspace).id
    assert alerts.acknowledge(workspace, number, who="ann").acknowledged_by == "ann"
    assert alerts.unacknowledge(workspace, number).acknowledged is None
    assert (
        alerts.snooze(workspace, number, "2d", now=at("2026-01-01")).snoozed_until
        == "2026-01-03T00:00:00.000Z"
    )
    assert alerts.snooze(workspace, number, "0").snoozed_until is None
    alerts.mute(workspace, "flights")
    alerts.unmute(workspace, "flights")
    with workspace.store() as store:
        actions = [entry.action for entry in reversed(store.journal.page().rows)]
    assert actions[-6:] == [
        "alert.acknowledge", "alert.unacknowledge", "alert.snooze", "alert.snooze",
        "alert.mute", "alert.unmute",
    ]  # fmt: skip


def test_what_is_not_there_cannot_be_acknowledged(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="no alert 7"):
        alerts.acknowledge(workspace, 7)
    check(workspace, {"verdict": "fail"})
    number = the_alert(workspace).id
    check(workspace, {"verdict": "pass"})
    with pytest.raises(RefusedError, match="closed already"):
        alerts.snooze(workspace, number)
