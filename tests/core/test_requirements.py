"""Requirements: set, kept with history, suggested from what a version has kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core import requirements
from core.actions import undo
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from tests.core.checks.making import apply, checked, fitted, make, rides


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """``late`` with a version of the first month, and eight months to look back on."""
    workspace = make(tmp_path_factory.mktemp("required"), rides())
    apply(workspace, window="7d")
    fitted(workspace, "late", "2024-02-01")
    return workspace


@pytest.fixture
def house(built: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(built.root, tmp_path / "house")
    return Workspace(tmp_path / "house")


def test_setting_supersedes_and_history_stays(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "roc_auc", min=0.6, who="ada", why="promised")
    requirements.set_requirement(house, "late", "roc_auc", min=0.7, mean=0.75)
    requirements.set_requirement(house, "late", "roc_auc", min=0.5, segment="carrier")
    live = requirements.listing(house, "late")
    assert [(r["min"], r["mean"], r["segment"]) for r in live] == [(0.7, 0.75, None), (0.5, None, "carrier")]
    past = requirements.history(house, "late")
    assert [(r["min"], r["why"], r["until"] is None) for r in past if r["segment"] is None] == [
        (0.7, "", True), (0.6, "promised", False),
    ]  # fmt: skip


def test_setting_the_same_again_changes_nothing(house: Workspace) -> None:
    first = requirements.set_requirement(house, "late", "roc_auc", min=0.6)
    assert requirements.set_requirement(house, "late", "roc_auc", min=0.6)["id"] == first["id"]
    with house.store() as store:
        assert [e.action for e in store.journal.page("late").rows].count("require.set") == 1


def test_limits_that_are_not_given_stay_and_undo_takes_only_the_new_one_back(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "log_loss", mean=0.5)
    both = requirements.set_requirement(house, "late", "log_loss", max=0.7)
    assert (both["mean"], both["max"]) == (0.5, 0.7)
    undo(house)
    assert [(r["mean"], r["max"]) for r in requirements.listing(house, "late")] == [(0.5, None)]


def test_unsetting_ends_it_and_can_be_undone_from_the_journal(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "brier", range=(0.1, 0.3))
    requirements.unset(house, "late", "brier", why="too strict")
    assert requirements.listing(house, "late") == []
    with house.store() as store:
        undo = store.journal.page("late").rows[0].undo
    assert undo is not None and undo["action"] == "require.set"
    requirements.set_requirement(house, **undo["arguments"])
    assert [r["range"] for r in requirements.listing(house, "late")] == [[0.1, 0.3]]


@pytest.mark.parametrize(
    ("metric", "said"), [("accurracy", "accuracy"), ("mae", "mae"), ("neg_log_loss", "log_loss")]
)
def test_metrics_that_make_no_sense_are_refused(house: Workspace, metric: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        requirements.set_requirement(house, "late", metric, min=0.5)
    assert requirements.listing(house, "late") == []


def test_limits_that_say_nothing_or_contradict_are_refused(house: Workspace) -> None:
    for limits in ({}, {"min": 0.8, "max": 0.2}, {"range": (0.9, 0.1)}):
        with pytest.raises(UsageError):
            requirements.set_requirement(house, "late", "roc_auc", **limits)  # type: ignore[arg-type]
    assert requirements.listing(house, "late") == []


def test_suggested_limits_are_kept_by_the_version_that_they_come_from(house: Workspace) -> None:
    found = {s["metric"]: s for s in requirements.suggest(house, "late", apply=True)}
    assert set(found) == {"roc_auc", "log_loss"}
    assert found["roc_auc"]["limits"] and found["roc_auc"]["windows"] >= 20
    live = {r["metric"]: r for r in requirements.listing(house, "late")}
    assert live["roc_auc"]["min"] == found["roc_auc"]["min"] and "suggested from v1" in live["roc_auc"]["why"]
    value = checked(house, "late", "nowtest")["metrics"]
    assert live["roc_auc"]["min"] < value["roc_auc"]["value"]
    assert value["log_loss"]["value"] < live["log_loss"]["max"]
    assert all(s["breaches"] <= 0.1 * s["windows"] for s in found.values())


def test_what_is_bound_already_is_not_suggested_again(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "roc_auc", min=0.5)
    assert [s["metric"] for s in requirements.suggest(house, "late")] == ["log_loss"]
    assert [s["metric"] for s in requirements.suggest(house, "late", metrics=["mcc"])] == ["mcc"]
    assert len(requirements.listing(house, "late")) == 1


def test_suggestions_as_of_a_moment_look_at_nothing_later(house: Workspace) -> None:
    before = requirements.suggest(house, "late", as_of="2024-05-01")
    for month in ("2024-05", "2024-06", "2024-08"):
        (house.root / "data" / f"{month}.csv").unlink()
    assert requirements.suggest(house, "late", as_of="2024-05-01") == before


def test_without_a_version_there_is_nothing_to_suggest_from(house: Workspace) -> None:
    apply(house, name="other")
    with pytest.raises(RefusedError, match="no version"):
        requirements.suggest(house, "other")
