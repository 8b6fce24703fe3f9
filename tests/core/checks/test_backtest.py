"""The back-test, against scikit-learn on the raw rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core import production, requirements
from core.runs import get, run_here
from core.workspace import Workspace
from tests.core.checks import truth
from tests.house import copy, done

MONTHS = [f"2024-0{m}" for m in range(1, 7)]


@pytest.fixture(scope="module")
def place(built_house: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A house for this file."""
    return copy(built_house, tmp_path_factory.mktemp("backtest") / "house")


@pytest.fixture(scope="module")
def frame(place: Workspace) -> pd.DataFrame:
    """Its raw rows."""
    return truth.data(place.root)


@pytest.fixture(scope="module")
def result(place: Workspace) -> dict[str, Any]:
    """A back-test of all versions."""
    return backtest(place, "late")


def backtest(place: Workspace, model: str, as_of: str | None = None, **arguments: Any) -> dict[str, Any]:
    """The document of a back-test that has to succeed."""
    return dict(done(place, model, "backtest", arguments, as_of).result or {})


def version(document: dict[str, Any], number: int) -> dict[str, Any]:
    """A version's part."""
    return next(v for v in document["versions"] if v["version"] == number)


def partition(document: dict[str, Any], number: int, label: str) -> dict[str, Any]:
    """A partition of a version."""
    return next(p for p in version(document, number)["partitions"] if p["partition"] == label)


@pytest.mark.parametrize(("number", "until", "c"), [(1, "2024-03-01", 1.0), (2, "2024-04-01", 0.02)])
@pytest.mark.parametrize("label", ["2024-01", "2024-04", "2024-06"])
def test_every_metric_is_scikit_learns(
    number: int, until: str, c: float, label: str, result: dict[str, Any], frame: pd.DataFrame
) -> None:
    rows = truth.month(frame, label, "late")
    expected = truth.classified(truth.fit(frame, "late", until, c), rows)
    found = partition(result, number, label)
    assert found["n"] == len(rows)
    for name, value in expected.items():
        if name in found["metrics"]:
            assert found["metrics"][name]["value"] == pytest.approx(value, rel=1e-6), name
    assert {"roc_auc", "log_loss", "accuracy", "false_positives"} <= found["metrics"].keys() & expected.keys()


@pytest.mark.parametrize("label", ["2024-03", "2024-06"])
def test_regression_metrics_are_scikit_learns(label: str, place: Workspace, frame: pd.DataFrame) -> None:
    found = partition(backtest(place, "minutes"), 1, label)
    rows = truth.month(frame, label, "minutes")
    expected = truth.regressed(truth.fit(frame, "minutes", "2024-03-01"), rows)
    assert found["n"] == len(rows)
    for name, value in expected.items():
        assert found["metrics"][name]["value"] == pytest.approx(value, rel=1e-9, abs=1e-9), name


def test_the_baseline_says_the_same_of_every_row(result: dict[str, Any], frame: pd.DataFrame) -> None:
    for label in MONTHS[2:]:
        found = partition(result, 0, label)["metrics"]
        assert found["roc_auc"]["value"] == 0.5
        share = (truth.month(frame, label, "late")["late"] == "yes").mean()
        assert found["target_rate"]["value"] == pytest.approx(share)


def test_what_shaped_a_version_is_not_counted(result: dict[str, Any]) -> None:
    states = {n: [p["in_sample"] for p in version(result, n)["partitions"]] for n in (1, 2)}
    assert states[1] == ["in-sample"] * 2 + ["no"] * 4
    assert states[2] == ["in-sample"] * 3 + ["no"] * 3
    for number, counted in ((1, MONTHS[2:]), (2, MONTHS[3:])):
        n = sum(partition(result, number, label)["n"] for label in counted)
        assert version(result, number)["overall"]["roc_auc"]["n"] == n
        assert all(partition(result, number, label)["n"] for label in MONTHS)


def test_the_overall_value_is_the_row_weighted_mean(result: dict[str, Any]) -> None:
    counted = [partition(result, 1, label) for label in MONTHS[2:]]
    weights = [p["n"] for p in counted]
    for name in ("roc_auc", "log_loss", "accuracy"):
        mean = sum(w * p["metrics"][name]["value"] for w, p in zip(weights, counted)) / sum(weights)
        assert version(result, 1)["overall"][name]["value"] == pytest.approx(mean, rel=1e-9)
    errors = sum(p["metrics"]["false_positives"]["value"] for p in counted)
    assert version(result, 1)["overall"]["false_positives"]["value"] == errors


def test_intervals_hold_their_values(result: dict[str, Any]) -> None:
    for found in version(result, 1)["partitions"]:
        for name, metric in found["metrics"].items():
            if metric["low"] is not None:
                assert metric["low"] <= metric["value"] <= metric["high"], name


