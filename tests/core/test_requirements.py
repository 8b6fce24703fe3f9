"""Requirements: set, kept with history, suggested from what a version has kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import requirements
from core.actions import undo
from core.requirements.lowering import weakenings
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from tests.core.checks.making import apply, checked, fitted, make, partitions, ran, rides


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


def test_what_asks_less_needs_a_reason_and_history_keeps_it(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "roc_auc", min=0.7, mean=0.75)
    for weaker in ({"min": 0.6}, {"mean": 0.7}, {"min": 0.8, "replace": True}):
        with pytest.raises(RefusedError, match="would ask less"):
            requirements.set_requirement(house, "late", "roc_auc", **weaker)  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match="no min any more"):
        requirements.unset(house, "late", "roc_auc")
    (live,) = requirements.listing(house, "late")
    assert (live["min"], live["mean"]) == (0.7, 0.75)
    requirements.set_requirement(house, "late", "roc_auc", min=0.6, why="a harder season")
    assert requirements.history(house, "late")[0]["why"] == "a harder season"
    undo(house)
    assert requirements.listing(house, "late")[0]["min"] == 0.7


@given(
    before=st.tuples(st.none() | st.floats(0, 1), st.none() | st.floats(1, 2)),
    after=st.tuples(st.none() | st.floats(0, 1), st.none() | st.floats(1, 2)),
    value=st.floats(-0.5, 2.5),
)
def test_a_change_that_is_not_weaker_lets_nothing_new_pass(
    before: tuple[float | None, float | None], after: tuple[float | None, float | None], value: float
) -> None:
    def passes(low: float | None, high: float | None) -> bool:
        return (low is None or value >= low) and (high is None or value <= high)

    old, new = (SimpleNamespace(min=m, max=x, mean=None, range=None) for m, x in (before, after))
    if not weakenings(old, new, "higher") and passes(*after):
        assert passes(*before)


def test_one_metric_by_two_names_is_one_requirement(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "roc_auc", min=0.6)
    requirements.set_requirement(house, "late", "auc", min=0.65)
    assert [(r["metric"], r["min"]) for r in requirements.listing(house, "late")] == [("roc_auc", 0.65)]


def test_a_segment_is_a_column_or_one_value_of_it(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "accuracy", segment="carrier=tram", min=0.99)
    document = checked(house, "late", since="2024-06-01", until="2024-07-01")
    (june,) = partitions(document, 1).values()
    assert set(june["segments"]) == {"carrier=tram"} and "carrier=tram" in june["reasons"][0]
    with pytest.raises(UsageError, match="no such column"):
        requirements.set_requirement(house, "late", "accuracy", segment="carier", min=0.2)
    with house.store() as store:  # as a spec's, of a column that went away since
        store.requirements.set("late", "accuracy", "carier", min=0.2, who="ann", why="spec")
    assert "no such column" in str(ran(house, "late", since="2024-06-01").error)


def test_suggestions_by_segment_are_kept_by_every_value_and_share_the_budget(house: Workspace) -> None:
    (each,) = requirements.suggest(house, "late", metrics=["accuracy"], segments=["carrier"])
    (bus,) = requirements.suggest(house, "late", metrics=["accuracy"], segments=["carrier=bus"])
    (everything,) = requirements.suggest(house, "late", metrics=["accuracy"])
    assert each["segment"] == "carrier" and each["min"] <= bus["min"] < everything["min"]
    assert "values, the loosest" in each["explanation"]
    assert each["expected_alarms_a_year"] <= each["budget"] + 1e-6
    both = requirements.suggest(house, "late", metrics=["accuracy", "brier"], apply=True)
    assert sum(s["expected_alarms_a_year"] for s in both) <= both[0]["budget"] + 1e-6
    assert max(s["false_alarms_a_year"] for s in both) <= both[0]["together"] + 1e-9
    more = requirements.suggest(house, "late", metrics=["f1"])
    assert more[0]["expected_alarms_a_year"] <= more[0]["budget"] / 3 + 1e-6, "two requirements stand already"


def test_what_is_measured_in_production_has_no_past_to_suggest_from(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "latency_p99_ms", max=5.0)
    requirements.set_requirement(house, "late", "throughput", min=100.0)
    with pytest.raises(UsageError, match="check stress"):
        requirements.suggest(house, "late", metrics=["throughput"])
