"""The gate: production takes what a standing challenge has found fit; what is forced is marked for ever."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from core import production, requirements, sites
from core.challenge.gate import gate
from core.workspace import Workspace
from incumbent.errors import BundleError, RefusedError, UsageError
from tests.core.checks.making import apply, served
from tests.house import admit


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Version 1 serves, 2 and 3 stand by. Look, do not touch."""
    return served(tmp_path_factory.mktemp("served"))


@pytest.fixture
def house(built: Workspace, tmp_path: Path) -> Workspace:
    """The same, to change."""
    shutil.copytree(built.root, tmp_path / "house")
    return Workspace(tmp_path / "house")


def refusal(house: Workspace, number: int = 3) -> RefusedError:
    """Why a swap is refused; production is what it was."""
    before = production.history(house, "late")
    with pytest.raises(RefusedError) as refused:
        production.swap(house, "late", number, reason="try")
    assert production.history(house, "late") == before
    return refused.value


def test_what_was_never_challenged_is_refused_with_the_way_out(house: Workspace) -> None:
    said = refusal(house)
    assert "has not been challenged" in said.message
    assert "incumbent challenge late 3" in said.hint and "--force" in said.hint


@pytest.mark.parametrize("verdict", ["unfit", "undecided"])
def test_what_is_not_fit_is_refused_with_the_stage(house: Workspace, verdict: str) -> None:
    admit(house, "late", 3, verdict, reason="stress: latency_p99_ms 9.0 is above 5")
    said = refusal(house)
    assert f"is {verdict}: stress: latency_p99_ms 9.0" in said.message


def test_what_is_fit_needs_a_reason_and_what_is_better_brings_its_own(house: Workspace) -> None:
    admit(house, "late", 3, "fit")
    with pytest.raises(UsageError, match="reason"):
        production.swap(house, "late", 3)
    run = admit(house, "late", 3, "better", reason="roc_auc is better by 0.02")
    done = production.swap(house, "late", 3)
    assert done["why"] == f"better in challenge {run.id}: roc_auc is better by 0.02"
    assert not done["forced"]


def test_new_requirements_make_a_verdict_old(house: Workspace) -> None:
    admit(house, "late", 3)
    requirements.set_requirement(house, "late", "roc_auc", min=0.6)
    assert "the requirements have changed" in refusal(house).message
    admit(house, "late", 3)
    assert production.swap(house, "late", 3, reason="again")["champion"] == 3


def test_new_rows_make_a_verdict_old(house: Workspace) -> None:
    admit(house, "late", 3)
    data = sorted((house.root / "data").glob("*.csv"))[-1]
    lines = data.read_text().splitlines()
    data.write_text("\n".join(lines[:-1]) + "\n")
    assert "the data has changed" in refusal(house).message
    with house.store() as store:
        assert gate(house, store, "late", 3, look_at_data=False).opens
        assert not gate(house, store, "late", 3).opens


def test_data_that_cannot_be_read_leaves_it_shut(house: Workspace) -> None:
    admit(house, "late", 3)
    shutil.rmtree(house.root / "data")
    assert "nobody can tell whether the data has changed" in refusal(house).message


def test_another_champion_or_another_spec_make_a_verdict_old(house: Workspace) -> None:
    admit(house, "late", 2)
    admit(house, "late", 3)
    production.swap(house, "late", 2, reason="first")
    assert "the champion was v1 and is v2" in refusal(house).message
    production.rollback(house, "late", reason="back")
    apply(house, worth=0.01)
    assert "the model's spec has changed" in refusal(house).message


def test_the_newest_challenge_counts(house: Workspace) -> None:
    admit(house, "late", 3, "better")
    admit(house, "late", 3, "unfit")
    assert "is unfit" in refusal(house).message


def test_what_is_forced_is_marked_for_ever(house: Workspace) -> None:
    run = admit(house, "late", 3, "unfit", reason="edge: null")
    with pytest.raises(UsageError, match="reason"):
        production.swap(house, "late", 3, force=True)
    done = production.swap(house, "late", 3, force=True, reason="the old one is on fire")
    assert done["forced"] and done["why"] == "the old one is on fire"
    with house.store() as store:
        entry = store.journal.page(model="late").rows[0]
    told = entry.detail["gate"]
    assert (told["verdict"], told["reason"], told["run"]) == ("unfit", "edge: null", run.id)
    sites.add(house, "edge", str(house.root / "elsewhere"))
    assert production.publish(house, "late", site="edge")["forced"]
    assert [r["forced"] for r in production.history(house, "late", "local")] == [True, False]


def test_no_way_back_or_to_another_site_takes_the_mark_away(house: Workspace) -> None:
    production.swap(house, "late", 3, force=True, reason="the old one is on fire")
    production.set_fallback(house, "late", (1,), reason="in case")
    for name in ("near", "far"):
        sites.add(house, name, str(house.root / name))
    assert production.publish(house, "late", site="near")["forced"]
    assert production.swap(house, "late", 3, site="far", reason="there too")["forced"]
    assert not production.rollback(house, "late", reason="out of order")["forced"]
    back = production.rollback(house, "late", reason="in order again")
    assert (back["champion"], back["forced"]) == (3, True)
    assert production.show(house, "late")["champion_forced"]["why"] == "in order again"


def test_force_that_was_not_needed_leaves_no_mark(house: Workspace) -> None:
    admit(house, "late", 3)
    assert not production.swap(house, "late", 3, force=True, reason="to be sure")["forced"]


def test_going_back_is_never_gated_and_what_serves_may_serve_elsewhere(house: Workspace) -> None:
    admit(house, "late", 3)
    production.swap(house, "late", 3, reason="try")
    assert production.rollback(house, "late", reason="back")["champion"] == 1
    sites.add(house, "edge", str(house.root / "elsewhere"))
    assert production.swap(house, "late", 1, site="edge", reason="here too")["champion"] == 1
    with pytest.raises(RefusedError, match="challenged"):
        production.swap(house, "late", 2, site="edge", reason="not yet")


def test_a_fallback_has_to_load(house: Workspace) -> None:
    with house.store() as store:
        bundle = house.bundle_path(store.versions.get("late", 3).hash)
    (bundle / "coefficients.json").write_text("{}")
    with pytest.raises(BundleError, match="altered"):
        production.set_fallback(house, "late", (3,), reason="stand by")
    assert production.set_fallback(house, "late", (2,), reason="stand by")["fallback"] == [2, "baseline"]


def test_the_command_is_refused_with_3_and_says_what_to_run(house: Workspace) -> None:
    line = ["production", "swap", "late", "3", "--reason", "x", "--workspace", str(house.root), "--json"]
    done = CliRunner().invoke(app, line)
    assert done.exit_code == 3
    error = json.loads(done.stderr)["error"]
    assert error["kind"] == "refused" and "incumbent challenge late 3" in error["hint"]
