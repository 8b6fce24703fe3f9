"""Models: applied from a file, exported back, renamed, archived, deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import models, production, requirements
from core.traffic.places import copied_rows
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from tests.core.checks.making import apply


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with the model ``late``, which binds two metrics."""
    made = Workspace.create(tmp_path / "house")
    apply(made, requirements={"roc_auc": {"min": 0.6}, "log_loss": {"max": 0.7}})
    return made


def live(workspace: Workspace) -> dict[str, tuple[float | None, float | None]]:
    return {r["metric"]: (r["min"], r["max"]) for r in requirements.listing(workspace, "late")}


def serve(workspace: Workspace) -> None:
    with workspace.store() as store:
        store.versions.add("late", "hash", "native", "trained")
        store.production.add("late", champion=1, who="ann", why="first")


def test_applying_again_changes_nothing(workspace: Workspace) -> None:
    again = models.apply(workspace, workspace.root / "late.toml")
    assert (again["revision"], again["created"], again["changed"]) == (1, False, [])


def test_a_changed_file_is_a_new_revision_that_names_what_changed(workspace: Workspace) -> None:
    apply(workspace, window="7d", requirements={"roc_auc": {"min": 0.6}, "log_loss": {"max": 0.7}})
    with workspace.store() as store:
        assert store.models.revision("late").number == 2
        assert store.journal.page("late").rows[0].detail["changed"] == ["window"]


def test_requirements_follow_the_file_but_not_those_set_elsewhere(workspace: Workspace) -> None:
    requirements.set_requirement(workspace, "late", "brier", max=0.3)
    apply(workspace, requirements={"roc_auc": {"min": 0.65}})
    assert live(workspace) == {"roc_auc": (0.65, None), "brier": (None, 0.3)}


def test_a_file_that_asks_less_needs_a_reason_and_an_unchanged_line_undoes_nothing(
    workspace: Workspace,
) -> None:
    path = workspace.root / "late.toml"
    asked = path.read_text()
    requirements.set_requirement(workspace, "late", "roc_auc", min=0.7)
    assert models.apply(workspace, path)["changed"] == [] and live(workspace)["roc_auc"] == (0.7, None)
    for weaker in (asked.replace("0.6", "0.55"), asked.replace("0.7", "0.9")):
        path.write_text(weaker)
        with pytest.raises(RefusedError, match="would ask less"):
            models.apply(workspace, path)
    assert live(workspace) == {"roc_auc": (0.7, None), "log_loss": (None, 0.7)}
    models.apply(workspace, path, reason="the season is harder")
    assert live(workspace)["log_loss"] == (None, 0.9)
    assert requirements.history(workspace, "late")[0]["why"] == "the season is harder"


def test_what_is_exported_can_be_applied_and_changes_nothing(workspace: Workspace) -> None:
    requirements.set_requirement(workspace, "late", "brier", max=0.3, segment="carrier")
    (workspace.root / "exported.toml").write_text(models.export(workspace, "late"))
    models.apply(workspace, workspace.root / "exported.toml")
    before = models.export(workspace, "late")
    assert models.apply(workspace, workspace.root / "exported.toml")["changed"] == []
    assert models.export(workspace, "late") == before


def test_a_spec_with_mistakes_changes_nothing(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="mae"):
        apply(workspace, metric="mae")
    with pytest.raises(UsageError, match="partitoin"):
        apply(workspace, partitoin="week")
    with workspace.store() as store:
        assert store.models.revision("late").number == 1
    assert live(workspace) == {"roc_auc": (0.6, None), "log_loss": (None, 0.7)}


def test_a_new_model_gets_a_night(workspace: Workspace) -> None:
    with workspace.store() as store:
        assert {"nowtest", "backtest"} <= {s.check for s in store.schedules.list("late")}


def test_renaming_takes_the_history_along(workspace: Workspace) -> None:
    copied_rows(workspace, "late").mkdir(parents=True)
    models.rename(workspace, "late", "tardy")
    assert not copied_rows(workspace, "late").exists()
    assert [m["name"] for m in models.listing(workspace)] == ["tardy"]
    assert len(requirements.listing(workspace, "tardy")) == 2
    assert models.show(workspace, "tardy")["spec"]["name"] == "tardy"
    with pytest.raises(UsageError, match="late"):
        models.show(workspace, "late")


def test_archived_models_are_out_of_sight_until_they_are_brought_back(workspace: Workspace) -> None:
    models.archive(workspace, "late")
    assert models.listing(workspace) == []
    assert [m["name"] for m in models.listing(workspace, include_archived=True)] == ["late"]
    models.unarchive(workspace, "late")
    assert [m["name"] for m in models.listing(workspace)] == ["late"]


def test_deleting_asks_for_the_name(workspace: Workspace) -> None:
    for said in (None, "yes", "Late"):
        with pytest.raises(RefusedError, match="for ever"):
            models.delete(workspace, "late", said)
    copied_rows(workspace, "late").mkdir(parents=True)
    assert models.delete(workspace, "late", "late")["deleted"]
    assert not copied_rows(workspace, "late").exists()
    assert models.listing(workspace, include_archived=True) == []


def test_what_serves_is_neither_renamed_nor_archived_nor_deleted(workspace: Workspace) -> None:
    serve(workspace)
    for change in (
        lambda: models.rename(workspace, "late", "tardy"),
        lambda: models.archive(workspace, "late"),
        lambda: models.delete(workspace, "late", "late"),
    ):
        with pytest.raises(RefusedError, match="in production at local"):
            change()
    assert production.show(workspace, "late")["champion"] == 1


def test_a_mistyped_name_suggests_the_right_one(workspace: Workspace) -> None:
    with pytest.raises(UsageError) as wrong:
        models.show(workspace, "latte")
    assert "late" in f"{wrong.value.message} {wrong.value.hint}"
