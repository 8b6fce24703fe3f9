"""Edge rows and what is held against them: laws over any schema, and answers of every kind."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks.edge.comparing import (
    NO_CHANGE,
    judge_company,
    judge_influence,
    small_steps,
    usual_values,
)
from core.checks.edge.holding import WeakSpot, judge_answer, largest_change
from core.checks.edge.report import plain
from core.checks.edge.rows import MOST_COLUMNS, EdgeRow, chosen_columns, edge_rows
from core.checks.edge.values import UNSEEN
from incumbent.columns import encode
from incumbent.errors import InputError
from incumbent.fitting.values import read_value, write_value
from incumbent.profile import profile
from incumbent.schema import InputColumn, InputSchema, OutputSchema

CLASSES = OutputSchema("classification", "probabilities", ("no", "yes"), positive="yes")
NUMBERS = OutputSchema("regression", "numbers", low=0.0, high=10.0)

_DTYPES = {"number": ("float64", "int64"), "category": ("text",), "text": ("text",), "boolean": ("bool",)}
columns = st.sampled_from(sorted(_DTYPES)).flatmap(
    lambda kind: st.builds(InputColumn, st.text("abcdef", min_size=1, max_size=3), st.just(kind),
                           st.sampled_from(_DTYPES[kind]))
)  # fmt: skip
schemas = st.lists(columns, min_size=1, max_size=5, unique_by=lambda c: c.name).map(
    lambda listed: InputSchema(tuple(listed))
)
floats = st.floats(allow_nan=False, allow_infinity=False, width=32)


def ordinary(schema: InputSchema) -> dict[str, Any]:
    values = {"text": "a", "float64": 1.5, "int64": 3, "bool": True}
    return {c.name: values[c.dtype] for c in schema.columns}


@settings(max_examples=20)
@given(schemas)
def test_malformed_rows_are_refused_by_the_schema_and_all_others_fit(schema: InputSchema) -> None:
    for row in edge_rows(schema, {}, ordinary(schema)):
        if row.malformed:
            with pytest.raises(InputError):
                schema.check_row(row.row)
        else:
            schema.check_row(row.row)


@settings(max_examples=20)
@given(schemas)
def test_edge_rows_survive_the_way_into_another_process(schema: InputSchema) -> None:
    for row in edge_rows(schema, {}, ordinary(schema)):
        text = json.dumps(write_value(row.row))
        assert repr(read_value(json.loads(text))) == repr(row.row)
        json.dumps(plain(row.row), allow_nan=False)


@given(st.lists(floats, min_size=2, max_size=30))
def test_numbers_reach_beyond_what_training_had(values: list[float]) -> None:
    schema = InputSchema((InputColumn("x", "number", "float64"),))
    known = profile({"x": np.array(values)})["columns"]
    rows = [r for r in edge_rows(schema, known, {"x": 0.0}) if r.column == "x" and not r.malformed]
    given_ = {r.kind: r.row["x"] for r in rows}
    assert given_["just below the range"] < min(values) <= max(values) < given_["just above the range"]
    assert given_["×1000"] > max(map(abs, values)) and given_["×−1000"] < -max(map(abs, values))
    assert math.isinf(given_["infinity"]) and math.isnan(given_["NaN"]) and given_["null"] is None


def test_categories_are_unseen_and_texts_strange() -> None:
    schema = InputSchema((InputColumn("c", "category", "text"),))
    known = profile({"c": encode(["bus", "rail", "bus", "BUS"])})["columns"]
    rows = {
        r.kind: r.row["c"] for r in edge_rows(schema, known, {"c": "bus"}) if r.column == "c" and "c" in r.row
    }
    assert (
        len(rows["very long text"]) >= 100_000
        and "\x00" in rows["text with NUL"]
        and rows["empty text"] == ""
    )
    assert rows["trailing blank of 'bus'"] == "bus " and "other case of 'bus'" not in rows, "BUS is known"


@pytest.mark.parametrize(
    ("kind", "dtype", "nulls", "severity"),
    [
        ("number", "float64", 0, "fail"),
        ("category", "text", 0, "fail"),
        ("text", "text", 0, "warn"),  # scikit-learn has no imputer for it, nor for booleans
        ("boolean", "bool", 0, "warn"),
        ("boolean", "bool", 7, "fail"),
    ],
)
def test_a_null_must_be_answered_where_scikit_learn_has_a_way(
    kind: str, dtype: str, nulls: int, severity: str
) -> None:
    schema = InputSchema((InputColumn("c", kind, dtype),))
    found = {r.kind: r.unanswered for r in edge_rows(schema, {"c": {"nulls": nulls}}, ordinary(schema))}
    assert found["null"] == found["all null"] == severity


def test_times_reach_where_nanoseconds_end() -> None:
    schema = InputSchema((InputColumn("at", "time", "time"),))
    rows = [r for r in edge_rows(schema, {}, {"at": "2013-01-01T00:00:00"}) if r.column == "at"]
    years = {r.row["at"][:4] for r in rows if isinstance(r.row.get("at"), str) and not r.malformed}
    assert {"1677", "2263", "9999"} <= years


def test_of_a_wide_table_columns_are_chosen_evenly() -> None:
    schema = InputSchema(tuple(InputColumn(f"x{i:04}", "number", "float64") for i in range(1000)))
    chosen = chosen_columns(schema)
    assert len(chosen) == MOST_COLUMNS and chosen[0] == "x0000" and chosen[-1] == "x0999"
    sparse = [r for r in edge_rows(schema, {}, ordinary(schema)) if r.policy == "null" and not r.column]
    kept = [sum(v is not None for v in r.row.values()) for r in sparse]
    assert kept == [50, 50, 50, 50, 50, 0], "95 % null, in turn another twentieth, then all"


# -- what holds


def answered(
    value: Any, share: float | None = None, route: str = "champion", total: float = 1.0
) -> dict[str, Any]:
    probabilities = None if share is None else {"no": total - share, "yes": share}
    got = {"value": value, "probabilities": probabilities, "version": 1, "route": route, "reason": "why"}
    return {"answers": [got]}


def judged(row: EdgeRow, answer: Mapping[str, Any], output: OutputSchema = CLASSES, **limits: Any) -> Any:
    return judge_answer(row, answer, answered("no", 0.2), output, limits)


PLAIN = EdgeRow("x", "null", {"x": None}, policy="null")


def test_a_policy_is_advised_only_for_later_where_nothing_serves() -> None:
    row = EdgeRow("x", "null", {"x": None}, policy="null", unanswered="warn")
    answer = answered("no", 0.2, "baseline")
    advised = [
        judge_answer(row, answer, answered("no", 0.2), CLASSES, {}, serving) for serving in (True, False)
    ]
    assert [spot.suggestion for spot in advised if spot is not None] == [
        "impute it in the pipeline, or have the input policy of x keep such rows from the model",
        "impute it in the pipeline "
        "(or, once it serves, have the input policy of x keep such rows from the model)",
    ]


@pytest.mark.parametrize(
    ("kind", "dtype", "advice"),
    [
        ("number", "float64", "impute it in the pipeline, or"),
        ("category", "text", "impute it in the pipeline, or"),
        ("boolean", "bool", "one-hot encode it in the pipeline"),
        ("text", "text", 'columns.c.null = "fill"'),
    ],
)
def test_what_is_advised_against_null_is_what_scikit_learn_can_do(kind: str, dtype: str, advice: str) -> None:
    schema = InputSchema((InputColumn("c", kind, dtype),))
    (row,) = (r for r in edge_rows(schema, {}, ordinary(schema)) if r.kind == "null")
    spot = judged(row, answered("no", 0.2, "baseline"))
    assert advice in spot.suggestion
    assert ("impute" in spot.suggestion) == (kind in ("number", "category"))


@pytest.mark.parametrize(
    ("answer", "output", "words"),
    [
        ({"died": "killed by SIGSEGV"}, CLASSES, "kills the process"),
        ({"raised": "ZeroDivisionError: x"}, CLASSES, "raises instead"),
        ({"refused": "no"}, CLASSES, "well-formed row is refused"),
        (answered("no", 0.2, "baseline"), CLASSES, "the baseline stands in"),
        (answered("maybe", 0.2), CLASSES, "none of its classes"),
        (answered("yes", 1.2), CLASSES, "probability -0.2"),
        (answered("yes", float("nan")), CLASSES, "probability nan"),
        (answered("no", 0.2, total=0.9), CLASSES, "add up to 0.9"),
        (answered(float("inf")), NUMBERS, "no finite number"),
        (answered(None), NUMBERS, "no finite number"),
        (answered(20.1), NUMBERS, "far from what it learned"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_said(answer: Mapping[str, Any], output: OutputSchema, words: str) -> None:
    spot = judged(PLAIN, answer, output)
    assert isinstance(spot, WeakSpot) and spot.severity == "fail" and words in spot.reason


def test_what_holds_is_no_weak_spot() -> None:
    assert judged(PLAIN, answered("no", 0.2)) is None
    assert judged(PLAIN, answered(19.9), NUMBERS) is None, "within the range widened by its own span"
    assert judged(EdgeRow("x", "text", {"x": "a"}, malformed=True), {"refused": "text"}) is None
    assert judged(EdgeRow("x", "infinity", {}, unanswered=None), answered("no", 0.2, "baseline")) is None
    assert judged(PLAIN, answered("no", 0.2, "fallback"), columns={"x": {"null": "fallback"}}) is None
    assert judged(PLAIN, answered("no", 0.2, "fallback"), columns={"y": {"null": "fallback"}}) is not None


def test_a_row_without_difference_must_say_the_same() -> None:
    row = EdgeRow("", "reordered columns", {}, same=True)
    assert judged(row, answered("no", 0.2)) is None
    assert judged(row, answered("no", 0.2 + 1e-6)).severity == "fail"


def test_a_batch_that_differs_from_its_rows_is_told() -> None:
    rows = [EdgeRow("x", "null", {"x": None}), EdgeRow("x", "×10", {"x": 10.0})]
    alone = [answered("no", 0.3), answered("yes", 0.8)]
    together = [answered("no", 0.2), alone[0], alone[0], alone[1], alone[1], answered("no", 0.2)]

    def batch(*changed: int) -> dict[str, Any]:
        listed = [answered("no", 0.4) if i in changed else a for i, a in enumerate(together)]
        return {"answers": [a["answers"][0] for a in listed]}

    def told(answer: Mapping[str, Any]) -> list[WeakSpot]:
        return list(judge_company(rows, alone, answered("no", 0.2), answer))

    assert told(batch()) == []
    assert [spot.kind for spot in told(batch(2))] == ["null"], "its twin says something else"
    assert [spot.kind for spot in told(batch(5))] == ["batch"], "an ordinary row changes in company"
    assert "not answered together" in told({"refused": "different types"})[0].reason


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_distance_of_answers_is_symmetric_and_nothing_for_equal_ones(a: float, b: float) -> None:
    one, other = (answered("no", share)["answers"][0] for share in (a, b))
    assert largest_change(one, other) == largest_change(other, one)
    assert (largest_change(one, other) <= NO_CHANGE) == (abs(a - b) <= NO_CHANGE)


def test_chance_alone_makes_no_wrong_table() -> None:
    column = InputColumn("c", "category", "text")
    known = {"categories": {"a": 50, "b": 40, "c": 30}}
    rows = [{"c": "a"}] * 24
    values = usual_values(column, known, rows)

    def verdict(shares: list[list[float]]) -> list[str]:
        answers = [answered("no", share)["answers"][0] for line in shares for share in line]
        _, found = judge_influence(column, known, values, rows, {"answers": answers})
        return [spot.row["c"] for spot in found]

    always = [[0.3, 0.4, 0.2, 0.2]] * 24
    seldom = [[0.3, 0.2, 0.2, 0.2]] * 2 + [[0.2, 0.2, 0.2, 0.2]] * 22
    assert verdict(always) == ["c"]
    assert verdict(seldom) == [], "a column that matters in two rows of 24 may well leave b and c out"


@pytest.mark.parametrize(
    ("counts", "shares", "own_code", "severities"),
    [
        ({"a": 30, "b": 40, "c": 50}, [0.3, 0.2, 0.4, 0.2], True, ["fail"]),
        ({"a": 30, "b": 40, "c": 50}, [0.3, 0.2, 0.4, 0.2], False, ["warn"]),
        ({"a": 30, "b": 40, "c": 50}, [0.2, 0.3, 0.4, 0.2], True, ["warn"]),  # the first: numbered from it on
        ({"a": 30, "b": 50, "c": 40}, [0.3, 0.2, 0.4, 0.2], True, ["warn"]),  # the commonest
        ({"a": 30, "b": 40, "c": 45, "d": 50}, [0.3, 0.2, 0.2, 0.4, 0.2], True, ["warn", "warn"]),
    ],
)
def test_one_category_of_many_that_is_unknown_to_code_of_ones_own_fails(
    counts: dict[str, int], shares: list[float], own_code: bool, severities: list[str]
) -> None:
    column, known = InputColumn("c", "category", "text"), {"categories": counts}
    rows = [{"c": "a"}] * 24
    values = [*counts, UNSEEN]
    answers = [answered("no", share)["answers"][0] for _ in rows for share in shares]
    _, found = judge_influence(column, known, values, rows, {"answers": answers}, own_code=own_code)
    assert [spot.severity for spot in found] == severities


def test_whole_numbers_have_nothing_a_millionth_away() -> None:
    known = {"quantiles": [0, 1, 2, 3], "count": 4000}
    kinds = {
        dtype: {v.kind for v in small_steps(InputColumn("n", "number", dtype), known, [{"n": 1}])}
        for dtype in ("int64", "float64")
    }
    assert kinds == {"int64": {"one training quantile"}, "float64": {"a millionth", "one training quantile"}}
