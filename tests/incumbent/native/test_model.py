"""A native model from its folder: batches, rows, refusals, and files that are damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from incumbent.algorithms.native import open_native
from incumbent.columns import column
from incumbent.errors import BundleError
from incumbent.fitting.convert import convert
from incumbent.native import model as native_model
from incumbent.native.model import NativeModel
from incumbent.schema import OutputSchema

from .conformance import columns_of, schema_of
from .data import binary, frame

FRAME = frame()[["distance", "delay", "month", "carrier", "origin"]]


def estimator() -> Any:
    columns = ColumnTransformer(
        [
            ("n", make_pipeline(SimpleImputer(), StandardScaler()), ["delay", "month"]),
            ("d", StandardScaler(), ["distance"]),
            ("c", OneHotEncoder(), ["carrier", "origin"]),
        ]
    )
    return make_pipeline(columns, LogisticRegression()).fit(FRAME, binary())


ESTIMATOR = estimator()
SCHEMA = schema_of(FRAME)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    step = convert(ESTIMATOR, SCHEMA)
    NativeModel(SCHEMA, step).save(tmp_path)  # type: ignore[arg-type]
    return tmp_path


def test_a_long_batch_is_its_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = NativeModel.load(folder, SCHEMA)
    whole = model.predict(columns_of(FRAME), len(FRAME))
    monkeypatch.setattr(native_model, "CHUNK", 7)
    parts = model.predict(columns_of(FRAME), len(FRAME))
    np.testing.assert_allclose(parts, whole, rtol=1e-15)


def test_refused_rows_are_nan_and_leave_the_others_alone(folder: Path) -> None:
    model = NativeModel.load(folder, SCHEMA)
    rows = FRAME[:5].copy()
    rows.loc[1, "carrier"] = "never seen"
    rows.loc[3, "distance"] = np.inf
    found = model.predict(columns_of(rows), 5)
    assert np.isnan(found).all(axis=1).tolist() == [False, True, False, True, False]
    np.testing.assert_allclose(found[[0, 2, 4]], ESTIMATOR.predict_proba(FRAME[:5])[[0, 2, 4]], rtol=1e-12)
    row = {**rows.iloc[1].to_dict()}
    assert [v != v for v in model.predict_row(row)] == [True, True]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {
            "distance": st.none() | st.floats() | st.integers(-(2**70), 2**70) | st.booleans(),
            "delay": st.none() | st.floats(),
            "month": st.none() | st.integers(-(2**62), 2**62),
            "carrier": st.none() | st.sampled_from(["UA", "AA", "DL", "", "ua"]) | st.text(max_size=4),
            "origin": st.sampled_from(["JFK", "EWR", "LGA"]),
        }
    )
)
def test_one_row_is_a_batch_of_one(folder: Path, row: dict[str, Any]) -> None:
    model = NativeModel.load(folder, SCHEMA)
    SCHEMA.check_row(row)
    alone = np.array(model.predict_row(row))
    together = model.predict(SCHEMA.check_columns({n: column([v]) for n, v in row.items()}), 1)[0]
    np.testing.assert_allclose(alone, together, rtol=1e-12)


def test_one_column_is_enough(tmp_path: Path) -> None:
    rows = np.arange(20.0).reshape(-1, 1)
    fitted = LogisticRegression().fit(rows, (rows[:, 0] > 9).astype(int))
    schema = schema_of(rows)
    model = NativeModel(schema, convert(fitted, schema))  # type: ignore[arg-type]
    np.testing.assert_allclose(model.predict_row({"x0": 3}), fitted.predict_proba([[3.0]])[0], rtol=1e-12)


def test_the_file_is_readable(folder: Path) -> None:
    text = (folder / "coefficients.json").read_text("utf-8")
    lines = [line.strip().rstrip(",") for line in text.splitlines()]
    mean = ESTIMATOR[0].named_transformers_["d"].mean_[0]
    assert f'"distance": {float(mean)!r}' in lines
    coefficient = ESTIMATOR[-1].coef_[0, -1]
    assert f'"c__origin_LGA": {float(coefficient)!r}' in lines


@pytest.mark.parametrize("damage", ["absent", "cut", "newer", "unknown step", "no predictor", "missing part"])
def test_damaged_coefficients_are_named(folder: Path, damage: str) -> None:
    path = folder / "coefficients.json"
    document = json.loads(path.read_text("utf-8"))
    if damage == "newer":
        document["format"] = 99
    elif damage == "unknown step":
        document["model"]["steps"][0]["step"] = "clairvoyance"
    elif damage == "no predictor":
        document["model"]["steps"].pop()
    elif damage == "missing part":
        del document["model"]["steps"][0]["parts"][0]["positions"]
    path.write_text(json.dumps(document), "utf-8")
    if damage == "absent":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BundleError) as caught:
        NativeModel.load(folder, SCHEMA)
    assert caught.value.hint or damage == "no predictor"


def test_an_array_outside_of_the_bundle_is_not_read(folder: Path) -> None:
    np.save(folder.parent / "elsewhere.npy", np.zeros((1, 10)))
    path = folder / "coefficients.json"
    document = json.loads(path.read_text("utf-8"))
    document["model"]["steps"][-1]["coefficients"] = {"npy": "../elsewhere.npy"}
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(BundleError, match="outside"):
        NativeModel.load(folder, SCHEMA)


def test_the_manifest_must_agree_with_the_coefficients(folder: Path) -> None:
    output = OutputSchema("classification", "probabilities", (0, 1), 1)
    assert open_native(folder, SCHEMA, output, {}).name == "native"
    with pytest.raises(BundleError, match="probabilities"):
        open_native(folder, SCHEMA, OutputSchema("regression", "numbers"), {})


def test_big_arrays_stand_beside_the_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 6_000))
    fitted = LogisticRegression(max_iter=5, tol=1.0).fit(rows, rng.integers(0, 2, 40))
    schema = schema_of(rows)
    model = NativeModel(schema, convert(fitted, schema))  # type: ignore[arg-type]
    assert model.save(tmp_path) == ["coefficients.json", "coefficients.coefficients.npy"]
    summary = json.loads((tmp_path / "coefficients.json").read_text())["model"]["coefficients"]
    assert summary["shape"] == [1, 6_000]
    assert summary["max"] == fitted.coef_.max()
    again = NativeModel.load(tmp_path, schema)
    columns = columns_of(rows)
    assert again.predict(columns, 40).tobytes() == model.predict(columns, 40).tobytes()
    (tmp_path / "coefficients.coefficients.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(BundleError, match=r"coefficients\.coefficients\.npy"):
        NativeModel.load(tmp_path, schema)
