"""Training: what the bundle reads, gives and remembers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from incumbent.bundle import Bundle
from incumbent.columns import encode
from incumbent.errors import BundleError, DataError, FittingError, UsageError
from tests.incumbent.fitting.making import KINDS, own_modules_only, rows, trained

LINEAR = """
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

PARAMS = {"C": 1.0}

def build(C):
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = make_column_transformer(
        (numbers, ["distance", "hour"]), (OneHotEncoder(handle_unknown="ignore"), ["carrier"])
    )
    return make_pipeline(columns, LogisticRegression(C=C))
"""

REGRESSION = """
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

def build():
    return make_pipeline(SimpleImputer(), RandomForestRegressor(5, max_depth=4))
"""


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, dict[str, Any]]:
    return trained(tmp_path_factory.mktemp("linear"), LINEAR)


def numbers_only() -> dict[str, object]:
    return {
        name: column for name, column in rows().items() if name in ("when", "id", "distance", "hour", "late")
    }


def test_a_linear_pipeline_becomes_native_and_reads_what_it_names(linear: Any) -> None:
    bundle, result = linear
    assert bundle.manifest.algorithm == "native"
    assert bundle.input.names == ("distance", "hour", "carrier")
    assert bundle.output.classes == (0, 1) and bundle.output.positive == 1
    assert bundle.manifest.agreement["max_difference"] < 1e-12
    assert bundle.manifest.agreement["refused"] > 0  # infinities, which scikit-learn does not take
    assert result["needs"] is None
    row = {"distance": None, "hour": 7, "carrier": "nobody"}
    assert math.isclose(sum(bundle.predict_row(row)), 1.0)


def test_the_bundles_predictions_are_scikit_learns(linear: Any) -> None:
    import pandas as pd

    bundle, _ = linear
    columns = rows()
    frame = pd.DataFrame(
        {
            "distance": columns["distance"],
            "hour": columns["hour"],
            "carrier": pd.Series(
                [np.nan if c is None else c for c in columns["carrier"].decode()], dtype="str"
            ),
        }
    )
    namespace: dict[str, object] = {}
    exec(LINEAR, namespace)
    estimator = namespace["build"](C=1.0).fit(frame, columns["late"])  # type: ignore[operator]
    np.testing.assert_allclose(bundle.predict(columns), estimator.predict_proba(frame), rtol=1e-12)


def test_training_twice_gives_the_same_bytes_and_other_parameters_another_version(
    linear: Any, tmp_path: Path
) -> None:
    first, _ = linear
    second, _ = trained(tmp_path / "b", LINEAR)
    third, result = trained(tmp_path / "c", LINEAR, set={"C": "0.1"})
    files = sorted(p.name for p in first.path.iterdir() if p.name != "lineage.json")
    assert all(
        (first.path / f).read_bytes() == (second.path / f).read_bytes() for f in files if f != "bundle.json"
    )
    assert first.hash == second.hash != third.hash
    assert result["parameters"] == {"C": 0.1}


def test_randomness_begins_at_the_seed(tmp_path: Path) -> None:
    data = numbers_only()
    options = {"task": "regression", "target": "distance", "positive": None}
    data["distance"] = np.nan_to_num(data["distance"], nan=900.0)
    hashes = [
        trained(tmp_path / str(i), REGRESSION, data, seed=seed, **options)[0].hash
        for i, seed in enumerate((0, 0, 1))
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_key_time_and_target_are_never_read(tmp_path: Path) -> None:
    bundle, _ = trained(tmp_path, REGRESSION, numbers_only(), task="regression", positive=None)
    assert bundle.input.names == ("distance", "hour")
    assert (bundle.output.low, bundle.output.high) == (0.0, 1.0)


def test_a_text_vectoriser_in_front_reads_the_one_text_column(tmp_path: Path) -> None:
    source = """
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

def build():
    return make_pipeline(TfidfVectorizer(), LogisticRegression())
