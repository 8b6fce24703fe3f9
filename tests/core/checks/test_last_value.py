"""The last value as the baseline of a regression in time: taken where it is nearer, measured as by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.versions import list_versions
from tests.core.checks.making import apply, checked, fitted, make, partitions, rides, version


def _wandering(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rides, with minutes that wander from ride to ride."""
    steps = np.random.default_rng(5).normal(0, 1, len(frame))
    return frame.assign(minutes=(80 + np.cumsum(steps)).round(3))


def test_what_wanders_is_held_against_its_last_value(tmp_path: Path) -> None:
    frame = _wandering(rides(days=150))
    workspace = make(tmp_path, frame)
    apply(
        workspace, name="minutes", task="regression", target="minutes", positive=None, metric="mae",
        label_delay="1d",
    )  # fmt: skip
    fitted(workspace, "minutes", "2024-03-01", kind="numbers")
    baseline = list_versions(workspace, "minutes")[-1]
    assert baseline["parameters"] == {"rule": "last value"}
    assert "nearer than the median" in baseline["why"]

    document = checked(workspace, "minutes")
    assert version(document, 0)["rule"] == "last value"
    known = pd.merge_asof(
        frame[["at", "minutes"]],
        frame[["at", "minutes"]].assign(at=lambda f: f["at"] + pd.Timedelta(days=1)),
        on="at",
        suffixes=("", "_before"),
    )
    april = known[known["at"].dt.month == 4]
    found = partitions(document, 0)["2024-04"]["metrics"]["mae"]["value"]
    assert found == pytest.approx((april["minutes"] - april["minutes_before"]).abs().mean(), rel=1e-12)
    window = checked(workspace, "minutes", "nowtest")
    other = next(o for o in window["others"] if o["version"] == 0)
    assert other["metrics"]["mae"]["value"] < window["metrics"]["mae"]["value"]


def test_what_does_not_is_held_against_the_median(tmp_path: Path) -> None:
    workspace = make(tmp_path, rides(days=60))
    apply(workspace, name="minutes", task="regression", target="minutes", positive=None, metric="mae")
    fitted(workspace, "minutes", None, kind="numbers")
    assert list_versions(workspace, "minutes")[-1]["parameters"] == {"rule": "median"}
