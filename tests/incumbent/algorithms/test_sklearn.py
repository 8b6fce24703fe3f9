"""Fitted estimators from audited skops files."""

from __future__ import annotations

import shutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    AdaBoostRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer
from sklearn.svm import SVC, LinearSVC

from incumbent.algorithms.sklearn import SklearnModel, open_sklearn
from incumbent.columns import column
from incumbent.errors import BundleError
from incumbent.files import sha256_file
from incumbent.fitting import skops_file
from incumbent.fitting.usercode import load_pipeline
from incumbent.schema import InputColumn, InputSchema, OutputSchema

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
TWO = (X[:, 0] > 0).astype(int)
NUMBERS = X @ np.array([1.0, 2.0, 0.0])
MATRIX = InputSchema(tuple(InputColumn(f"x{i}", "number", "float64") for i in range(3)), "array")
PROBABILITIES = OutputSchema("classification", "probabilities", (0, 1), 1)
DECISIONS = OutputSchema("classification", "decisions", (0, 1), 1)
REGRESSION = OutputSchema("regression", "numbers")

PLAIN: list[tuple[BaseEstimator, OutputSchema]] = [
    (RandomForestClassifier(3), PROBABILITIES),
    (HistGradientBoostingClassifier(max_iter=2), PROBABILITIES),
    (HistGradientBoostingRegressor(max_iter=2, loss="absolute_error"), REGRESSION),
    (GradientBoostingRegressor(n_estimators=2, loss="huber"), REGRESSION),
    (AdaBoostRegressor(n_estimators=2), REGRESSION),
    (CalibratedClassifierCV(LinearSVC(), method="sigmoid", cv=2), PROBABILITIES),
    (CalibratedClassifierCV(LinearSVC(), method="isotonic", cv=2), PROBABILITIES),
    (make_pipeline(SplineTransformer(), SelectKBest(f_classif, k=4), LogisticRegression()), PROBABILITIES),
    (KNeighborsClassifier(), PROBABILITIES),
    (GaussianProcessRegressor(), REGRESSION),
    (SVC(), DECISIONS),
    (RidgeClassifier(), DECISIONS),
    (MLPClassifier(max_iter=2), PROBABILITIES),
    (
        GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=StratifiedKFold(2), scoring="roc_auc"),
        PROBABILITIES,
    ),
    (StackingClassifier([("a", SVC()), ("b", KNeighborsClassifier())], cv=2), PROBABILITIES),
]


def fitted(estimator: Any, x: Any, y: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(x, y)


def opened(estimator: Any, folder: Path, output: OutputSchema, inputs: InputSchema = MATRIX) -> SklearnModel:
    skops_file.write(estimator, folder)
    return open_sklearn(folder, inputs, output, {"files": {}})


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: type(case[0]).__name__)
def test_plain_estimators_load_without_questions(
    case: tuple[BaseEstimator, OutputSchema], tmp_path: Path
) -> None:
    estimator, output = case
    fitted(estimator, X, NUMBERS if output.task == "regression" else TWO)
    model = opened(estimator, tmp_path, output)
    method = {"numbers": "predict", "probabilities": "predict_proba", "decisions": "decision_function"}
    expected = getattr(estimator, method[output.scores])(X)
    found = model.predict({f"x{i}": X[:, i] for i in range(3)}, len(X))
    assert np.array_equal(found, expected)
    one = model.predict_row({f"x{i}": float(X[5, i]) for i in range(3)})
    assert np.allclose(one, np.ravel(expected[5]), rtol=1e-12)
    assert model.predict({f"x{i}": X[:0, i] for i in range(3)}, 0).shape == (0, *expected.shape[1:])


def test_rows_that_the_estimator_refuses_are_nan(tmp_path: Path) -> None:
    model = opened(fitted(LogisticRegression(), X, TWO), tmp_path, PROBABILITIES)
    rows = X[:20].copy()
    rows[3, 1], rows[7, 0], rows[19, 2] = np.nan, np.inf, np.nan
    found = model.predict({f"x{i}": rows[:, i] for i in range(3)}, 20)
    assert np.flatnonzero(np.isnan(found).any(axis=1)).tolist() == [3, 7, 19]
    assert all(s != s for s in model.predict_row({"x0": None, "x1": 1.0, "x2": 2.0}))


def test_frames_and_texts(tmp_path: Path) -> None:
    frame = pd.DataFrame({"carrier": RNG.choice(["UA", "AA"], 60), "delay": X[:, 0]})
    pipeline = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), ["carrier"]), remainder="passthrough"
        ),
        LogisticRegression(),
    )
    schema = InputSchema(
        (InputColumn("carrier", "category", "text"), InputColumn("delay", "number", "float64"))
    )
    (tmp_path / "frame").mkdir()
    model = opened(fitted(pipeline, frame, TWO), tmp_path / "frame", PROBABILITIES, schema)
    columns = {"carrier": column(frame["carrier"].tolist()), "delay": X[:, 0]}
    assert np.array_equal(model.predict(columns, 60), pipeline.predict_proba(frame))
    texts = [f"late because of {w}" for w in RNG.choice(["snow", "fog", "crew"], 60)]
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    schema = InputSchema((InputColumn("why", "text", "text"),), "text")
    (tmp_path / "text").mkdir()
    model = opened(fitted(pipeline, texts, TWO), tmp_path / "text", PROBABILITIES, schema)
    assert np.array_equal(model.predict({"why": column(texts)}, 60), pipeline.predict_proba(texts))
    assert model.predict_row({"why": texts[0]}) == pipeline.predict_proba(texts[:1])[0].tolist()


