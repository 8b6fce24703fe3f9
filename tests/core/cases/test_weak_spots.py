"""A weak spot of an edge test becomes a case that fails until it is mended."""

from __future__ import annotations

from typing import Any

import pytest

from core import cases, production_limits
from core.cases.weak_spots import expected_of
from core.runs import run_here
from core.workspace import Workspace
from incumbent.errors import InputError, RefusedError, UsageError
from incumbent.schema import OutputSchema
from tests.core.cases.conftest import checked
from tests.core.checks import faulty
from tests.house import swap


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A model that has no answer for nulls, and one whose answers jump."""
    workspace = faulty.workspace(tmp_path_factory.mktemp("spots"))
    for name in ("nulls", "jumpy"):
        faulty.add(workspace, name)
    return workspace


def edge(workspace: Workspace, model: str) -> tuple[int, list[dict[str, Any]]]:
    run = run_here(workspace, model, "edge", why="a test")
    return run.id, list((run.result or {})["failed"])


def position(spots: list[dict[str, Any]], **wanted: Any) -> int:
    """The number of the first weak spot that is so, as people count."""
    return next(i for i, s in enumerate(spots, 1) if all(s[key] == v for key, v in wanted.items()))


def test_a_row_without_an_answer_becomes_a_case_that_wants_one(made: Workspace) -> None:
    run, spots = edge(made, "nulls")
    entry = position(spots, column="distance", kind="null")
    case = cases.add_from_run(made, "nulls", run, entry)
    assert case["expect"] == {"answered": True} and case["row"]["distance"] is None
    assert f"edge test {run}" in case["note"] and case["origin"] == "contrived"
    (failed,) = checked(made, "nulls")["failed"]
    assert "no answer, the baseline stands in" in failed["reason"]

    # the baseline's answer is none of the version's, whatever it is; kept away on purpose it counts
    cases.remove(made, "nulls", case["id"])
    with made.store() as store:
        baseline = made.bundle(store.versions.get("nulls", 0).hash)
        prior = baseline.output.decide_row(baseline.predict_row({}))
    case = cases.add_from_run(made, "nulls", run, entry, {"label": prior}, note="mine", blocking=False)
    assert (case["note"], case["blocking"]) == ("mine", False)
    assert checked(made, "nulls")["verdict"] == "warn"
    swap(made, "nulls", 1, reason="a test")
    production_limits.edit(made, "nulls", {"columns.distance.null": "fallback"}, reason="a test")
    assert checked(made, "nulls")["verdict"] == "pass"


def test_an_answer_that_jumps_becomes_a_case_that_wants_it_steady(made: Workspace) -> None:
    run, spots = edge(made, "jumpy")
    entry = next(i for i, s in enumerate(spots, 1) if s["kind"].startswith("jump"))
    case = cases.add_from_run(made, "jumpy", run, entry)
    assert case["expect"]["invariant"]["values"] == [spots[entry - 1]["before"]]
    (failed,) = checked(made, "jumpy")["failed"]
    assert "apart, allowed are 0.25" in failed["reason"]


def test_what_is_no_case_is_refused_in_words(made: Workspace) -> None:
    run, spots = edge(made, "jumpy")
    with pytest.raises(UsageError, match=f"lists {len(spots)} weak spots"):
        cases.add_from_run(made, "jumpy", run, len(spots) + 1)
    with pytest.raises(UsageError, match="no edge test of nulls"):
        cases.add_from_run(made, "nulls", run, 1)
    with made.store() as store:
        broken = {
            **spots[0],
            "kind": "a list for a row",
            "row": [1, 2],
            "whole": True,
        }
        cut = {**spots[0], "whole": False}
        lacking = {**spots[0], "before": None, "kind": "null", "row": {"carrier": "bus"}, "whole": True}
        result = {"check": "edge", "failed": [broken, cut, lacking]}
        queued = store.runs.enqueue("jumpy", "edge", why="a test", who="a test")
        store.runs.conclude(queued.id, "fail", "", result)
    for entry, error, said in (
        (1, RefusedError, "no row of its own"),
        (2, RefusedError, "in part"),
        (3, InputError, "lacks? the column"),
    ):
        with pytest.raises(error, match=said):
            cases.add_from_run(made, "jumpy", queued.id, entry)


def test_what_should_hold_instead() -> None:
    numbers = OutputSchema("regression", "numbers", low=10.0, high=30.0)
    wild = {"kind": "×1000", "column": "x", "before": None, "got": {"route": "champion", "value": 1e9}}
    assert expected_of(wild, numbers) == {"min": -10.0, "max": 50.0}
    jump = {"kind": "jump at a millionth", "column": "x", "before": 2.0, "got": {}}
    assert expected_of(jump, numbers)["invariant"] == {"column": "x", "values": [2.0], "tolerance": 5.0}
    with pytest.raises(RefusedError, match="say what the version should answer"):
        expected_of({"kind": "no influence", "column": "x", "before": None, "got": None}, numbers)
