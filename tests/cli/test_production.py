"""``incumbent production``, ``site`` and ``predict``."""

from __future__ import annotations

import json

import pytest

from core.workspace import Workspace
from tests.cli.conftest import Incumbent
from tests.house import admit

KEYS = {
    "model", "site", "revision", "champion", "challenger", "share", "shadows", "fallback", "limits", "who",
    "when", "why",
}  # fmt: skip
ROW = {"distance": 30.5, "wind": None, "carrier": "bus"}


def test_show_swap_rollback_history(house: Workspace, incumbent: Incumbent) -> None:
    shown = incumbent(house, "production", "show", "late", "--json").document
    assert set(shown) >= KEYS
    assert (shown["champion"], shown["revision"], shown["why"]) == (1, 1, "the first")
    assert incumbent(house, "production", "swap", "late", 2, "--json").code == 3  # not challenged
    admit(house, "late", 2)
    assert incumbent(house, "production", "swap", "late", 2, "--json").code == 2  # no reason
    swapped = incumbent(house, "production", "swap", "late", "v2", "--reason", "newer", "--json").document
    assert (swapped["champion"], swapped["revision"]) == (2, 2)
    again = incumbent(house, "production", "swap", "late", "v2", "--reason", "newer", "--json").document
    assert again["revision"] == 2
    back = incumbent(house, "production", "rollback", "late", "--json").document
    assert back["why"] == "back to the champion before"
    assert (back["champion"], back["revision"], back["undoes"]) == (1, 3, 2)
    rows = incumbent(house, "production", "history", "late", "--json").document
    assert [(r["revision"], r["champion"]) for r in rows] == [(3, 1), (2, 2), (1, 1)]
    assert "v2" in incumbent(house, "production", "history", "late").out


def test_what_cannot_serve_is_refused(house: Workspace, incumbent: Incumbent) -> None:
    assert incumbent(house, "production", "swap", "late", 9, "--reason", "x").code == 2
    assert incumbent(house, "production", "swap", "late", "two", "--reason", "x").code == 2
    assert incumbent(house, "production", "swap", "late", 2, "--site", "moon", "--reason", "x").code == 2
    assert incumbent(house, "version", "archive", "late", 2).code == 0
    assert incumbent(house, "production", "swap", "late", 2, "--reason", "x").code == 3
    assert incumbent(house, "version", "archive", "late", 1).code == 3
    assert incumbent(house, "production", "rollback", "late").code == 3  # nothing before


def test_a_case_that_fails_stops_a_swap_but_for_force(house: Workspace, incumbent: Incumbent) -> None:
    row = json.dumps({"distance": 60, "wind": 10, "carrier": "bus"})
    incumbent(house, "case", "add", "late", "--row", row, "--label", "no", "--note", "impossible")
    admit(house, "late", 2)
    found = incumbent(house, "production", "swap", "late", 2, "--reason", "newer", "--json")
    assert found.code == 3
    assert "says yes, expected no" in found.error["message"]
    assert incumbent(house, "production", "show", "late", "--json").document["champion"] == 1
    forced = incumbent(
        house, "production", "swap", "late", 2, "--reason", "I know", "--force", "--json"
    ).document
    assert (forced["champion"], forced["forced"]) == (2, True)
    assert "v2 was FORCED past its gate: I know" in incumbent(house, "status", "late").out


def test_sites_are_published_to(house: Workspace, incumbent: Incumbent) -> None:
    added = incumbent(house, "site", "add", "edge", "--path", house.root / "edge", "--json").document
    assert (added["name"], added["path"]) == ("edge", "edge")
    assert incumbent(house, "production", "show", "late", "--site", "edge").code == 3
    first = incumbent(house, "production", "publish", "late", "--site", "edge", "--json").document
    again = incumbent(house, "production", "publish", "late", "--site", "edge", "--json").document
    assert (first["champion"], again["revision"]) == (1, first["revision"])
    rows = {r["name"]: r["models"] for r in incumbent(house, "site", "list", "--json").document}
    assert rows == {"edge": {"late": 1}, "local": {"late": 1, "minutes": 1}}
    assert incumbent(house, "site", "remove", "edge").code == 3
    (answer,) = incumbent(house, "predict", "late", "--site", "edge", stdin=json.dumps(ROW)).lines
    assert answer["version"] == 1


def test_fallback_chain(house: Workspace, incumbent: Incumbent) -> None:
    chain = incumbent(house, "production", "fallback", "late", 2, "--reason", "spare", "--json").document
    assert chain["fallback"] == [2, "baseline"]
    assert incumbent(house, "production", "fallback", "late", 1, "--reason", "x").code == 3