"""
    bundle, _ = trained(tmp_path, source)
    assert (bundle.input.form, bundle.input.names) == ("text", ("note",))
    assert bundle.predict_row({"note": "bad weather ☃"})[1] > 0.5


OWN_CODE = """
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from helping import squared

def features(frame):
    return np.column_stack([squared(frame["hour"]), frame["distance"].fillna(0)])

def build():
    return make_pipeline(FunctionTransformer(features), LogisticRegression(max_iter=1000))
"""


def test_code_of_its_own_runs_as_sklearn_with_its_sources(tmp_path: Path) -> None:
    user = tmp_path / "user"
    user.mkdir()
    (user / "helping.py").write_text("def squared(x):\n    return x * x\n")
    bundle, result = trained(tmp_path, OWN_CODE)
    manifest = bundle.manifest
    assert manifest.algorithm == "sklearn"
    assert manifest.tried[0]["algorithm"] == "native" and manifest.tried[0]["reason"]
    assert set(bundle.input.names) == {"distance", "hour"}
    assert {"pipeline.py", "modules/helping.py"} <= set(manifest.files)
    assert "flights.features" in result["needs"]["types"]
    assert len(result["needs"]["sources"]) == 2
    bundle.verify()  # predicting left nothing in the folder


def test_code_of_its_own_needs_a_persons_trust(tmp_path: Path) -> None:
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "helping.py").write_text("def squared(x):\n    return x * x\n")
    bundle, result = trained(tmp_path, OWN_CODE)
    with own_modules_only(), pytest.raises(BundleError, match=r"nobody has trusted: .*flights\.features"):
        Bundle.open(bundle.path).algorithm()
    only_types = {"types": result["needs"]["types"], "sources": []}
    with own_modules_only(), pytest.raises(BundleError, match="nobody has trusted its"):
        Bundle.open(bundle.path, trusted=only_types).algorithm()


def test_a_cost_tunes_the_threshold_on_rows_not_fitted_on(tmp_path: Path) -> None:
    bundle, _ = trained(tmp_path, LINEAR, cost={"fp": 1, "fn": 9})
    how = bundle.lineage()["threshold"]
    assert bundle.output.threshold == how["threshold"] < 0.35
    assert how["how"] == "tuned" and how["rows"] == 320
    assert len(bundle.lineage()["validation"]["folds"]) == 4


def test_a_given_threshold_is_kept(tmp_path: Path) -> None:
    bundle, _ = trained(tmp_path, LINEAR, threshold=0.4)
    assert bundle.output.threshold == 0.4


def test_the_lineage_tells_the_four_steps(tmp_path: Path) -> None:
    source = """
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

def build():
    return make_pipeline(SimpleImputer(), SelectKBest(k=1), LogisticRegression())
"""
    bundle, _ = trained(tmp_path, source, numbers_only())
    lineage = bundle.lineage()
    assert lineage["collection"] == {"rows": 0}
    assert lineage["preprocessing"]["steps"][0]["name"] == "simpleimputer"
    assert lineage["selection"][0]["kept"] == ["distance"]
    assert lineage["selection"][0]["dropped"] == ["hour"]
    fold = lineage["validation"]["folds"][0]
    assert fold["rows_fitted"] == 320 and fold["rows_scored"] == 80
    assert 0.5 < fold["scores"]["roc_auc"] <= 1
    assert lineage["pipeline"]["sha256"] and "scikit-learn" in lineage["packages"]


def test_the_embargo_leaves_out_labels_that_were_not_known_at_the_cut(tmp_path: Path) -> None:
    bundle, _ = trained(tmp_path, LINEAR, label_delay_seconds=10 * 3600.0)
    assert bundle.lineage()["validation"]["folds"][0]["rows_fitted"] == 311


def test_weights_reach_the_last_step(linear: Any, tmp_path: Path) -> None:
    plain, _ = linear
    data = {**rows(), "passengers": np.where(rows()["hour"] < 12, 0.001, 1.0)}
    weighted, _ = trained(tmp_path, LINEAR, data, weight="passengers")
    row = {"distance": 1200.0, "hour": 20, "carrier": "UA"}
    assert abs(plain.predict_row(row)[1] - weighted.predict_row(row)[1]) > 1e-3


def failing(tmp_path: Path, source: str, **changes: object) -> str:
    with pytest.raises((FittingError, DataError, UsageError)) as caught:
        trained(tmp_path, source, **changes)  # type: ignore[arg-type]
    return str(caught.value)


def test_weights_that_no_step_takes_are_refused(tmp_path: Path) -> None:
    source = """
