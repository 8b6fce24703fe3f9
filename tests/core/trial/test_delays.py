"""Outcomes that come later in one arm than in the other, by rows made at hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.trial.observing import Observations
from core.trial.standing import Rules, judge

BEGIN = datetime(2024, 1, 1)


def arms(days: int, now: int, later: float, a_day: int = 100) -> Observations:
    """Two equal versions; the challenger's outcomes are late where a row is a "yes", which are harder."""
    random = np.random.default_rng(5)
    count = days * a_day
    at = pd.Timestamp(BEGIN) + pd.to_timedelta(np.repeat(np.arange(days), a_day) + random.random(count), "D")
    challenged, yes = random.random(count) < 0.5, random.random(count) < 0.5
    known = at + pd.to_timedelta(np.where(challenged & yes, later, 1.0), "D")
    loss = np.where(yes, 0.4, 0.1) + random.normal(0, 0.02, count)
    frame = pd.DataFrame({"at": at, "unit": np.arange(count), "challenged": challenged, "seconds": 1e-5})
    frame["known"] = pd.Series(known).where(known <= pd.Timestamp(BEGIN) + pd.Timedelta(days=now))
    frame["loss"] = np.where(frame["known"].notna(), loss, np.nan)
    frame["failed"] = 0.0
    frame = frame[frame["at"] < pd.Timestamp(BEGIN) + pd.Timedelta(days=now)]
    return Observations(frame.reset_index(drop=True), False, "brier", 0, by_key=False)


def stands(now: int, later: float) -> dict[str, Any]:
    rules = Rules(BEGIN, 0.5, 30, {"outcomes": 0.0})
    return judge(arms(30, now, later), rules, BEGIN + timedelta(days=now))


def test_outcomes_of_one_arm_that_are_still_on_their_way_are_no_gain() -> None:
    found = stands(9, later=12.0)
    assert found["low"] > 0  # of the rows that are known it does better, and yet:
    assert found["verdict"] == "invalid"
    assert "outcomes of one arm come later or not at all" in found["reason"]
    (guard,) = found["guards"]
    assert (guard["verdict"], guard["reason"]) == ("thin", "the arms cannot be compared")


def test_when_they_have_come_rows_count_that_are_as_old_as_the_slower_arm_needs() -> None:
    found = stands(28, later=12.0)
    assert found["delay_seconds"] == pytest.approx(12 * 86_400, rel=0.01)
    assert (found["verdict"], found["ratio"]["broken"]) == ("undecided", False)
    assert found["low"] < 0 < found["high"]
    assert found["days"] == 16


def test_outcomes_that_come_alike_are_nothing_to_speak_of() -> None:
    found = stands(12, later=1.0)
    assert (found["verdict"], found["ratio"]["broken"], found["days"]) == ("undecided", False, 11)
    assert found["ratio"]["judged"]["units"] == found["judged"]