def test_predictions_are_the_estimators(shared: Workspace, incumbent: Incumbent) -> None:
    rows = [ROW, {**ROW, "wind": 3.5, "carrier": "zeppelin"}]
    stdin = "\n".join(json.dumps(r) for r in rows)
    found = incumbent(shared, "predict", "late", stdin=stdin)
    assert found.code == 0
    for line in found.lines:
        assert list(line) == ["id", "value", "probabilities", "version", "route", "reason"]
        assert list(line["probabilities"]) == ["no", "yes"]
        assert sum(line["probabilities"].values()) == pytest.approx(1)
        assert (line["version"], line["route"], line["reason"]) == (1, "champion", None)
    assert len({line["id"] for line in found.lines}) == 2
    assert (
        incumbent(shared, "predict", "late", "--json", stdin=stdin).lines[0]["value"]
        == found.lines[0]["value"]
    )


def test_rows_come_as_csv_and_json_lines(shared: Workspace, incumbent: Incumbent) -> None:
    csv = shared.root / "rows.csv"
    csv.write_text("carrier,distance,wind,more\nbus,30.5,,x\nrail,12,4,y\n")
    jsonl = shared.root / "rows.jsonl"
    jsonl.write_text(
        '{"carrier": "bus", "distance": 30.5, "wind": null}\n\n'
        '{"carrier": "rail", "distance": 12, "wind": 4}\n'
    )
    answers = []
    for file in (csv, jsonl):
        answers.append([line["probabilities"] for line in incumbent(shared, "predict", "late", file).lines])
    answers.append(
        [line["probabilities"] for line in incumbent(shared, "predict", "late", stdin=csv.read_text()).lines]
    )
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]) == 2
    empty = incumbent(shared, "predict", "late", stdin="")
    assert (empty.code, empty.out) == (0, "")


def test_infinity_that_is_meant_is_answered(shared: Workspace, incumbent: Incumbent) -> None:
    row = '{"distance": Infinity, "wind": NaN, "carrier": "bus"}'
    for stdin in (row, "distance,wind,carrier\ninf,nan,bus"):
        assert incumbent(shared, "predict", "late", stdin=stdin).code == 0


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            '{"distance": 1, "wind": 2, "carrier": "bus"}\n{"distance": "x", "wind": 2, "carrier": "bus"}',
            "row 2: column 'distance'",
        ),
        ('{"distance": 1, "carrier": "bus"}', "row 1: the row lacks the column wind"),
        ('{"distance": 1,', "row 1: it is not JSON"),
        ("distance,wind,carrier\n1,2,bus\nfar,2,bus", "row 2: column 'distance'"),
        ("distance,wind,carrier\n1,2", "row 1: it has not as many cells"),
        ("[1, 2]", "row 1: a row is a mapping"),
        ('{"distance": 1e400, "wind": 2, "carrier": "bus"}', "row 1: column 'distance' takes a number"),
        ("distance,wind,carrier\n1e400,2,bus", "row 1: column 'distance' takes a number"),
        (f"distance,wind,carrier\n1,{'9' * 400},bus", "row 1: column 'wind' takes a number"),
    ],
)
def test_a_bad_row_is_named(rows: str, said: str, shared: Workspace, incumbent: Incumbent) -> None:
    found = incumbent(shared, "predict", "late", "--json", stdin=rows)
    assert found.code == 4
    assert said in found.error["message"]


def test_a_bad_row_does_not_keep_the_rest_from_being_predicted(
    shared: Workspace, incumbent: Incumbent
) -> None:
    text = "distance,wind,carrier\n1,2,bus\nfar,2,bus\n3,4\n5,6,rail\n"
    found = incumbent(shared, "predict", "late", "--json", stdin=text)
    assert found.code == 4 and "2 of 4 rows are malformed" in found.error["message"]
    first, far, short, last = found.lines
    assert [first["version"], last["version"]] == [1, 1]
    assert [far["row"], short["row"]] == [2, 3]
    assert "column 'distance' takes a number" in far["error"]["message"]
    lines = [json.dumps(ROW), "{", json.dumps(ROW)]
    found = incumbent(shared, "predict", "late", stdin="\n".join(lines))
    assert found.code == 4
    assert [("error" in line) for line in found.lines] == [False, True, False]


def test_nothing_to_predict_with(house: Workspace, incumbent: Incumbent) -> None:
    assert incumbent(house, "predict", "late", house.root / "none.csv").code == 4
    (house.root / "new.toml").write_text(
        (house.root / "late.toml").read_text().replace('"late"\ntask', '"new"\ntask')
    )
    incumbent(house, "model", "apply", house.root / "new.toml")
    assert incumbent(house, "predict", "new", stdin="{}").code == 3
    assert incumbent(house, "production", "show", "new").code == 3


