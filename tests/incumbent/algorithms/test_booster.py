"""XGBoost and LightGBM files through treelite, against the libraries themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from incumbent.algorithms.booster import BoosterModel, open_booster, read_booster
from incumbent.columns import Columns, column
from incumbent.errors import BundleError
from incumbent.schema import InputColumn, InputSchema, OutputSchema

treelite = pytest.importorskip("treelite")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4))
X[RNG.random(X.shape) < 0.1] = np.nan
TWO = (np.nan_to_num(X[:, 0]) > 0).astype(int)
THREE = RNG.integers(0, 3, 300)
NUMBERS = np.abs(np.nan_to_num(X[:, 1])) * 100
EDGES = np.repeat(X[:1], 8, axis=0)
EDGES[:, 0] = [np.nan, np.inf, -np.inf, 0.0, 1e-36, 1e300, 2.0**24 + 1, -1.0]

LIGHTGBM = {
    "binary": (TWO, 2),
    "multiclass": (THREE, 3),
    "multiclassova": (THREE, 3),
    "regression": (NUMBERS, 0),
    "poisson": (NUMBERS, 0),
    "regression_l1": (NUMBERS, 0),
}
XGBOOST = {
    "binary:logistic": (TWO, 2),
    "multi:softprob": (THREE, 3),
    "reg:squarederror": (NUMBERS, 0),
    "count:poisson": (NUMBERS, 0),
}


def opened(folder: Path, classes: int, width: int = 4) -> BoosterModel:
    inputs = InputSchema(tuple(InputColumn(f"x{i}", "number", "float64") for i in range(width)), "array")
    return open_booster(folder, inputs, output_of(classes), {})


def output_of(classes: int) -> OutputSchema:
    if not classes:
        return OutputSchema("regression", "numbers")
    return OutputSchema("classification", "probabilities", tuple(range(classes)))


def columns_of(rows: np.ndarray) -> Columns:
    return {f"x{i}": column(rows[:, i]) for i in range(rows.shape[1])}


def one_by_one(model: BoosterModel, rows: np.ndarray) -> np.ndarray:
    return np.array([model.predict_row({f"x{i}": float(v) for i, v in enumerate(row)}) for row in rows])


def expected_of(booster_answers: Any, classes: int) -> np.ndarray:
    p = np.asarray(booster_answers, dtype=np.float64)
    return np.column_stack([1 - p, p]) if classes == 2 else p


@pytest.mark.parametrize("objective", LIGHTGBM)
def test_lightgbm_agrees_to_the_last_bits(objective: str, tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    target, classes = LIGHTGBM[objective]
    parameters = {"objective": objective, "verbose": -1, "num_threads": 1, "num_leaves": 8}
    if classes == 3:
        parameters["num_class"] = 3
    booster = lightgbm.train(parameters, lightgbm.Dataset(X, target), 10)
    booster.save_model(tmp_path / "model.txt")
    model = opened(tmp_path, classes)
    for rows in (X, EDGES):
        expected = expected_of(booster.predict(rows), classes)
        assert np.allclose(model.predict(columns_of(rows), len(rows)), expected, rtol=1e-13, atol=0)
        few = one_by_one(model, rows[:20])
        assert np.allclose(few.reshape(expected[:20].shape), expected[:20], rtol=1e-13, atol=0)
    assert read_booster(tmp_path / "model.txt").precision == "float64"


@pytest.mark.parametrize("suffix", ["json", "ubj"])
@pytest.mark.parametrize("objective", XGBOOST)
def test_xgboost_agrees_as_far_as_float32_goes(objective: str, suffix: str, tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost")
    target, classes = XGBOOST[objective]
    parameters = {"objective": objective, "nthread": 1, "max_depth": 3}
    if classes == 3:
        parameters["num_class"] = 3
    booster = xgboost.train(parameters, xgboost.DMatrix(X, target), 10)
    booster.save_model(tmp_path / f"model.{suffix}")
    model = opened(tmp_path, classes)
    taken = EDGES[np.isfinite(EDGES[:, 0]) & (np.abs(EDGES[:, 0]) < 1e38) | np.isnan(EDGES[:, 0])]
    for rows in (X, taken):
        expected = expected_of(booster.predict(xgboost.DMatrix(rows)), classes)
        found = model.predict(columns_of(rows), len(rows))
        assert np.abs(found - expected).max() <= 2e-6 * np.abs(expected).max()
        few = one_by_one(model, rows[:20]).reshape(expected[:20].shape)
        assert np.allclose(few, found[:20], rtol=1e-12, atol=0)
    assert read_booster(tmp_path / f"model.{suffix}").precision == "float32"


def test_infinite_values_are_refused_where_xgboost_refuses_them(tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost")
    booster = xgboost.train({"nthread": 1, "max_depth": 3}, xgboost.DMatrix(X, NUMBERS), 5)
    booster.save_model(tmp_path / "model.json")
    model = opened(tmp_path, 0)
    refused = []
    for row in EDGES:
        try:
            booster.predict(xgboost.DMatrix(row[None, :]))
            refused.append(False)
        except xgboost.core.XGBoostError:
            refused.append(True)
    assert any(refused) and not all(refused)
    scores, raised = model.explained(columns_of(EDGES), len(EDGES))
    assert np.isnan(scores).tolist() == refused == [at in raised for at in range(len(EDGES))]
    assert {told.why for told in raised.values()} == {
        "ValueError: a number is infinite, or too large for XGBoost"
    }
    assert np.isnan(one_by_one(model, EDGES)).ravel().tolist() == refused


def test_pandas_categories_of_lightgbm(tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    carrier = RNG.choice(["UA", "AA", "Ünï"], 300)
    frame = pd.DataFrame({"carrier": pd.Categorical(carrier), "x": X[:, 0]})
    target = (carrier == "UA").astype(int)
    booster = lightgbm.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_per_group": 1},
        lightgbm.Dataset(frame, target),
        5,
    )
    booster.save_model(tmp_path / "model.txt")
    inputs = InputSchema((InputColumn("carrier", "category", "text"), InputColumn("x", "number", "float64")))
    model = open_booster(tmp_path, inputs, output_of(2), {})
    found = model.predict({"carrier": column(list(carrier)), "x": column(X[:, 0])}, 300)
    assert np.array_equal(found[:, 1], booster.predict(frame))
    unseen = frame.iloc[:1].assign(carrier=pd.Categorical([None], categories=frame["carrier"].cat.categories))
    expected = booster.predict(unseen)[0]
    for value in (None, "never seen"):
        assert model.predict_row({"carrier": value, "x": float(X[0, 0])})[1] == expected


def test_files_that_are_no_boosters(tmp_path: Path) -> None:
    for name, content in (
        ("model.json", b"{}"),
        ("model.txt", b"tree\nversion=v4\n"),
        ("model.ubj", b"\x80\x04"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BundleError, match=name) as caught:
            read_booster(tmp_path / name)
        assert caught.value.hint
        (tmp_path / name).unlink()
    with pytest.raises(BundleError, match="0 booster files"):
        opened(tmp_path, 0)


def test_a_model_that_does_not_fit_its_manifest(tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(X, NUMBERS), 2)
    booster.save_model(tmp_path / "model.txt")
    with pytest.raises(BundleError, match="takes 4 features"):
        opened(tmp_path, 0, width=3)
    with pytest.raises(BundleError, match="computes numbers"):
        opened(tmp_path, 2)
