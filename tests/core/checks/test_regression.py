"""The regression check: golden cases hold the numbers, behavioural ones what every version must respect."""

from __future__ import annotations

from typing import Any

import pytest

from core.workspace import Workspace
from store.records import NewCase
from tests.core.checks.making import checked

ROW = {"distance": 20.0, "wind": 10.0, "carrier": "bus"}


def add(house: Workspace, expect: dict[str, Any], row: dict[str, Any] | None = None, **more: Any) -> int:
    with house.store() as store:
        case = NewCase("behavioural", ROW if row is None else row, expect, origin="contrived", **more)
        (added,) = store.cases.add_many("late", [case])
    return int(getattr(added, "id", added))


def share(house: Workspace, number: int) -> float:
    with house.store() as store:
        return house.bundle(store.versions.get("late", number).hash).predict_row(ROW)[1]


def test_golden_cases_pass_on_the_bundles_that_they_come_from(built: Workspace) -> None:
    document = checked(built, "late", "regression")
    assert document["verdict"] == "pass" and document["failed"] == []
    assert {v["version"]: v["passed"] for v in document["versions"]} == {1: 32, 2: 32, 3: 32}
    assert document["passed"] == 96


def test_a_golden_case_binds_its_own_version_to_the_last_digits(house: Workspace) -> None:
    answer = share(house, 2)
    scores = [1 - answer, answer]
    with house.store() as store:
        for apart in (1e-12, 1e-7):
            expect = {"value": "yes" if answer >= 0.5 else "no", "scores": [s + apart for s in scores]}
            store.cases.add_many("late", [NewCase("golden", ROW, expect, version=2)])
    document = checked(house, "late", "regression", versions=[1, 2])
    assert document["verdict"] == "fail"
    (failed,) = document["failed"]
    assert failed["version"] == 2 and "numbers differ by" in failed["reason"]


@pytest.mark.parametrize(
    ("expect", "passes"),
    [
        ({"min": 0.0, "max": 1.0}, True),
        ({"min": 0.999}, False),
        ({"max": 0.001}, False),
        ({"label": "perhaps"}, False),
        ({"max": 0.001, "class": "no"}, False),
        ({"min": 0.0, "class": "huge"}, False),
    ],
)
def test_behavioural_cases_bind_every_version(house: Workspace, expect: dict[str, Any], passes: bool) -> None:
    case = add(house, expect)
    document = checked(house, "late", "regression")
    assert document["verdict"] == ("pass" if passes else "fail")
    assert {(f["case"], f["version"]) for f in document["failed"]} == (
        set() if passes else {(case, 1), (case, 2), (case, 3)}
    )


def test_a_case_that_does_not_block_only_warns(house: Workspace) -> None:
    add(house, {"label": "perhaps"}, blocking=False)
    assert checked(house, "late", "regression")["verdict"] == "warn"


def test_a_row_that_does_not_fit_fails_and_says_why(house: Workspace) -> None:
    add(house, {"min": 0.0}, row={"distance": 1.0, "wind": 2.0})
    (first, *_) = checked(house, "late", "regression")["failed"]
    assert "carrier" in first["reason"]


@pytest.mark.parametrize("damage", ["coefficients", "missing", "superfluous"])
def test_a_bundle_edited_by_hand_fails_by_the_name_of_its_file(house: Workspace, damage: str) -> None:
    with house.store() as store:
        bundle = house.bundle_path(store.versions.get("late", 2).hash)
    name = next(p.name for p in bundle.iterdir() if p.name.startswith("coefficients"))
    if damage == "coefficients":
        text = (bundle / name).read_text()
        (bundle / name).write_text(text.replace("1", "2", 1))
    elif damage == "missing":
        (bundle / name).unlink()
    else:
        name = "note.txt"
        (bundle / name).write_text("hello")
    document = checked(house, "late", "regression", versions=[2])
    assert document["verdict"] == "fail"
    assert [f["version"] for f in document["failed"]] == [2] and name in document["failed"][0]["reason"]
