"""A back-test's values against scikit-learn: raw data, the original pipeline, scikit-learn's metrics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from core.workspace import Workspace
from tests.core.checks.making import FEATURES, checked, original, partitions, version

LABELS = ["no", "yes"]


def binary(truth: Any, share: Any, called: Any, weight: Any = None) -> dict[str, float]:
    """Every metric that a back-test shows of two classes."""
    yes = np.asarray(truth) == "yes"
    said = np.asarray(called) == "yes"
    found = {
        "roc_auc": sk.roc_auc_score(yes, share, sample_weight=weight),
        "log_loss": sk.log_loss(yes, share, sample_weight=weight),
        "brier": sk.brier_score_loss(yes, share, sample_weight=weight),
        "accuracy": sk.accuracy_score(yes, said, sample_weight=weight),
        "precision": sk.precision_score(yes, said, sample_weight=weight),
        "recall": sk.recall_score(yes, said, sample_weight=weight),
        "f1": sk.f1_score(yes, said, sample_weight=weight),
        "target_rate": float(np.average(yes, weights=weight)),
        "positive_rate": float(np.average(said, weights=weight)),
    }
    _, fp, fn, _ = sk.confusion_matrix(yes, said, sample_weight=weight).ravel()
    return {**found, "false_positives": fp, "false_negatives": fn}


def numbers(truth: Any, said: Any) -> dict[str, float]:
    """Every metric that a back-test shows of numbers."""
    return {
        "mae": sk.mean_absolute_error(truth, said),
        "rmse": sk.root_mean_squared_error(truth, said),
        "bias": float(np.mean(said - truth)),
        "medae": sk.median_absolute_error(truth, said),
        "r2": sk.r2_score(truth, said),
        "max_error": sk.max_error(truth, said),
    }


def several(truth: Any, shares: Any, classes: Any) -> dict[str, float]:
    """Every metric that a back-test shows of more than two classes."""
    said = np.asarray(classes)[np.argmax(shares, axis=1)]
    return {
        "log_loss": sk.log_loss(truth, shares, labels=classes),
        "brier": sk.brier_score_loss(truth, shares, labels=classes),
        "accuracy": sk.accuracy_score(truth, said),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, said),
        "f1_macro": sk.f1_score(truth, said, average="macro"),
        "errors": float(np.sum(np.asarray(truth) != said)),
    }


def months(frame: pd.DataFrame, target: str) -> dict[str, pd.DataFrame]:
    """The labelled rows of each month."""
    known = frame[frame[target].notna()]
    return {str(label): rows for label, rows in known.groupby(known["at"].dt.strftime("%Y-%m"))}


def values(metrics: dict[str, Any], names: Any) -> dict[str, float]:
    """The values of a document's metrics."""
    return {name: metrics[name]["value"] for name in names}


@pytest.mark.parametrize(("number", "until", "C"), [(1, "2024-03-01", 1.0), (2, "2024-04-11", 0.002)])
def test_every_metric_of_every_month_is_scikit_learns(
    built: Workspace, frame: pd.DataFrame, number: int, until: str, C: float
) -> None:
    model = original(frame, "late", until, C=C)
    measured = partitions(checked(built, "late"), number)
    seen = months(frame, "late")
    assert [label for label, p in measured.items() if not p["n"]] == ["2024-07"]
    for label, rows in seen.items():
        counted = rows[rows["at"] >= until] if label == until[:7] else rows
        expected = binary(
            counted["late"], model.predict_proba(counted[FEATURES])[:, 1], model.predict(counted[FEATURES])
        )
        assert measured[label]["n"] == len(counted)
        assert values(measured[label]["metrics"], expected) == pytest.approx(expected, rel=1e-9)


def test_the_overall_value_is_the_row_weighted_mean_and_the_pooled_one_that_of_all_rows(
    built: Workspace, frame: pd.DataFrame
) -> None:
    document = checked(built, "late")
    counted = [p for p in partitions(document, 1).values() if p["coverage"] == "no" and p["n"]]
    rows = frame[frame["late"].notna() & (frame["at"] >= "2024-03-01")]
    model = original(frame, "late", "2024-03-01")
    expected = binary(rows["late"], model.predict_proba(rows[FEATURES])[:, 1], model.predict(rows[FEATURES]))
    for name, found in version(document, 1)["overall"].items():
        parts = [p["metrics"][name]["value"] for p in counted]
        sizes = [p["n"] for p in counted]
        summed = name in ("false_positives", "false_negatives")
        mean = sum(parts) if summed else np.average(parts, weights=sizes)
        assert found["value"] == pytest.approx(mean)
        assert found["n"] == len(rows)
        if name in expected:
            assert found["pooled"] == pytest.approx(expected[name], abs=1e-3 if name == "roc_auc" else 1e-12)


def test_numbers_are_scikit_learns(built: Workspace, frame: pd.DataFrame) -> None:
    model = original(frame, "minutes", "2024-03-01", kind="numbers")
    document = checked(built, "minutes")
    measured = partitions(document, 1)
    for label, rows in months(frame, "minutes").items():
        expected = numbers(rows["minutes"], model.predict(rows[FEATURES]))
        assert values(measured[label]["metrics"], expected) == pytest.approx(expected, rel=1e-9)
    rows = frame[frame["at"] >= "2024-03-01"]
    expected = numbers(rows["minutes"], model.predict(rows[FEATURES]))
    overall = version(document, 1)["overall"]
    for name in ("mae", "rmse", "bias", "r2"):
        assert overall[name]["pooled"] == pytest.approx(expected[name])


def test_several_classes_are_scikit_learns(built: Workspace, frame: pd.DataFrame) -> None:
    model = original(frame, "size", "2024-03-01")
    document = checked(built, "size")
    measured = partitions(document, 1)
    for label, rows in months(frame, "size").items():
        expected = several(rows["size"], model.predict_proba(rows[FEATURES]), model.classes_)
        assert values(measured[label]["metrics"], expected) == pytest.approx(expected, rel=1e-9)
    rows = frame[frame["size"].notna() & (frame["at"] >= "2024-03-01")]
    expected = several(rows["size"], model.predict_proba(rows[FEATURES]), model.classes_)
    overall = version(document, 1)["overall"]
    for name, value in expected.items():
        assert overall[name]["pooled"] == pytest.approx(value)


def test_rows_without_an_outcome_are_counted_apart(built: Workspace, frame: pd.DataFrame) -> None:
    document = checked(built, "late")
    missing = frame["late"].isna().groupby(frame["at"].dt.strftime("%Y-%m")).sum()
    assert document["unlabelled"] == missing.sum()
    for label, partition in partitions(document, 1).items():
        assert partition["unlabelled"] == missing.get(label, 0)
        assert partition["n"] + partition["unlabelled"] == sum(frame["at"].dt.strftime("%Y-%m") == label)


def test_segments_are_those_rows_alone(built: Workspace, frame: pd.DataFrame) -> None:
    model = original(frame, "late", "2024-03-01")
    measured = partitions(checked(built, "late", by="carrier"), 1)
    for label, rows in months(frame, "late").items():
        segments = measured[label]["segments"]
        assert set(segments) == {"carrier=bus", "carrier=rail", "carrier=tram"}
        for carrier, part in rows.groupby("carrier"):
            shares = model.predict_proba(part[FEATURES])[:, 1]
            expected = binary(part["late"], shares, model.predict(part[FEATURES]))
            assert values(segments[f"carrier={carrier}"], expected) == pytest.approx(expected, rel=1e-9)
