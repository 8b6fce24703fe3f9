"""The difference of two back-tested versions, down to the numbers and the decisions."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from core.diff import diff
from core.runs import run_here
from core.workspace import Workspace
from incumbent.errors import Interrupted, UsageError
from tests.house import copy


@pytest.fixture(scope="module")
def tested(built_house: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Both versions of ``late`` and the one of ``minutes``, back-tested."""
    workspace = copy(built_house, tmp_path_factory.mktemp("diff") / "house")
    for model in ("late", "minutes"):
        run = run_here(workspace, model, "backtest", {}, why="test")
        assert run.state == "done", run.error
    return workspace


@pytest.fixture(scope="module")
def found(tested: Workspace) -> dict[str, Any]:
    return diff(tested, "late", 1, 2, rows=500)


def test_data_and_parameters_are_told_and_the_source_is_the_same(found: dict[str, Any]) -> None:
    assert found["parameters"] == [{"name": "C", "a": 1.0, "b": 0.02}]
    data = found["data"]
    assert data["changed"] and data["a"]["rows"] < data["b"]["rows"]
    assert (data["a"]["since"], data["a"]["until"][:10]) == (data["b"]["since"], "2024-02-29")
    assert not found["source"]["changed"]
    assert not found["identical"] and found["metric"] == "roc_auc"


def test_the_numbers_that_moved_are_those_of_the_coefficients_files(
    tested: Workspace, found: dict[str, Any]
) -> None:
    coefficients = found["coefficients"]
    assert coefficients["absent"] == {"a": 0, "b": 0}
    assert 0 < coefficients["moved"] <= coefficients["compared"]
    for mover in coefficients["movers"]:
        assert mover["change"] == mover["b"] - mover["a"] != 0
        assert abs(mover["relative"]) <= 2
    relative = [abs(m["relative"]) for m in coefficients["movers"]]
    assert relative == sorted(relative, reverse=True)
    changes = [abs(m["change"]) for m in coefficients["largest"]]
    assert changes == sorted(changes, reverse=True)


def test_measurements_are_those_of_the_last_back_tests(tested: Workspace, found: dict[str, Any]) -> None:
    by_key = {(m["partition"], m["metric"]): m for m in found["measurements"]}
    with tested.store() as store:
        rows = store.measurements.history("late", check="backtest", metric="roc_auc", limit=1000).rows
    stored = {(m.version, m.partition): m for m in rows if m.segment is None}
    may = by_key["2024-05", "roc_auc"]
    assert may["a"]["value"] == stored[1, "2024-05"].value
    assert may["b"]["value"] == stored[2, "2024-05"].value
    assert may["a"]["low"] < may["a"]["value"] < may["a"]["high"]
    assert may["a"]["n"] == may["b"]["n"] == stored[1, "2024-05"].n
    # March lies in the training range of the second version only
    assert (by_key["2024-03", "roc_auc"]["a"]["in_sample"], may["b"]["in_sample"]) == ("no", "no")
    assert by_key["2024-03", "roc_auc"]["b"]["in_sample"] in ("in-sample", "part")
    assert found["measurements"][0]["partition"] is None  # the overall rows come first


def test_decisions_are_those_that_both_versions_make(tested: Workspace, found: dict[str, Any]) -> None:
    from core.data import open_source, to_columns
    from core.versions.rows import spec_of

    decisions = found["decisions"]
    with tested.store() as store:
        hashes = [store.versions.get("late", number).hash for number in (1, 2)]
        spec = spec_of(store, "late")
    columns = to_columns(open_source(spec, tested.root).newest(500))
    answers = []
    for version_hash in hashes:
        bundle = tested.bundle(version_hash)
        answers.append([bundle.output.labels[code] for code in bundle.decide(bundle.predict(columns))])
    table = pd.DataFrame({"a": answers[0], "b": answers[1], "carrier": columns["carrier"].decode()})
    flipped = table[table["a"] != table["b"]]
    assert decisions["flips"] == len(flipped) > 0
    assert decisions["share"] == len(flipped) / 500
    assert {(o["a"], o["b"]): o["rows"] for o in decisions["outcomes"]} == (
        flipped.groupby(["a", "b"]).size().to_dict()
    )
    listed = {s["value"]: s["flips"] for s in decisions["segments"] if s["column"] == "carrier"}
    assert listed == flipped.groupby("carrier").size().to_dict()
    for example in decisions["examples"]:
        assert example["a"] != example["b"] and example["actual"] in ("yes", "no", None)
        assert (example["a_score"] > 0.5) == (example["a"] == "yes")


def test_a_regression_tells_how_far_apart_predictions_are(tested: Workspace) -> None:
    same = diff(tested, "minutes", 0, 1, rows=200)
    decisions = same["decisions"]
    assert decisions["flips"] is None and decisions["outcomes"] == []
    assert decisions["largest_difference"] > abs(decisions["mean_difference"]) > 0
    far = [abs(e["b_score"] - e["a_score"]) for e in decisions["examples"]]
    assert far == sorted(far, reverse=True) and far[0] == decisions["largest_difference"]


def test_a_version_and_itself(tested: Workspace) -> None:
    same = diff(tested, "late", 2, 2, rows=50)
    assert same["identical"] and not same["parameters"] and not same["coefficients"]["moved"]
    assert same["decisions"]["flips"] == 0


def test_what_makes_no_sense_is_refused(tested: Workspace) -> None:
    with pytest.raises(UsageError, match="-1 rows"):
        diff(tested, "late", 1, 2, rows=-1)
    with pytest.raises(UsageError, match="9"):
        diff(tested, "late", 1, 9)
    with pytest.raises(Interrupted):
        diff(tested, "late", 1, 2, rows=50, cancelled=lambda: True)
    bundles_alone = diff(tested, "late", 1, 2, rows=0)
    assert bundles_alone["decisions"] is None and bundles_alone["reason"] == "no rows were asked for"


def test_it_reads_like_a_review(
    tested: Workspace, found: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    from cli.printing.diff import print_diff

    print_diff(found)
    text = capsys.readouterr().out
    for expected in (
        r"late: v1 → v2",
        r"C +1(\.0)? +0\.02",
        r"roc_auc, where neither had seen the rows:",
        r"2024-05 +0\.\d+ \[0\.\d+, 0\.\d+\]",
        rf"{found['decisions']['flips']} of the newest 500 decisions flip",
        r"(yes → no|no → yes) \(0\.\d+ → 0\.\d+\), truth (yes|no)",
    ):
        assert re.search(expected, text), f"{expected} is not in\n{text}"
    assert "2024-03" not in text.split("where neither had seen")[1].split("decisions flip")[0]
