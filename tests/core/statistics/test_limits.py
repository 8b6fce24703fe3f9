"""Rules 2, 3 and 5: what an estimate says about a requirement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.statistics.estimate import Estimate
from core.statistics.limits import judge, judge_mean, worst
from core.statistics.precision import shortage
from store.records import Requirement

SEEN = Estimate(0.64, 0.62, 0.66, n=900, blocks=30, unit="day", rarer=200)


def require(**limits: object) -> Requirement:
    """A requirement with these limits."""
    blank = {"min": None, "max": None, "mean": None, "range": None} | limits
    return Requirement(1, "flights", "roc_auc", None, since="2013", until=None, who="me", why="", **blank)


@pytest.mark.parametrize(
    ("limits", "verdict", "cause", "said"),
    [
        ({"min": 0.60}, "pass", "inside", "keeps its limit"),
        ({"min": 0.63}, "warn", "reaches", "reaches below min 0.63"),
        ({"min": 0.65}, "warn", "breach", "is below min 0.65, but its interval reaches across"),
        ({"min": 0.67}, "fail", "beyond", "is below min 0.67, with its whole interval"),
        ({"max": 0.70}, "pass", "inside", "keeps its limit"),
        ({"max": 0.65}, "warn", "reaches", "reaches above max 0.65"),
        ({"max": 0.63}, "warn", "breach", "above max 0.63"),
        ({"max": 0.61}, "fail", "beyond", "above max 0.61"),
        ({"range": (0.60, 0.70)}, "pass", "inside", "keeps its limit"),
        ({"range": (0.50, 0.61)}, "fail", "beyond", "above range 0.61"),
        ({"min": 0.5, "range": (0.67, 0.70)}, "fail", "beyond", "below range 0.67"),
        ({"mean": 0.9}, None, "not judged", "no limit for a single window"),
    ],
)
def test_verdicts_of_one_window(
    limits: dict[str, object], verdict: str | None, cause: str, said: str
) -> None:
    found = judge("roc_auc", SEEN, require(**limits))
    assert (found.verdict, found.cause) == (verdict, cause)
    assert said in found.reason
    assert found.reason.startswith("roc_auc 0.640 [0.620, 0.660]")
    assert found.breach == (cause in ("breach", "beyond"))
    assert found.alarm == (cause in ("breach", "beyond"))


def test_a_value_on_its_limit_keeps_it() -> None:
    assert not judge("roc_auc", SEEN, require(min=0.64)).breach
    assert not judge("roc_auc", SEEN, require(max=0.64)).breach


def test_the_third_breach_in_a_row_fails() -> None:
    limit = require(min=0.65)
    assert judge("auc", SEEN, limit, previous=[True]).verdict == "warn"
    assert judge("auc", SEEN, limit, previous=[True, True, False, True]).verdict == "warn"
    third = judge("auc", SEEN, limit, previous=[False, True, True])
    assert (third.verdict, third.cause) == ("fail", "third breach")
    assert third.reason == "auc 0.640 [0.620, 0.660] is below min 0.65: third breach in a row"


def test_a_rise_of_the_loss_warns_though_the_limit_holds() -> None:
    found = judge("auc", SEEN, require(min=0.5), rising=True)
    assert (found.verdict, found.cause, found.alarm) == ("warn", "rising", True)


def test_no_value_is_not_judged() -> None:
    nothing = Estimate(None, None, None, n=50, reason="only one class happened")
    found = judge("roc_auc", nothing, require(min=0.9))
    assert found.verdict is None
    assert "only one class happened" in found.reason


@pytest.mark.parametrize("state", ["in-sample", "hindsight"])
def test_rows_that_shaped_the_version_are_not_judged(state: str) -> None:
    assert judge("roc_auc", SEEN, require(min=0.9), in_sample=state).verdict is None


def test_unknown_ranges_are_a_warning_at_best_and_say_why() -> None:
    found = judge("roc_auc", SEEN, require(min=0.5), in_sample="unknown")
    assert (found.verdict, found.alarm) == ("warn", False)
    assert "nobody knows which rows" in found.reason
    failed = judge("roc_auc", SEEN, require(min=0.9), in_sample="unknown")
    assert failed.verdict == "fail" and "nobody knows which rows" in failed.reason


@pytest.mark.parametrize(
    ("estimate", "margin", "said"),
    [
        (replace(SEEN, blocks=5), None, "5 days are too few, 1 more day is needed"),
        (replace(SEEN, blocks=1), None, "1 day is too few, 5 more days are needed"),
        (replace(SEEN, rarer=4), None, "4 rows of the rarer class, 10 are needed: about 1,350 more rows"),
        (replace(SEEN, rarer=0), None, "no row of the rarer class"),
        (SEEN, 0.01, "±0.020 and the margin ±0.01, about 90 more days (2,700 rows) are needed"),
        (replace(SEEN, low=None, high=None, reason="undefined without one day"), None, "without one day"),
    ],
)
def test_too_little_is_thin_and_says_how_much_more(
    estimate: Estimate, margin: float | None, said: str
) -> None:
    found = judge("roc_auc", estimate, require(min=0.9), margin=margin)
    assert found.verdict == "thin"
    assert said in found.reason


def test_the_rows_that_a_margin_asks_for_are_enough() -> None:
    rng = np.random.default_rng(0)
    before = Estimate(0.0, -0.2, 0.2, n=100, blocks=100, unit="row")
    assert "300 more rows" in shortage(before, margin=0.1)
    widths = [1.96 * rng.normal(size=400).std() / np.sqrt(400) for _ in range(50)]
    assert np.mean(widths) == pytest.approx(0.1, abs=0.01)


def test_an_extreme_value_is_judged_strictly() -> None:
    peak = Estimate(9.0, None, None, n=50, blocks=10, reason="an extreme value has no interval")
    assert judge("max_error", peak, require(max=8.0)).verdict == "fail"
    assert judge("max_error", peak, require(max=10.0)).verdict == "pass"


@pytest.mark.parametrize(
    ("better", "value", "mean", "verdict"),
    [("higher", 0.70, 0.8, "fail"), ("lower", 0.70, 0.8, "pass"), ("lower", 0.9, 0.8, "fail"),
     ("zero", -0.9, 0.8, "fail"), ("zero", 0.5, 0.8, "pass")],
)  # fmt: skip
def test_the_mean_of_the_partitions_is_bound_the_way_the_metric_goes(
    better: str, value: float, mean: float, verdict: str
) -> None:
    overall = Estimate(value, value - 0.02, value + 0.02, n=900, blocks=30, unit="day")
    assert judge_mean("m", overall, require(mean=mean), better=better).verdict == verdict


def test_worst() -> None:
    assert worst(["pass", "warn", "thin"]) == "warn"
    assert worst(["fail", "error", None]) == "error"
    assert worst([None]) is None
