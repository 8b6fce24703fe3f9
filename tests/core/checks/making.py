"""A workspace of models to check: generated rides of eight months, trained in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from core import models
from core.runs import run_here
from core.versions import train
from core.workspace import Workspace
from store.records import Run
from tests.house import fitting_here, swap
from tests.rides import rides

FEATURES = ["distance", "wind", "carrier"]

PIPELINE = """
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

PARAMS = {"C": 1.0, "kind": "classes", "careful": True}


def build(C, kind, careful):
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    if not careful:
        numbers = StandardScaler()
    columns = make_column_transformer(
        (numbers, ["distance", "wind"]), (OneHotEncoder(handle_unknown="ignore"), ["carrier"])
    )
    last = LogisticRegression(C=C) if kind == "classes" else Ridge(alpha=1 / C)
    return make_pipeline(columns, last)
"""

SPEC: dict[str, Any] = {
    "name": "late",
    "task": "classification",
    "target": "late",
    "positive": "yes",
    "time": "at",
    "partition": "month",
    "data": "data/*.csv",
    "metric": "roc_auc",
    "pipeline": "user/pipeline.py",
    "window": "14d",
}


def write(folder: Path, frame: pd.DataFrame) -> None:
    """One file a month."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for month, rows in frame.groupby(frame["at"].dt.strftime("%Y-%m")):
        rows.to_csv(folder / "data" / f"{month}.csv", index=False)


def make(folder: Path, frame: pd.DataFrame) -> Workspace:
    """A workspace with data and a pipeline, without a model."""
    workspace = Workspace.create(folder)
    write(folder, frame)
    (folder / "user").mkdir()
    (folder / "user" / "pipeline.py").write_text(PIPELINE)
    return workspace


def apply(workspace: Workspace, requirements: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """Create or update a model; a key set to None is left out. Returns its name."""
    wanted = {k: v for k, v in {**SPEC, **changes}.items() if v is not None}
    lines = [f"{key} = {_toml(value)}" for key, value in wanted.items()]
    lines += ["[requirements]", *(f"{k} = {_toml(v)}" for k, v in (requirements or {}).items())]
    path = workspace.root / f"{wanted['name']}.toml"
    path.write_text("\n".join(lines) + "\n")
    models.apply(workspace, path, reason="another test")
    return str(wanted["name"])


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)


def fitted(workspace: Workspace, model: str, until: str | None, **parameters: Any) -> int:
    """Train a version; returns its number."""
    with fitting_here():
        document = train(workspace, model, until=until, parameters=parameters)
    number = document["version"]
    assert isinstance(number, int)
    return number


def served(folder: Path) -> Workspace:
    """A workspace whose ``late`` has a careful first version in production, and two others: the second
    refuses rows without a wind, the third is a dull one."""
    workspace = make(folder, rides(days=60))
    apply(workspace)
    fitted(workspace, "late", None)
    write(folder, rides(days=60).dropna(subset=["wind"]))
    fitted(workspace, "late", None, careful=False)
    fitted(workspace, "late", None, C=0.001)
    swap(workspace, "late", 1, reason="the first")
    return workspace


def original(
    frame: pd.DataFrame, target: str, until: str | None, weight: str | None = None, **parameters: Any
) -> Any:
    """The pipeline as scikit-learn fits it, on the rows that a version trained until then has seen."""
    known = frame[frame[target].notna()]
    seen = known if until is None else known[known["at"] < until]
    namespace: dict[str, Any] = {}
    exec(PIPELINE, namespace)
    model = namespace["build"](**{**namespace["PARAMS"], **parameters})
    return model.fit(seen[FEATURES], seen[target])


def checked(
    workspace: Workspace, model: str, kind: str = "backtest", as_of: str | None = None, **arguments: Any
) -> dict[str, Any]:
    """The document of a check that has to succeed."""
    run = ran(workspace, model, kind, as_of, **arguments)
    assert run.state == "done", run.error
    assert run.result is not None
    return dict(run.result)


def ran(
    workspace: Workspace, model: str, kind: str = "backtest", as_of: str | None = None, **arguments: Any
) -> Run:
    """A check that may fail."""
    return run_here(workspace, model, kind, arguments, why="test", as_of=as_of)


def version(document: Mapping[str, Any], number: int) -> dict[str, Any]:
    """One version of a back-test's document."""
    return next(dict(v) for v in document["versions"] if v["version"] == number)


def partitions(document: Mapping[str, Any], number: int) -> dict[str, dict[str, Any]]:
    """Its partitions by label."""
    return {p["partition"]: p for p in version(document, number)["partitions"]}


def same(one: Any, other: Any) -> bool:
    """Whether two documents are equal but for their run."""
    return bool(_plain(one) == _plain(other))


def _plain(document: Mapping[str, Any]) -> str:
    return json.dumps({k: v for k, v in document.items() if k != "run"}, sort_keys=True)
