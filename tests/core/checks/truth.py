"""The same figures once more, by scikit-learn and pandas alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.pipeline import Pipeline

from tests.house import PIPELINE

INPUTS = ["distance", "wind", "carrier"]


def data(root: Path) -> pd.DataFrame:
    """The raw rows."""
    return pd.read_csv(root / "data" / "rides.csv", parse_dates=["at"])


def fit(frame: pd.DataFrame, target: str, until: str, c: float = 1.0) -> Pipeline:
    """The pipeline of the house, fitted on the labelled rows before a moment."""
    scope: dict[str, Any] = {}
    exec(PIPELINE % ("LogisticRegression(C=C)" if target == "late" else "Ridge(alpha=1 / C)"), scope)
    rows = frame[(frame["at"] < until) & frame[target].notna()]
    fitted: Pipeline = scope["build"](c).fit(rows[INPUTS], rows[target])
    return fitted


def month(frame: pd.DataFrame, label: str, target: str) -> pd.DataFrame:
    """The labelled rows of a month."""
    return frame[(frame["at"].dt.strftime("%Y-%m") == label) & frame[target].notna()]


def classified(model: Pipeline, rows: pd.DataFrame) -> dict[str, float]:
    """Metrics of a classifier on some rows."""
    truth = (rows["late"] == "yes").astype(int)
    chance = model.predict_proba(rows[INPUTS])[:, 1]
    said = (model.predict(rows[INPUTS]) == "yes").astype(int)
    return {
        "roc_auc": metrics.roc_auc_score(truth, chance),
        "log_loss": metrics.log_loss(truth, chance),
        "brier": metrics.brier_score_loss(truth, chance),
        "average_precision": metrics.average_precision_score(truth, chance),
        "accuracy": metrics.accuracy_score(truth, said),
        "precision": metrics.precision_score(truth, said),
        "recall": metrics.recall_score(truth, said),
        "f1": metrics.f1_score(truth, said),
        "false_positives": float(((said == 1) & (truth == 0)).sum()),
        "false_negatives": float(((said == 0) & (truth == 1)).sum()),
        "target_rate": float(truth.mean()),
        "positive_rate": float(said.mean()),
    }


def regressed(model: Pipeline, rows: pd.DataFrame) -> dict[str, float]:
    """Metrics of a regression on some rows."""
    truth, said = rows["minutes"], model.predict(rows[INPUTS])
    return {
        "mae": metrics.mean_absolute_error(truth, said),
        "rmse": metrics.root_mean_squared_error(truth, said),
        "r2": metrics.r2_score(truth, said),
        "medae": metrics.median_absolute_error(truth, said),
        "max_error": metrics.max_error(truth, said),
        "bias": float(np.mean(said - truth)),
    }
