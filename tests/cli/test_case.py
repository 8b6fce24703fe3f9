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
        (
            '{"row": {"distance": 1e400, "wind": 2, "carrier": "bus"}, "expect": {"label": "yes"}}',
            "line 2: column 'distance'",
        ),
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


def test_directions_and_invariances_are_typed_in(house: Workspace, incumbent: Incumbent) -> None:
    add = ["case", "add", "late", "--row", json.dumps(LONG), "--json"]
    rising = incumbent(house, *add, "--by", "distance=-10", "--answer", "not-up").document
    assert rising["expect"] == {"direction": {"column": "distance", "by": -10, "answer": "not up"}}
    other = incumbent(house, *add, "--to", "carrier=rail", "--answer", "down").document
    assert other["expect"]["direction"] == {"column": "carrier", "to": "rail", "answer": "down"}
    same = incumbent(house, *add, "--same", "wind=1,2.5", "--apart", 1).document
    assert same["expect"]["invariant"] == {"column": "wind", "values": [1, 2.5], "tolerance": 1.0}
    assert incumbent(house, *add, "--answered").document["expect"] == {"answered": True}
    assert incumbent(house, "check", "regression", "late").code == 0
    shown = incumbent(house, "case", "list", "late", "--kind", "behavioural").out
    assert "does not rise with distance -10" in shown and "the same for wind 1, 2.5 ± 1" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "distance=10"], "which way the answer goes"),
        (["--answer", "up"], "which way the answer goes"),
        (["--by", "distance", "--answer", "up"], "no COLUMN="),
        (["--by", "distance=far", "--answer", "up"], "'far' is no number"),
        (["--to", "nowhere=1", "--answer", "up"], "reads no column 'nowhere'"),
        (["--label", "yes", "--apart", "1"], "--apart goes with --same"),
        (["--label", "yes", "--from-run", "1"], "--from-run RUN --entry N"),
    ],
)
def test_what_is_typed_in_wrongly(
    words: list[str], said: str, shared: Workspace, incumbent: Incumbent
) -> None:
    found = incumbent(shared, "case", "add", "late", "--row", json.dumps(LONG), *words, "--json")
    assert (found.code, said in found.error["message"]) == (2, True)


def test_a_weak_spot_of_an_edge_test_is_one_command(house: Workspace, incumbent: Incumbent) -> None:
    edge = incumbent(house, "check", "edge", "minutes", "--json").document
    text = incumbent(house, "check", "edge", "minutes").out
    assert f"incumbent case add minutes --from-run {edge['run'] + 1} --entry N" in text
    number, spot = next(
        (i, s) for i, s in enumerate(edge["failed"], 1) if s["column"] == "distance" and s["whole"]
    )
    assert f"  {number}. {spot['severity']}" in text
    add = ["case", "add", "minutes", "--from-run", edge["run"], "--entry", number]
    made = incumbent(house, *add, "--not-blocking", "--json").document
    assert made["row"] == spot["row"]
    found = incumbent(house, "check", "regression", "minutes", "--json").document
    assert [(f["case"], f["blocking"]) for f in found["failed"]] == [(made["id"], False)]


def test_the_inbox_from_the_command_line(house: Workspace, incumbent: Incumbent) -> None:
    from tests.core.inbox.conftest import ask

    assert "The inbox is empty" in incumbent(house, "case", "inbox", "late").out
    ask(house, [{**LONG, "carrier": "ship"}, {**LONG, "distance": 900.0}])
    listed = incumbent(house, "case", "inbox", "late", "--gather", "--json").document
    first, second = (e for e in listed if e["kind"] == "outside" and e["source"] == "log")
    shown = incumbent(house, "case", "inbox", "late").out
    assert "outside in production" in shown and f"{first['id']}  outside" in shown
    accept = ["case", "inbox", "late", "--accept", first["id"], "--note", "ships!", "--max", 0.9]
    made = incumbent(house, *accept, "--json").document
    assert (made["note"], made["expect"], made["origin"]) == ("ships!", {"max": 0.9}, "incident")
    again = incumbent(house, *accept, "--json")
    assert (again.code, "already" in again.error["message"]) == (3, True)
    assert incumbent(house, "case", "inbox", "late", "--dismiss", second["id"]).code == 0
    left = incumbent(house, "case", "inbox", "late", "--json").document
    assert {first["id"], second["id"]}.isdisjoint(e["id"] for e in left)
    assert incumbent(house, "case", "inbox", "late", "--reopen", second["id"]).code == 0
    assert incumbent(house, "case", "inbox", "late", "--dismiss", 1, "--gather").code == 2
    assert incumbent(house, "case", "inbox", "late", "--note", "x").code == 2
    decided = incumbent(house, "case", "inbox", "late", "--decided").out
    assert f"(accepted, case {made['id']})" in decided


def test_changed_answers_wait_for_yes(house: Workspace, incumbent: Incumbent) -> None:
    made = incumbent(
        house, "case", "add", "late", "--row", json.dumps(LONG), "--label", "no", "--json"
    ).document
    bulk = incumbent(house, "case", "accept", "late", "--yes")
    assert bulk.code == 0 and f"case {made['id']} stays: " in bulk.out and "who names the case" in bulk.out
    shown = incumbent(house, "case", "accept", "late", made["id"])
    assert (shown.code, f"case {made['id']}: says no  →  says yes" in shown.out) == (3, True)
    assert f"Nothing is changed yet. incumbent case accept late {made['id']} --version" in shown.out
    assert incumbent(house, "check", "regression", "late").code == 1
    assert incumbent(house, "case", "accept", "late", made["id"], "--yes").code == 0
    assert incumbent(house, "check", "regression", "late").code == 0
    assert "every case passes" in incumbent(house, "case", "accept", "late").out


def test_cases_are_looked_at_and_brought_back(house: Workspace, incumbent: Incumbent) -> None:
    made = incumbent(house, "case", "add", "late", "--row", json.dumps(LONG), "--min", 0.1, "--json").document
    with house.store() as store:
        store.cases.looked([made["id"]], "2024-01-01T00:00:00.000Z")
    assert "look due" in incumbent(house, "case", "list", "late", "--due").out
    assert "1 case looked at" in incumbent(house, "case", "review", "late").out
    assert "No case wants a look" in incumbent(house, "case", "list", "late", "--due").out
    incumbent(house, "case", "remove", "late", made["id"])
    assert incumbent(house, "case", "export", "late").out == ""
    assert incumbent(house, "case", "restore", "late", made["id"]).code == 0
    assert len(incumbent(house, "case", "export", "late").lines) == 1
