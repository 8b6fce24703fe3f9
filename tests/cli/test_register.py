"""``incumbent version register`` on files as people have them: whole, foreign, old, broken.

``files/numbers.onnx`` and ``files/columns.onnx`` were written by skl2onnx 1.20 from :func:`linear` and
:func:`with_carrier`: the one takes a tensor of unnamed numbers, the other an input a column.
"""

from __future__ import annotations

import pickle
import re
import sys
import types
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from core.workspace import Workspace
from incumbent.columns import column
from tests.cli.conftest import Incumbent

FILES = Path(__file__).parent / "files"
HERE = sklearn.__version__.encode()
SPEC = """
name = "late"
task = "classification"
target = "late"
positive = 1
time = "at"
data = "rows.csv"
"""
MLMODEL = """artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.sklearn
    model_path: {file}
    predict_fn: predict
    python_version: 3.11.7
  sklearn:
    code: null
    pickled_model: {file}
    serialization_format: {form}
    sklearn_version: {version}
mlflow_version: 3.1.0
signature:
  inputs: '[{{"type": "double", "name": "distance", "required": true}}]'
  outputs: '[{{"type": "tensor", "tensor-spec": {{"dtype": "int64", "shape": [-1]}}}}]'
utc_time_created: '2026-01-01 00:00:00.000000'
"""


def table() -> pd.DataFrame:
    random = np.random.default_rng(0)
    count = 90
    frame = pd.DataFrame(
        {
            "at": pd.date_range("2024-01-01", periods=count, freq="6h"),
            "distance": random.normal(10, 2, count).round(3),
            "hour": np.arange(count) % 24,
            "carrier": random.choice(["UA", "AA"], count),
        }
    )
    score = frame["distance"] / 10 + (frame["carrier"] == "UA") + random.normal(0, 0.4, count)
    return frame.assign(late=(score > 1.5).astype(int))


def linear(frame: pd.DataFrame) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(
        frame[["distance", "hour"]], frame["late"]
    )


