"""The README's five minutes, run as they are written, on generated rides."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LinearRegression
from typer.testing import CliRunner

from cli.app import app

TEXT = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(sh|toml|python)\n(.*?)```", TEXT, re.DOTALL)


def _block(kind: str, holds: str) -> str:
    (found,) = [text for language, text in BLOCKS if language == kind and holds in text]
    return str(found)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the README's files lie."""
    folder = tmp_path_factory.mktemp("readme")
    rng = np.random.default_rng(0)
    at = pd.date_range("2011-07-01", "2012-06-30 23:00", freq="h")
    temperature = rng.normal(0.5, 0.1, len(at)).round(3)
    rides = pd.DataFrame(
        {
            "hour_at": at,
            "hour": at.hour,
            "weekday": at.day_of_week,
            "temperature": temperature,
            "count": (20 + 2 * at.hour + 30 * temperature + rng.normal(0, 4, len(at))).round(1),
        }
    )
    rides.to_csv(folder / "rides.csv", index=False)
    (folder / "rides.toml").write_text(_block("toml", 'name = "rides"'))
    (folder / "rides.py").write_text(_block("python", "def build"))
    return folder


@pytest.fixture
def stranger(house: Path, tmp_path: Path) -> Path:
    """A folder with a fitted model that was not made here, and its data."""
    rides = pd.read_csv(house / "rides.csv")
    early = rides[rides["hour_at"] < "2012-01-01"]
    fitted = LinearRegression().fit(early[["hour", "weekday", "temperature"]], early["count"])
    skops.io.dump(fitted, tmp_path / "model.skops")
    rides.to_csv(tmp_path / "rides.csv", index=False)
    return tmp_path


def _run(lines: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("INCUMBENT_WORKSPACE", raising=False)
    said = {}
    for line in lines.strip().splitlines():
        name, *arguments = shlex.split(line, comments=True)
        assert name == "incumbent"
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, f"{line}\n{done.output}"
        said[line] = done.output
    return said


def test_the_spec_and_pipeline_way_runs_as_written(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _run(_block("sh", "version train rides"), house, monkeypatch)
    backtest = said["incumbent check backtest rides"]
    assert "overall" in backtest and "baseline" in backtest
    assert "mae" in said["incumbent require suggest rides --version 1 --apply"]

    _run(_block("sh", "schedule set rides").partition("incumbent daemon")[0], house, monkeypatch)

    scope: dict[str, object] = {}
    exec(_block("python", "import incumbent"), scope)
    answer = scope["answer"]
    assert (answer.version, answer.route) == (1, "champion")  # type: ignore[attr-defined]
    assert 30 < answer.value < 60  # type: ignore[attr-defined]
    scope["rides"].close()  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_fitted_model_is_adopted_as_written(stranger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (said,) = _run(_block("sh", "incumbent adopt"), stranger, monkeypatch).values()
    assert "native" in said and "mae" in said
    assert (stranger / "model.toml").exists()


def test_every_target_of_make_that_it_names_is_there() -> None:
    makefile = (Path(__file__).parents[1] / "Makefile").read_text("utf-8")
    for target in re.findall(r"`?make ([a-z-]+)", TEXT):
        assert f"\n{target}:" in makefile


def test_its_links_lead_somewhere() -> None:
    root = Path(__file__).parents[1]
    for link in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert os.path.exists(root / link), f"README links to {link}"
