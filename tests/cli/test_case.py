"""``incumbent case``."""

from __future__ import annotations

import json

import pytest

from core.workspace import Workspace
from tests.cli.conftest import Incumbent

LONG = {"distance": 60, "wind": 12.5, "carrier": "bus"}


def test_golden_cases_come_with_a_version(shared: Workspace, incumbent: Incumbent) -> None:
    rows = incumbent(shared, "case", "list", "late", "--kind", "golden", "--version", "v1", "--json").document
    assert len(rows) == 32
    assert {(r["kind"], r["version"], r["origin"]) for r in rows} == {("golden", 1, "sampled")}
    assert set(rows[0]["row"]) == {"distance", "wind", "carrier"}
    assert incumbent(shared, "case", "list", "late", "--kind", "silver").code == 2


def test_added_cases_bind_every_version(house: Workspace, incumbent: Incumbent) -> None:
    add = ["case", "add", "late", "--row", json.dumps(LONG)]
    label = incumbent(
        house, *add, "--label", "yes", "--note", "long rides", "--origin", "incident", "--json"
    ).document
    bound = incumbent(house, *add, "--min", 0.5, "--class", "yes", "--json").document
    assert (label["expect"], label["origin"], label["note"]) == ({"label": "yes"}, "incident", "long rides")
    assert bound["expect"] == {"min": 0.5, "class": "yes"}
    found = incumbent(house, "check", "regression", "late", "--json")
    assert (found.code, found.document["passed"]) == (0, 2 * 34)
    incumbent(house, *add, "--max", 0.1, "--not-blocking")
    found = incumbent(house, "check", "regression", "late", "--json")
    assert (found.code, found.document["verdict"]) == (0, "warn")
    wrong = incumbent(house, *add, "--label", "no", "--json").document
    found = incumbent(house, "check", "regression", "late", "--json")
    assert (found.code, found.document["verdict"]) == (1, "fail")
    failed = [f for f in found.document["failed"] if f["case"] == wrong["id"]]
    assert [(f["version"], f["reason"]) for f in failed] == [
        (1, "it says yes, expected no"),
        (2, "it says yes, expected no"),
    ]
    incumbent(house, "case", "remove", "late", wrong["id"])
    assert incumbent(house, "check", "regression", "late").code == 0
    removed = incumbent(
        house, "case", "list", "late", "--kind", "behavioural", "--removed", "--json"
    ).document
    assert [r["id"] for r in removed if r["removed"]] == [wrong["id"]]


def test_bounds_of_a_regression(house: Workspace, incumbent: Incumbent) -> None:
    add = ["case", "add", "minutes", "--row", json.dumps(LONG)]
    assert incumbent(house, *add, "--min", 60, "--max", 200).code == 0
    assert incumbent(house, *add, "--value", 130, "--tolerance", 30).code == 0
    assert incumbent(house, "check", "regression", "minutes", "--json").document["verdict"] == "pass"
    assert incumbent(house, *add, "--label", "late", "--json").error["message"] == "a regression has no label"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--label", "perhaps"], "no class 'perhaps'"),
        (["--min", "2"], "between 0 and 1"),
        (["--min", "0.8", "--max", "0.2"], "above max"),
        (["--tolerance", "0.1", "--label", "yes"], "goes with a value"),
        ([], "expects nothing"),
        (["--label", "yes", "--origin", "dreamt"], "no origin"),
    ],
)
def test_expectations_that_make_no_sense(
    words: list[str], said: str, shared: Workspace, incumbent: Incumbent
) -> None:
    found = incumbent(shared, "case", "add", "late", "--row", json.dumps(LONG), *words, "--json")
    assert found.code == 2
    assert said in found.error["message"]


@pytest.mark.parametrize(
    "row", ['{"distance": 1, "carrier": "bus"}', '{"distance": "x", "wind": 1, "carrier": "a"}', "{", "[]"]
)
def test_rows_that_the_model_cannot_take(row: str, shared: Workspace, incumbent: Incumbent) -> None:
    assert incumbent(shared, "case", "add", "late", "--row", row, "--label", "yes", "--json").code == 4


@pytest.mark.parametrize("form", [["--csv"], []])
def test_export_and_import_round_trip(form: list[str], house: Workspace, incumbent: Incumbent) -> None:
    rows = [
        LONG,
        {"distance": -0.1, "wind": None, "carrier": 'a "quoted", name'},
        {**LONG, "distance": 1e-17},
    ]
    for row in rows:
        incumbent(
            house, "case", "add", "late", "--row", json.dumps(row), "--max", 0.99, "--note", "ünïcode, too"
        )
    written = incumbent(house, "case", "export", "late", *form).out
    file = house.root / ("cases.csv" if form else "cases.jsonl")
    file.write_text(written)
    again = incumbent(house, "case", "import", "late", file, "--json").document
    assert (again["added"], again["skipped"]) == ([], 3)
    for case in incumbent(house, "case", "list", "late", "--kind", "behavioural", "--json").document:
        incumbent(house, "case", "remove", "late", case["id"])
    assert incumbent(house, "case", "export", "late").out == ""
    assert len(incumbent(house, "case", "import", "late", file, "--json").document["added"]) == 3
    assert incumbent(house, "case", "export", "late", *form).out == written


def test_an_import_is_whole_or_nothing(house: Workspace, incumbent: Incumbent) -> None:
    file = house.root / "cases.jsonl"
    good = json.dumps({"row": LONG, "expect": {"label": "yes"}})
    for bad, said in (
        ('{"row": {"distance": 1}, "expect": {"label": "yes"}}', "line 2: the row lacks"),
        ("nonsense", "line 2 is not JSON"),
        ('{"expect": {"label": "yes"}}', 'line 2 is no case: it has no "row"'),
    ):
        file.write_text(f"{good}\n{bad}\n")
        found = incumbent(house, "case", "import", "late", file, "--json")
        assert found.code == 4
        assert said in found.error["message"]
    assert incumbent(house, "case", "export", "late").out == ""


def test_a_case_of_another_model_is_not_removed(shared: Workspace, incumbent: Incumbent) -> None:
    first = incumbent(shared, "case", "list", "minutes", "--json").document[0]["id"]
    assert incumbent(shared, "case", "remove", "late", first).code == 2
    assert incumbent(shared, "case", "remove", "late", 99_999).code == 2
