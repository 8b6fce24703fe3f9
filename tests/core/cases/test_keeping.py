"""Cases over time: looked at, accepted, removed, and every step undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core import actions, cases, status
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from tests.core.cases.conftest import LONG, checked

QUARTER_AGO = datetime.now(UTC) - timedelta(days=93)


def old(house: Workspace, case: int) -> None:
    """As if nobody had looked at a case for a quarter."""
    with house.store() as store:
        store.cases.looked([case], QUARTER_AGO.isoformat().replace("+00:00", "Z"))


def expected(house: Workspace, case: int) -> object:
    return next(c["expect"] for c in cases.listing(house, "late") if c["id"] == case)


def test_a_case_wants_a_look_every_quarter(house: Workspace) -> None:
    first, second = (cases.add(house, "late", LONG, {"min": m})["id"] for m in (0.1, 0.2))
    assert cases.listing(house, "late", due=True) == []
    old(house, first)
    old(house, second)
    golden = cases.listing(house, "late", kind="golden")[0]["id"]
    old(house, golden)  # a bundle's own number: nobody can tell by looking
    due = cases.listing(house, "late", due=True)
    assert [(c["id"], c["age_days"], c["look_due"]) for c in due] == [(first, 93, True), (second, 93, True)]
    (shown,) = status.overview(house, "late").models
    assert (None, "2 cases that nobody has looked at for a quarter") in shown.sentences
    assert cases.review(house, "late", [second]) == [second]
    assert cases.review(house, "late") == [first]
    assert cases.review(house, "late") == [] == cases.listing(house, "late", due=True)
    with pytest.raises(UsageError, match="no case 99999"):
        cases.review(house, "late", 99_999)


def test_adding_importing_and_removing_are_undone(house: Workspace) -> None:
    made = cases.add(house, "late", LONG, {"min": 0.1})["id"]
    (house.root / "two.jsonl").write_text(
        '{"row": {"distance": 1, "wind": 2, "carrier": "a"}, "expect": {"min": 0}}\n'
        '{"row": {"distance": 1, "wind": 2, "carrier": "b"}, "expect": {"min": 0}}\n'
    )
    imported = [case.id for case in cases.import_file(house, "late", house.root / "two.jsonl").added]
    actions.perform(house, "case.remove", {"model": "late", "case": made})

    def standing() -> list[int]:
        return [c["id"] for c in cases.listing(house, "late", kind="behavioural")]

    assert standing() == imported
    assert [actions.undo(house).action for _ in range(3)] == ["case.remove", "case.import", "case.add"]
    assert standing() == []


def test_behavioural_cases_follow_the_answers_only_when_they_are_named(house: Workspace) -> None:
    wrong = {
        "label": {"label": "no"},
        "value": {"value": 0.5, "tolerance": 0.01},
        "bounds": {"max": 0.1, "min": 0.05},
        "same": {"invariant": {"column": "carrier", "values": ["rail", "tram"]}},
    }
    made = {name: cases.add(house, "late", LONG, expect)["id"] for name, expect in wrong.items()}
    never = cases.add(house, "late", LONG, {"direction": {"column": "wind", "by": 5, "answer": "down"}})["id"]
    bulk = cases.accept(house, "late")
    assert not bulk["applied"] and {k["case"] for k in bulk["kept"]} == {*made.values(), never}
    assert all("who names the case" in k["reason"] for k in bulk["kept"] if k["case"] != never)
    named = [*made.values(), never]
    shown = cases.accept(house, "late", cases=named, apply=False)
    assert {c["case"] for c in shown["changes"]} == set(made.values())
    assert [(k["case"], "expected: falls" in k["reason"]) for k in shown["kept"]] == [(never, True)]
    assert shown["version"] == 1 and not shown["applied"]
    assert {expected(house, n)["label"] for n in [made["label"]]} == {"no"}  # type: ignore[index]
    label = next(c for c in shown["changes"] if c["case"] == made["label"])
    assert (label["from"], label["to"]) == ("says no", "says yes")

    assert actions.perform(house, "case.accept", {"model": "late", "cases": named})["applied"]
    assert {f["case"] for f in checked(house, versions=[1])["failed"]} == {never}
    assert expected(house, made["bounds"])["min"] == 0.05  # type: ignore[index]
    assert actions.undo(house).action == "case.accept"
    assert {name: expected(house, case) for name, case in made.items()} == wrong


def test_golden_numbers_of_another_bundle_are_not_accepted(house: Workspace) -> None:
    golden = cases.listing(house, "late", kind="golden", version=2)[0]["id"]
    with pytest.raises(RefusedError, match="it says what version 2 answered"):
        cases.accept(house, "late", 1, [golden])
    assert cases.accept(house, "late", 2, [golden])["changes"] == []


def test_a_bundles_own_golden_numbers_can_be_recorded_anew(house: Workspace) -> None:
    golden = cases.listing(house, "late", kind="golden", version=1)[0]
    with house.store() as store:  # as another library might have answered
        apart = [score + 1e-4 for score in golden["expect"]["scores"]]
        store.cases.expect(golden["id"], {**golden["expect"], "scores": apart})
    assert [f["case"] for f in checked(house, versions=[1])["failed"]] == [golden["id"]]
    (shown,) = cases.accept(house, "late", 1)["changes"]
    assert all(f"{score:.12g}" in shown["from"] for score in apart)
    assert all(f"{score:.12g}" in shown["to"] for score in golden["expect"]["scores"])
    assert expected(house, golden["id"]) == golden["expect"]
