"""The ratchet on a model's history: after an accepted swap only, once, upwards only, and undone at will."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from core import requirements
from core.actions import undo
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from tests.core.checks.making import apply, checked, fitted, make
from tests.rides import rides


def serve(workspace: Workspace, champion: int, **more: Any) -> None:
    """A revision as a swap writes it; what production's files hold is not what the ratchet looks at."""
    with workspace.store() as store:
        store.production.add("late", champion=champion, who="ann", why="a test", **more)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A nearly blind first champion, a much better second version, and limits that the first keeps."""
    workspace = make(tmp_path_factory.mktemp("ratchet"), rides())
    apply(workspace, window="7d")
    fitted(workspace, "late", "2024-01-20", C=0.00003)
    fitted(workspace, "late", "2024-02-10")
    serve(workspace, 1)
    requirements.suggest(workspace, "late", apply=True)
    requirements.set_requirement(workspace, "late", "accuracy", min=0.4)
    requirements.set_requirement(workspace, "late", "errors", max=500)
    return workspace


@pytest.fixture
def house(built: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(built.root, tmp_path / "house")
    return Workspace(tmp_path / "house")


def live(house: Workspace) -> dict[str, dict[str, Any]]:
    return {r["metric"]: r for r in requirements.listing(house, "late")}


def test_it_rises_by_what_is_sure_and_on_the_skill_where_there_is_one(house: Workspace) -> None:
    serve(house, 2)
    before = live(house)
    found = requirements.ratchet(house, "late", apply=True)
    assert (found["before"], found["version"], found["applied"]) == (1, 2, True)
    moves = {m["metric"]: m for m in found["moves"]}
    assert moves["d2_log_loss"]["of"] == "log_loss" and moves["d2_log_loss"]["new"]
    for move in moves.values():
        for limit, value in move["to"].items():
            if value is not None:
                rose = value - move["from"][limit]
                assert 0 <= rose <= move["gain"]["low"] + 1e-9
        assert move["history"]["version"]["windows"] >= 20
        assert move["history"]["version"]["failed"] == 0
    after = live(house)
    assert after["log_loss"] == before["log_loss"], "the absolute limit stays as it was"
    assert after["d2_log_loss"]["why"] == "ratchet: v1 → v2, revision 2"
    reasons = {k["metric"]: k["reason"] for k in found["kept"]}
    assert "raise it by hand" in reasons["errors"]


def test_showing_changes_nothing_and_once_is_enough(house: Workspace) -> None:
    serve(house, 2)
    before = live(house)
    shown = requirements.ratchet(house, "late")
    assert shown["moves"] and not shown["applied"] and live(house) == before
    requirements.ratchet(house, "late", apply=True)
    again = requirements.ratchet(house, "late", apply=True)
    assert again["moves"] == [] and not again["applied"]
    assert any("already" in k["reason"] for k in again["kept"])


def test_each_rise_can_be_taken_back_and_then_made_again(house: Workspace) -> None:
    serve(house, 2)
    before = live(house)
    rises = len(requirements.ratchet(house, "late", apply=True)["moves"])
    for _ in range(rises):
        assert undo(house).action == "require.ratchet"
    assert {m: r["min"] for m, r in live(house).items()} == {m: r["min"] for m, r in before.items()}
    assert len(requirements.ratchet(house, "late")["moves"]) == rises


def test_a_gain_that_does_not_clear_the_step_moves_nothing(house: Workspace) -> None:
    serve(house, 2)
    found = requirements.ratchet(house, "late", metrics=["log_loss"], step=0.9, apply=True)
    assert found["moves"] == [] and "the step is 0.9" in found["kept"][0]["reason"]
    with pytest.raises(UsageError, match="no requirement on brier"):
        requirements.ratchet(house, "late", metrics=["brier"])
    with pytest.raises(UsageError, match="step"):
        requirements.ratchet(house, "late", step=0.0)


def test_only_an_accepted_swap_is_followed(house: Workspace) -> None:
    with pytest.raises(RefusedError, match="first champion"):
        requirements.ratchet(house, "late")
    serve(house, 2, forced=True)
    with pytest.raises(RefusedError, match="was forced"):
        requirements.ratchet(house, "late")
    serve(house, 1, undoes=2)
    with pytest.raises(RefusedError, match="rollback"):
        requirements.ratchet(house, "late")


def test_a_worse_champion_raises_nothing(house: Workspace) -> None:
    serve(house, 2)
    serve(house, 1)
    found = requirements.ratchet(house, "late", apply=True)
    assert found["moves"] == [] and all(k["reason"] for k in found["kept"])


def test_what_may_rise_is_told_from_the_challenge_else_from_the_back_test(house: Workspace) -> None:
    with house.store() as store:
        assert requirements.may_ratchet(store, "late", 2) is None  # nothing has compared it with the champion
        checked(house, "late")
        told = requirements.may_ratchet(store, "late", 2)
        assert told and any(words.startswith("log_loss") for words in told)
        assert requirements.may_ratchet(store, "late", 1) is None
        run = store.runs.enqueue("late", "challenge", {"version": 2}, why="by hand", who="ann")
        compared = {"champion": 1, "roc_auc": {"better": True}, "log_loss": {"better": None}}
        store.runs.conclude(run.id, "pass", "better", {"comparison": compared})
        challenged = requirements.may_ratchet(store, "late", 2)
    assert challenged == [words for words in told if words.startswith("roc_auc")] != []
