"""Cases in files: what is written is read back as it was."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import cases
from core.predicting import cell_value, rows
from core.workspace import Workspace
from incumbent.errors import DataError, UsageError
from incumbent.schema import InputColumn

NUMBER = InputColumn("x", "number", "float64")
TEXT = InputColumn("note", "text", "text")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
SHARES = st.floats(0, 1)

ROWS = st.fixed_dictionaries(
    {"distance": st.none() | NUMBERS, "wind": st.none() | NUMBERS, "carrier": st.none() | TEXTS},
    optional={"région": TEXTS | NUMBERS | st.booleans() | st.none(), "a,b": st.lists(NUMBERS, max_size=2)},
)
DIRECTIONS = st.fixed_dictionaries(
    {"column": st.just("carrier"), "to": st.none() | TEXTS},
) | st.fixed_dictionaries({"column": st.just("distance"), "to": NUMBERS})
INVARIANCES = st.fixed_dictionaries(
    {"column": st.just("carrier"), "values": st.lists(st.none() | TEXTS, min_size=1, max_size=3)},
    optional={"tolerance": SHARES},
)
EXPECTATIONS = st.one_of(
    st.fixed_dictionaries({"label": st.sampled_from(["yes", "no"])}, optional={"answered": st.just(True)}),
    st.fixed_dictionaries({"value": SHARES}, optional={"tolerance": SHARES, "class": st.just("no")}),
    st.fixed_dictionaries({"min": st.integers(0, 1) | st.just(0.0)}, optional={"max": st.just(1)}),
    st.builds(
        lambda d, answer: {"direction": {**d, "answer": answer}},
        DIRECTIONS,
        st.sampled_from(["up", "down", "not up", "not down"]),
    ),
    st.builds(lambda found: {"invariant": found}, INVARIANCES),
)
CASES = st.fixed_dictionaries(
    {
        "row": ROWS,
        "expect": EXPECTATIONS,
        "origin": st.sampled_from(["sampled", "contrived", "incident"]),
        "note": TEXTS,
        "blocking": st.booleans(),
    }
)


def exactly(listed: list[dict[str, Any]]) -> list[str]:
    """Cases as text in which 1 is not 1.0 is not true; what stands already is not added twice."""
    once = {json.dumps([c["row"], c["expect"]], sort_keys=True): c for c in reversed(listed)}
    return sorted(json.dumps(case, sort_keys=True) for case in once.values())


@settings(max_examples=12, deadline=None)
@given(st.lists(CASES, min_size=1, max_size=4))
def test_every_case_survives_both_kinds_of_files(shared: Workspace, listed: list[dict[str, Any]]) -> None:
    for name in ("cases.jsonl", "cases.csv"):
        file = shared.root / name
        if name == "cases.jsonl":
            text = "".join(json.dumps(case) + "\n" for case in listed)
        else:
            text = cases.export_csv(shared, "late")
            cases.remove(shared, "late", [c["id"] for c in cases.listing(shared, "late", kind="behavioural")])
        file.write_bytes(text.encode())
        cases.import_file(shared, "late", file)
        assert exactly(cases.export(shared, "late")) == exactly(listed)
    cases.remove(shared, "late", [c["id"] for c in cases.listing(shared, "late", kind="behavioural")])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("c.jsonl", '{"row": {}, "expect": {"label": "yes"}}', "the row is empty"),
        ("c.jsonl", '{"row": {"distance": 1, "wind": 1, "carrier": "a"}}', "expects nothing"),
        ("c.jsonl", '{"row": {"distance": 1, "wind": 1, "carrier": "a"}, "expect": 3}', "no object"),
        (
            "c.jsonl",
            '{"row": {"distance": 1, "wind": 1, "carrier": "a"}, "expect": {"min": 0}, "blocking": "no"}',
            "neither true nor false",
        ),
        ("c.csv", "distance,wind,carrier,expect.min\n1,2,a,x", "line 2: expect.min is 'x'"),
        ("c.csv", "distance,wind,carrier,expect.direction\n1,2,a,up", "line 2: expect.direction is not JSON"),
        ("c.csv", "distance,wind,carrier,expect.min\n1,2,a", "not as many cells"),
        ("c.csv", "distance,wind,carrier,expect.min,case.exact\n1,2,a,0,3", "case.exact is an object"),
    ],
)
def test_a_file_at_fault_is_told_by_its_line(
    name: str, text: str, said: str, shared: Workspace, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=said):
        cases.import_file(shared, "late", tmp_path / name)


def test_a_column_named_like_the_files_own_is_refused_in_csv_alone() -> None:
    case = {
        "row": {"case.note": 1},
        "expect": {"min": 0},
        "origin": "contrived",
        "note": "",
        "blocking": True,
    }
    with pytest.raises(UsageError, match=r"'case.note' cannot be told"):
        cases.as_csv([case], {})


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({"x": st.none() | NUMBERS, "note": st.none() | TEXTS.filter(bool)}), max_size=5
    ),
    st.booleans(),
)
def test_rows_for_predictions_come_as_they_were(listed: list[dict[str, Any]], marked: bool) -> None:
    text = ("\ufeff" if marked and listed else "") + "".join(json.dumps(row) + "\n" for row in listed)
    columns = {c.name: c for c in (NUMBER, TEXT)}
    assert [row for _, row in rows(io.StringIO(text), "in", columns)] == listed


def test_a_cell_that_is_no_number_stays_text() -> None:
    assert cell_value(NUMBER, "far") == "far"
    assert cell_value(TEXT, "12") == "12"
    assert cell_value(None, "007") == "007"
    assert cell_value(NUMBER, "") is None
