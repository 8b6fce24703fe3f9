"""The now-test: the newest labelled window of production, and what came before it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from core import requirements
from core.workspace import Workspace
from tests.core.checks.making import FEATURES, apply, checked, original, ran, rides, write
from tests.house import swap

TICK = pd.Timedelta(microseconds=1)


def limited(house: Workspace, **limits: float) -> None:
    requirements.set_requirement(house, "late", "log_loss", why="another limit", **limits)


def alerts(house: Workspace) -> list[tuple[str, str]]:
    with house.store() as store:
        return [(a.subject, a.severity) for a in store.alerts.list()]


def flipped(frame: pd.DataFrame, since: str, share: float) -> pd.DataFrame:
    """Some outcomes turned round from a moment on: the model has lost its grip."""
    other = frame.copy()
    chosen = (other["at"] >= since) & (np.random.default_rng(8).random(len(other)) < share)
    turned = other.loc[chosen, "late"].map({"yes": "no", "no": "yes"})
    other.loc[chosen, "late"] = turned
    return other


def test_the_window_is_the_trailing_stretch_and_its_values_are_scikit_learns(
    built: Workspace, frame: pd.DataFrame
) -> None:
    document = checked(built, "late", "nowtest")
    known = frame[frame["late"].notna()]
    until = known["at"].max() + TICK
    rows = known[known["at"] >= until - pd.Timedelta(days=14)]
    assert pd.Timestamp(document["window"]["until"]) == until
    assert pd.Timestamp(document["window"]["since"]) == until - pd.Timedelta(days=14)
    assert document["window"]["n"] == len(rows)
    assert (document["version"], document["verdict"], document["coverage"]) == (1, "pass", "no")
    share = original(frame, "late", "2024-03-01").predict_proba(rows[FEATURES])[:, 1]
    yes = rows["late"] == "yes"
    assert document["metrics"]["roc_auc"]["value"] == pytest.approx(sk.roc_auc_score(yes, share))
    assert document["metrics"]["log_loss"]["value"] == pytest.approx(sk.log_loss(yes, share))


def test_the_baseline_stands_beside_it(built: Workspace) -> None:
    others = {o["version"]: o for o in checked(built, "late", "nowtest")["others"]}
    assert others[0]["role"] == "baseline" and others[0]["metrics"]["roc_auc"]["value"] == 0.5


def test_without_a_champion_the_newest_version_is_tested_and_no_alert_opens(house: Workspace) -> None:
    requirements.set_requirement(house, "minutes", "mae", max=0.01)
    document = checked(house, "minutes", "nowtest")
    assert (document["version"], document["verdict"]) == (1, "fail") and not alerts(house)


def test_a_named_version_is_tested_instead(house: Workspace) -> None:
    limited(house, max=0.01)
    assert checked(house, "late", "nowtest", versions=[3])["version"] == 3
    assert not alerts(house)


def test_a_failure_opens_an_alert_and_a_pass_closes_it(house: Workspace) -> None:
    limited(house, max=0.3)
    document = checked(house, "late", "nowtest")
    assert document["verdict"] == "fail"
    (failed,) = document["failed"]
    assert failed["metric"] == "log_loss" and "max 0.3" in failed["reason"]
    assert alerts(house) == [("late nowtest", "fail")]
    limited(house, max=2.0)
    assert checked(house, "late", "nowtest")["verdict"] == "pass"
    assert not alerts(house)


def test_an_interval_that_only_reaches_across_warns_and_opens_nothing(house: Workspace) -> None:
    value = checked(house, "late", "nowtest")["metrics"]["log_loss"]
    limited(house, max=(value["value"] + value["high"]) / 2)
    document = checked(house, "late", "nowtest")
    assert document["verdict"] == "warn" and "reaches above" in document["failed"][0]["reason"]
    assert not alerts(house)


def test_a_breach_within_the_interval_warns_and_a_third_in_a_row_fails(house: Workspace) -> None:
    document = checked(house, "late", "nowtest")
    loss = document["metrics"]["log_loss"]
    limited(house, max=loss["value"] - 0.001)
    first = checked(house, "late", "nowtest")
    earlier = _earlier_losses(house)
    breaches = [value > loss["value"] - 0.001 for value in earlier]
    assert first["verdict"] == ("fail" if all(breaches) else "warn")
    limited(house, max=min([*earlier, loss["value"]]) - 0.001)
    third = checked(house, "late", "nowtest")
    assert third["verdict"] == "fail"
    if loss["low"] < min([*earlier, loss["value"]]) - 0.001:
        assert "third breach in a row" in third["failed"][0]["reason"]
    assert alerts(house) == [("late nowtest", "fail")]


def _earlier_losses(house: Workspace) -> list[float]:
    """The log-loss of the two windows before the newest, as now-tests as of their ends give it."""
    found = []
    since = checked(house, "late", "nowtest")["window"]["since"]
    for _ in range(2):
        window = checked(house, "late", "nowtest", as_of=since)
        found.append(window["metrics"]["log_loss"]["value"])
        since = window["window"]["since"]
    return found


def test_a_window_that_shaped_the_version_cannot_judge_it(house: Workspace) -> None:
    limited(house, max=0.01)
    document = checked(house, "late", "nowtest", as_of="2024-02-20")
    assert (document["verdict"], document["coverage"], document["failed"]) == ("thin", "in-sample", [])
    assert document["window"]["n"] > 0 and not alerts(house)


def test_of_a_window_seen_in_part_the_rest_judges(house: Workspace, frame: pd.DataFrame) -> None:
    swap(house, "late", 2, reason="trained until 11 April")
    document = checked(house, "late", "nowtest", as_of="2024-04-20")
    known = frame[frame["late"].notna() & (frame["at"] >= "2024-04-11") & (frame["at"] < "2024-04-20")]
    assert (document["coverage"], document["window"]["n"]) == ("part", len(known))


def test_no_label_is_known(house: Workspace, frame: pd.DataFrame) -> None:
    run = ran(house, "late", "nowtest", as_of="2024-01-01")
    assert run.state == "failed" and "known label" in str(run.error)


@pytest.mark.parametrize("group", [None, "stop"])
def test_a_rise_of_the_loss_is_noticed_early_and_calm_data_raise_nothing(
    house: Workspace, group: str | None
) -> None:
    calm = rides(seed=11)
    write(house.root, calm)
    apply(house, group=group)
    limited(house, max=1.2)
    before = checked(house, "late", "nowtest")
    assert before["early_warning"]["rising"] is False and before["verdict"] == "pass"
    write(house.root, flipped(calm, "2024-06-01", 0.3))
    after = checked(house, "late", "nowtest")
    assert after["early_warning"]["rising"] is True
    assert after["verdict"] == "warn" and "risen" in after["failed"][0]["reason"]
    assert alerts(house) == [("late nowtest", "warn")]


@pytest.mark.parametrize("asked", [{}, {"mean": 1.2}, {"max": 1.2, "segment": "carrier"}])
def test_a_rise_is_heard_though_no_limit_binds_the_whole_window(
    house: Workspace, asked: dict[str, Any]
) -> None:
    write(house.root, flipped(rides(seed=11), "2024-06-01", 0.3))
    if asked:
        requirements.set_requirement(house, "late", "log_loss", **asked)
    document = checked(house, "late", "nowtest")
    assert document["verdict"] == "warn" and "risen" in str(document["failed"])
    assert alerts(house) == [("late nowtest", "warn")]


def test_segments_are_tested_too(house: Workspace, frame: pd.DataFrame) -> None:
    requirements.set_requirement(house, "late", "accuracy", min=0.999, segment="carrier")
    document = checked(house, "late", "nowtest")
    assert {f["segment"] for f in document["failed"]} == {"carrier=bus", "carrier=rail", "carrier=tram"}
    segments: dict[str, Any] = document["segments"]
    known = frame[frame["late"].notna() & (frame["at"] >= pd.Timestamp(document["window"]["since"]))]
    assert {s: m["accuracy"]["n"] for s, m in segments.items()} == {
        f"carrier={c}": n for c, n in known["carrier"].value_counts().items()
    }
