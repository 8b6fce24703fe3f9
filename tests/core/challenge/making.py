"""Rides of four months, and versions with faults planted in them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core import production
from core.runs import run_here
from core.workspace import Workspace
from store.records import NewCase, Run
from tests.core.checks.making import apply, fitted

DAYS, PER_DAY = 120, 40
TRAINED_UNTIL = "2024-02-10"

PIPELINE = """
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

PARAMS = {"C": 1.0, "columns": "distance", "careful": True, "trees": 0}


def build(C, columns, careful, trees):
    numbers = StandardScaler()
    if careful:
        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    features = make_column_transformer(
        (numbers, columns.split()), (OneHotEncoder(handle_unknown="ignore"), ["carrier"])
    )
    last = LogisticRegression(C=C)
    if trees:
        last = HistGradientBoostingClassifier(max_iter=trees, max_leaf_nodes=8, random_state=0)
    return make_pipeline(features, last)
"""

REQUIREMENTS: dict[str, Any] = {"roc_auc": {"min": 0.62}, "log_loss": {"max": 0.75}}


def rides(seed: int = 3) -> pd.DataFrame:
    """Rides in order of time. ``wind`` matters as much as ``distance``; ``arrived`` is filled in when it is
    known whether the ride was late, which of the newest rides nobody knows."""
    random = np.random.default_rng(seed)
    count = DAYS * PER_DAY
    at = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(count) * (24 / PER_DAY), unit="h")
    distance, wind = random.gamma(4.0, 5.0, count), random.normal(10.0, 4.0, count)
    carrier = random.choice(["bus", "rail", "tram"], count, p=[0.55, 0.37, 0.08])
    slow = np.select([carrier == "bus", carrier == "rail"], [1.0, -0.6], 0.0)
    score = 0.1 * (distance - 20) + 0.3 * (wind - 10) + slow + random.logistic(0, 1, count)
    happened = score > 0.4
    arrived = np.where(happened, 1.0, 0.0) + random.normal(0, 0.05, count)
    wind[random.random(count) < 0.05] = np.nan
    late = np.where(happened, "yes", "no").astype(object)
    late[-PER_DAY:] = None
    arrived[-PER_DAY:] = np.nan
    return pd.DataFrame(
        {
            "at": at,
            "distance": distance.round(3),
            "wind": wind.round(3),
            "carrier": carrier,
            "arrived": arrived.round(3),
            "late": late,
        }
    )


def write(folder: Path, frame: pd.DataFrame) -> None:
    """The data, as one file."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "data" / "rides.csv", index=False)


def make(folder: Path, frame: pd.DataFrame, **changes: Any) -> Workspace:
    """``late`` with a plain version that reads distance and carrier, in production."""
    workspace = Workspace.create(folder)
    write(folder, frame)
    (folder / "user").mkdir()
    (folder / "user" / "pipeline.py").write_text(PIPELINE)
    apply(workspace, REQUIREMENTS, **changes)
    fitted(workspace, "late", TRAINED_UNTIL)
    production.swap(workspace, "late", 1, reason="served before there were challenges", force=True)
    return workspace


def learned_from(workspace: Workspace, frame: pd.DataFrame, **parameters: Any) -> int:
    """A version that has learned from other data than what it will be judged on."""
    before = (workspace.root / "data" / "rides.csv").read_bytes()
    write(workspace.root, frame)
    try:
        return fitted(workspace, "late", TRAINED_UNTIL, **parameters)
    finally:
        (workspace.root / "data" / "rides.csv").write_bytes(before)


def behavioural(workspace: Workspace, row: Mapping[str, Any], **expect: Any) -> None:
    """A case that every version has to respect."""
    with workspace.store() as store:
        store.cases.add_many("late", [NewCase("behavioural", dict(row), expect, origin="contrived")])


def challenge(workspace: Workspace, number: int, **arguments: Any) -> dict[str, Any]:
    """The document of a challenge that has to be carried out."""
    run = challenged(workspace, number, **arguments)
    assert run.state == "done", run.error
    return dict(run.result or {})


def challenged(workspace: Workspace, number: int, as_of: str | None = None, **arguments: Any) -> Run:
    """A challenge, with a short stress test."""
    wanted = {"version": number, "seconds": 0.5, **arguments}
    return run_here(workspace, "late", "challenge", wanted, why="test", as_of=as_of)


def stage(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One stage of a challenge's document."""
    return next(dict(s) for s in document["stages"] if s["stage"] == name)


def failing(document: Mapping[str, Any]) -> set[str]:
    """The stages that failed."""
    return {s["stage"] for s in document["stages"] if s["verdict"] == "fail"}


def copy(built: Workspace, folder: Path) -> Workspace:
    """A workspace of one's own."""
    shutil.copytree(built.root, folder, dirs_exist_ok=True)
    return Workspace(folder)
