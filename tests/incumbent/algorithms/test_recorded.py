"""Stored predictions as a version, through a bundle's door."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incumbent.algorithms.recorded import FILE, Recorded, write_recorded
from incumbent.bundle import Bundle, write_bundle
from incumbent.columns import column, encode
from incumbent.errors import BundleError, DataError, InputError
from incumbent.schema import OutputSchema

TWO = OutputSchema("classification", "decisions", ("late", "on time"), positive="late", threshold=0.4)
THREE = OutputSchema("classification", "probabilities", ("a", "b", "c"))
WHOLE = OutputSchema("classification", "probabilities", (1, 2, 3))
NUMBERS = OutputSchema("regression", "numbers")


def bundle(folder: Path, output: OutputSchema, values: Any) -> Bundle:
    inputs, schema = write_recorded(folder / "contents", "said", values, output)
    return write_bundle(
        folder / "bundle",
        model="m",
        algorithm="recorded",
        input=inputs,
        output=schema,
        contents=folder / "contents",
    )


def check(made: Bundle, values: "list[Any]", expected: "list[list[float]]") -> None:
    found = made.predict({"said": column(values), "other": np.arange(len(values))})
    np.testing.assert_array_equal(found.reshape(len(values), -1), np.array(expected))
    rows = [made.predict_row({"said": v, "other": 1}) for v in values]
    np.testing.assert_array_equal(np.array(rows), np.array(expected))


def test_probabilities_are_of_the_positive_class(tmp_path: Path) -> None:
    values = [0.25, None, 1.0, 0]
    made = bundle(tmp_path, TWO, values)
    check(made, [*values, 1.5], [[0.25, 0.75], [math.nan] * 2, [1, 0], [0, 1], [math.nan] * 2])
    assert (made.output.scores, made.output.threshold) == ("probabilities", 0.4)
    assert made.decide(made.predict({"said": np.array([0.39, 0.4])})).tolist() == [1, 0]


def test_classes_count_as_certain(tmp_path: Path) -> None:
    made = bundle(tmp_path, THREE, encode(["b", "c", None]))
    check(made, ["c", None, "a", "new"], [[0, 0, 1], [math.nan] * 3, [1, 0, 0], [math.nan] * 3])
    assert made.output.scores == "probabilities"


def test_classes_may_be_numbers(tmp_path: Path) -> None:
    made = bundle(tmp_path, WHOLE, np.array([1, 3, 2]))
    check(made, [3, 1], [[0, 0, 1], [1, 0, 0]])
    check(made, [2.0, None], [[0, 1, 0], [math.nan] * 3])


def test_numbers_are_the_answer(tmp_path: Path) -> None:
    made = bundle(tmp_path, NUMBERS, [1, 2.5])
    check(made, [7.0, None, math.inf], [[7.0], [math.nan], [math.nan]])
    assert made.predict({"said": np.array([2.5])}).shape == (1,)
    with pytest.raises(InputError, match="said"):
        made.predict_row({"other": 1})


@pytest.mark.parametrize(
    ("output", "values", "what"),
    [
        (TWO, ["late", "never"], "never"),
        (TWO, [0.2, 1.2], "no probability"),
        (THREE, [0.2, 0.3], "no class"),
        (NUMBERS, ["much"], "much"),
        (NUMBERS, [None, None], "no prediction"),
    ],
)
def test_columns_that_are_no_predictions(
    tmp_path: Path, output: OutputSchema, values: "list[Any]", what: str
) -> None:
    with pytest.raises(DataError, match=what):
        write_recorded(tmp_path, "said", values, output)


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}', '{"format": 2, "column": "", "meaning": ""}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    made = bundle(tmp_path, NUMBERS, [1.0])
    (made.path / FILE).write_text(content, "utf-8")
    with pytest.raises(BundleError, match=r"recorded\.json"):
        Bundle.open(made.path, verify=False).predict_row({"said": 1.0})


@given(st.lists(st.none() | st.floats(), min_size=1), st.sampled_from(["number", "probability"]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_batch_says_what_its_rows_say(values: "list[float | None]", meaning: str) -> None:
    algorithm = Recorded("said", meaning, TWO)
    many = algorithm.predict({"said": column(values)}, len(values)).reshape(len(values), -1)
    one = np.array([algorithm.predict_row({"said": v}) for v in values])
    np.testing.assert_array_equal(many, one)
