"""The law: whatever the row, the file and the native model agree on the answer, or both refuse it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.standalone.source import standalone_source
from core.standalone.sql import expression_of
from core.standalone.sqlite import evaluate
from incumbent.native.model import NativeModel
from incumbent.native.step import Predictor
from tests.incumbent.native.test_conformance import fitted_case

from .making import NUMBERS, ORIGIN, TOLERANCE, apart, loaded

MODELS = [
    "mixed-logistic",
    "trees-one-hot-HistGradientBoostingClassifier",
    "trees-categories-named",
    "stack-mixed",
]
IN_SQL = MODELS[:3]
KNOWN = ["UA", "AA", "DL", "Ünï 東", "JFK", "EWR", "LGA"]
NUMBER = st.one_of(
    st.none(), st.floats(), st.integers(-50, 50), st.floats(-2000.0, 2000.0), st.integers(-(2**60), 2**60)
)
TEXT = st.one_of(st.none(), st.sampled_from(KNOWN), st.text(max_size=5))
ROWS = st.fixed_dictionaries(
    {
        "distance": NUMBER, "delay": NUMBER, "month": NUMBER, "weekend": st.one_of(st.booleans(), st.none()),
        "carrier": TEXT, "origin": TEXT,
    }
)  # fmt: skip


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> tuple[NativeModel, dict[str, Any]]:
    fitted = fitted_case(request.param)
    assert isinstance(fitted.step, Predictor)
    source = standalone_source(fitted.step, fitted.schema, NUMBERS, ORIGIN)
    return NativeModel(fitted.schema, fitted.step), loaded(source)


@given(row=ROWS)
@settings(max_examples=80, deadline=None)
def test_file_and_native_agree(model: tuple[NativeModel, dict[str, Any]], row: dict[str, Any]) -> None:
    native, names = model
    expected = native.predict_row(row)
    try:
        got = names["scores"](row)
    except names["Refused"]:
        got = [math.nan] * len(expected)
    assert apart(got, expected) <= TOLERANCE


@pytest.fixture(scope="module", params=IN_SQL)
def expression(request: pytest.FixtureRequest) -> tuple[NativeModel, str, int]:
    fitted = fitted_case(request.param)
    assert isinstance(fitted.step, Predictor)
    position = 0 if fitted.step.scores == "numbers" else 1
    return (
        NativeModel(fitted.schema, fitted.step),
        expression_of(fitted.step, fitted.schema, position),
        position,
    )


def _storable(value: Any) -> bool:
    """What a column of a database holds: nothing that overflows, no NUL, no half character."""
    if isinstance(value, str):
        return value.isprintable()
    return value is None or value != value or math.isinf(value) or abs(value) < 1e290


@given(row=ROWS.filter(lambda row: all(map(_storable, row.values()))))
@settings(max_examples=80, deadline=None)
def test_sql_and_native_agree(expression: tuple[NativeModel, str, int], row: dict[str, Any]) -> None:
    native, text, position = expression
    expected = native.predict_row(row)[position]
    ((found,),) = evaluate(text, native.schema, [row])
    if found is None or expected != expected:
        assert found is None and expected != expected
    else:
        assert found == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE)