def test_the_help_of_limits_says_that_a_change_needs_a_reason(house: Workspace, incumbent: Incumbent) -> None:
    told = incumbent(house, "production", "limits", "--help")
    assert told.code == 0 and "needed for a change" in " ".join(told.out.split())


def test_limits_are_set_shown_and_forgotten(house: Workspace, incumbent: Incumbent) -> None:
    words = ("production", "limits", "late")
    assert "nothing is set" in incumbent(house, *words).out
    settings = ("--set", "columns.distance.out_of_range=clip", "--set", "timeout_ms=500")
    assert incumbent(house, *words, *settings).code == 2  # no reason
    found = incumbent(house, *words, *settings, "--reason", "odd rows", "--json").document
    assert found["limits"] == {"columns": {"distance": {"out_of_range": "clip"}}, "timeout_ms": 500}
    shown = incumbent(house, *words).out
    assert "columns.distance.out_of_range" in shown and "500" in shown
    unknown = incumbent(house, *words, "--set", "columns.speed.null=fill", "--reason", "x", "--json")
    assert unknown.code == 2 and "no such column" in unknown.error["message"]
    assert incumbent(house, *words, "--set", "nothing", "--reason", "x").code == 2
    forgotten = incumbent(house, *words, "--unset", "timeout_ms", "--reason", "y", "--json").document
    assert "timeout_ms" not in forgotten["limits"]


def test_rules_stand_before_the_baseline(house: Workspace, incumbent: Incumbent) -> None:
    rule = 'when = "distance > 900"\nanswer = "yes"\nfirst = true\n'
    (house.root / "rules.toml").write_text(f"[[rules]]\n{rule}")
    words = ("production", "fallback", "late")
    rules = ("--rules", str(house.root / "rules.toml"), "--reason", "far")
    found = incumbent(house, *words, *rules, "--json").document
    assert found["fallback"] == ["rules", "baseline"]
    (answer,) = incumbent(house, "predict", "late", stdin=json.dumps({**ROW, "distance": 1000})).lines
    assert (answer["route"], answer["value"]) == ("rules", "yes")
    assert "when distance > 900 answer yes" in incumbent(house, "production", "limits", "late").out
    adding = ("production", "limits", "late", "--add-rule", "wind is None", "--answer", "no", "--first")
    added = incumbent(house, *adding, "--reason", "calm", "--json").document
    assert added["limits"]["rules"][1] == {
        "when": "wind is None",
        "answer": "no",
        "why": "calm",
        "first": True,
    }
    assert incumbent(house, *adding, "--rules", "none", "--reason", "x").code == 2
    assert incumbent(house, "production", "limits", "late", "--first", "--reason", "x").code == 2
    both = incumbent(house, *words, "2", *rules, "--json").document
    assert both["fallback"] == [2, "rules", "baseline"]
    assert (both["revision"], len(both["limits"]["rules"])) == (added["revision"] + 1, 1)
    gone = incumbent(house, *words, "--rules", "none", "--reason", "no", "--json").document
    assert gone["fallback"] == [2, "baseline"]
    assert incumbent(house, *words, "--rules", "missing.toml", "--reason", "x").code == 2


def test_what_was_forced_is_shown_whatever_is_edited_afterwards(
    house: Workspace, incumbent: Incumbent
) -> None:
    incumbent(house, "production", "swap", "late", "2", "--force", "--reason", "the yard insists")
    incumbent(house, "production", "limits", "late", "--set", "timeout_ms=900", "--reason", "patience")
    said = incumbent(house, "production", "show", "late").out
    assert "since" in said and "patience" in said
    assert "v2 was FORCED past its gate by" in said and "the yard insists" in said
    shown = json.loads(incumbent(house, "production", "show", "late", "--json").out)
    assert (shown["forced"], shown["champion_forced"]["why"]) == (False, "the yard insists")


def test_a_swap_to_what_serves_says_that_nothing_was_changed(house: Workspace, incumbent: Incumbent) -> None:
    seen = incumbent(house, "production", "swap", "late", 1, "--reason", "once more")
    assert (seen.code, seen.out.splitlines()[0]) == (
        0, "nothing was changed: v1 serves at local already",
    )  # fmt: skip
    assert "once more" not in incumbent(house, "production", "history", "late").out


def test_history_says_who_was_on_trial(house: Workspace, incumbent: Incumbent) -> None:
    assert "ON TRIAL" not in incumbent(house, "production", "history", "late").out
    incumbent(house, "trial", "start", "late", 2, "--share", 0.25, "--reason", "a look")
    incumbent(house, "trial", "start", "late", 0, "--forever")
    seen = incumbent(house, "production", "history", "late").out
    assert "ON TRIAL" in seen and "v2 25%, v0 shadow" in seen
