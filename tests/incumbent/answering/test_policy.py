"""The input policy: the same for one row as for many, whatever is set."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incumbent.answering.limits import NULL, OUT_OF_RANGE, UNSEEN, read_limits
from incumbent.answering.policy import ColumnPolicy, Policy, policy_of
from incumbent.columns import column, row_values
from incumbent.schema import InputColumn
from tests.incumbent.sites import native

NUMBER = InputColumn("x", "number", "float64", -1.5, 90.0)
WHOLE = InputColumn("x", "number", "int64", -3.0, 2.0**60)
CATEGORY = InputColumn("x", "category", "text", categories=("a", "b"))
CODES = InputColumn("x", "category", "int64", categories=(1, 2, 5))

null = st.sampled_from(NULL)
numbers = st.one_of(
    st.none(), st.floats(-200, 200), st.sampled_from([math.inf, -math.inf, -1.5, 90.0, math.nan])
)
whole = st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from([-3, -4, 2**60, 2**60 + 1]))


def agree(policy: ColumnPolicy, values: list[Any]) -> None:
    """Assert that a column is treated as its values are."""
    both = Policy((policy,))
    array = column(values)
    treated, kept = both.table({"x": array})
    for at in range(len(values)):
        row, why = both.row(row_values({"x": array}, at))
        assert why == kept.get(at)
        assert row["x"] == row_values(treated, at)["x"]


@settings(max_examples=80)
@given(values=st.lists(numbers, min_size=1, max_size=12), outside=st.sampled_from(OUT_OF_RANGE), null=null)
def test_numbers(values: list[Any], outside: str, null: str) -> None:
    agree(ColumnPolicy(NUMBER, {"out_of_range": outside, "null": null, "fill": 7.5}), values)


@settings(max_examples=80)
@given(
    values=st.lists(whole, min_size=1, max_size=12),
    outside=st.sampled_from(OUT_OF_RANGE[:2] + OUT_OF_RANGE[3:]),
)
def test_whole_numbers_beyond_what_a_float_tells_apart(values: list[int], outside: str) -> None:
    agree(ColumnPolicy(WHOLE, {"out_of_range": outside}), values)


@given(
    values=st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "c", "☃"])), min_size=1, max_size=12),
    unseen=st.sampled_from(UNSEEN),
    null=null,
)
def test_categories(values: list[Any], unseen: str, null: str) -> None:
    agree(ColumnPolicy(CATEGORY, {"unseen": unseen, "null": null, "fill": "z"}), [*values, "a"])


@given(values=st.lists(st.integers(0, 7), min_size=1, max_size=12), unseen=st.sampled_from(UNSEEN))
def test_categories_that_are_numbers(values: list[Any], unseen: str) -> None:
    agree(ColumnPolicy(CODES, {"unseen": unseen}), values)


def test_reasons_name_columns_and_no_values() -> None:
    both = Policy(
        (
            ColumnPolicy(NUMBER, {"out_of_range": "fallback"}),
            ColumnPolicy(InputColumn("y", "category", "text", categories=("a",)), {"unseen": "rules"}),
        )
    )
    _, kept = both.row({"x": 4711.0, "y": "secret"})
    assert kept == ("x is out of range, y has an unseen category", "rules")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"carrier": {"out_of_range": "clip"}}, "columns.carrier: a column of kind category has no range"),
        ({"stops": {"unseen": "null"}}, "columns.stops: a column of kind number has no categories"),
        ({"stops": {"null": "fill"}}, "nothing is known to fill in"),
        ({"stops": {"null": "fill", "fill": "many"}}, "cannot be filled into"),
        ({"distance": {"out_of_range": "clip", "min": 5, "max": 1}}, "nothing lies between min 5 and max 1"),
        ({"distance": {"out_of_range": "clip", "min": 91}}, "nothing lies between min 91 and max"),
        ({"carrier": {"unseen": "null", "categories": ["bus", 2]}}, "2 is no category of a column of text"),
    ],
)
def test_what_cannot_be_judged_is_said(settings: Any, message: str, tmp_path: Path) -> None:
    policy, mistakes = policy_of(native(tmp_path), settings)
    assert policy is None and message in mistakes[0]


def test_a_default_holds_where_it_makes_sense(tmp_path: Path) -> None:
    policy, mistakes = policy_of(
        native(tmp_path),
        {"*": {"out_of_range": "fallback", "unseen": "null"}, "stops": {"out_of_range": "pass"}},
    )
    assert policy is not None and not mistakes
    row, kept = policy.row({"distance": 95.0, "stops": 99, "carrier": "ufo"})
    assert row["carrier"] is None and kept == ("distance is out of range", "fallback")


def test_ranges_may_be_a_persons_own(tmp_path: Path) -> None:
    policy, _ = policy_of(native(tmp_path), {"distance": {"out_of_range": "clip", "max": 5}})
    assert policy is not None
    assert policy.row({"distance": 60.0, "stops": 1, "carrier": "bus"})[0]["distance"] == 5


@pytest.mark.parametrize(
    "document",
    [
        {"timeout_ms": 0}, {"timeout_ms": "fast"}, {"timeout_ms": True}, {"memory_mb": 1.5}, {"isolate": 1},
        {"breaker": 3}, {"breaker": {"failures": 0}}, {"breaker": {"speed": 1}}, {"columns": []},
        {"columns": {"x": 1}}, {"columns": {"x": {"clip": True}}}, {"columns": {"x": {"unseen": "clip"}}},
        {"columns": {"x": {"min": "a"}}}, {"columns": {"x": {"categories": "ab"}}}, {"rules": {}},
        {"rules": [{"when": "x > 1"}]}, {"rules": [{"when": 1, "answer": 1}]},
        {"rules": [{"when": "x", "answer": 1, "then": 2}]}, {"on_failed_nowtest": "panic"}, {"demoted": 3},
        {"demoted": {"why": "x"}}, {"limit": 1}, {"start_s": 0}, {"timeout_ms": math.nan},
    ],
)  # fmt: skip
def test_every_mistake_is_named_and_left_out(document: dict[str, Any]) -> None:
    limits, (mistake,) = read_limits(document)
    assert limits == read_limits({})[0]
    assert next(iter(document)) in mistake


def test_what_is_wrong_with_a_rule_is_said() -> None:
    rules = [{"when": "x > 1", "then": 2}, {}, {"when": "x > 1", "answer": 1, "frist": True}, "x > 1"]
    assert read_limits({"rules": rules})[1] == (
        "rules[0] has no answer",
        "rules[1] has no when and no answer",
        "rules[2] has frist: there are only when, answer, probabilities, why, first",
        "rules[3] is 'x > 1': it must have when and answer",
    )
