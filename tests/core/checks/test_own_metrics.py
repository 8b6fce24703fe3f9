"""A model's own metrics: their values, intervals and verdicts, and what becomes of mistakes in them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from core import models, requirements
from core.runs import run_here
from core.workspace import Workspace
from incumbent.errors import UsageError
from tests.core.checks.making import (
    FEATURES,
    apply,
    checked,
    fitted,
    make,
    original,
    partitions,
    ran,
    version,
)
from tests.rides import rides

METRICS = """
GREATER_IS_BETTER = {"profit": True, "per_ride": True}
TOTALS = {"profit"}


def profit(actual, predicted, rows):
    earned = rows["passengers"] * (2 * (actual == predicted) - 1)
    return earned.sum()


def per_ride(actual, predicted, rows):
    return profit(actual, predicted, rows) / len(rows)


def certain(actual, predicted, rows, probabilities):
    return float(probabilities.max(axis=1).mean())
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = make(tmp_path_factory.mktemp("own"), rides())
    (workspace.root / "metrics.py").write_text(METRICS)
    apply(workspace, metrics="metrics.py")
    fitted(workspace, "late", "2024-05-01")
    return workspace


@pytest.fixture
def house(built: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(built.root, tmp_path / "house")
    return Workspace(tmp_path / "house")


JUNE = {"since": "2024-06-01", "until": "2024-07-01"}


def by_hand(month: str) -> tuple[float, float, np.ndarray]:
    """Profit of a month, its mean certainty, and the profit of each day."""
    frame = rides()
    model = original(frame, "late", "2024-05-01")
    rows = frame[frame["late"].notna() & (frame["at"].dt.strftime("%Y-%m") == month)]
    right = model.predict(rows[FEATURES]) == rows["late"]
    earned = rows["passengers"] * np.where(right, 1, -1)
    certain = model.predict_proba(rows[FEATURES]).max(axis=1).mean()
    return float(earned.sum()), float(certain), earned.groupby(rows["at"].dt.date).sum().to_numpy()


def test_values_are_those_of_the_functions_and_sums_are_paid_back_for_the_rows_left_out(
    house: Workspace,
) -> None:
    document = checked(house, "late")
    for month in ("2024-05", "2024-06", "2024-08"):
        profit, certain, _ = by_hand(month)
        metrics = partitions(document, 1)[month]["metrics"]
        assert metrics["metrics.profit"]["value"] == profit
        assert metrics["metrics.certain"]["value"] == pytest.approx(certain, rel=1e-12)
        assert metrics["metrics.per_ride"]["value"] == pytest.approx(profit / metrics["roc_auc"]["n"])
        total, mean = metrics["metrics.profit"], metrics["metrics.per_ride"]
        rows = mean["n"]
        assert total["low"] == pytest.approx(mean["low"] * rows, rel=0.02)
        assert total["low"] < profit < total["high"]
    assert version(document, 1)["overall"]["metrics.per_ride"]["low"] is not None


def test_they_bind_by_either_name_on_segments_too_and_may_be_the_primary_metric(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "profit", min=1e9)
    requirements.set_requirement(house, "late", "metrics.per_ride", segment="carrier=rail", min=-9.0)
    document = checked(house, "late", **JUNE)
    june = partitions(document, 1)["2024-06"]
    assert june["verdict"] == "fail" and "profit" in june["reasons"][0]
    assert set(june["segments"]) == {"carrier=rail"}
    apply(house, metrics="metrics.py", metric="per_ride", window="14d")
    assert checked(house, "late", "nowtest")["verdict"] == "fail"
    with pytest.raises(UsageError, match="whether more of it is better"):
        apply(house, metrics="metrics.py", metric="certain")


@pytest.mark.slow
def test_a_new_file_is_measured_anew_and_the_same_is_not(house: Workspace) -> None:
    first = checked(house, "late", **JUNE)
    path = house.root / "metrics.py"
    path.write_text(METRICS.replace("2 * (actual", "4 * (actual").replace("- 1)", "- 2)"))
    second = checked(house, "late", **JUNE)
    was, now = (partitions(d, 1)["2024-06"]["metrics"]["metrics.profit"]["value"] for d in (first, second))
    assert now == 2 * was


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            '    return rows["nothing"].sum()\n',
            r"profit failed: KeyError(.|\n)*metrics\.py, line 7, in profit",
        ),
        pytest.param(
            "    return 'much'\n", "profit in metrics.py returned str, not a number", marks=pytest.mark.slow
        ),
        pytest.param("    import os; os._exit(3)\n", "exit code 3", marks=pytest.mark.slow),
    ],
)
def test_a_mistake_in_one_ends_the_run_with_the_line(house: Workspace, broken: str, said: str) -> None:
    import re

    body = '    earned = rows["passengers"] * (2 * (actual == predicted) - 1)\n    return earned.sum()\n'
    (house.root / "metrics.py").write_text(METRICS.replace(body, broken))
    run = ran(house, "late", **JUNE)
    assert run.state == "failed" and re.search(said, str(run.error))


def test_a_division_by_nothing_is_no_value_with_its_reason(house: Workspace) -> None:
    (house.root / "metrics.py").write_text("def odd(actual, predicted, rows):\n    return 1 / 0\n")
    june = partitions(checked(house, "late", **JUNE), 1)["2024-06"]["metrics"]["metrics.odd"]
    assert june["value"] is None and june["reason"]


def test_a_file_that_is_gone_is_told_before_anything_runs(house: Workspace) -> None:
    (house.root / "metrics.py").unlink()
    assert run_here(house, "late", "backtest", {}, why="test").state == "failed"
    with pytest.raises(UsageError, match="cannot be read"):
        models.apply(house, house.root / "late.toml")


@pytest.mark.slow
def test_more_blocks_than_fifty_are_joined_and_of_numbers_they_work_too(tmp_path: Path) -> None:
    house = make(tmp_path / "numbers", rides())
    (house.root / "metrics.py").write_text(
        "def late_minutes(actual, predicted, rows):\n"
        "    assert len(actual) == len(predicted) == len(rows) and 'stop' in rows\n"
        "    return float(abs(actual - predicted).mean())\n"
    )
    apply(house, name="minutes", task="regression", target="minutes", metric="mae", positive=None,
          metrics="metrics.py", group="stop", partition="year")  # fmt: skip
    fitted(house, "minutes", "2024-05-01", kind="numbers")
    (year,) = partitions(checked(house, "minutes"), 1).values()
    own, ours = year["metrics"]["metrics.late_minutes"], year["metrics"]["mae"]
    assert own["value"] == pytest.approx(ours["value"])
    assert (own["high"] - own["low"]) == pytest.approx(ours["high"] - ours["low"], rel=0.15)
