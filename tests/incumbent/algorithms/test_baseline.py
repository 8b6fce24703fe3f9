"""The trivial baseline, through a bundle's door."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor

from incumbent.algorithms.baseline import write_baseline
from incumbent.bundle import Bundle, write_bundle
from incumbent.columns import encode
from incumbent.errors import BundleError, DataError
from incumbent.schema import InputSchema, OutputSchema

TWO = OutputSchema("classification", "decisions", ("no", "yes"), positive="yes", threshold=0.3)
NUMBERS = OutputSchema("regression", "numbers", low=0.0, high=9.0)


def bundle(folder: Path, output: OutputSchema, actual: object) -> Bundle:
    schema = write_baseline(folder / "contents", output, actual)  # type: ignore[arg-type]
    return write_bundle(
        folder / "bundle",
        model="m",
        algorithm="baseline",
        input=InputSchema(()),
        output=schema,
        contents=folder / "contents",
    )


def test_prior_is_what_a_dummy_classifier_says(tmp_path: Path) -> None:
    actual = ["no"] * 6 + ["yes"] + ["no"] * 4
    made = bundle(tmp_path, TWO, encode([*actual, None]))
    expected = DummyClassifier().fit(np.zeros((11, 1)), actual).predict_proba(np.zeros((3, 1)))
    assert made.predict({"anything": np.arange(3)}, 3).tolist() == expected.tolist()
    assert made.predict_row({}) == expected[0].tolist()
    assert made.output.threshold is None and made.output.positive == "yes"


def test_median_is_what_a_dummy_regressor_says(tmp_path: Path) -> None:
    actual = np.array([3.0, 0.1, np.nan, 7.5, 0.30000000000000004])
    made = bundle(tmp_path, NUMBERS, actual)
    known = actual[~np.isnan(actual)]
    expected = DummyRegressor(strategy="median").fit(np.zeros((4, 1)), known).predict(np.zeros((2, 1)))
    assert made.predict({}, 2).tolist() == expected.tolist()
    assert made.predict_row({"x": None}) == [expected[0]]


def test_classes_are_equal_across_number_types(tmp_path: Path) -> None:
    output = OutputSchema("classification", "probabilities", (0, 1), positive=1)
    made = bundle(tmp_path, output, np.array([0.0, 1.0, 1.0, np.nan]))
    assert made.predict_row({}) == [1 / 3, 2 / 3]


@pytest.mark.parametrize(
    ("output", "actual", "what"),
    [(TWO, ["no", "maybe"], "maybe"), (TWO, [None], "known target"), (NUMBERS, [], "known target")],
)
def test_targets_that_make_no_baseline(
    tmp_path: Path, output: OutputSchema, actual: list[str], what: str
) -> None:
    with pytest.raises(DataError, match=what):
        write_baseline(tmp_path, output, actual)


@pytest.mark.parametrize(("old", "new"), [('"yes"', '"ja"'), ('"values"', '"volumes"'), ("{", "[")])
def test_a_damaged_file_is_named(tmp_path: Path, old: str, new: str) -> None:
    made = bundle(tmp_path, TWO, ["no", "yes"])
    path = made.path / "coefficients.json"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(BundleError, match=r"coefficients\.json"):
        Bundle.open(made.path, verify=False).predict_row({})
