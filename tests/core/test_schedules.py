"""What runs by itself: setting, pausing, asking, the first night, and the table of what happened."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core import runs, schedules
from core.night import what_happened
from core.ringer import ring
from core.workspace import Workspace
from incumbent.errors import UsageError
from tests.core.night import add_model, at, make_workspace, use_told_handlers


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    use_told_handlers(monkeypatch)
    made = make_workspace(tmp_path)
    with made.store() as store:
        store.settings.set("timezone", "Europe/Berlin")
    return made


def test_a_schedule_is_set_listed_and_changed(workspace: Workspace) -> None:
    now = at("2026-11-23T12:00")
    made = schedules.set_schedule(workspace, "flights", "nowtest", "0  2 * * *", {"a": 1}, now=now)
    assert made.next == at("2026-11-24T01:00")
    changed = schedules.set_schedule(workspace, "flights", "nowtest", "30 3 * * *", now=now)
    assert changed.schedule.id == made.schedule.id
    (listed,) = schedules.list_schedules(workspace, now=now)
    assert listed.document() | {"last_due": None} == {
        "id": made.schedule.id, "model": "flights", "check": "nowtest", "cron": "30 3 * * *", "paused": False,
        "next": "2026-11-24T02:30:00.000Z", "last_due": None, "arguments": {},
    }  # fmt: skip
    with workspace.store() as store:
        entry = store.journal.last_undoable()
    assert entry is not None and entry.action == "schedule.set"
    assert entry.undo == {
        "action": "schedule.set",
        "arguments": {"model": "flights", "check": "nowtest", "cron": "0 2 * * *", "arguments": {"a": 1}},
    }


def test_new_times_do_not_ring_for_the_past(workspace: Workspace) -> None:
    schedules.set_schedule(workspace, "flights", "nowtest", "0 2 * * *", now=at("2026-11-20T12:00"))
    schedules.set_schedule(workspace, "flights", "nowtest", "0 11 * * *", now=at("2026-11-23T12:00"))
    with workspace.store() as store:
        assert ring(store, at("2026-11-23T12:01")) == ()
        assert [run.due for run in ring(store, at("2026-11-24T10:00"))] == ["2026-11-24T10:00:00.000Z"]


def test_a_pause_is_not_made_up_for(workspace: Workspace) -> None:
    schedules.set_schedule(workspace, "flights", "nowtest", "*/5 * * * *")
    assert schedules.pause(workspace, "flights", "nowtest").paused
    (paused,) = schedules.list_schedules(workspace)
    assert paused.next is None
    assert not schedules.resume(workspace, "flights", "nowtest").paused
    with workspace.store() as store:
        assert ring(store, schedules.present()) == ()


def test_what_is_not_scheduled_is_said(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="has no schedule"):
        schedules.pause(workspace, "flights", "nowtest")
    with pytest.raises(UsageError, match="flihgts"):
        schedules.run_now(workspace, "flihgts", "nowtest")
    with pytest.raises(UsageError, match="not part of this release"):
        schedules.set_schedule(workspace, "flights", "replay", "0 2 * * *")
    with pytest.raises(UsageError, match="flihgts"):
        schedules.list_schedules(workspace, "flihgts")


def test_run_now_and_remove(workspace: Workspace) -> None:
    schedules.set_schedule(workspace, "flights", "nowtest", "0 2 * * *", {"value": 0.8})
    run = schedules.run_now(workspace, "flights", "nowtest")
    assert (run.state, run.arguments, run.schedule) == ("queued", {"value": 0.8}, None)
    schedules.remove(workspace, "flights", "nowtest")
    assert schedules.list_schedules(workspace) == ()


def test_the_first_night_is_staggered_and_made_once(workspace: Workspace) -> None:
    add_model(workspace, "birds")
    nights = [schedules.default_night(workspace, model) for model in ("flights", "birds")]
    crons = [[plan.schedule.cron for plan in night] for night in nights]
    assert crons == [
        ["0 2 * * *", "10 2 * * *", "15 2 * * *", "30 2 * * sun"],
        ["5 2 * * *", "15 2 * * *", "20 2 * * *", "35 2 * * sun"],
    ]
    assert schedules.default_night(workspace, "flights") == ()


def test_the_next_times_are_on_the_clock_of_the_workspace(workspace: Workspace) -> None:
    shown = schedules.next_times(workspace, "30 2 * * *", 3, at("2026-03-28T12:00"))
    assert [f"{moment:%d %H:%M}" for moment in shown] == ["29 03:30", "30 02:30", "31 02:30"]


def test_a_zone_that_does_not_exist_is_named(workspace: Workspace) -> None:
    with workspace.store() as store:
        store.settings.set("timezone", "Europe/Atlantis")
    with pytest.raises(UsageError, match="Atlantis"):
        schedules.list_schedules(workspace)


def test_without_a_setting_the_zone_is_the_machines(tmp_path: Path) -> None:
    with make_workspace(tmp_path).store() as store:
        assert at("2026-01-01").astimezone(schedules.time_zone(store)) == at("2026-01-01")


def test_the_table_of_the_night(workspace: Workspace) -> None:
    add_model(workspace, "birds")
    schedules.set_schedule(workspace, "flights", "nowtest", "0 2 * * *", now=at("2026-11-20T12:00"))
    with workspace.store() as store:
        for moment in ("2026-11-21T01:00", "2026-11-22T09:00"):  # the second one late: the machine slept
            (rung,) = ring(store, at(moment))
            runs.execute(workspace, rung.id)
        at_ten = "2026-11-22T10:00:00.000Z"
        past = store.runs.enqueue(
            "flights", "nowtest", why="replay", who="ann", as_of="2013-06-01", now=at_ten
        )
        by_hand = store.runs.enqueue("birds", "backtest", why="asked", who="ann", now=at_ten)
    night = what_happened(workspace, days=3, now=at("2026-11-22T12:00"))
    assert night.days == (date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22))
    birds, flights = night.lines
    assert (birds.model, birds.check, birds.planned) == ("birds", "backtest", None)
    assert [run and run.id for run in birds.days] == [None, None, by_hand.id]
    assert [run and (run.verdict, run.late) for run in flights.days] == [
        None,
        ("pass", False),
        ("pass", True),
    ]
    assert flights.last is not None and flights.last.id != past.id
    assert flights.planned is not None and flights.planned.next == at("2026-11-23T01:00")
