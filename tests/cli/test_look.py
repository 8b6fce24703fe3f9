"""``incumbent status``, ``history`` and ``doctor``."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from core.workspace import Workspace
from tests.cli.conftest import Incumbent

HISTORY = {
    "run", "check", "version", "when", "as_of", "partition", "metric", "value", "low", "high", "n", "verdict",
}  # fmt: skip


def test_status_of_all_and_of_one(house: Workspace, incumbent: Incumbent) -> None:
    before = incumbent(house, "status", "--json").document
    assert {m["model"]: m["serves"] for m in before["models"]} == {"late": "v1", "minutes": "v1"}
    assert "incumbent require suggest late --apply" in incumbent(house, "status").out
    incumbent(house, "require", "set", "late", "roc_auc", "--min", 0.99)
    incumbent(house, "check", "nowtest", "late")
    found = incumbent(house, "status", "--json").document["models"]
    assert (found[0]["model"], found[0]["verdict"], found[0]["alerts"]) == ("late", "fail", 1)
    assert found[0]["need"]["metric"] == "roc_auc"
    one = incumbent(house, "status", "late", "--json").document["models"]
    assert [m["model"] for m in one] == ["late"]
    assert "✗" in incumbent(house, "status", "late").out


def test_status_of_an_empty_workspace(here: object, incumbent: Incumbent) -> None:
    incumbent("init")
    assert incumbent("status", "--json").document["models"] == []
    assert "incumbent adopt" in incumbent("status").out


def test_history(shared: Workspace, incumbent: Incumbent) -> None:
    assert "check nowtest late" in incumbent(shared, "history", "late", "--check", "nowtest").out
    incumbent(shared, "check", "nowtest", "late")
    incumbent(shared, "check", "backtest", "late")
    rows = incumbent(shared, "history", "late", "--json").document
    assert set(rows[0]) >= HISTORY
    assert [r["run"] for r in rows] == sorted((r["run"] for r in rows), reverse=True)
    only = incumbent(
        shared, "history", "late", "--check", "backtest", "--metric", "roc_auc", "--version", "v2", "--json"
    ).document
    assert {(r["check"], r["metric"], r["version"]) for r in only} == {("backtest", "roc_auc", 2)}
    assert {r["partition"] for r in only} >= {None, "2024-06"}
    assert "2024-06" in incumbent(shared, "history", "late", "--check", "backtest", "--metric", "roc_auc").out
    assert len(incumbent(shared, "history", "late", "--limit", 3, "--json").document) == 3
    assert incumbent(shared, "history", "late", "--check", "naptest").code == 2


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["history", "late", "--metric", "roc_auk"], "did you mean 'roc_auc'?"),
        (["history", "late", "--version", "99"], "version list late"),
        (["history", "late", "--version", "9" * 30], "baseline"),
        (["status", "late", "--site", "nowhere"], "site list"),
        (["run", "show", "9" * 30], "whole numbers"),
    ],
)
def test_what_is_not_there_is_no_empty_answer(
    words: list[str], hint: str, shared: Workspace, incumbent: Incumbent
) -> None:
    incumbent(shared, "check", "nowtest", "late")
    found = incumbent(shared, *words, "--json")
    assert found.code in (2, 4)
    assert found.out == ""
    assert hint in found.error["hint"]


def test_moments_are_shown_on_the_clock_of_this_machine(
    shared: Workspace, incumbent: Incumbent, monkeypatch: pytest.MonkeyPatch
) -> None:
    incumbent(shared, "check", "regression", "late")
    run = incumbent(shared, "run", "list", "--limit", 1, "--json").document[0]
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        there = datetime.fromisoformat(run["started"]).astimezone(ZoneInfo("Asia/Kathmandu"))
        assert f"{there:%Y-%m-%d %H:%M}" in incumbent(shared, "run", "list", "--limit", 1).out
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


def test_doctor_finds_nothing_in_a_sound_house(shared: Workspace, incumbent: Incumbent) -> None:
    found = incumbent(shared, "doctor", "--json")
    assert (found.code, found.document["ok"]) == (0, True)
    said = incumbent(shared, "doctor").out
    assert "nobody keeps the night" in said
    assert "nothing is broken" in said and "all is well" not in said


def test_all_is_well_where_doctor_has_nothing_to_say(house: Workspace, incumbent: Incumbent) -> None:
    for schedule in incumbent(house, "schedule", "list", "--json").document:
        assert incumbent(house, "schedule", "pause", schedule["model"], schedule["check"]).code == 0
    assert "all is well" in incumbent(house, "doctor").out


def test_doctor_ends_with_4_where_something_is_broken(house: Workspace, incumbent: Incumbent) -> None:
    (house.root / "data" / "rides.csv").unlink()
    found = incumbent(house, "doctor", "--json")
    assert (found.code, found.document["ok"]) == (4, False)
    assert {f["subject"] for f in found.document["findings"] if f["severity"] == "problem"} == {
        "data of late", "data of minutes",
    }  # fmt: skip
    assert "✗ data of late" in incumbent(house, "doctor").out