def test_half_a_partition_counts_by_its_rows_after_training(place: Workspace, frame: pd.DataFrame) -> None:
    own = copy(place, place.root.parent / "half")
    done(own, "late", "train", {"until": "2024-04-16", "parameters": {"C": 0.5}})
    found = partition(backtest(own, "late", versions=[3]), 3, "2024-04")
    rows = truth.month(frame, "2024-04", "late")
    rows = rows[rows["at"] >= "2024-04-16"]
    expected = truth.classified(truth.fit(frame, "late", "2024-04-16", 0.5), rows)
    assert (found["in_sample"], found["n"]) == ("part", len(rows))
    assert found["metrics"]["log_loss"]["value"] == pytest.approx(expected["log_loss"], rel=1e-6)


def test_rows_before_training_are_hindsight(place: Workspace) -> None:
    own = copy(place, place.root.parent / "late-start")
    done(own, "late", "train", {"since": "2024-03-01", "until": "2024-05-01", "parameters": {"C": 0.3}})
    found = version(backtest(own, "late", versions=[3]), 3)
    assert [p["in_sample"] for p in found["partitions"]] == [
        "hindsight", "hindsight", "in-sample", "in-sample", "no", "no",
    ]  # fmt: skip
    assert found["overall"]["roc_auc"]["n"] == sum(p["n"] for p in found["partitions"][4:])


def test_a_stretch_cuts_partitions(place: Workspace, frame: pd.DataFrame) -> None:
    document = backtest(place, "late", versions=[1], since="2024-04-10", until="2024-05-06")
    assert [p["partition"] for p in version(document, 1)["partitions"]] == ["2024-04", "2024-05"]
    april = truth.month(frame, "2024-04", "late")
    may = truth.month(frame, "2024-05", "late")
    assert partition(document, 1, "2024-04")["n"] == (april["at"] >= "2024-04-10").sum()
    assert partition(document, 1, "2024-05")["n"] == (may["at"] < "2024-05-06").sum()


def test_segments_are_measured_apart(place: Workspace, frame: pd.DataFrame) -> None:
    document = backtest(place, "late", versions=[1], by="carrier", since="2024-05-01", until="2024-06-01")
    rows = truth.month(frame, "2024-05", "late")
    model = truth.fit(frame, "late", "2024-03-01")
    for carrier in ("bus", "rail", "tram"):
        expected = truth.classified(model, rows[rows["carrier"] == carrier])
        found = partition(document, 1, "2024-05")["segments"][f"carrier={carrier}"]
        assert found["roc_auc"]["n"] == (rows["carrier"] == carrier).sum()
        assert found["log_loss"]["value"] == pytest.approx(expected["log_loss"], rel=1e-6)


def test_the_comparison_is_version_minus_champion_on_shared_rows(
    result: dict[str, Any], frame: pd.DataFrame
) -> None:
    compared = version(result, 2)["comparison"]
    assert compared["champion"] == 1
    models = {
        n: truth.fit(frame, "late", u, c) for n, u, c in ((1, "2024-03-01", 1.0), (2, "2024-04-01", 0.02))
    }
    total = rows_seen = 0.0
    for label in MONTHS[3:]:
        rows = truth.month(frame, label, "late")
        one, two = (truth.classified(models[n], rows)["log_loss"] for n in (1, 2))
        total += len(rows) * (two - one)
        rows_seen += len(rows)
    assert compared["log_loss"]["n"] == rows_seen
    assert compared["log_loss"]["difference"] == pytest.approx(total / rows_seen, rel=1e-6)
    baseline = version(result, 0)["comparison"]
    assert (baseline["outcome"], baseline["roc_auc"]["better"]) == ("worse", False)
    assert baseline["roc_auc"]["difference"] < 0 < baseline["log_loss"]["difference"]


def test_a_better_version_is_called_better(place: Workspace) -> None:
    own = copy(place, place.root.parent / "better")
    done(own, "late", "train", {"until": "2024-03-01", "parameters": {"C": 1e-6}})
    production.swap(own, "late", 3, reason="a poor one")
    found = version(backtest(own, "late"), 1)["comparison"]
    assert (found["champion"], found["log_loss"]["better"]) == (3, True)


def test_a_second_run_measures_nothing_and_says_the_same(place: Workspace, result: dict[str, Any]) -> None:
    with place.store() as store:
        before = store._database.value("SELECT count(*) FROM measured")
    again = backtest(place, "late")
    with place.store() as store:
        assert store._database.value("SELECT count(*) FROM measured") == before
    assert {**again, "run": None} == {**result, "run": None}


