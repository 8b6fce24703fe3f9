"""Walk-forward: train on what was known, score what came next, never the other way round."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from sklearn import metrics as sk

from core.versions import training
from core.workspace import Workspace
from incumbent.errors import FittingError
from tests.core.checks.making import (
    FEATURES,
    apply,
    checked,
    original,
    partitions,
    ran,
    version,
)
from tests.house import fitting_here


def walk(house: Workspace, mode: str = "expanding", **arguments: Any) -> dict[str, Any]:
    with fitting_here():
        return checked(house, "late", walk_forward=mode, **arguments)


def test_every_scored_row_is_later_than_every_row_of_its_fit(house: Workspace, frame: pd.DataFrame) -> None:
    document = walk(house)
    measured = partitions(document, 1)
    assert list(measured) == ["2024-02", "2024-03", "2024-04", "2024-05", "2024-06", "2024-08"]
    for label, partition in measured.items():
        rows = frame[frame["late"].notna() & (frame["at"].dt.strftime("%Y-%m") == label)]
        before = frame[frame["late"].notna() & (frame["at"] < f"{label}-01")]
        assert pd.Timestamp(partition["trained"]["until"]) <= rows["at"].min()
        assert partition["trained"]["rows"] == len(before)
        assert (partition["n"], partition["coverage"]) == (len(rows), "no")
        share = original(frame, "late", f"{label}-01").predict_proba(rows[FEATURES])[:, 1]
        expected = sk.log_loss(rows["late"] == "yes", share)
        assert partition["metrics"]["log_loss"]["value"] == pytest.approx(expected)
    assert version(document, 1)["walk_forward"] == "expanding"


def test_sliding_learns_from_a_stretch_as_long_as_the_versions(house: Workspace) -> None:
    with house.store() as store:
        known = store.versions.get("late", 1)
    length = pd.Timestamp(known.trained_until) - pd.Timestamp(known.trained_since)
    for label, partition in partitions(walk(house, "sliding", since="2024-06-01"), 1).items():
        since = pd.Timestamp(partition["trained"]["since"])
        cut = pd.Timestamp(f"{label}-01")
        assert cut - length <= since < pd.Timestamp(partition["trained"]["until"]) <= cut


def test_sliding_is_no_shorter_where_labels_are_late(house: Workspace) -> None:
    apply(house, label_delay="20d")
    with house.store() as store:
        known = store.versions.get("late", 1)
    length = pd.Timestamp(known.trained_until) - pd.Timestamp(known.trained_since)
    for partition in partitions(walk(house, "sliding", since="2024-05-01", until="2024-07-01"), 1).values():
        since, until = (pd.Timestamp(partition["trained"][end]) for end in ("since", "until"))
        assert abs(until - since - length) < pd.Timedelta(days=1)


def test_labels_that_were_not_known_yet_are_not_learned_from(house: Workspace) -> None:
    apply(house, label_delay="5d")
    for label, partition in partitions(walk(house, since="2024-08-01"), 1).items():
        cut = pd.Timestamp(f"{label}-01")
        assert pd.Timestamp(partition["trained"]["until"]) <= cut - pd.Timedelta(days=5) + pd.Timedelta("1us")


def test_a_second_walk_fits_nothing(house: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    first = walk(house, since="2024-06-01")

    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError("it was fitted again")

    monkeypatch.setattr(training, "fit", refused)
    second = checked(house, "late", walk_forward="expanding", since="2024-06-01")
    assert {**first, "run": 0} == {**second, "run": 0}


def test_a_fit_that_fails_is_shown_and_survived(house: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    original_fit = training.fit

    def failing(workspace: Any, spec: Any, rows: Any, *rest: Any, **more: Any) -> Any:
        if str(rows.until) < "2024-06-01":
            raise FittingError("the pipeline fails on this month")
        return original_fit(workspace, spec, rows, *rest, **more)

    monkeypatch.setattr(training, "fit", failing)
    measured = partitions(walk(house, since="2024-06-01"), 1)
    assert measured["2024-06"]["n"] == 0
    assert "fails on this month" in measured["2024-06"]["trained"]["error"]
    assert "the fit failed" in measured["2024-06"]["metrics"]["roc_auc"]["reason"]
    assert measured["2024-08"]["n"] > 300


def test_the_champion_and_its_alerts_are_left_alone(house: Workspace) -> None:
    apply(house, requirements={"roc_auc": {"min": 0.99}})
    document = walk(house, since="2024-06-01")
    assert document["verdict"] == "fail" and [v["version"] for v in document["versions"]] == [1]
    with house.store() as store:
        assert not store.alerts.list()
        assert store.production.live("late").champion == 1  # type: ignore[union-attr]


def test_there_has_to_be_a_recipe(house: Workspace) -> None:
    apply(house, pipeline=None)
    run = ran(house, "late", walk_forward="expanding")
    assert run.state == "failed" and "walk-forward needs" in str(run.error)
    run = ran(house, "late", walk_forward="backwards")
    assert run.state == "failed" and "backwards" in str(run.error)