def test_two_fits_of_a_vectorizer_are_the_same_file(tmp_path: Path) -> None:
    texts = np.array([f"word{i % 9} the other{i % 4}" for i in range(60)], dtype=object)
    for name in ("one", "other"):  # each with a list of its own, at an address of its own
        (tmp_path / name).mkdir()
        estimator = make_pipeline(TfidfVectorizer(stop_words=[*["the"]]), LogisticRegression())
        skops_file.write(fitted(estimator, texts, TWO), tmp_path / name)
    assert (tmp_path / "one" / skops_file.FILE).read_bytes() == (
        tmp_path / "other" / skops_file.FILE
    ).read_bytes()


@pytest.fixture
def custom(tmp_path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A bundle's folder whose estimator needs its own pipeline file."""
    source = tmp_path / "flights.py"
    shutil.copyfile(Path(__file__).parent / "custom_pipeline.py", source)
    paths = list(sys.path)
    pipeline = load_pipeline(source)
    folder = tmp_path / "bundle"
    folder.mkdir()
    skops_file.write(pipeline.build().fit(X, TWO), folder)
    shutil.copyfile(source, folder / "pipeline.py")
    del sys.modules["flights"]
    yield folder, {"pipeline": {"module": "flights", "file": "pipeline.py", "modules": []}}
    sys.modules.pop("flights", None)
    sys.path[:] = paths


def test_code_of_its_own_runs_only_when_types_and_source_are_trusted(
    custom: tuple[Path, dict[str, Any]],
) -> None:
    folder, manifest = custom
    sha = sha256_file(folder / "pipeline.py")
    with pytest.raises(BundleError, match=r"flights\.halved") as caught:
        open_sklearn(folder, MATRIX, PROBABILITIES, manifest)
    assert "trusted.types" in caught.value.hint
    for sources in ([], ["0" * 64]):
        with pytest.raises(BundleError, match=r"nobody has trusted its pipeline\.py"):
            open_sklearn(
                folder, MATRIX, PROBABILITIES, manifest, {"types": ["flights.halved"], "sources": sources}
            )
    assert "flights" not in sys.modules
    trusted = {"types": ["flights.halved"], "sources": [sha]}
    model = open_sklearn(folder, MATRIX, PROBABILITIES, manifest, trusted)
    expected = LogisticRegression().fit(X / 2, TWO).predict_proba(X / 2)
    assert np.allclose(model.predict({f"x{i}": X[:, i] for i in range(3)}, 60), expected, rtol=1e-12)


def test_trust_is_never_read_from_the_bundle(custom: tuple[Path, dict[str, Any]]) -> None:
    folder, manifest = custom
    trusted = {"types": ["flights.halved"], "sources": [sha256_file(folder / "pipeline.py")]}
    with pytest.raises(BundleError, match="nobody has trusted"):
        open_sklearn(folder, MATRIX, PROBABILITIES, {**manifest, **trusted, "trusted": trusted})


def test_an_altered_source_is_not_run(custom: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, manifest = custom
    sha = sha256_file(folder / "pipeline.py")
    (folder / "pipeline.py").write_text("open('ran', 'w')\n", "utf-8")
    with pytest.raises(BundleError, match="nobody has trusted"):
        open_sklearn(folder, MATRIX, PROBABILITIES, manifest, {"types": ["flights.halved"], "sources": [sha]})
    assert not (tmp_path / "ran").exists() and "flights" not in sys.modules


def test_damaged_files_are_named(tmp_path: Path) -> None:
    skops_file.write(fitted(LogisticRegression(), X, TWO), tmp_path)
    path = tmp_path / skops_file.FILE
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BundleError, match=skops_file.FILE) as caught:
        open_sklearn(tmp_path, MATRIX, PROBABILITIES, {})
    assert caught.value.hint
    path.unlink()
    with pytest.raises(BundleError, match=skops_file.FILE):
        open_sklearn(tmp_path, MATRIX, PROBABILITIES, {})


def test_functions_that_run_code_are_not_on_the_list(tmp_path: Path) -> None:
    from sklearn.preprocessing import FunctionTransformer

    skops_file.write(FunctionTransformer(eval), tmp_path)
    asked = skops.io.get_untrusted_types(file=tmp_path / skops_file.FILE)
    with pytest.raises(BundleError, match="types that nobody has trusted") as caught:
        open_sklearn(tmp_path, MATRIX, PROBABILITIES, {})
    assert all(name in caught.value.message for name in asked) and asked
