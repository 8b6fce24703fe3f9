"""Directions, invariances and answers: what they mean, and what makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

from core import cases, production_limits
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from tests.core.cases.conftest import LONG, checked

ROW = {"distance": 20.0, "wind": 10.0, "carrier": "bus"}


def reasons(house: Workspace, expect: dict[str, Any], row: dict[str, Any] | None = None) -> list[str]:
    """Why version 1 of ``late`` fails a case; nothing where it passes."""
    made = cases.add(house, "late", row or ROW, expect)
    found = checked(house, versions=[1])
    cases.remove(house, "late", made["id"])
    return [failed["reason"] for failed in found["failed"]]


@pytest.mark.parametrize(
    ("direction", "passes"),
    [
        ({"by": 10, "answer": "up"}, True),
        ({"by": 10, "answer": "not down"}, True),
        ({"by": 10, "answer": "down"}, False),
        ({"by": 10, "answer": "not up"}, False),
        ({"by": -10.5, "answer": "down"}, True),
        ({"to": 20.0, "answer": "not up"}, True),
        ({"to": 20.0, "answer": "up"}, False),
        ({"to": None, "answer": "not up"}, True),
    ],
)
def test_an_answer_goes_the_way_of_a_column(shared: Workspace, direction: Any, passes: bool) -> None:
    found = reasons(shared, {"direction": {"column": "distance", **direction}})
    assert (found == []) == passes
    assert passes or "expected: " in found[0]


def test_the_other_class_goes_the_other_way(shared: Workspace) -> None:
    expect = {"direction": {"column": "distance", "by": 10, "answer": "up"}, "class": "no"}
    assert len(reasons(shared, expect)) == 1


def test_values_that_make_no_difference(shared: Workspace) -> None:
    far = {"column": "carrier", "values": ["rail", "tram"]}
    (said,) = reasons(shared, {"invariant": far})
    assert said.startswith("with carrier = rail ") and "allowed are 1e-09" in said
    assert reasons(shared, {"invariant": {**far, "tolerance": 0.9}}) == []
    unseen = {"column": "carrier", "values": ["ship", "plane"]}
    assert reasons(shared, {"invariant": unseen}, {**ROW, "carrier": "raft"}) == []


def test_each_version_answers_for_itself(shared: Workspace) -> None:
    made = cases.add(shared, "late", ROW, {"answered": True, "label": "yes"})
    found = checked(shared)
    assert {v["version"]: v["through"] for v in found["versions"]} == {1: "production", 2: "staging site"}
    cases.remove(shared, "late", made["id"])


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"direction": {"column": "x", "by": 1, "answer": "up"}}, "reads no column 'x'"),
        ({"direction": {"column": "distance", "by": 0, "answer": "up"}}, "by 0"),
        ({"direction": {"column": "distance", "by": 1, "to": 2, "answer": "up"}}, "by a number or to"),
        ({"direction": {"column": "distance", "answer": "up"}}, "by a number or to"),
        ({"direction": {"column": "distance", "by": 1, "answer": "sideways"}}, "'sideways'"),
        ({"direction": {"column": "carrier", "by": 1, "answer": "up"}}, "carrier is 'bus'"),
        ({"direction": {"column": "distance", "by": 1, "answer": "up", "much": 2}}, "no 'much'"),
        ({"direction": "up"}, "not a table"),
        ({"invariant": {"column": "carrier", "values": []}}, "list of values"),
        ({"invariant": {"column": "carrier", "values": ["a"], "tolerance": -1}}, "not below 0"),
        ({"answered": False}, "expects nothing|it is true"),
        ({"answered": "yes"}, "it is true"),
    ],
)
def test_what_makes_no_sense_is_refused(shared: Workspace, expect: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        cases.add(shared, "late", ROW, expect)


def test_a_changed_row_must_be_one_that_the_model_takes(shared: Workspace) -> None:
    with pytest.raises(Exception, match="takes a number, not the text 'far'"):
        cases.add(shared, "late", ROW, {"direction": {"column": "distance", "to": "far", "answer": "up"}})


def test_policy_and_rules_of_production_count(house: Workspace) -> None:
    with house.store() as store:
        prior = house.bundle(store.versions.get("late", 0).hash).predict_row({})[1]
    strange = {**ROW, "wind": 5_000.0}
    (bound, answered) = (
        cases.add(house, "late", strange, {"value": prior, "tolerance": 1e-6}),
        cases.add(house, "late", strange, {"answered": True}),
    )
    assert {f["case"] for f in checked(house)["failed"]} == {bound["id"]}
    production_limits.edit(house, "late", {"columns.wind.out_of_range": "fallback"}, reason="a test")
    found = checked(house)
    assert {f["case"] for f in found["failed"]} == {answered["id"]}  # of candidates too: they are staged
    assert {f["version"] for f in found["failed"]} == {1, 2}
    assert "was not asked" in found["failed"][0]["reason"]


def test_cases_are_no_traffic(house: Workspace) -> None:
    from core.traffic import Traffic

    cases.add(house, "late", ROW, {"answered": True})
    checked(house)
    with house.store() as store:
        assert Traffic.open(house, store, "late", site=None).count() == 0


def test_private_columns_never_enter(house: Workspace) -> None:
    from core import models

    path = house.root / "late.toml"
    path.write_text('private = ["carrier"]\n' + path.read_text())
    models.apply(house, path, reason="a test")
    with pytest.raises(RefusedError, match="carrier is a private column"):
        cases.add(house, "late", LONG, {"label": "yes"})
    with pytest.raises(RefusedError, match="carrier is a private column"):
        cases.add(
            house, "late", {**LONG, "carrier": None},
            {"invariant": {"column": "carrier", "values": ["bus"]}},
        )  # fmt: skip
    assert cases.add(house, "late", {**LONG, "carrier": None}, {"min": 0})["row"]["carrier"] is None


def test_rows_with_infinite_numbers_are_no_golden_cases(built_house: Workspace) -> None:
    from core.checks.cases import golden_cases
    from core.scoring import open_scorer
    from incumbent.columns import column

    rows = [{**ROW, "distance": distance} for distance in (1.0, float("inf"), 3.0, float("-inf"))]
    columns = {name: column([row[name] for row in rows]) for name in ROW}
    with built_house.store() as store:
        folder = built_house.bundle_path(store.versions.get("late", 1).hash)
    with open_scorer(built_house, folder) as scorer:
        made = golden_cases(scorer, columns, 1)
    assert sorted(case.row["distance"] for case in made) == [1.0, 3.0]


def test_golden_cases_hold_nothing_private(built_house: Workspace) -> None:
    from core.checks.cases import golden_cases, rows_of, run_cases
    from core.scoring import open_scorer
    from incumbent.columns import column
    from store.records import Case

    rows = [{**ROW, "distance": float(n)} for n in range(1, 9)]
    columns = {name: column([row[name] for row in rows]) for name in ROW}
    assert rows_of(columns)[0]["carrier"] == "bus"
    with built_house.store() as store:
        folder = built_house.bundle_path(store.versions.get("late", 1).hash)
    with open_scorer(built_house, folder) as scorer:
        made = golden_cases(scorer, columns, 1, private=["carrier"])
        assert {case.row["carrier"] for case in made} == {None}
        kept = [
            Case(
                n, "late", 1, "golden", c.row, c.expect, "sampled", "", True, "", "", None
            )
            for n, c in enumerate(made)
        ]  # fmt: skip
        assert made and all(result.passed for result in run_cases(scorer, kept))
