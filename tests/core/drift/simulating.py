"""Generated histories without drift, or with a known one, judged as the drift check judges windows.

Rows of a day share the day's weather: an autoregression by day with a season of the week moves every column.
The same functions measure and judge as in the check; there is only no store and no file in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from core.drift.measuring import Measured, WindowMeter
from core.drift.past import Trained, past_windows, shrinkage
from core.drift.verdicts import PastColumn, chance_of_alarm, gate_count, judge_column
from core.timeline import Duration, Window
from incumbent.columns import Array, Coded, Columns, take
from incumbent.profile import profile

FIRST = datetime(2024, 1, 1)
LEVELS = ("bus", "ferry", "rail", "tram", "walk")


@dataclass(frozen=True)
class Process:
    """How a history comes about: ``memory`` and ``day`` say how strongly days move together."""

    days: int = 210
    trained: int = 90
    window: int = 14
    per_day: int = 40
    numbers: int = 6
    categories: int = 2
    memory: float = 0.0
    day: float = 0.0
    week: float = 0.0


def history(process: Process, random: np.random.Generator) -> dict[str, Array]:
    """Columns ``at``, ``n0`` … (numbers, some with nulls, one skewed) and ``c0`` … (categories)."""
    count = process.days * process.per_day
    day = np.repeat(np.arange(process.days), process.per_day)
    at = np.datetime64(FIRST, "us") + (np.arange(count) * (86_400_000_000 // process.per_day))
    rows: dict[str, Array] = {"at": at.astype("datetime64[us]")}
    for i in range(process.numbers):
        values = _level(process, random)[day] + random.normal(size=count)
        if i % 3 == 1:
            values = np.exp(values)
        if i % 3 == 2:
            values[random.random(count) < 0.05] = np.nan
        rows[f"n{i}"] = values
    for i in range(process.categories):
        tilt = _level(process, random)[day]
        scores = np.log([0.4, 0.3, 0.15, 0.1, 0.05]) + np.outer(tilt, np.linspace(-1, 1, 5)) * 0.5
        codes = np.argmax(scores + random.gumbel(size=scores.shape), axis=1)
        rows[f"c{i}"] = Coded(codes.astype(np.int32), LEVELS)
    return rows


def _level(process: Process, random: np.random.Generator) -> np.ndarray:
    """What the rows of each day share."""
    shocks = random.normal(size=process.days) * np.sqrt(1 - process.memory**2)
    level = np.empty(process.days)
    level[0] = random.normal()
    for day in range(1, process.days):
        level[day] = process.memory * level[day - 1] + shocks[day]
    return process.day * level + process.week * np.sin(2 * np.pi * np.arange(process.days) / 7)


def drifted_columns(
    process: Process,
    rows: Columns,
    plant: Callable[[dict[str, Array]], None] | None = None,
    alpha: float | None = None,
) -> set[str]:
    """Which columns of the newest window are said to have drifted; ``plant`` changes that window first."""
    times = np.asarray(rows["at"])
    trained = Trained(FIRST, FIRST + timedelta(days=process.trained))
    end = FIRST + timedelta(days=process.days)
    present = Window(end - timedelta(days=process.window), end)
    training = {n: c for n, c in _between(rows, times, trained.since, trained.until).items() if n != "at"}
    meter = WindowMeter(profile(training)["columns"], "at")
    mine = _between(rows, times, present.since, present.until)
    if plant is not None:
        plant(mine)
    now = meter.measure(mine)
    past = [
        (p, meter.measure(_between(rows, times, p.window.since, p.window.until)))
        for p in past_windows(present, Duration(0, process.window * 86_400), trained, FIRST)
    ]
    kinds = {n: str(known["kind"]) for n, known in meter.profile.items()}
    chance = alpha or chance_of_alarm(gate_count(kinds, now.calendar), process.window)
    return {
        name
        for name, kind in kinds.items()
        if judge_column(kind, now.columns[name], _past(past, name, process), chance).verdict == "warn"
    }


def _past(past: list[tuple[object, Measured]], name: str, process: Process) -> list[PastColumn]:
    found = []
    for window, measured in past:
        shrunk = 1.0
        if getattr(window, "in_sample") == "in-sample":
            shrunk = shrinkage(process.trained * process.per_day, measured.rows)
        if shrunk > 0:
            found.append(PastColumn(measured.columns[name], False, shrunk))
    return found


def _between(rows: Columns, times: np.ndarray, since: datetime, until: datetime) -> dict[str, Array]:
    a, b = np.searchsorted(times, [np.datetime64(since, "us"), np.datetime64(until, "us")])
    return take(rows, slice(int(a), int(b)))
