"""Registering: every kind of file, and what is said of those that do not load."""

from __future__ import annotations

import pickle
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from incumbent.columns import column
from incumbent.errors import DataError, FittingError, RefusedError
from incumbent.fitting.formats import parse_mlmodel, recognise
from incumbent.fitting.frame import frame_of
from incumbent.fitting.pickles import inspect
from tests.incumbent.fitting.making import KINDS, registered, rows

skops = pytest.importorskip("skops.io")


def fitted(narrow: bool = False) -> Any:
    columns = rows()
    frame = frame_of({n: columns[n] for n in ("distance", "hour", "night")})
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    front = make_column_transformer((numbers, ["hour", "distance"])) if narrow else numbers
    return make_pipeline(front, LogisticRegression()).fit(frame, columns["late"])


def test_a_skops_file_becomes_native_and_asks_only_for_what_it_reads(tmp_path: Path) -> None:
    estimator = fitted(narrow=True)
    skops.dump(estimator, tmp_path / "m.skops")
    columns = {n: c for n, c in rows().items() if n != "night"}  # the model saw `night` and does not read it
    bundle, result = registered(tmp_path / "job", tmp_path / "m.skops", columns)
    assert bundle.manifest.algorithm == "native"
    assert set(bundle.input.names) == {"distance", "hour"}
    frame = frame_of({n: rows()[n] for n in ("distance", "hour", "night")})
    np.testing.assert_allclose(bundle.predict(columns), estimator.predict_proba(frame), rtol=1e-12)
    assert result["needs"] is None
    assert bundle.lineage()["made_with"]["scikit-learn"]


def test_a_skops_file_with_a_strangers_type_is_refused_by_name(tmp_path: Path) -> None:
    module = types.ModuleType("stranger")
    exec("class Odd:\n    def predict(self, x):\n        return [0]\n", module.__dict__)
    module.Odd.__module__ = "stranger"
    sys.modules["stranger"] = module
    try:
        skops.dump(module.Odd(), tmp_path / "m.skops")
        with pytest.raises(RefusedError, match=r"stranger\.Odd"):
            registered(tmp_path / "job", tmp_path / "m.skops")
    finally:
        del sys.modules["stranger"]


def test_a_pickle_is_converted_and_never_stored(tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(fitted()))
    bundle, _ = registered(tmp_path / "job", tmp_path / "m.pkl")
    assert bundle.manifest.algorithm == "native"
    assert not [name for name in bundle.manifest.files if name.endswith((".pkl", ".joblib"))]


def test_a_model_fitted_without_names_takes_the_columns_by_position(tmp_path: Path) -> None:
    columns = {n: rows()[n] for n in ("when", "hour", "night", "late")}
    matrix = np.column_stack([columns["hour"], columns["night"]]).astype(float)
    estimator = LogisticRegression().fit(matrix, columns["late"])
    skops.dump(estimator, tmp_path / "m.skops")
    bundle, _ = registered(tmp_path / "job", tmp_path / "m.skops", columns)
    assert (bundle.input.form, bundle.input.names) == ("array", ("hour", "night"))
    np.testing.assert_allclose(bundle.predict(columns), estimator.predict_proba(matrix), rtol=1e-12)
    with pytest.raises(FittingError, match="fitted on 2 unnamed columns, and the data have 5"):
        registered(tmp_path / "other", tmp_path / "m.skops")


def test_a_missing_column_is_told_with_the_closest(tmp_path: Path) -> None:
    skops.dump(fitted(), tmp_path / "m.skops")
    columns = {("hours" if n == "hour" else n): c for n, c in rows().items()}
    with pytest.raises(DataError, match=r"'hour', which the data do not have.*did you mean 'hours'"):
        registered(tmp_path / "job", tmp_path / "m.skops", columns)


def test_a_model_that_reads_an_ignored_column_is_told_so(tmp_path: Path) -> None:
    skops.dump(fitted(), tmp_path / "m.skops")
    columns = {n: c for n, c in rows().items() if n != "hour"}
    with pytest.raises(FittingError, match=r"'hour', which the spec says to ignore.*\[columns\]"):
        registered(tmp_path / "job", tmp_path / "m.skops", columns, kinds={**KINDS, "hour": "ignore"})


def test_a_target_of_another_kind_is_told(tmp_path: Path) -> None:
    skops.dump(fitted(), tmp_path / "m.skops")
    columns = {**rows(), "late": column(["yes" if v else "no" for v in rows()["late"]])}
    with pytest.raises(DataError, match="classes are 0, 1, and the target has no, yes"):
        registered(tmp_path / "job", tmp_path / "m.skops", columns)


