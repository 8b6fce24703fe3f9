"""Versions from training and registering to reproducing, with real child processes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.diff import diff
from core.prediction_child import PredictionChild
from core.spec import parse
from core.versions import archive, export, list_versions, register, reproduce, show, train, unarchive
from core.workspace import Workspace
from incumbent.bundle import Bundle
from incumbent.errors import BundleError, DataError, RefusedError, UsageError
from tests.house import fitting_here

SPEC = """
name = "flights"
task = "classification"
target = "late"
positive = 1
time = "when"
partition = "month"
data = "flights.csv"
metric = "roc_auc"
key = "id"
label_delay = "1d"
pipeline = "code/flights.py"
"""

PIPELINE = """
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

PARAMS = {"C": 1.0, "neighbours": 0}

def build(C, neighbours):
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = make_column_transformer(
        (numbers, ["distance", "hour"]), (OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        ["carrier"])
    )
    last = KNeighborsClassifier(neighbours) if neighbours else LogisticRegression(C=C)
    return make_pipeline(columns, last)
"""


def write_rows(path: Path, count: int = 600) -> None:
    rng = np.random.default_rng(0)
    start = np.datetime64("2013-01-01T00:00:00")
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["when", "id", "distance", "hour", "carrier", "late"])
        for i in range(count):
            distance, carrier = rng.normal(1000, 300), rng.choice(["UA", "AA", ""])
            late = int(distance / 1000 + (carrier == "UA") + rng.normal(0, 0.5) > 1.4)
            when = start + np.timedelta64(i * 2, "h")
            out.writerow(
                [when, i, f"{distance:.3f}" if i % 17 else "", i % 24, carrier, late if i % 50 else ""]
            )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, Any], dict[str, Any]]:
    """A workspace with a native version, and one that runs as scikit-learn."""
    root = tmp_path_factory.mktemp("house")
    workspace = Workspace.create(root)
    write_rows(root / "flights.csv")
    (root / "code").mkdir()
    (root / "code" / "flights.py").write_text(PIPELINE)
    with workspace.store() as store:
        store.models.apply("flights", parse(SPEC).document(), who="ada")
    first = train(workspace, "flights", until="2013-02-01")
    with fitting_here():
        second = train(workspace, "flights", parameters={"neighbours": "5"}, until="2013-02-10")
    return workspace, first, second


def test_the_documents_have_the_keys_that_scripts_rely_on(house: Any) -> None:
    workspace, first, _ = house
    shown = show(workspace, "flights", 1)
    for document in (first, shown):
        assert {"model", "version", "hash", "algorithm", "agreement", "trained", "parameters", "run"} <= set(
            document
        )
        assert {"max_difference", "rows"} <= set(document["agreement"])
        assert {"since", "until", "rows"} <= set(document["trained"])
    assert (first["version"], first["algorithm"], first["existing"]) == (1, "native", False)
    listed = list_versions(workspace, "flights")
    assert [v["version"] for v in listed][-3:] == [2, 1, 0]
    assert {"version", "state", "algorithm", "created", "trained", "id"} <= set(listed[0])


def test_training_sees_only_labels_that_were_known_at_its_end(house: Any) -> None:
    workspace, first, _ = house
    # until 1 February with a label delay of a day: rows up to 31 January 00:00, less those without a label
    assert first["trained"]["until"] == "2013-01-31T00:00:00.000001"
    assert first["trained"]["since"] == "2013-01-01T02:00:00"
    collection = workspace.bundle(first["hash"]).lineage()["collection"]
    assert collection["rows"] == first["trained"]["rows"] == 361 - 8
    assert collection["rows"] + collection["unlabelled"] == 372  # all rows before 1 February


def test_the_first_version_brings_the_baseline_of_the_same_rows(house: Any) -> None:
    workspace, first, _ = house
    baseline = show(workspace, "flights", 0)
    assert baseline["algorithm"] == "baseline" and baseline["state"] == "baseline"
    assert baseline["trained"] == first["trained"]
    share = workspace.bundle(baseline["hash"]).predict_row({})[1]
    assert 0.2 < share < 0.8


def test_golden_cases_are_sampled_for_every_version(house: Any) -> None:
    workspace, _, _ = house
    with workspace.store() as store:
        for number in (1, 2):
            assert len(store.cases.list("flights", version=number)) >= 16


def test_a_model_that_native_does_not_cover_says_why_and_predicts_in_a_child(house: Any) -> None:
    workspace, _, second = house
    assert second["algorithm"] == "sklearn"
    assert "KNeighborsClassifier" in second["why"]
    assert second["agreement"]["max_difference"] == 0
    from incumbent.columns import encode

    columns = {
        "distance": np.array([900.0, np.nan, np.inf]),
        "hour": np.array([1, 2, 3]),
        "carrier": encode(["UA", None, "?"]),
    }
    with PredictionChild(workspace, workspace.bundle_path(second["hash"])) as child:
        scores = child.predict(columns)
    assert scores.shape == (3, 2)
    np.testing.assert_allclose(scores[:2].sum(axis=1), 1.0)
    assert np.isnan(scores[2]).all()  # scikit-learn refuses infinity


def test_reproducing_gives_the_same_bundle(house: Any) -> None:
    workspace, _, _ = house
    same = reproduce(workspace, "flights", 1)
    assert same["identical"] and same["data_identical"] and same["max_difference"] == 0


@pytest.mark.slow
def test_reproducing_on_other_data_says_so(house: Any) -> None:
    workspace, first, _ = house
    path = workspace.root / "flights.csv"
    before = path.read_text()
    try:
        lines = before.splitlines()
        lines[3] = lines[3].replace(",2,", ",14,")
        path.write_text("\n".join(lines) + "\n")
        other = reproduce(workspace, "flights", 1)
        assert not other["data_identical"] and not other["identical"]
        assert 0 < other["max_difference"] < 1
    finally:
        path.write_text(before)
    assert show(workspace, "flights", 1)["hash"] == first["hash"]


@pytest.mark.slow
def test_the_difference_of_two_versions_is_told_down_to_the_decisions(house: Any) -> None:
    workspace, _, _ = house
    found = diff(workspace, "flights", 1, 2, rows=300)
    assert {"name": "neighbours", "a": 0, "b": 5} in found["parameters"]
    assert found["data"]["changed"] and not found["source"]["changed"]
    assert found["algorithm"] == {"a": "native", "b": "sklearn"}
    decisions = found["decisions"]
    assert decisions["rows"] == 300
    assert decisions["flips"] == sum(o["rows"] for o in decisions["outcomes"]) > 0
    example = decisions["examples"][0]
    assert example["a"] != example["b"] and {"distance", "carrier"} <= set(example["row"])
    by_carrier = [s for s in decisions["segments"] if s["column"] == "carrier"]
    assert sum(s["flips"] for s in by_carrier) == decisions["flips"]


@pytest.mark.slow
def test_a_fitted_file_registers_without_a_known_range(house: Any) -> None:
    import skops.io
    from sklearn.linear_model import LogisticRegression

    workspace, _, _ = house
    import pandas as pd

    frame = pd.read_csv(workspace.root / "flights.csv").dropna(subset=["late", "distance"])
    estimator = LogisticRegression(max_iter=500).fit(frame[["distance", "hour"]], frame["late"].astype(int))
    skops.io.dump(estimator, workspace.root / "model.skops")
    made = register(workspace, "flights", workspace.root / "model.skops")
    assert made["algorithm"] == "native"
    assert made["trained"]["since"] is made["trained"]["until"] is None
    with pytest.raises(RefusedError, match="was not trained here"):
        reproduce(workspace, "flights", made["version"])


def test_a_pickle_is_refused_without_a_persons_word(house: Any) -> None:
    import pickle

    workspace, _, _ = house
    (workspace.root / "model.pkl").write_bytes(pickle.dumps(np.arange(3)))
    with pytest.raises(RefusedError, match=r"is a pickle.*numpy.*--trust-pickle"):
        register(workspace, "flights", workspace.root / "model.pkl")
    with pytest.raises(UsageError):
        register(workspace, "flights")


def test_recorded_predictions_become_a_version(house: Any) -> None:
    workspace, _, _ = house
    made = register(workspace, "flights", recorded="late")
    assert made["algorithm"] == "recorded"
    with pytest.raises(DataError, match="did you mean 'carrier'"):
        register(workspace, "flights", recorded="carier")


def test_an_exported_bundle_opens_anywhere(house: Any, tmp_path: Path) -> None:
    workspace, first, _ = house
    done = export(workspace, "flights", 1, tmp_path / "out")
    assert Bundle.open(tmp_path / "out", expect=first["hash"]).hash == done["hash"]
    with pytest.raises(RefusedError, match="something at"):
        export(workspace, "flights", 1, tmp_path / "out")


def test_archiving_hides_a_version_and_can_be_taken_back(house: Any) -> None:
    workspace, _, _ = house
    assert archive(workspace, "flights", 2, "ada")["state"] == "archived"
    assert 2 not in [v["version"] for v in list_versions(workspace, "flights")]
    assert 2 in [v["version"] for v in list_versions(workspace, "flights", include_archived=True)]
    assert unarchive(workspace, "flights", 2, "ada")["state"] == "candidate"


@pytest.mark.slow
def test_a_failed_training_leaves_nothing_behind(house: Any) -> None:
    workspace, _, _ = house
    before = sorted(p.name for p in workspace.bundles.iterdir())
    versions = list_versions(workspace, "flights")
    with pytest.raises(UsageError, match="did you mean 'neighbours'"):
        train(workspace, "flights", parameters={"neighbors": 3})
    with pytest.raises(DataError, match="no row with a known 'late'"):
        train(workspace, "flights", since="2020-01-01")
    with pytest.raises(UsageError, match="is not before"):
        train(workspace, "flights", since="2013-02-01", until="2013-01-01")
    assert sorted(p.name for p in workspace.bundles.iterdir()) == before
    assert list_versions(workspace, "flights") == versions
    assert not list(workspace.cache.glob("job-*")) and not list(workspace.cache.glob("predict-*"))


def test_a_damaged_bundle_is_named(house: Any, tmp_path: Path) -> None:
    workspace, first, _ = house
    path = workspace.bundle_path(first["hash"]) / "coefficients.json"
    before = path.read_bytes()
    try:
        path.write_bytes(before.replace(b"0.", b"1.", 1))
        with pytest.raises(BundleError, match=r"coefficients\.json .* has been altered"):
            show(workspace, "flights", 1)
    finally:
        path.write_bytes(before)
