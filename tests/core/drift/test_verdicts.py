"""What is said of windows: calm ones are left alone, planted drift is found where it is and nowhere else."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.drift.gates import NULLS, PSI
from core.drift.limits import Past, limit_for
from core.drift.verdicts import PastColumn, judge_column
from incumbent.columns import Array, Coded
from tests.core.drift.simulating import Process, drifted_columns, history

CALM = Process()
MOVING = replace(CALM, memory=0.6, day=0.5, week=0.3)


def looks_with_an_alarm(process: Process, draws: int) -> int:
    return sum(
        bool(drifted_columns(process, history(process, np.random.default_rng(i)))) for i in range(draws)
    )


@pytest.mark.parametrize("process", [CALM, MOVING], ids=["independent", "autocorrelated"])
def test_calm_windows_rarely_alarm(process: Process) -> None:
    assert looks_with_an_alarm(process, 8) <= 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "process",
    [CALM, MOVING, replace(MOVING, memory=0.85), replace(MOVING, days=300), replace(MOVING, days=104)],
    ids=["independent", "autocorrelated", "slow", "long", "no past"],
)
def test_the_false_alarms_of_calm_windows_stay_within_the_budget(process: Process) -> None:
    """Two a year: where windows of 14 nights are looked at every night, 2 % of the looks."""
    draws = 300
    assert looks_with_an_alarm(process, draws) <= 0.02 * draws + 2 * np.sqrt(0.02 * draws)


def moved(rows: dict[str, Array]) -> None:
    rows["n0"] = np.asarray(rows["n0"]) + 0.8


def in_another_unit(rows: dict[str, Array]) -> None:
    rows["n1"] = np.where(np.arange(len(rows["n1"])) % 5 == 0, np.asarray(rows["n1"]) * 1000, rows["n1"])


def flooded_with_nulls(rows: dict[str, Array]) -> None:
    rows["n3"] = np.where(np.arange(len(rows["n3"])) % 5 == 0, np.nan, rows["n3"])


def with_a_new_category(rows: dict[str, Array]) -> None:
    column = rows["c0"]
    assert isinstance(column, Coded)
    codes = column.codes.copy()
    codes[::8] = len(column.values)
    rows["c0"] = Coded(codes, (*column.values, "hovercraft"))


def renamed(rows: dict[str, Array]) -> None:
    column = rows["c1"]
    assert isinstance(column, Coded)
    rows["c1"] = Coded(column.codes, ("Bus", *column.values[1:]))


@pytest.mark.parametrize(
    ("plant", "column"),
    [
        (moved, "n0"), (in_another_unit, "n1"), (flooded_with_nulls, "n3"), (with_a_new_category, "c0"),
        (renamed, "c1"),
    ],
)  # fmt: skip
def test_planted_drift_is_found_where_it_is(plant: Callable[[dict[str, Array]], None], column: str) -> None:
    found = [drifted_columns(CALM, history(CALM, np.random.default_rng(40 + i)), plant) for i in range(2)]
    assert all(column in columns for columns in found)
    assert sum(len(columns - {column}) for columns in found) <= 1


def test_a_limit_of_the_spec_counts_instead_of_the_past() -> None:
    now = {"rows": 500, "psi": 0.28, "psi_bias": 0.02, "null_change": 0.0, "outside": 0.0, "ks": 0.2}
    past = [PastColumn({"rows": 500, "psi": 0.03 + 0.004 * (i % 3), "null_change": 0.0}) for i in range(8)]
    assert judge_column("number", now, past, 0.001).verdict == "warn"
    allowed = judge_column("number", now, past, 0.001, {"psi": 0.3})
    assert allowed.verdict == "pass" and allowed.limits["psi"].basis == "spec"
    named = judge_column("number", now, past, 0.001, {"psi": 0.3, "ks": 0.1})
    assert named.verdict == "warn" and "ks 0.2 (limit 0.1)" in named.reason


def test_a_calendar_column_is_judged_by_its_nulls() -> None:
    now = {"rows": 500, "psi": 3.0, "psi_bias": 0.02, "null_change": 0.0, "outside": 0.9}
    assert judge_column("number", now, [], 0.001, calendar=True).verdict == "pass"
    flooded = judge_column("number", {**now, "null_change": 0.5}, [], 0.001, calendar=True)
    assert flooded.verdict == "warn" and "nulls" in flooded.reason


def test_few_rows_say_nothing() -> None:
    assert judge_column("number", {"rows": 12, "psi": 3.0, "null_change": 0.0}, [], 0.001).verdict == "thin"


def test_without_past_windows_the_published_sizes_apply() -> None:
    assert limit_for(PSI, Past([]), 1e-4, 1000).high == 0.25
    found = limit_for(NULLS, Past([0.0] * 5), 1e-4, 1000)
    assert (found.high, found.low, found.basis) == (0.10, -0.10, "default")


def test_a_flood_of_nulls_is_seen_in_a_column_that_always_had_some() -> None:
    random = np.random.default_rng(8)
    rows, usual = 600, 0.3

    def window(share: float) -> dict[str, float]:
        nulls = random.binomial(rows, share) / rows
        return {"rows": rows, "null_share": nulls, "null_change": nulls - usual}

    past = [PastColumn(window(usual)) for _ in range(20)]
    assert judge_column("time", window(usual), past, 1e-4).verdict == "pass"
    for share in (0.15, 0.45):
        assert "share of nulls changed" in judge_column("time", window(share), past, 1e-4).reason
    calm = sum(
        judge_column("time", window(usual), [PastColumn(window(usual)) for _ in range(8)], 1e-3).verdict
        != "pass"
        for _ in range(500)
    )
    assert calm <= 3


def test_a_limit_is_never_below_what_the_season_showed_a_year_ago() -> None:
    calm = [0.02, 0.03, 0.025, 0.02, 0.03, 0.022, 0.028, 0.026, 0.024, 0.029, 0.023]
    plain = limit_for(PSI, Past([*calm, 0.9]), 1e-3, 1000)
    assert limit_for(PSI, Past([*calm, 0.9], season=[0.9]), 1e-3, 1000).high >= 0.9 > plain.high


def test_one_past_outage_does_not_widen_the_limit() -> None:
    random = np.random.default_rng(3)
    calm = list(0.02 * random.chisquare(9, 20) / 9)
    plain, with_outage = (limit_for(PSI, Past(v), 1e-3, 1000).high for v in (calm, [*calm, 8.0]))
    assert with_outage < 1.3 * plain