def test_a_pickle_of_a_notebooks_class_says_so(tmp_path: Path) -> None:
    data = (
        b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x08__main__\x94\x8c\x05Model\x94\x93\x94)\x81\x94."
    )
    (tmp_path / "m.pkl").write_bytes(data)
    with pytest.raises(FittingError, match=r"needs Model of the script or notebook"):
        registered(tmp_path / "job", tmp_path / "m.pkl")


def test_a_pickle_of_a_missing_module_names_it(tmp_path: Path) -> None:
    data = (
        b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x08no_where\x94\x8c\x05Model\x94\x93\x94)\x81\x94."
    )
    (tmp_path / "m.pkl").write_bytes(data)
    with pytest.raises(FittingError, match=r"install no_where, or put no_where\.py beside"):
        registered(tmp_path / "job", tmp_path / "m.pkl")


def test_a_truncated_pickle_says_which_version_made_it(tmp_path: Path) -> None:
    data = pickle.dumps(fitted()).replace(b"1.", b"0.", 1)
    (tmp_path / "m.pkl").write_bytes(data[:-40])
    with pytest.raises(FittingError, match=r"does not load \(made with scikit-learn"):
        registered(tmp_path / "job", tmp_path / "m.pkl")


def test_a_pickle_of_another_release_says_so_once(tmp_path: Path) -> None:
    import sklearn

    here = sklearn.__version__.encode()
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(fitted()).replace(here, b"0.9.9"[: len(here)]))
    _, result = registered(tmp_path / "job", tmp_path / "m.pkl")
    told = [w for w in result["warnings"] if "scikit-learn 0.9.9" in w]
    assert len(told) == 1 and f"loaded by {sklearn.__version__}" in told[0]


def test_a_pickle_of_another_releases_compiled_part_asks_for_that_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sklearn

    estimator = fitted()
    with monkeypatch.context() as patch:  # as scikit-learn 1.6 called its module sklearn._loss._loss
        patch.setitem(sys.modules, "_loss", types.ModuleType("_loss"))
        loss = type("CyLoss", (), {"__module__": "_loss"})
        patch.setattr(sys.modules["_loss"], "CyLoss", loss, raising=False)
        estimator.loss_ = loss()
        data = pickle.dumps(estimator)
    here = sklearn.__version__.encode()
    (tmp_path / "m.pkl").write_bytes(data.replace(here, b"0.9.9"[: len(here)]))
    with pytest.raises(FittingError, match="No module named '_loss'") as caught:
        registered(tmp_path / "job", tmp_path / "m.pkl")
    assert "scikit-learn==0.9.9" in str(caught.value.hint)


def test_what_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(FittingError, match="makes no predictions"):
        registered(tmp_path / "job", tmp_path / "m.pkl")


def test_a_lightgbm_file_gives_lightgbms_numbers(tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    pytest.importorskip("treelite")
    columns = rows()
    frame = frame_of({n: columns[n] for n in ("distance", "hour")})
    model = lightgbm.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1}, lightgbm.Dataset(frame, columns["late"]), 5
    )
    model.save_model(tmp_path / "m.txt")
    bundle, _ = registered(tmp_path / "job", tmp_path / "m.txt")
    assert bundle.manifest.algorithm == "booster"
    assert bundle.manifest.agreement["max_difference"] <= 1e-9
    np.testing.assert_allclose(bundle.predict(columns)[:, 1], model.predict(frame), rtol=1e-12)