from sklearn.neighbors import KNeighborsClassifier
def build():
    return KNeighborsClassifier()
"""
    data = {**numbers_only(), "weight": np.ones(400)}
    data["distance"] = np.nan_to_num(data["distance"])
    assert "takes no sample weights" in failing(tmp_path, source, columns=data, weight="weight")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def build(:\n", "flights.py, line 1"),
        ("import no_such_package\n", "No module named 'no_such_package'"),
        ("x = 1\n", "no function `build`"),
        ("PARAMS = {'a': 1}\ndef build(b):\n    return b\n", "does not take the parameters in PARAMS"),
        ("def build():\n    return 7\n", "returned int, not an estimator"),
        (
            "def build():\n    return helper()\n\ndef helper():\n    raise KeyError('ups')\n",
            "line 5, in helper",
        ),
    ],
)
def test_mistakes_in_the_file_are_told_with_the_users_own_lines(
    tmp_path: Path, source: str, told: str
) -> None:
    message = failing(tmp_path, source)
    assert told in message
    assert "site-packages" not in message and "Traceback" not in message


def test_a_parameter_that_does_not_exist_suggests_the_closest(tmp_path: Path) -> None:
    message = failing(
        tmp_path,
        LINEAR.replace('"C"', '"strength"').replace("build(C)", "build(strength)"),
        set={"strenght": "1"},
    )
    assert "did you mean 'strength'?" in message


def test_a_column_that_the_data_lack_suggests_the_closest(tmp_path: Path) -> None:
    message = failing(tmp_path, LINEAR.replace('"carrier"', '"carier"'))
    assert "'carier'" in message and "did you mean 'carrier'?" in message


def test_a_pipeline_that_reads_the_key_is_told_so(tmp_path: Path) -> None:
    assert "which is the model's key" in failing(tmp_path, LINEAR.replace('"hour"', '"id"'))


def test_a_positive_class_that_does_not_exist_is_told(tmp_path: Path) -> None:
    assert "positive class 'yes'" in failing(tmp_path, LINEAR, positive="yes")


VOTES_OF_PAIRS = """
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC


def build():
    front = make_column_transformer(("passthrough", ["hour", "id2"]))
    return make_pipeline(front, SVC(decision_function_shape="ovo"))
"""


def test_decisions_that_do_not_tell_the_class_are_not_taken_for_scores(tmp_path: Path) -> None:
    columns = rows()
    columns["id2"] = np.arange(400.0) % 50
    columns["late"] = encode([("a", "b", "c")[int(i % 50 > 12) + int(i % 24 > 12)] for i in range(400)])
    bundle, _ = trained(tmp_path, VOTES_OF_PAIRS, columns, positive=None)
    assert bundle.output.scores == "probabilities"
    scores = bundle.predict(columns, 400)
    named = [bundle.output.classes[i] for i in bundle.output.decide(scores)]
    assert np.mean(np.asarray(named) == columns["late"].decode()) > 0.9


CUT_BELOW = """
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline

PARAMS = {"positive": 1}


def build(positive):
    front = make_column_transformer(("passthrough", ["hour", "night"]))
    model = LogisticRegression()
    return make_pipeline(front, FixedThresholdClassifier(model, threshold=0.3, pos_label=positive))
