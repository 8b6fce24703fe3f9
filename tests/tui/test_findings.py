"""What checks found, as a person reads it: pure text, at widths from narrow to wide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.traffic.summary import Summary, VersionTraffic
from store.records import ProductionRevision, Version
from tests.tui import found
from tui.findings.bars import block, shares_of, side_by_side
from tui.findings.challenge import challenge_text
from tui.findings.drift import column_rows, drift_text
from tui.findings.edge import edge_text
from tui.findings.history import backtest_text, nowtest_text
from tui.findings.ledger import ledger_text
from tui.findings.production import chain_text
from tui.findings.stress import load_curve, stress_text
from tui.findings.traffic import traffic_text
from tui.findings.trial import closing_text
from tui.findings.version import version_text

shares = st.floats(0, 1, allow_nan=False)


@given(shares, st.integers(1, 40))
def test_a_bar_is_as_long_as_its_share_and_never_empty_for_something(share: float, width: int) -> None:
    drawn = block(share, 1.0, width)
    assert len(drawn) == width
    assert abs(len(drawn.rstrip()) - share * width) <= 1
    assert (drawn.strip() == "") == (share == 0)


@given(st.lists(shares, min_size=1, max_size=60), st.integers(30, 120))
def test_both_sides_keep_every_share_and_fit_the_width(values: list[float], width: int) -> None:
    total = sum(values) or 1.0
    told = {"edges": [float(at) for at in range(len(values) + 1)], "shares": [v / total for v in values]}
    lines = shares_of(told, {**told, "below": 0.0, "above": 0.0})
    assert len(lines) <= 14
    assert sum(line.reference for line in lines) == pytest.approx(sum(told["shares"]))
    assert sum(line.window for line in lines) == pytest.approx(sum(told["shares"]))
    assert max(map(len, side_by_side(lines, width).plain.splitlines())) <= width


def test_new_levels_are_shown_however_many_levels_there_are() -> None:
    levels = [f"level {at}" for at in range(40)]
    reference = {"levels": levels, "shares": [1 / 40] * 40}
    window = {"levels": [*levels, "never seen"], "shares": [0.99 / 40] * 40 + [0.01]}
    lines = shares_of(reference, window)
    assert [line.name for line in lines if line.remark == "new"] == ["never seen"]
    assert lines[-1].name.endswith("others")
    assert sum(line.window for line in lines) == pytest.approx(1.0)


def test_drift_puts_what_is_wrong_first_with_both_distributions() -> None:
    seen = drift_text(found.DRIFT, 76).plain
    assert seen.index("gate is missing") < seen.index("PSI 0.31 (limit 0.2)\n\n") < seen.index("As in past")
    assert "ZZ (360)" in seen
    line = next(line for line in seen.splitlines() if line.strip().startswith("ZZ"))
    assert line.endswith("40% new") and "–" in line  # nothing in training, two fifths of the window
    assert "no value" in seen and "10%" in seen
    assert [row.key for row in column_rows(found.DRIFT)][:2] == ["schema gate missing", "carrier"]


def test_who_answered_in_a_challengers_stead_is_named_and_fits() -> None:
    """The champion does so first: not the baseline, at the end of the chain."""
    moment = datetime(2026, 12, 3, 20, tzinfo=UTC)
    versions = (
        VersionTraffic(1, "champion", 665, 2e-5, 1.6e-4),
        VersionTraffic(1, "fallback", 295, 2e-5, 2.3e-4),
    )
    why = (("version 5 is left alone", 295),)
    told = Summary(moment, moment, 960, 295, 0, 2e-5, 2e-4, None, (), versions, why, ())
    live = ProductionRevision(
        model="clicks", site="local", number=2, champion=1, challenger=5, share=0.3, shadows=(), fallback=(),
        limits={}, who="night shift", when="2026-12-03T20:00:00.000Z", why="a long look " * 9, forced=False,
        undoes=None, published="2026-12-03T20:00:00.000Z",
    )  # fmt: skip
    seen = chain_text(live, {}, told, None, 78).plain
    assert "baseline   295 in a day by v1: version 5 is left alone 295" in seen
    assert max(map(len, seen.splitlines())) <= 78
    lines = [
        line for line in traffic_text(told, 76).plain.splitlines() if "p99 0." in line and "fallback" in line
    ]
    assert lines and max(map(len, lines)) <= 76


def test_edge_lists_weak_spots_by_column_with_the_row() -> None:
    seen = edge_text(found.EDGE, 76).plain
    assert "carrier\n" in seen and "unseen (and empty): the chain behind answers" in seen
    assert "→ add a rule" in seen
    assert "row  carrier ZZ, distance 3" in seen  # the changed column first
    assert "30 answered, 11 refused" in seen


def test_stress_has_latencies_a_curve_and_where_it_breaks() -> None:
    text = stress_text(found.STRESS, 76)
    seen = text.plain
    assert "to 3,600 a second, no more at 4,500" in seen
    assert "2 for ×10" in seen
    assert seen.count("✗") == 2  # in the legend, and where the last step broke
    assert max(map(len, seen.splitlines())) <= 80


@pytest.mark.parametrize("ramp", [[], [{"load": 1.0, "p50_ms": 1.0, "p99_ms": 2.0, "keeps": True}]])
def test_one_step_is_no_curve(ramp: list[dict[str, Any]]) -> None:
    assert load_curve(ramp, 76).plain == ""


def test_a_challenge_says_its_verdict_first_and_whom_it_beat() -> None:
    seen = challenge_text(found.challenge({}), 76).plain
    assert seen.startswith(" ✓ better  v2 against v1\n roc_auc is better by 0.04")
    assert "software     – skipped" in seen
    assert "roc_auc             0.040 [0.020, 0.060]" in seen


def test_an_interval_closes_around_its_effect() -> None:
    text = closing_text(found.standing()["path"], 60).plain
    rows = text.splitlines()[1:-1]
    first = sum(row[10:12].strip("┄ ") != "" for row in rows)
    last = sum(row[64 - 18 : 64 - 4].strip("┄ ") != "" for row in rows)
    assert first > last
    assert rows[0].endswith("better") and rows[-1].endswith("worse")
    assert text.splitlines()[-1].split() == ["5", "Dec", "2013", "24", "Dec", "2013"]


def test_the_ledger_tells_the_newest_swap_first() -> None:
    swap = {"revision": 2, "when": "2013-12-01T00:00:00Z", "before": 1, "after": 2, "who": "ada",
            "why": "better", "forced": False, "promised": {"value": 0.04, "low": 0.02, "high": 0.06},
            "gain": {"value": 0.03, "low": 0.01, "high": 0.05}, "relative": 0.05, "verdict": "gained",
            "reason": ""}  # fmt: skip
    other = {**swap, "before": 2, "after": 3, "verdict": "lost", "forced": True, "relative": None}
    seen = ledger_text(
        {"sentence": "two swaps", "metric": "roc_auc", "total": 0.01, "swaps": [swap, other]}, 76
    )
    assert seen.plain.index("v2 → v3  ✗ LOST") < seen.plain.index("v1 → v2  ✓ gained")
    assert "FORCED" in seen.plain and "+5.0%" in seen.plain


def _metric(value: float) -> dict[str, Any]:
    return {"value": value, "low": value - 1, "high": value + 1, "n": 900}


def test_a_now_test_says_what_failed_and_sets_versions_side_by_side() -> None:
    failed = {"metric": "bias", "reason": "bias 8.2 is above range 5", "segment": None, "verdict": "fail"}
    seen = nowtest_text(
        {"verdict": "fail", "version": 1, "failed": [failed], "metrics": {"bias": _metric(8.2)},
         "window": {"since": "2013-10-05", "until": "2013-10-19", "n": 12814},
         "early_warning": {"rising": True, "reason": "the loss has risen"},
         "others": [{"version": 0, "metrics": {"bias": _metric(-15.4)}}]}, 76,
    ).plain  # fmt: skip
    assert seen.startswith(" ✗ FAIL  v1 on 5 Oct 2013 to 19 Oct 2013, 12,814 rows\n   ✗ bias 8.2 is above")
    assert "! early warning: the loss has risen" in seen
    assert seen.index("baseline") < seen.index("8.2 [7.2, 9.2]") < seen.index("-15.40 [")


def test_a_back_test_has_the_champion_first_and_tells_what_was_not_judged() -> None:
    def part(label: str, value: float, coverage: str = "no") -> dict[str, Any]:
        return {"partition": label, "n": 90, "counts": coverage == "no", "coverage": coverage,
                "verdict": "pass", "metrics": {"mae": _metric(value)}}  # fmt: skip

    versions = [
        {"version": 2, "role": "candidate", "verdict": "pass", "note": "10 partitions", "comparison":
            {"champion": 1, "reason": "mae is better by 2", "mae":
                {"difference": -2.0, "low": -3.0, "high": -1.0, "better": True}},
         "overall": {"mae": _metric(8.0)}, "partitions": [part("2013-01", 7.0, "in-sample")]},
        {"version": 1, "role": "champion", "verdict": "fail", "note": "2013-02 is above", "comparison": None,
         "overall": {"mae": _metric(10.0)}, "partitions": [part("2013-01", 9.0), part("2013-02", 11.0)]},
    ]  # fmt: skip
    seen = backtest_text({"metric": "mae", "versions": versions}, 76).plain
    assert seen.index("✗ FAIL  v1") < seen.index("✓ pass  v2")
    assert "against the champion: mae is better by 2" in seen and "✓ better" in seen
    assert "▒ shaped" in next(line for line in seen.splitlines() if line.strip().startswith("2013-01"))
    assert max(map(len, seen.splitlines())) <= 80


def test_a_version_without_time_says_which_rows_judge_it() -> None:
    made = Version(
        "late", 1, "hash", "native", "trained", "", None, None, None, None, 300, {}, {}, "", None,
        held_out={"share": 0.2, "by": ["tail"]},
    )  # fmt: skip
    told = version_text(made, 1, {}, None, None).plain
    assert "without a time; 20% of the rows are held out to judge it by, by tail" in told
    untold = version_text(replace(made, held_out=None), 1, {}, None, None).plain
    assert "trained    nobody knows on which rows" in untold