def test_an_xgboost_file_says_that_it_is_float32(tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost")
    pytest.importorskip("treelite")
    columns = rows()
    frame = frame_of({n: columns[n] for n in ("distance", "hour")})
    model = xgboost.train(
        {"objective": "binary:logistic", "nthread": 1}, xgboost.DMatrix(frame, columns["late"]), 5
    )
    model.save_model(tmp_path / "m.ubj")
    bundle, _ = registered(tmp_path / "job", tmp_path / "m.ubj")
    assert bundle.input.names == ("distance", "hour")
    assert bundle.manifest.agreement["precision"] == "float32"
    np.testing.assert_allclose(
        bundle.predict(columns)[:, 1], model.predict(xgboost.DMatrix(frame)), rtol=1e-5
    )


def test_an_mlflow_folder_leads_to_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    skops.dump(fitted(), folder / "model.pkl")  # the key is `pickled_model` even where the file is skops
    (folder / "MLmodel").write_text(
        "artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.sklearn\n  sklearn:\n"
        "    code: null\n    pickled_model: model.pkl\n    serialization_format: skops\n"
        "    sklearn_version: 1.9.0\n"
        'signature:\n  inputs: \'[{"type": "double", "name": "a"}]\'\n'
    )
    found = recognise(folder)
    assert (found.format, found.path.name, dict(found.made_with)) == (
        "skops", "model.pkl", {"scikit-learn": "1.9.0"}
    )  # fmt: skip


def test_an_mlmodel_file_cannot_lead_outside(tmp_path: Path) -> None:
    (tmp_path / "secret.pkl").write_bytes(pickle.dumps(1))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors:\n  sklearn:\n    pickled_model: ../secret.pkl\n")
    with pytest.raises(FittingError, match="outside its folder"):
        recognise(folder)


def test_mlmodel_values_keep_their_quotes_meaning() -> None:
    text = "a: 'it''s'\nb:\n  c: \"x\\u00e9\"\n  d: 1.0\ne: z\n"
    assert parse_mlmodel(text) == {"a": "it's", "b": {"c": "xé", "d": "1.0"}, "e": "z"}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_is_looked_into_without_running_it(tmp_path: Path, protocol: int) -> None:
    import sklearn

    (tmp_path / "m.pkl").write_bytes(pickle.dumps(fitted(), protocol))
    found = inspect(tmp_path / "m.pkl")
    assert found.sklearn_version == sklearn.__version__
    assert "sklearn.pipeline.Pipeline" in found.names


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("lzma", 3)])
def test_joblibs_files_are_looked_into_too(tmp_path: Path, compress: Any) -> None:
    import joblib

    joblib.dump(fitted(), tmp_path / "m.joblib", compress=compress)
    assert recognise(tmp_path / "m.joblib").format == "pickle"
    assert inspect(tmp_path / "m.joblib").sklearn_version


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("m.bin", b"hello", "no known format"),
        ("m.skops", b"", "is empty"),
        ("m.skops", b"PK\x03\x04 broken", "truncated"),
        ("m.skops", b"not a zip", "not a skops file"),
    ],
)
def test_files_that_are_none_are_told(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FittingError, match=told):
        recognise(tmp_path / name)


def test_an_estimator_that_was_never_fitted_is_told(tmp_path: Path) -> None:
    import joblib
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    for name, estimator in (("bare", LogisticRegression()), ("piped", make_pipeline(LogisticRegression()))):
        joblib.dump(estimator, tmp_path / f"{name}.joblib")
        with pytest.raises(FittingError, match="has not been fitted"):
            registered(tmp_path / name, tmp_path / f"{name}.joblib")


def test_several_targets_at_once_are_refused(tmp_path: Path) -> None:
    columns = rows()
    frame = frame_of({"hour": columns["hour"]})
    twice = np.column_stack([columns["late"], columns["late"]])
    for task, estimator in (
        ("classification", RandomForestClassifier(2)),
        ("regression", LinearRegression()),
    ):
        (tmp_path / f"{task}.pkl").write_bytes(pickle.dumps(estimator.fit(frame, twice)))
        with pytest.raises(FittingError) as caught:
            registered(tmp_path / task, tmp_path / f"{task}.pkl", task=task, positive=None)
        assert caught.value.hint == "a model predicts one target"


def test_a_class_and_a_pickle_that_ends_too_early_are_told(tmp_path: Path) -> None:
    (tmp_path / "class.pkl").write_bytes(pickle.dumps(LogisticRegression))
    with pytest.raises(FittingError, match="the class LogisticRegression, not a fitted estimator"):
        registered(tmp_path / "one", tmp_path / "class.pkl")
    (tmp_path / "short.pkl").write_bytes(pickle.dumps(fitted())[:-300])
    with pytest.raises(FittingError) as caught:
        registered(tmp_path / "two", tmp_path / "short.pkl")
    assert "truncated" in caught.value.hint


def test_support_vectors_of_several_classes_are_registered(tmp_path: Path) -> None:
    columns = rows()
    columns["late"] = np.arange(400) % 3
    estimator = SVC().fit(frame_of({"hour": columns["hour"]}), columns["late"])
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(estimator))
    bundle, result = registered(tmp_path / "job", tmp_path / "m.pkl", columns, positive=None)
    assert (bundle.manifest.algorithm, result["seen"]) == ("sklearn", 400)