"""


@pytest.mark.parametrize("positive", [0, 1])
def test_a_threshold_within_a_pipeline_is_the_versions_for_the_class_that_it_means(
    tmp_path: Path, positive: int
) -> None:
    bundle, result = trained(tmp_path, CUT_BELOW, set={"positive": positive})
    scores = bundle.predict(rows(), 400)
    expected = np.where(scores[:, positive] >= 0.3, positive, 1 - positive)
    assert bundle.output.decide(scores).tolist() == expected.tolist()
    assert len(set(expected.tolist())) == 2 or positive == 0
    assert result["warnings"] == []


OTHERWISE = """
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


class Contrary(LogisticRegression):
    def predict(self, x):
        return 1 - super().predict(x)


def build():
    return make_pipeline(make_column_transformer(("passthrough", ["hour"])), Contrary())
"""


def test_a_predict_that_belies_its_probabilities_is_told(tmp_path: Path) -> None:
    _, result = trained(tmp_path, OTHERWISE)
    assert result["warnings"] == [
        "its predict() names another class than its likeliest class on 400 of 400 reference rows; "
        "what counts here are the scores"
    ]


BY_FLOAT32 = """
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


def build():
    front = make_column_transformer(("passthrough", ["hour", "id2"]))
    first = LogisticRegression(C=0.01)
    return make_pipeline(front, GradientBoostingClassifier(n_estimators=3, init=first, random_state=0))
"""


def test_an_estimator_that_differs_from_itself_by_float32_runs_as_it_is(tmp_path: Path) -> None:
    columns = rows()
    columns["id2"] = np.random.default_rng(0).normal(size=400) * 12_345.678
    bundle, _ = trained(tmp_path, BY_FLOAT32, columns)
    assert bundle.manifest.algorithm == "sklearn"


FAILING = """
from sklearn.{module} import {name}

def build():
    return {name}{call}
"""


@pytest.mark.parametrize(
    ("module", "name", "call", "said"),
    [
        ("dummy", "DummyClassifier", "(strategy='stratified')", "random_state"),
        ("linear_model", "LogisticRegression", "", "returned the class LogisticRegression"),
        ("linear_model", "Ridge", "()", "ends with a regressor"),
        ("ensemble", "HistGradientBoostingClassifier", "()", "'void'"),
    ],
)
def test_a_training_that_cannot_go_well_says_why(
    tmp_path: Path, module: str, name: str, call: str, said: str
) -> None:
    wanted = ["when", "hour", "late"] + (["void"] if said == "'void'" else [])
    columns = {**rows(), "void": np.full(400, np.nan)}
    if name == "Ridge":
        columns["late"] = encode(["yes" if late else "no" for late in columns["late"]])
    with pytest.raises(FittingError) as caught:
        trained(
            tmp_path,
            FAILING.format(module=module, name=name, call=call),
            {n: columns[n] for n in wanted},
            positive=None,
        )
    assert said in f"{caught.value.message} {caught.value.hint}"


OWN_TRANSFORMER = """
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

class Ours(TransformerMixin, BaseEstimator):
    def fit(self, rows, target=None):
        self.inner_ = make_column_transformer(("passthrough", ["hour"]), ("drop", ["distance"])).fit(rows)
        return self

    def transform(self, rows):
        return self.inner_.transform(rows)

def build():
    return make_pipeline(Ours(), LogisticRegression())
"""


def test_folds_are_fitted_on_all_that_the_whole_was_fitted_on(tmp_path: Path) -> None:
    bundle, _ = trained(tmp_path, OWN_TRANSFORMER, cost={"fp": 1, "fn": 2})
    assert bundle.input.names == ("hour",)
    assert [fold["rows_scored"] for fold in bundle.lineage()["validation"]["folds"]] == [80, 80, 80, 80]
    refused = next(t for t in bundle.manifest.tried if t["algorithm"] == "native")
    assert "Ours: not one of the estimators" in refused["reason"]


@pytest.mark.parametrize("source", [LINEAR, OWN_TRANSFORMER])
def test_a_pipeline_that_reads_an_ignored_column_is_told_so(tmp_path: Path, source: str) -> None:
    message = failing(tmp_path, source, kinds={**KINDS, "distance": "ignore"})
    assert "'distance'" in message and "take its line out of [columns]" in message
