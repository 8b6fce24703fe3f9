"""Real versions through the panel: swaps, edits and trials made and undone, checks that a worker executes."""

from __future__ import annotations

import asyncio
import json

import pytest

from core import cases, errand, production, trial
from core.workspace import Workspace
from incumbent.production import read
from store.records import Run, Surprise
from tests.house import admit, done, swap
from tests.tui.conftest import Face, Opened
from tui.model import ModelPlace


async def _until_ended(face: Face, workspace: Workspace, run: int) -> Run:
    for _ in range(600):
        with workspace.store() as store:
            found = store.runs.get(run)
        if found.finished is not None:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"run {run} is still {found.state}")


async def test_a_swap_and_its_undoing(opened: Opened, house: Workspace) -> None:
    folder = house.root / "production" / "local" / "late"
    admit(house, "late", 2)
    async with opened(on=house) as face:
        await face.press("2", "x", "s")
        await face.type("better")
        await face.press("enter", "y")
        champion = read(folder).champion
        assert champion is not None and champion.version == 2
        assert production.history(house, "late")[0]["why"] == "better"
        assert "● champion" in next(line for line in face.lines if line.strip().startswith("▸"))
        await face.press("u", "y")
        champion = read(folder).champion
        assert champion is not None and champion.version == 1


async def test_what_is_forced_is_shown_for_ever(opened: Opened, house: Workspace) -> None:
    async with opened(on=house) as face:
        await face.press("2", "x", "s")
        await face.type("now")
        await face.press("enter", "f", "y")
        assert production.show(house, "late")["forced"]
        assert "● v2 FORCED" in await face.press("4")
        production.set_fallback(house, "late", (1,), reason="a safer chain")
        face.panel.on_woken()
        await face.settle()
        assert "● v2 FORCED" in face.seen and "! FORCED past its gate" in face.seen
        assert "v2 was FORCED past its gate: now" in await face.press("1")


async def test_an_entry_of_the_inbox_becomes_a_case_with_a_note(opened: Opened, house: Workspace) -> None:
    row = {"distance": 300.0, "wind": 4.0, "carrier": "AA"}
    told = Surprise("mistake", "one", "log", row, {"value": "no"}, "yes", "it said no, it was yes", 0.9)
    with house.store() as store:
        store.inbox.keep("late", [told], 50)
    async with opened(on=house) as face:
        await face.press("2")
        place = face.panel.screen
        assert isinstance(place, ModelPlace)
        place.open_tab("inbox")
        await face.settle()
        assert "--accept 1" in await face.press("a")
        await face.type("stormy")
        await face.press("enter", "y")
        with house.store() as store:
            cases = store.cases.list("late", kind="behavioural")
        assert [(case.note, case.origin) for case in cases] == [("stormy", "incident")]
        await face.press("u", "y")
        assert "it said no, it was yes" in face.seen


async def test_a_check_runs_in_a_process_of_its_own(opened: Opened, house: Workspace) -> None:
    async with opened(on=house) as face:
        await face.press("r", "g")
        with house.store() as store:
            run = store.runs.page("late", "regression").rows[0]
        ended = await _until_ended(face, house, run.id)
        assert (ended.state, ended.verdict, ended.why) == ("done", "pass", "asked in the panel")
        face.panel.on_woken()
        await face.settle()
        assert "✓ pass" in await face.press("3")


@pytest.fixture
def errands_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errands in this process, through JSON as in one of their own: without the seconds of starting it."""

    def send(handler: str, workspace: Workspace, arguments: dict[str, object]) -> object:
        return json.loads(json.dumps(errand.call(handler, workspace, json.loads(json.dumps(arguments)))))

    monkeypatch.setattr(errand, "send", send)


@pytest.mark.usefixtures("errands_here")
async def test_requirements_are_suggested_shown_set_and_raised_after_a_swap(
    opened: Opened, house: Workspace
) -> None:
    done(house, "late", "backtest", {})
    async with opened(on=house) as face:
        await face.press("2", "r", "s")
        assert "roc_auc  ≥" in face.seen and "false alarms a year" in face.seen
        await face.press("y")
        with house.store() as store:
            set_now = {each.metric: each for each in store.requirements.live("late")}
        assert set_now["roc_auc"].min is not None
        # nothing was swapped since: there is nothing that could rise
        await face.press("r", "k")
        assert "there is nothing to set" in await face.press("y") or "cannot be" in face.seen
        await face.press("escape")
        admit(house, "late", 2)
        swap(house, "late", 2, reason="better")
        await face.press("r", "k")
        assert "v1 → v2" in face.seen and ("→" in face.seen or "stays" in face.seen)
        assert "incumbent require ratchet late --yes" in face.seen


@pytest.mark.usefixtures("errands_here")
async def test_a_trial_is_begun_and_accepted_through_the_gate(opened: Opened, house: Workspace) -> None:
    admit(house, "late", 2)
    async with opened(on=house) as face:
        await face.press("2", "x", "t", "enter", "enter")
        await face.type("it holds on a slice of the keys")
        await face.press("enter", "y")
        with house.store() as store:
            (running,) = store.trials.running("late")
        assert (running.version, running.mode) == (2, "shadow")
        await face.press("4")
        assert "◌ v2 in shadow" in face.seen
        await face.press("x")
        assert "Accept the trial" in face.seen
        await face.press("v")
        for said in ("of v2 of late", "champion   v1", "→  v2", "gate       ✓", "not looked at it yet"):
            assert said in face.seen
        await face.type("the sites like it")
        await face.press("enter", "y")
        assert production.show(house, "late")["champion"] == 2
        assert trial.status(house, "late")[0]["state"] == "ended"


@pytest.mark.usefixtures("errands_here")
async def test_a_rule_answers_as_soon_as_it_is_confirmed(opened: Opened, house: Workspace) -> None:
    async with opened(on=house) as face:
        await face.press("4", "x", "w")
        await face.type("distance>900")
        await face.press("enter")
        await face.type("yes")
        await face.press("enter")
        await face.type("nobody rides that far")
        await face.press("enter", "y")
        (rule,) = production.show(house, "late")["limits"]["rules"]
        assert (rule["when"], rule["answer"], rule["first"]) == ("distance>900", "yes", True)
        await face.press("u", "y")
        assert not production.show(house, "late")["limits"].get("rules")


@pytest.mark.usefixtures("errands_here")
async def test_changed_answers_are_shown_one_by_one_before_they_are_accepted(
    opened: Opened, house: Workspace
) -> None:
    row = {"distance": 30.0, "wind": 4.0, "carrier": "bus"}
    case = cases.add(house, "late", row, {"min": 0.9999}, note="more than can be")
    with house.store() as store:
        golden = store.cases.list("late", 1, "golden")[0]
        store.cases.expect(golden.id, {**golden.expect, "scores": [9.0], "value": "yes"})
    async with opened(on=house) as face:
        await face.press("2", "x", "k")
        assert f"case {golden.id}" in face.seen and "→" in face.seen
        assert f"case {case['id']} stays" in face.seen  # what a person decided changes only by its number
        await face.press("y")
        with house.store() as store:
            assert store.cases.get(golden.id).expect["scores"] != [9.0]
            assert store.cases.get(case["id"]).expect["min"] == 0.9999
        await face.press("u", "y")
        with house.store() as store:
            assert store.cases.get(golden.id).expect["scores"] == [9.0]