def with_carrier(frame: pd.DataFrame) -> Any:
    numbers = (StandardScaler(), ["distance", "hour"])
    front = make_column_transformer(numbers, (OneHotEncoder(), ["carrier"]))
    names = ["distance", "hour", "carrier"]
    return make_pipeline(front, LogisticRegression()).fit(frame[names], frame["late"])


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with data, a spec, and no version but those of these tests."""
    from core.models import apply

    workspace = Workspace.create(tmp_path_factory.mktemp("registry"))
    frame = table()
    frame.to_csv(workspace.root / "rows.csv", index=False)
    frame[["distance", "hour", "late"]].to_csv(workspace.root / "numbers.csv", index=False)
    (workspace.root / "late.toml").write_text(SPEC)
    apply(workspace, workspace.root / "late.toml")
    return workspace


def predicted(workspace: Workspace, version_hash: str) -> np.ndarray:
    columns = {name: column(values.tolist()) for name, values in table().drop(columns="at").items()}
    return np.asarray(workspace.bundle(version_hash).predict(columns))


def test_a_named_onnx_file(registry: Workspace, incumbent: Incumbent) -> None:
    pytest.importorskip("onnxruntime")
    made = incumbent(registry, "version", "register", "late", FILES / "columns.onnx", "--json")
    assert made.code == 0, made.err
    assert made.document["algorithm"] == "onnx"
    expected = with_carrier(table()).predict_proba(table())
    np.testing.assert_allclose(predicted(registry, made.document["hash"]), expected, atol=1e-5)


def test_an_unnamed_onnx_file_takes_the_columns_of_the_reference(
    registry: Workspace, incumbent: Incumbent
) -> None:
    pytest.importorskip("onnxruntime")
    register = ("version", "register", "late", FILES / "numbers.onnx")
    told = incumbent(registry, *register)
    assert told.code == 4
    assert "in order of place, the data have 3: distance, hour, carrier" in told.err
    assert "--reference" in told.err
    made = incumbent(registry, *register, "--reference", registry.root / "numbers.csv", "--json")
    assert made.code == 0, made.err
    expected = linear(table()).predict_proba(table()[["distance", "hour"]])
    np.testing.assert_allclose(predicted(registry, made.document["hash"]), expected, atol=1e-5)
    assert "nobody knows which rows taught it" in incumbent(registry, "version", "show", "late", 1).out


def forest(frame: pd.DataFrame) -> Any:
    return RandomForestClassifier(5, random_state=0).fit(frame[["distance", "hour"]], frame["late"])


def boosting(frame: pd.DataFrame) -> Any:
    return HistGradientBoostingClassifier(max_iter=3).fit(frame[["distance", "hour"]], frame["late"])


@pytest.mark.parametrize(
    "made",
    [forest, pytest.param(linear, marks=pytest.mark.slow), pytest.param(boosting, marks=pytest.mark.slow)],
)
def test_a_range_that_holds_fewer_rows_than_the_file_records_is_not_believed(
    registry: Workspace, incumbent: Incumbent, tmp_path: Path, made: Callable[[pd.DataFrame], Any]
) -> None:
    import skops.io

    until = "2024-01-11"
    frame = table()
    rows = {"honest": frame[frame["at"] < until], "belied": frame}
    found = {}
    for name, seen in rows.items():
        skops.io.dump(made(seen), tmp_path / f"{name}.skops")
        answer = incumbent(
            registry,
            "version",
            "register",
            "late",
            tmp_path / f"{name}.skops",
            "--trained-until",
            until,
            "--json",
        )
        assert answer.code == 0, answer.err
        found[name] = answer.document
    assert found["honest"]["trained"]["until"].startswith(until)
    assert "claimed range" not in found["honest"]["why"]
    assert found["belied"]["trained"]["until"] is None
    assert (
        "learned from at least 90 rows, the claimed range holds 40: its range is taken as unknown"
        in found["belied"]["why"]
    )


@pytest.mark.slow
def test_other_rows_said_to_have_taught_the_same_file_are_refused(
    registry: Workspace, incumbent: Incumbent, tmp_path: Path
) -> None:
    import skops.io

    skops.io.dump(linear(table()[:30]), tmp_path / "linear.skops")
    file = ("version", "register", "late", tmp_path / "linear.skops")
    again = (*file, "--reference", registry.root / "numbers.csv")
    first = incumbent(registry, *again, "--json").document
    assert first["trained"]["until"] is None
    told = incumbent(registry, *again, "--trained-until", "2024-01-09", "--json").document
    assert (told["version"], told["told"], told["trained"]["until"][:10]) == (
        first["version"], True, "2024-01-09",
    )  # fmt: skip
    repeated = incumbent(registry, *again)
    assert repeated.code == 0
    assert "nothing new was made" in repeated.out
    assert "learned from the rows until 2024-01-09" in repeated.out
    for other, words in (
        (("--trained-since", "2024-01-01", "--trained-until", "2024-01-15"), "rows from 2024-01-01 until"),
        (("--unseen",), "now: it learned from rows that are not in the data"),
    ):
        refused = incumbent(registry, *again, *other, "--json")
        assert refused.code == 3
        message = refused.error["message"]
        assert f"late v{first['version']}" in message and "the rows until 2024-01-09" in message
        assert words in message
    corrected = incumbent(registry, *file, "--trained-until", "2024-01-15", "--json").document
    assert corrected["version"] > first["version"] and corrected["trained"]["until"][:10] == "2024-01-15"


def mlflow_folder(folder: Path, form: str) -> Path:
    """A model as MLflow logs it: ``pickled_model`` names the file whatever its format."""
    import joblib
    import skops.io

    folder.mkdir()
    file = "model.skops" if form == "skops" else "model.pkl"
    (skops.io if form == "skops" else joblib).dump(with_carrier(table()), folder / file)
    (folder / "MLmodel").write_text(MLMODEL.format(file=file, form=form, version=sklearn.__version__))
    return folder


@pytest.mark.slow
def test_an_mlflow_folder_of_skops(registry: Workspace, incumbent: Incumbent, tmp_path: Path) -> None:
    folder = mlflow_folder(tmp_path / "model", "skops")
    made = incumbent(registry, "version", "register", "late", folder, "--json")
    assert (made.code, made.document["algorithm"]) == (0, "native"), made.err
    expected = with_carrier(table()).predict_proba(table())
    np.testing.assert_allclose(predicted(registry, made.document["hash"]), expected, rtol=1e-12)


def test_an_mlflow_folder_of_joblib_asks_for_trust(
    registry: Workspace, incumbent: Incumbent, tmp_path: Path
) -> None:
    register = ("version", "register", "late", mlflow_folder(tmp_path / "model", "joblib"))
    refused = incumbent(registry, *register, "--json")
    assert refused.code == 3
    assert "--trust-pickle" in refused.error["hint"] and "sklearn" in refused.error["message"]


@pytest.mark.slow
def test_a_trusted_joblib_in_an_mlflow_folder_is_the_same_version_as_its_skops(
    registry: Workspace, incumbent: Incumbent, tmp_path: Path
) -> None:
    first, second = (
        incumbent(registry, "version", "register", "late", folder, "--trust-pickle", "--json")
        for folder in (mlflow_folder(tmp_path / "a", "skops"), mlflow_folder(tmp_path / "b", "joblib"))
    )
    assert (first.code, second.code) == (0, 0), second.err
    assert (second.document["existing"], second.document["hash"]) == (True, first.document["hash"])


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Path]:
    """A skops file with a type of a module that lies beside it."""
    import skops.io

    source = (
        "import numpy as np\nfrom sklearn.base import BaseEstimator, ClassifierMixin\n"
        "class Halves(ClassifierMixin, BaseEstimator):\n"
        "    def fit(self, X, y):\n"
        "        self.classes_, self.feature_names_in_ = np.unique(y), np.array(list(X.columns), object)\n"
        "        return self\n"
        "    def predict_proba(self, X):\n"
        "        late = np.clip(X['distance'].to_numpy() / 20, 0, 1)\n"
        "        return np.column_stack([1 - late, late])\n"
        "    def predict(self, X):\n"
        "        return self.predict_proba(X).argmax(axis=1)\n"
    )
    (tmp_path / "our_features.py").write_text(source)
    module = types.ModuleType("our_features")
    exec(source, module.__dict__)
    sys.modules["our_features"] = module
    try:
        skops.io.dump(module.Halves().fit(table()[["distance"]], table()["late"]), tmp_path / "m.skops")
    finally:
        del sys.modules["our_features"]
    return tmp_path / "m.skops"


@pytest.mark.slow
def test_a_strangers_type_is_loaded_on_a_persons_word(
    registry: Workspace, incumbent: Incumbent, stranger: Path
) -> None:
    register = ("version", "register", "late", stranger)
    refused = incumbent(registry, *register, "--json")
    assert refused.code == 3
    assert "our_features.Halves" in refused.error["message"]
    assert "--trust our_features.Halves" in refused.error["hint"]
    made = incumbent(registry, *register, "--trust", "our_features.Halves", "--json")
    assert (made.code, made.document["algorithm"]) == (0, "sklearn"), made.err
    with registry.store() as store:
        entry = store.journal.page("late", limit=1).rows[0]
        assert entry.detail["trust_types"] == ["our_features.Halves"]
        assert "our_features.Halves" in store.settings.get("trusted")["types"]
        assert store.search("our_features")[0].id == entry.id


Maker = Callable[[Path], None]


def pickled(change: Callable[[bytes], bytes]) -> Maker:
    """A pickle of a fitted pipeline, its bytes changed."""
    return lambda path: path.write_bytes(change(pickle.dumps(linear(table())))) and None


def zipped(change: Callable[[bytes], bytes]) -> Maker:
    """A skops file whose schema is changed."""

    def make(path: Path) -> None:
        import skops.io

        given = skops.io.dumps(linear(table()))
        path.write_bytes(given)
        with zipfile.ZipFile(path) as file:
            parts = {name: file.read(name) for name in file.namelist()}
        with zipfile.ZipFile(path, "w") as file:
            for name, content in parts.items():
                file.writestr(name, change(content) if name == "schema.json" else content)

    return make


def written(content: bytes) -> Maker:
    """Just these bytes."""
    return lambda path: path.write_bytes(content) and None


def class_of(module: bytes) -> bytes:
    """A pickle of an object of a class ``Model`` of a module."""
    return b"\x80\x04\x8c" + bytes([len(module)]) + module + b"\x94\x8c\x05Model\x94\x93\x94)\x81\x94."


def other_release(data: bytes) -> bytes:
    return data.replace(HERE, b"9.9.9"[: len(HERE)].ljust(len(HERE), b"9"))


BROKEN = [
    (
        "newer.pkl",
        pickled(lambda data: other_release(data).replace(b"StandardScaler\x94", b"StandardScalex\x94")),
        r"made with scikit-learn 9\.9\.9; here is scikit-learn \d.*StandardScalex",
        r"environment with scikit-learn==9\.9\.9, name its interpreter as `python`",
    ),
    ("notebook.pkl", written(class_of(b"__main__")), "needs Model of the script or notebook", "a module of"),
    ("module.pkl", written(class_of(b"our_own")), "No module named 'our_own'", r"put our_own\.py beside"),
    ("half.joblib", "half", "half.joblib does not load", "the file is truncated: copy it again"),
    ("text.joblib", written(b"distance,hour\n"), "neither a pickle nor a joblib file", "register a .skops"),
    (
        "pointer.joblib",
        written(b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
        "only a pointer of Git LFS",
        "git lfs pull",
    ),
    ("gone.pkl", None, "there is no file", "name a .skops"),
    ("empty.pkl", written(b""), "is empty", "copy the file again"),
    ("schema.skops", zipped(lambda _: b'{"a": 1}'), "does not say which skops wrote it", "skops.io.dump"),
    ("json.skops", zipped(lambda data: data[:50]), "is not a skops file", "it may be truncated"),
    (
        "newer.skops",
        zipped(lambda data: re.sub(rb'"protocol": \d+', b'"protocol": 99', other_release(data))),
        r"made with skops .*, scikit-learn 9\.9\.9; here is .*protocol 99",
        r"scikit-learn==9\.9\.9",
    ),
    (
        "class.skops",
        zipped(lambda data: other_release(data).replace(b'"StandardScaler"', b'"StandardScalex"')),
        r"made with .*there is no sklearn\.preprocessing\._data\.StandardScalex",
        r"scikit-learn==9\.9\.9",
    ),
    ("half.onnx", "half", "cannot read .*half.onnx", "export the model again"),
]
#: Those that need no child process, and one that does; the rest take the same road to other messages.
QUICK = {"newer.pkl", "text.joblib", "pointer.joblib", "gone.pkl", "empty.pkl"}


@pytest.mark.parametrize(
    ("name", "make", "message", "hint"),
    [
        pytest.param(*case, id=case[0], marks=[] if case[0] in QUICK else [pytest.mark.slow])
        for case in BROKEN
    ],
)
def test_old_and_broken_files_say_what_to_do(
    registry: Workspace, incumbent: Incumbent, tmp_path: Path, name: str, make: Any, message: str, hint: str
) -> None:
    path = tmp_path / name
    if make == "half":
        import joblib

        joblib.dump(linear(table()), path)
        whole = (FILES / "numbers.onnx").read_bytes() if name.endswith(".onnx") else path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif make is not None:
        make(path)
    before = incumbent(registry, "version", "list", "late", "--json").document
    told = incumbent(registry, "version", "register", "late", path, "--trust-pickle", "--json")
    assert (told.code, told.error["kind"]) == (4, "bundle" if name == "half.onnx" else "fitting")
    assert re.search(message, told.error["message"], re.DOTALL), told.error
    assert re.search(hint, told.error["hint"]), told.error
    assert incumbent(registry, "version", "list", "late", "--json").document == before


@pytest.mark.slow
def test_an_old_file_that_loads_says_that_it_may_answer_otherwise(
    registry: Workspace, incumbent: Incumbent, tmp_path: Path
) -> None:
    pickled(other_release)(tmp_path / "old.pkl")
    made = incumbent(registry, "version", "register", "late", tmp_path / "old.pkl", "--trust-pickle")
    assert made.code == 0, made.err
    assert re.search(r"made with scikit-learn 9\.9\.9 and loaded by \d", made.out)
    assert made.out.count("loaded by") == 1
