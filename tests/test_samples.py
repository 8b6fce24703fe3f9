"""The sample models, as a newcomer uses them: their data made, then the real command on a slice of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, roc_auc_score
from typer.testing import CliRunner

import sample_models
from cli.app import app

HOME = Path(sample_models.__path__[0])
NAMES = ("flights", "air_time", "birds")
MAKERS = {name: import_module(f"sample_models.{name}.data").make for name in NAMES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Path]]:
    """The files of a sample's whole data, made once."""
    folder = tmp_path_factory.mktemp("whole")
    return lambda name: MAKERS[name](folder)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INCUMBENT_WORKSPACE", raising=False)
    _command("init")
    return tmp_path


CASES = [
    ("flights", "2013-04-01", {"kind": "linear"}, "roc_auc", 700),
    ("flights", "2013-04-01", {"kind": "boosted", "trees": 10}, "roc_auc", 700),
    ("air_time", "2013-04-01", {"kind": "linear"}, "mae", 700),
    ("birds", "1994-01-01", {}, "roc_auc", 500),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "until", "parameters", "metric", "rows"), CASES)
def test_a_sample_trains_natively_and_is_judged(
    name: str,
    until: str,
    parameters: dict[str, Any],
    metric: str,
    rows: int,
    whole: Callable[[str], list[Path]],
    workspace: Path,
) -> None:
    _slice(whole(name)[:5], workspace / "data", rows)
    for file in (f"{name}.toml", f"{name}.py"):
        shutil.copy(HOME / name / file, workspace)

    assert _command("model", "apply", f"{name}.toml")["created"]
    settings = [f"--set={key}={value}" for key, value in parameters.items()]
    version = _command("version", "train", name, "--until", until, *settings)
    assert (version["version"], version["algorithm"]) == (1, "native")
    assert version["agreement"]["max_difference"] <= 1e-9 and version["agreement"]["rows"] > 0
    assert {key: version["parameters"][key] for key in parameters} == parameters

    found = _command("check", "backtest", name, "--since", until, "--version", "1")
    (judged,) = [v for v in found["versions"] if v["version"] == 1]
    assert judged["verdict"] in ("pass", "warn", "fail", "thin")
    last = judged["partitions"][-1]
    frame = pd.read_parquet(sorted((workspace / "data").glob("*.parquet"))[-1])
    assert last["metrics"][metric]["value"] == pytest.approx(
        _recomputed(workspace, name, metric, frame), abs=1e-9
    )


def test_making_the_data_again_leaves_the_files_alone(whole: Callable[[str], list[Path]]) -> None:
    for name, count in (("flights", 12), ("birds", 10)):
        paths = whole(name)
        before = [path.stat().st_mtime_ns for path in paths]
        assert len(paths) == count
        assert [path.stat().st_mtime_ns for path in whole(name)] == before


def test_the_flights_are_all_there_and_cancelled_ones_have_no_target(
    whole: Callable[[str], list[Path]],
) -> None:
    frames = [pd.read_parquet(path, columns=["scheduled", "late"]) for path in whole("flights")]
    late = pd.concat(frames)["late"]
    assert len(late) == 336_776 and int(late.notna().sum()) == 328_521
    by_month = [round(float(frame["late"].mean()), 2) for frame in frames]
    assert (by_month[6], by_month[8]) == (0.3, 0.14)


def test_the_reports_are_all_there(whole: Callable[[str], list[Path]]) -> None:
    table = pd.concat([pd.read_parquet(path) for path in whole("birds")])
    assert len(table) == 19_302
    assert int(table["affected"].sum()) == 1_973 and table["remarks"].notna().all()


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_complete(name: str) -> None:
    there = {path.name for path in (HOME / name).iterdir()}
    assert {f"{name}.toml", f"{name}.py", "data.py", "README.md"} <= there


def _slice(paths: list[Path], folder: Path, rows: int) -> None:
    folder.mkdir()
    for path in paths:
        frame = pd.read_parquet(path)
        frame.sample(min(rows, len(frame)), random_state=0).sort_index().to_parquet(folder / path.name)


def _recomputed(workspace: Path, name: str, metric: str, frame: pd.DataFrame) -> float:
    """The metric by scikit-learn, from what the command itself predicts."""
    target = {"flights": "late", "air_time": "air_time", "birds": "affected"}[name]
    _command("production", "swap", name, "1", "--reason", "test", "--force")
    rows = workspace / "rows.jsonl"
    labelled = frame[frame[target].notna()]
    labelled.drop(columns=target).to_json(
        rows, orient="records", lines=True, date_format="iso", double_precision=15
    )
    answers = [json.loads(line) for line in _run("predict", name, str(rows), "--json").splitlines()]
    if metric == "mae":
        return float(mean_absolute_error(labelled[target], [a["value"] for a in answers]))
    return float(roc_auc_score(labelled[target].astype(int), [a["probabilities"]["1"] for a in answers]))


def _command(*arguments: str) -> Any:
    return json.loads(_run(*arguments, "--json"))


def _run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code in (0, 1), done.output
    return done.stdout
