"""The budget of errors of whole trials, through log and night: equals are let be, what differs is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import incumbent.answering.routing as routing
from core import sites
from core.workspace import Workspace
from tests.core.trial import simulation
from tests.core.trial.living import knows
from tests.core.trial.simulation import Course, lived_through
from tests.house import copy

SAME = knows(0.4)
MODES: dict[str, dict[str, Any]] = {
    "shadow": {}, "share": {"share": 0.5}, "site": {"sites": ["branch-2"]},
}  # fmt: skip


class SameSplit(routing.Split):
    """Divides keys the same way in every house, whatever the hashes of its versions."""

    def __init__(self, model: str, challenger: str, share: float) -> None:
        super().__init__(model, "whichever", share)


@pytest.fixture(autouse=True)
def same_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "Split", SameSplit)
    monkeypatch.setattr(simulation, "Split", SameSplit)


def trials(
    built: Workspace, folder: Path, mode: str, course: Callable[[], Course], count: int, days: int
) -> list[str]:
    """The first thing that each of several trials decided; ``none`` where it never did."""
    told = []
    for seed in range(count):
        house = copy(built, folder / f"{mode}-{seed}")
        if mode == "site":
            sites.add(house, "branch-2", folder / f"branch-{seed}")
        found, ended = lived_through(house, course(), days, seed, **MODES[mode])
        verdicts = [standing.get("verdict") for standing in found]
        decided = next((str(v) for v in verdicts if v in ("better", "worse", "invalid")), "none")
        told.append("withdrawn" if ended.outcome == "withdrawn" and decided == "none" else decided)
        shutil.rmtree(house.root)
    return told


def test_a_trial_of_equals_is_let_be(built_house: Workspace, tmp_path: Path) -> None:
    assert trials(built_house, tmp_path, "shadow", lambda: Course(SAME, SAME), 1, 7) == ["none"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(MODES))
@pytest.mark.parametrize(
    "course",
    [
        lambda: Course(SAME, SAME),
        lambda: Course(SAME, SAME, shared=0.08),
        lambda: Course(SAME, SAME, keys=80, a_day=80),
    ],
    ids=["alike", "days differ", "customers"],
)
def test_equals_are_seldom_told_apart_though_every_night_looks(
    built_house: Workspace, tmp_path: Path, mode: str, course: Callable[[], Course]
) -> None:
    """At most 5 % of trials: of eight, two would be the luck of one house in twenty."""
    told = trials(built_house, tmp_path, mode, course, 8, 14)
    assert sum(each != "none" for each in told) <= 1, told


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(MODES))
def test_what_is_better_or_worse_is_told(built_house: Workspace, tmp_path: Path, mode: str) -> None:
    better = trials(built_house, tmp_path, mode, lambda: Course(knows(0.2), knows(0.6), a_day=80), 2, 14)
    assert better == ["better", "better"]
    worse = trials(built_house, tmp_path, mode, lambda: Course(knows(0.6), knows(0.2), a_day=80), 2, 14)
    assert worse == ["worse", "worse"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("course", "said"),
    [
        (lambda: Course(SAME, SAME, lost=0.4, a_day=120), "rows of one arm are lost"),
        (lambda: Course(SAME, lambda random, truth: None if random.random() < 0.3 else 0.5), "errors: "),
        (lambda: Course(SAME, SAME, seconds=(2e-5, 0.2)), "latency: "),
        (lambda: Course(knows(0.8), knows(0.0), a_day=80), "outcomes: surely worse"),
    ],
    ids=["lost", "errors", "latency", "outcomes"],
)
def test_what_goes_wrong_is_noticed_by_the_night(
    built_house: Workspace, tmp_path: Path, course: Callable[[], Course], said: str
) -> None:
    found, ended = lived_through(copy(built_house, tmp_path / "one"), course(), 14, 1, share=0.5)
    assert said in f"{ended.ended_why} {[standing.get('reason') for standing in found]}"


@pytest.mark.slow
def test_outcomes_that_are_late_in_one_arm_decide_nothing(built_house: Workspace, tmp_path: Path) -> None:
    says = lambda random, truth: 0.3 if random.random() < 0.8 else 0.7  # noqa: E731
    delay = lambda random, truth, challenged: 9.0 if challenged and truth else 1.0  # noqa: E731
    course = Course(says, says, a_day=100, delay=delay)
    found, ended = lived_through(copy(built_house, tmp_path / "one"), course, 16, 0, share=0.5)
    assert not {"better", "worse"} & {standing.get("verdict") for standing in found}
    assert ended.outcome == "finished"
