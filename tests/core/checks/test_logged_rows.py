"""A model without a time column is now-tested, and looked at for drift, on what production has logged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error

import incumbent
from core import production, requirements
from core.workspace import Workspace
from tests.core.checks.test_held_out_rows import table, trained, workspace
from tests.core.traffic.filling import prediction
from tests.core.traffic.filling import write as write_log
from tests.house import done

__all__ = ["workspace"]  # the fixture: a model of minutes without a time column


@pytest.fixture
def serving(workspace: Workspace) -> Workspace:
    """Its first version is in production, with a requirement that it keeps."""
    trained(workspace)
    production.swap(workspace, "minutes", 1, reason="the first", force=True)
    requirements.set_requirement(workspace, "minutes", "mae", max=9.0)
    return workspace


def served(workspace: Workspace, frame: pd.DataFrame, tell: bool = True) -> list[float]:
    """Predict rows as production does, and tell what turned out to be true."""
    predictor = incumbent.open(workspace.root / "production" / "local" / "minutes")
    said = []
    for row in frame.to_dict("records"):
        actual = row.pop("minutes")
        answer = predictor.predict(row)
        said.append(float(answer.value))
        if tell:
            predictor.outcome(answer.id, actual)
    predictor.close()
    return said


def checked(workspace: Workspace, check: str) -> dict[str, Any]:
    run = done(workspace, "minutes", check, {})
    return {**(run.result or {}), "note": run.note}


def test_nothing_logged_is_thin_and_raises_no_alert(serving: Workspace) -> None:
    for check in ("nowtest", "drift"):
        found = checked(serving, check)
        assert found["verdict"] == "thin" and "no time column" in found["note"]
    served(serving, table(3, 4), tell=False)
    assert checked(serving, "nowtest")["verdict"] == "thin"
    with serving.store() as store:
        assert store.alerts.list() == ()


def test_the_newest_predictions_are_measured_against_what_came_true(serving: Workspace) -> None:
    frame = table(3, 30)
    said = served(serving, frame)
    found = checked(serving, "nowtest")
    assert (found["verdict"], found["window"]["n"], found["coverage"]) == ("pass", len(frame), "part")
    assert found["metrics"]["mae"]["value"] == pytest.approx(
        mean_absolute_error(frame["minutes"], said), rel=1e-9
    )
    assert {other["version"] for other in found["others"]} == {0}


def test_production_that_got_worse_fails(serving: Workspace) -> None:
    frame = table(3, 30)
    served(serving, frame.assign(minutes=frame["minutes"] + np.where(np.arange(len(frame)) % 2, 60.0, -60.0)))
    found = checked(serving, "nowtest")
    assert found["verdict"] == "fail" and found["failed"][0]["metric"] == "mae"


def test_a_version_made_later_may_have_seen_the_rows(serving: Workspace) -> None:
    served(serving, table(3, 30))
    trained(serving, parameters={"max_depth": "2"})
    production.swap(serving, "minutes", 2, reason="newer", force=True)
    found = checked(serving, "nowtest")
    assert (found["verdict"], found["version"], found["coverage"]) == ("thin", 2, "in-sample")


def test_drift_is_seen_in_what_production_was_asked(serving: Workspace) -> None:
    frame = table(3, 30)
    rows = frame.assign(distance=frame["distance"] + 40.0).drop(columns="minutes").to_dict("records")
    log = serving.root / "production" / "local" / "minutes" / "log"
    for day in range(1, 6):
        date = f"2024-10-{day:02d}"
        asked = [prediction(f"{day}-{n}", f"{date}T12:00", row=row) for n, row in enumerate(rows[day::6])]
        write_log(log, date, *asked)
    found = checked(serving, "drift")
    assert (found["verdict"], found["from"]) == ("warn", "log")
    drifted = {c["column"] for c in found["columns"] if c["verdict"] == "warn"}
    assert drifted == {"distance"}
