"""The challenge as a whole: its verdict, its stages as runs, what it stands on, how it stops."""

from __future__ import annotations

import threading
from pathlib import Path

import pandas as pd
import pytest

from core import production, requirements
from core.challenge.following import NAMES, stages_of
from core.challenge.stages import STAGES
from core.runs import HANDLERS, cancel, part_of, run_here
from core.workspace import Workspace
from tests.core.challenge.making import (
    TRAINED_UNTIL,
    challenge,
    challenged,
    copy,
    failing,
    stage,
    write,
)
from tests.core.checks.making import apply, fitted


@pytest.fixture(scope="module")
def candidate(contested: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Version 2 knows the wind. Look, do not touch."""
    built = copy(contested, tmp_path_factory.mktemp("candidate"))
    fitted(built, "late", TRAINED_UNTIL, columns="distance wind")
    return built


@pytest.fixture
def house(candidate: Workspace, tmp_path: Path) -> Workspace:
    """The same, to change."""
    return copy(candidate, tmp_path / "house")


def test_every_stage_is_told_while_it_works_and_every_check_is_a_run_of_its_own(house: Workspace) -> None:
    states: list[list[str]] = []

    def watch(fraction: float | None, note: str) -> None:
        if note.startswith("now-test") and not states:
            with house.store() as store:
                (active,) = [run for run in store.runs.active() if run.kind == "challenge"]
                store.runs.heartbeat(active.id, fraction, note)
                states.append([s["state"] for s in stages_of(store, active)])

    run = run_here(house, "late", "challenge", {"version": 2, "seconds": 0.5}, why="test", progress=watch)
    at = NAMES.index("nowtest")
    assert states == [["done"] * at + ["running"] + ["queued"] * (len(NAMES) - at - 1)]
    found = dict(run.result or {})
    assert [s["stage"] for s in found["stages"]] == list(NAMES) == [name for name, _, _ in STAGES]
    assert (run.verdict, found["verdict"], found["run"]) == ("pass", "better", run.id)
    with house.store() as store:
        assert stages_of(store, run) == [{**s, "state": "done"} for s in found["stages"]]
        for told in found["stages"]:
            if told["run"] is not None:
                part = store.runs.get(told["run"])
                assert (part.kind, part.why, part.state) == (told["stage"], part_of(run), "done")
        assert not store.alerts.list(open_only=True)
    assert stage(found, "software")["verdict"] == "skipped"
    swapped = production.swap(house, "late", 2)
    assert not swapped["forced"] and f"challenge {run.id}" in swapped["why"]


@pytest.mark.slow
def test_without_requirements_nothing_is_fit(house: Workspace) -> None:
    for metric in ("roc_auc", "log_loss"):
        requirements.unset(house, "late", metric, why="nothing is promised")
    found = challenge(house, 2)
    assert found["verdict"] == "undecided" and "no requirements" in stage(found, "requirements")["reason"]


@pytest.mark.slow
def test_a_version_without_rows_of_its_own_is_undecided_and_told_what_to_do(house: Workspace) -> None:
    number = fitted(house, "late", None, columns="distance wind", C=0.5)
    run = challenged(house, number)
    found = dict(run.result or {})
    assert (found["verdict"], run.verdict) == ("undecided", "thin")
    assert "version train late --until" in stage(found, "backtest")["reason"]


@pytest.mark.slow
def test_a_version_trained_on_everything_inherits_the_verdict_of_its_recipe(house: Workspace) -> None:
    whole = fitted(house, "late", None, columns="distance wind")
    assert challenge(house, whole)["verdict"] == "undecided"
    assert challenge(house, 2)["verdict"] == "better"
    found = challenge(house, whole)
    assert (found["verdict"], found["inherits"]) == ("better", 2)
    assert "inherits from v2" in stage(found, "backtest")["reason"]
    assert found["comparison"]["look"] is None
    production.swap(house, "late", whole)
    equal = fitted(house, "late", TRAINED_UNTIL, columns="distance wind", C=0.8)
    against = challenge(house, equal)["comparison"]
    assert (against["champion"], against["opponent"]) == (whole, 2)
    assert "stands in" in against["reason"]


@pytest.mark.slow
def test_the_first_version_has_to_beat_the_baseline(frame: pd.DataFrame, tmp_path: Path) -> None:
    from tests.core.challenge.making import PIPELINE, REQUIREMENTS

    workspace = Workspace.create(tmp_path / "first")
    write(workspace.root, frame)
    (workspace.root / "user").mkdir()
    (workspace.root / "user" / "pipeline.py").write_text(PIPELINE)
    apply(workspace, REQUIREMENTS)
    fitted(workspace, "late", TRAINED_UNTIL)
    found = challenge(workspace, 1)
    assert found["verdict"] == "better", found["reason"]
    assert (found["champion"], found["opponent"]) == (None, 0)
    production.swap(workspace, "late", 1)
    again = challenge(workspace, 1)
    assert (again["verdict"], again["opponent"], again["comparison"]) == ("fit", None, None)


@pytest.mark.slow
def test_repeating_a_challenge_is_the_same_look_and_another_version_the_next(house: Workspace) -> None:
    first, again = challenge(house, 2)["comparison"], challenge(house, 2)["comparison"]
    assert (first["look"], again["look"]) == (1, 1)
    assert first["confidence"] == again["confidence"]
    third = fitted(house, "late", TRAINED_UNTIL, columns="distance wind", C=0.7)
    later = challenge(house, third)["comparison"]
    assert later["look"] == 2 and later["confidence"] > first["confidence"]


@pytest.mark.slow
def test_a_check_that_this_release_does_not_have_leaves_it_undecided(
    house: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(HANDLERS, "edge")
    found = challenge(house, 2)
    assert stage(found, "edge")["verdict"] == "skipped"
    assert found["verdict"] == "undecided"


@pytest.mark.slow
def test_a_stage_that_fails_does_not_keep_the_later_ones(house: Workspace) -> None:
    apply(house, {"roc_auc": {"min": 0.6}}, software={"test": "false"})
    found = challenge(house, 2)
    assert failing(found) == {"software"}
    assert stage(found, "published")["verdict"] == "pass"


def newest_run(house: Workspace) -> int:
    """The number of the newest run; the next one is the next."""
    run = run_here(house, "late", "regression", {"versions": [1]}, why="test")
    return run.id


def test_a_cancelled_challenge_stops_within_its_stage_and_keeps_what_was_done(house: Workspace) -> None:
    newest = newest_run(house)
    at_load = threading.Event()

    def watch(fraction: float | None, note: str) -> None:
        if note.startswith("stress") and not at_load.is_set():
            at_load.set()
            cancel(house, newest + 1)

    run = run_here(house, "late", "challenge", {"version": 2, "seconds": 30}, why="test", progress=watch)
    assert (run.id, run.state) == (newest + 1, "cancelled")
    with house.store() as store:
        parts = {r.kind: r.state for r in store.runs.page("late", limit=9).rows if r.why == part_of(run)}
        assert (parts["regression"], parts["edge"], parts["stress"]) == ("done", "done", "cancelled")
        assert "backtest" not in parts
    assert not list((house.marker / "staging").glob("*-*"))


@pytest.mark.slow
def test_a_challenge_of_the_past_sees_only_what_was_known(house: Workspace) -> None:
    run = challenged(house, 2, as_of="2024-03-15")
    found = dict(run.result or {})
    assert found["as_of"] == "2024-03-15"
    assert found["comparison"]["rows"]["until"] <= "2024-04-01T00:00:00"
    with house.store() as store:
        from core.challenge.gate import gate

        assert gate(house, store, "late", 2).verdict == "unchallenged"
