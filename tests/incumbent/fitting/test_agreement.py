"""The agreement check accepts what is equal and refuses what is not, on edge rows too."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from incumbent.bundle import Bundle, write_bundle
from incumbent.columns import Coded
from incumbent.fitting.agreement import Truth, compare, find_truth, largest_difference
from incumbent.fitting.convert import convert
from incumbent.fitting.edge_rows import edge_tables, thresholds
from incumbent.fitting.frame import frame_of
from incumbent.fitting.inputs import Reads, schema_of
from incumbent.fitting.scores import scorer
from incumbent.native.model import NativeModel
from incumbent.schema import InputSchema, OutputSchema
from tests.incumbent.fitting.making import KINDS, rows

NAMES = ("distance", "hour")


def columns(nulls: bool) -> dict[str, Any]:
    found = {name: rows(200)[name] for name in NAMES}
    return found if nulls else {**found, "distance": np.nan_to_num(found["distance"], nan=900.0)}


def fitted(estimator: Any, nulls: bool) -> tuple[Any, InputSchema]:
    data = columns(nulls)
    return estimator.fit(frame_of(data), rows(200)["late"]), schema_of(data, Reads(NAMES), KINDS)


def native(folder: Path, estimator: Any, schema: InputSchema) -> Bundle:
    contents = folder / "contents"
    NativeModel(schema, convert(estimator, schema)).save(contents)  # type: ignore[arg-type]
    output = OutputSchema("regression", "numbers")
    return write_bundle(
        folder / "bundle", model="m", algorithm="native", input=schema, output=output, contents=contents
    )


def truth(estimator: Any, schema: InputSchema, nulls: bool) -> Truth:
    return find_truth(estimator, scorer(estimator, "regression"), schema, columns(nulls), "numbers")


def test_rows_that_the_estimator_refuses_must_be_refused(tmp_path: Path) -> None:
    plain, schema = fitted(LinearRegression(), nulls=False)
    found = compare(native(tmp_path, plain, schema), truth(plain, schema, nulls=False))
    assert found.accepted and found.refused > 4  # nulls and infinities
    assert found.max_difference is not None and found.max_difference < 1e-12


def test_an_algorithm_that_answers_a_refused_row_is_not_accepted(tmp_path: Path) -> None:
    plain, schema = fitted(LinearRegression(), nulls=False)
    imputing, _ = fitted(make_pipeline(SimpleImputer(), LinearRegression()), nulls=False)
    found = compare(native(tmp_path, imputing, schema), truth(plain, schema, nulls=False))
    assert "answers a row that the estimator refuses" in found.reason


def test_a_small_difference_is_not_accepted(tmp_path: Path) -> None:
    plain, schema = fitted(LinearRegression(), nulls=False)
    expected = truth(plain, schema, nulls=False)
    plain.coef_ = plain.coef_ * (1 + 1e-7)
    found = compare(native(tmp_path, plain, schema), expected)
    assert "differs from the estimator" in found.reason


def test_what_an_estimator_warns_of_on_edge_rows_is_not_told() -> None:
    class Warns(LinearRegression):
        def predict(self, X: Any) -> Any:
            if len(X) < 200:
                warnings.warn("invalid value encountered", RuntimeWarning, stacklevel=1)
            return super().predict(X)

    warning, schema = fitted(Warns(), nulls=False)
    assert len(truth(warning, schema, nulls=False).cases) > 1  # a warning is an error in tests


def test_a_failing_algorithm_is_a_reason_and_no_crash(tmp_path: Path) -> None:
    plain, schema = fitted(LinearRegression(), nulls=False)
    bundle = native(tmp_path, plain, schema)
    (bundle.path / "coefficients.json").write_text("{}")
    found = compare(bundle, truth(plain, schema, nulls=False))
    assert not found.accepted and "BundleError" in found.reason


def test_edge_rows_hold_what_they_promise() -> None:
    tree, schema = fitted(DecisionTreeRegressor(max_depth=3), nulls=True)
    table, whole = edge_tables(schema, columns(nulls=True), tree)
    distance = np.asarray(table["distance"])
    assert np.isnan(distance).any() and np.isinf(distance).any() and (distance == 2.0**24 + 1).any()
    inside = [t for t in thresholds(tree) if 500 < t < 1500]
    assert inside and np.isin(inside, distance).any()
    assert np.isnan(distance[-1]) and np.isnan(np.asarray(table["hour"])[-1])  # the row without anything
    assert np.asarray(whole["hour"]).dtype == np.int64


def test_edge_rows_of_text_are_unseen_and_unicode() -> None:
    data = {"carrier": rows(50)["carrier"]}
    (table,) = edge_tables(schema_of(data, Reads(("carrier",)), KINDS), data, None)
    assert isinstance(table["carrier"], Coded)
    values = set(table["carrier"].values)
    assert {"", "never seen before"} <= values and any("北京" in v for v in values)
    assert (table["carrier"].codes == -1).any()


@pytest.mark.parametrize(
    ("answered", "expected", "difference"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, np.nan], [1.0, np.nan], 0.0),
        ([np.inf], [np.inf], 0.0),
        ([np.inf], [-np.inf], None),
        ([1.0], [np.nan], None),
        ([0.0], [1e-20], 1e-20),
        ([101.0], [100.0], 0.01),
    ],
)
def test_the_relative_difference(
    answered: list[float], expected: list[float], difference: float | None
) -> None:
    assert largest_difference(np.array(answered), np.array(expected), 1.0) == difference
