"""What the log says of a trial, as the predictor itself writes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import incumbent
from core import models, production_limits, trial
from core.trial.losses import Losses, text_of
from core.trial.observing import Observations, observe
from core.workspace import Workspace
from incumbent.predictor import Predictor

ROWS: list[dict[str, Any]] = [
    {"distance": float(5 + i), "wind": 8.0 + i % 5, "carrier": ["bus", "rail", "tram"][i % 3], "ride": i % 40}
    for i in range(120)
]


@contextmanager
def served(house: Workspace) -> Iterator[Predictor]:
    """The predictor of ``late``, its log and its shadows written out at the end."""
    with incumbent.open(house.root / "production" / "local" / "late") as predictor:
        yield predictor
        predictor._shadows.drain(10.0)


def seen(house: Workspace) -> Observations:
    with house.store() as store:
        (running,) = store.trials.running("late")
        return observe(house, store, running, datetime.now() + timedelta(days=2))


def with_key(house: Workspace, more: str = "") -> None:
    spec = house.root / "late.toml"
    spec.write_text(f'{spec.read_text()}key = "ride"\n{more}')
    models.apply(house, spec)


def test_a_shadow_s_answers_are_paired_with_those_that_were_given(house: Workspace) -> None:
    trial.start(house, "late", 2)
    with served(house) as predictor:
        for i, row in enumerate(ROWS):
            predictor.outcome(predictor.predict(row).id, "yes" if i % 2 else "no")
    found = seen(house)
    assert (found.rows, found.missed, found.paired, found.loss) == (120, 0, True, "brier")
    with house.store() as store:
        bundles = [house.bundle(store.versions.get("late", n).hash) for n in (1, 2)]
    for arm, bundle in zip((False, True), bundles, strict=True):
        yes = np.array([bundle.algorithm().predict_row(row)[1] for row in ROWS])
        actual = np.array([i % 2 for i in range(120)])
        told = np.sort(found.values("loss", arm))
        np.testing.assert_allclose(told, np.sort((yes - actual) ** 2))
    assert not found.values("failed", True).any()


@pytest.mark.parametrize("kind", [int, float, str])
def test_a_share_is_divided_as_the_predictor_divides_it(house: Workspace, kind: type) -> None:
    with_key(house)
    trial.start(house, "late", 2, share=0.4, force=True)
    routes: dict[str, str] = {}
    with served(house) as predictor:
        for row in ROWS:
            routes[str(row["ride"])] = predictor.predict({**row, "ride": kind(row["ride"])}).route
    arms = seen(house).frame.groupby("unit")["challenged"].first()
    assert set(arms.index) == set(routes)
    assert {unit: "challenger" if arm else "champion" for unit, arm in arms.items()} == routes
    assert 0 < arms.mean() < 1


def test_private_keys_are_not_needed(house: Workspace) -> None:
    with_key(house, 'private = ["ride"]\n')
    trial.start(house, "late", 2, share=0.4, force=True)
    with served(house) as predictor:
        routes = [predictor.predict(row).route for row in ROWS]
    found = seen(house)
    assert not found.by_key
    assert int(found.frame["challenged"].sum()) == routes.count("challenger")


def test_an_untreated_control_stays_out_of_the_comparison_and_is_told_beside_it(house: Workspace) -> None:
    with_key(house)
    production_limits.edit(house, "late", {"control": 0.3}, reason="who takes the bus anyway?")
    trial.start(house, "late", 2, share=0.4, force=True)
    with served(house) as predictor:
        given = [predictor.predict(row) for row in ROWS]
        for answer in given:
            predictor.outcome(answer.id, "yes")
    untreated = sum(answer.route == "control" for answer in given)
    found = seen(house)
    routes = [answer.route for answer in given if answer.route != "control"]
    assert untreated > 0 and found.rows == len(routes) - routes.index("challenger")
    assert not found.values("failed", False).any() and not found.values("failed", True).any()
    (told,) = trial.status(house, "late", now=datetime.now().astimezone() + timedelta(days=2))
    control = told["standing"]["control"]
    assert (control["rows"], control["judged"]) == (untreated, untreated)
    (answer,) = {a.probabilities["yes"] for a in given if a.route == "control" and a.probabilities}
    assert control["loss"] == pytest.approx((1 - answer) ** 2)


def test_rows_from_before_a_site_heard_of_it_do_not_count(house: Workspace) -> None:
    with served(house) as predictor:
        predictor.predict(ROWS[0])
    trial.start(house, "late", 2)
    found = seen(house)
    assert (found.rows, found.silent) == (0, ("local",))


# -- losses


def meta(**columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    frame["version"] = frame.get("version", pd.Series([1] * len(frame))).astype("Int32")
    return frame


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from("ab")), min_size=1, max_size=20))
def test_half_the_squared_distance_is_the_brier_score_of_two_classes(rows: list[tuple[float, str]]) -> None:
    p = np.array([each for each, _ in rows])
    actual = [truth for _, truth in rows]
    table = meta(
        value=["b" if each >= 0.5 else "a" for each in p],
        probabilities=[np.array([1 - each, each]) for each in p],
        actual=actual,
    )
    found = Losses("brier", {1: ["a", "b"]}, 1).of(table)
    np.testing.assert_allclose(found, (p - (np.array(actual) == "b")) ** 2, atol=1e-12)
    assert ((found >= 0) & (found <= 1)).all()


def test_a_class_that_the_version_does_not_know_is_wholly_wrong() -> None:
    table = meta(value=["a"], probabilities=[np.array([1.0, 0.0])], actual=["z"])
    assert Losses("brier", {1: ["a", "b"]}, 1).of(table).tolist() == [1.0]


def test_without_an_answer_or_an_outcome_there_is_no_loss() -> None:
    scores = [np.array([0.5, 0.5])] * 3
    table = meta(value=["a", None, "b"], probabilities=scores, actual=[None, "a", "a"])
    found = Losses("brier", {1: ["a", "b"]}, 1).of(table)
    assert np.isnan(found).tolist() == [True, True, False]


def test_classes_are_one_however_they_are_written() -> None:
    table = meta(value=[1, 0], probabilities=[None, None], actual=[1.0, 1.0])
    assert Losses("wrong", {}, 1).of(table).tolist() == [0.0, 1.0]
    assert text_of(np.float64(3.0)) == text_of(3) == "3"


def test_rules_and_the_baseline_are_judged_by_what_they_answer() -> None:
    table = meta(
        value=["a", "b"], probabilities=[None, np.array([0.2, 0.8])], actual=["a", "a"],
        version=pd.Series([None, None], dtype="Int32"),
    )  # fmt: skip
    assert Losses("brier", {1: ["a", "b"]}, 1).of(table) == pytest.approx([0.0, 0.64])


def test_a_bundle_that_is_gone_is_no_reason_to_stop(house: Workspace, tmp_path: Path) -> None:
    import shutil

    trial.start(house, "late", 0, forever=True)
    with house.store() as store:
        shutil.rmtree(house.bundle_path(store.versions.get("late", 2).hash))
    with served(house) as predictor:
        predictor.outcome(predictor.predict(ROWS[0]).id, "yes")
    assert seen(house).rows == 1