def test_changed_rows_change_their_partition_alone(place: Workspace, result: dict[str, Any]) -> None:
    own = copy(place, place.root.parent / "changed")
    frame = truth.data(own.root)
    may = frame["at"].dt.strftime("%Y-%m") == "2024-05"
    frame.loc[may, "distance"] = frame.loc[may, "distance"].iloc[::-1].to_numpy()
    frame.to_csv(own.root / "data" / "rides.csv", index=False)
    changed = backtest(own, "late")
    for label in MONTHS:
        same = partition(changed, 1, label)["metrics"] == partition(result, 1, label)["metrics"]
        assert same == (label != "2024-05"), label
    rows = truth.month(truth.data(own.root), "2024-05", "late")
    expected = truth.classified(truth.fit(truth.data(place.root), "late", "2024-03-01"), rows)
    found = partition(changed, 1, "2024-05")["metrics"]["log_loss"]["value"]
    assert found == pytest.approx(expected["log_loss"], rel=1e-6)


@pytest.mark.parametrize("as_of", ["2024-04-20", "2024-05-01", "2024-06-15T07:30:00"])
def test_nothing_after_as_of_exists(as_of: str, place: Workspace, tmp_path: Path) -> None:
    """Rows and labels from as-of on may be anything at all: the answer is the same."""
    before = backtest(place, "late", as_of)
    own = copy(place, tmp_path / "own")
    frame = truth.data(own.root)
    later = frame["at"] >= as_of
    frame.loc[later, "late"] = "yes"
    frame.loc[later, "distance"] = 10_000.0
    frame.drop(index=frame[later].index[::3]).to_csv(own.root / "data" / "rides.csv", index=False)
    after = backtest(own, "late", as_of)
    assert {**before, "run": None, "unlabelled": None} == {**after, "run": None, "unlabelled": None}
    last = version(before, 1)["partitions"][-1]
    month = truth.month(truth.data(place.root), last["partition"], "late")
    assert last["n"] == (month["at"] < as_of).sum()


def test_labels_arrive_after_their_delay(place: Workspace, tmp_path: Path) -> None:
    from core import models

    own = copy(place, tmp_path / "own")
    spec = own.root / "late.toml"
    spec.write_text(spec.read_text() + 'label_delay = "10d"\n')
    models.apply(own, spec)
    found = backtest(own, "late", "2024-05-21", versions=[1])
    may = truth.month(truth.data(own.root), "2024-05", "late")
    assert partition(found, 1, "2024-05")["n"] == (may["at"] <= "2024-05-11").sum()


def test_requirements_bind_partitions_and_means(place: Workspace, tmp_path: Path) -> None:
    own = copy(place, tmp_path / "own")
    assert version(backtest(own, "late"), 1)["verdict"] == "pass"
    requirements.set_requirement(own, "late", "roc_auc", min=0.95)
    failed = backtest(own, "late")
    assert failed["verdict"] == "fail"
    assert [p["verdict"] for p in version(failed, 1)["partitions"]] == [
        None,
        None,
        "fail",
        "fail",
        "fail",
        "fail",
    ]
    requirements.set_requirement(own, "late", "roc_auc", mean=0.95)
    failed = backtest(own, "late")
    assert failed["verdict"] == "fail"
    assert {p["verdict"] for p in version(failed, 1)["partitions"]} == {None}
    with own.store() as store:
        assert [a.severity for a in store.alerts.list()] == ["fail"]


def test_a_version_that_learned_from_everything_is_not_judged(place: Workspace, tmp_path: Path) -> None:
    own = copy(place, tmp_path / "own")
    done(own, "late", "train", {"parameters": {"C": 0.7}})
    found = version(backtest(own, "late", versions=[3]), 3)
    assert {p["in_sample"] for p in found["partitions"]} == {"in-sample"}
    assert (found["verdict"], found["overall"]["roc_auc"]["value"]) == ("thin", None)


def test_measurements_are_stored_with_the_run(place: Workspace) -> None:
    run = done(place, "late", "backtest", {"versions": [1]})
    with place.store() as store:
        stored = [m for m in store.measurements.of_run(run.id) if m.version == 1 and m.metric == "roc_auc"]
    found = version(dict(run.result or {}), 1)
    assert {m.partition: m.value for m in stored if m.partition} == {
        p["partition"]: p["metrics"]["roc_auc"]["value"] for p in found["partitions"] if p["n"]
    }
    assert [m.value for m in stored if m.partition is None] == [found["overall"]["roc_auc"]["value"]]


def test_a_cancelled_run_keeps_what_it_had_measured(place: Workspace, tmp_path: Path) -> None:
    own = copy(place, tmp_path / "own")
    requirements.set_requirement(own, "late", "balanced_accuracy", min=0.1)  # a metric not measured yet
    seen: list[str] = []

    def stop_after_two(fraction: float | None, note: str) -> None:
        seen.append(note)
        if sum("measured" in n for n in seen) == 2:
            raise KeyboardInterrupt

    run = run_here(own, "late", "backtest", {"jobs": 1}, why="test", progress=stop_after_two)
    assert get(own, run.id).state in ("cancelled", "interrupted")
    seen.clear()
    assert done(own, "late", "backtest", {"jobs": 1}).verdict == "pass"
