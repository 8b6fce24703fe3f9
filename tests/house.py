"""A small house to test in: generated rides of half a year, two models, versions trained for real."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core import models, production
from core.runs import run_here
from core.versions import training
from core.workspace import Workspace
from incumbent.fitting.train import train as train_job
from store.records import Run
from tests.incumbent.fitting.making import own_modules_only
from tests.rides import rides

PIPELINE = """
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

PARAMS = {"C": 1.0}


def features():
    return make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["distance", "wind"]),
        (OneHotEncoder(handle_unknown="ignore"), ["carrier"]),
    )


def build(C):
    return make_pipeline(features(), %s)
"""

LATE = """
name = "late"
task = "classification"
target = "late"
positive = "yes"
time = "at"
partition = "month"
data = "data/rides.csv"
metric = "roc_auc"
pipeline = "late.py"
window = "14d"
"""

MINUTES = """
name = "minutes"
task = "regression"
target = "minutes"
time = "at"
partition = "month"
data = "data/rides.csv"
pipeline = "minutes.py"
"""


def half_a_year() -> pd.DataFrame:
    """Rides in order of time: two numbers (one with nulls), a category, and two targets (some unknown)."""
    return rides(days=182, per_day=16)[["at", "distance", "wind", "carrier", "late", "minutes"]]


def write(folder: Path, frame: pd.DataFrame) -> None:
    """Write the data and the files of both models."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "data" / "rides.csv", index=False)
    (folder / "late.py").write_text(PIPELINE % "LogisticRegression(C=C)")
    (folder / "minutes.py").write_text(PIPELINE % "Ridge(alpha=1 / C)")
    (folder / "late.toml").write_text(LATE)
    (folder / "minutes.toml").write_text(MINUTES)


def done(
    workspace: Workspace, model: str, kind: str, arguments: dict[str, object], as_of: str | None = None
) -> Run:
    """A run that has to succeed."""
    run = run_here(workspace, model, kind, arguments, why="test", as_of=as_of)
    assert run.state == "done", run.error
    return run


@contextmanager
def fitting_here() -> Iterator[None]:
    """Run training jobs in this process (as ``tests/incumbent/fitting/making.py`` does).

    The same code and files without the seconds that a new interpreter takes to import scikit-learn.
    """

    def run_job(workspace: Workspace, folder: Path, job: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        (folder / "out").mkdir(exist_ok=True)
        with own_modules_only():
            return train_job({**job, "folder": str(folder)}, lambda share, note: None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "run_job", run_job)
        yield


def build(folder: Path) -> Workspace:
    """The house: ``late`` with two versions, ``minutes`` with one, the first of each in production."""
    workspace = Workspace.create(folder)
    write(folder, half_a_year())
    with fitting_here():
        for name in ("late", "minutes"):
            models.apply(workspace, folder / f"{name}.toml")
            done(workspace, name, "train", {"until": "2024-03-01"})
            swap(workspace, name, 1, reason="the first")
        done(workspace, "late", "train", {"until": "2024-04-01", "parameters": {"C": 0.02}})
    return workspace


def copy(built: Workspace, folder: Path) -> Workspace:
    """A house of one's own, to change as one likes."""
    shutil.copytree(built.root, folder, dirs_exist_ok=True)
    return Workspace(folder)


def admit(workspace: Workspace, model: str, number: int, verdict: str = "fit", **changes: Any) -> Run:
    """A challenge that has found a version so, as its run would be kept; it stands on what is there now."""
    from core.challenge.standing import data_fingerprint, standing
    from core.challenge.verdict import AS_CHECK

    with workspace.store() as store:
        now = standing(store, store.versions.get(model, number), data_fingerprint(workspace, store, model))
        document = {
            "model": model, "version": number, "champion": now.champion, "verdict": verdict,
            "reason": f"written down as {verdict}", "stages": [], "comparison": None,
            "fingerprint": now.document(), **changes,
        }  # fmt: skip
        run = store.runs.enqueue(model, "challenge", {"version": number}, why="test", who="test")
        return store.runs.conclude(run.id, AS_CHECK[verdict], "", document)


def swap(workspace: Workspace, model: str, number: int, **arguments: Any) -> dict[str, Any]:
    """Put a version in production that its challenge has found fit."""
    admit(workspace, model, number)
    return production.swap(workspace, model, number, **arguments)
