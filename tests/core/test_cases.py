"""Cases in files: what is written is read back as it was."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.cases import as_csv
from core.predicting import cell_value, rows
from incumbent.schema import InputColumn

NUMBER = InputColumn("x", "number", "float64")
TEXT = InputColumn("note", "text", "text")
FLAG = InputColumn("flag", "boolean", "bool")
COLUMNS = {c.name: c for c in (NUMBER, TEXT, FLAG)}

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "x": st.none() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False),
    "note": st.none()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    "flag": st.none() | st.booleans(),
}


def same(one: Any, other: Any) -> bool:
    """Equal, of the same type, and zeros of the same sign."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return type(one) is type(other) and one == other


@settings(max_examples=50, deadline=None)
@given(st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=5))
def test_rows_survive_csv(listed: list[dict[str, Any]]) -> None:
    cases = [
        {"row": row, "expect": {"max": 1.5}, "origin": "contrived", "note": "", "blocking": True}
        for row in listed
    ]
    read = list(csv.DictReader(io.StringIO(as_csv(cases), newline="")))
    assert len(read) == len(listed)
    for line, row in zip(read, listed):
        assert (float(line["expect.max"]), line["case.blocking"]) == (1.5, "true")
        for name, value in row.items():
            assert same(cell_value(COLUMNS[name], line[name]), value), name


@settings(max_examples=50, deadline=None)
@given(st.lists(st.fixed_dictionaries(VALUES), max_size=5), st.booleans())
def test_rows_for_predictions_come_as_they_were(listed: list[dict[str, Any]], marked: bool) -> None:
    import json

    text = ("\ufeff" if marked and listed else "") + "".join(json.dumps(row) + "\n" for row in listed)
    assert [row for _, row in rows(io.StringIO(text), "in", COLUMNS)] == listed


def test_a_cell_that_is_no_number_stays_text() -> None:
    assert cell_value(NUMBER, "far") == "far"
    assert cell_value(TEXT, "12") == "12"
    assert cell_value(None, "007") == "007"
    assert cell_value(NUMBER, "") is None
