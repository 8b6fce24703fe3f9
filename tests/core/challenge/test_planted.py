"""Faults planted in versions: each is caught by the stage meant for it, and a sound version passes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core import requirements
from core.workspace import Workspace
from tests.core.challenge.making import (
    TRAINED_UNTIL,
    behavioural,
    challenge,
    failing,
    learned_from,
    stage,
)
from tests.core.checks.making import fitted

STORM = {"distance": 20.0, "wind": 30.0, "carrier": "bus"}


@pytest.mark.slow
def test_a_sound_version_that_knows_more_is_better(house: Workspace) -> None:
    number = fitted(house, "late", TRAINED_UNTIL, columns="distance wind")
    found = challenge(house, number)
    assert found["verdict"] == "better", found["reason"]
    assert not failing(found)
    assert found["comparison"]["roc_auc"]["better"] and found["comparison"]["champion"] == 1


@pytest.mark.slow
def test_an_equal_version_is_fit_and_not_better(house: Workspace) -> None:
    number = fitted(house, "late", TRAINED_UNTIL, C=0.9)
    found = challenge(house, number)
    assert found["verdict"] == "fit", found["reason"]
    assert "not surely" in found["reason"]


def test_a_leaky_version_is_caught_by_integrity(house: Workspace) -> None:
    number = fitted(house, "late", TRAINED_UNTIL, columns="distance arrived")
    found = challenge(house, number)
    assert found["verdict"] == "unfit"
    leak = stage(found, "integrity")
    assert leak["verdict"] == "fail" and "arrived" in leak["reason"]
    assert found["comparison"]["outcome"] == "better"  # which is why somebody has to look at the bundle


@pytest.mark.slow
def test_a_version_that_has_no_answer_for_nulls_is_caught_at_the_edge(
    house: Workspace, frame: pd.DataFrame
) -> None:
    known = frame.dropna(subset=["wind"])
    number = learned_from(house, known, columns="distance wind", careful=False)
    found = challenge(house, number)
    assert found["verdict"] == "unfit"
    assert "edge" in failing(found) and "null" in stage(found, "edge")["reason"]


@pytest.mark.slow
def test_a_version_that_ignores_a_column_is_caught_by_a_case_that_says_what_it_must_do(
    house: Workspace, frame: pd.DataFrame
) -> None:
    behavioural(house, STORM, min=0.9)
    still = frame.assign(wind=np.random.default_rng(0).permutation(frame["wind"].to_numpy()))
    ignores = learned_from(house, still, columns="distance wind")
    found = challenge(house, ignores)
    assert found["verdict"] == "unfit"
    assert failing(found) == {"regression", "published"}
    knows = fitted(house, "late", TRAINED_UNTIL, columns="distance wind")
    assert challenge(house, knows)["verdict"] == "better"


@pytest.mark.slow
def test_a_version_whose_category_table_is_wrong_is_caught_by_a_case(
    house: Workspace, frame: pd.DataFrame
) -> None:
    behavioural(house, {"distance": 20.0, "wind": 10.0, "carrier": "bus"}, min=0.5)
    names = {"bus": "rail", "rail": "bus", "tram": "tram"}
    swapped = frame.assign(carrier=frame["carrier"].map(names))
    number = learned_from(house, swapped, columns="distance wind")
    found = challenge(house, number)
    assert found["verdict"] == "unfit" and "regression" in failing(found)


@pytest.mark.slow
def test_a_version_slower_than_allowed_is_caught_under_load(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "latency_p99_ms", max=1e-4)
    number = fitted(house, "late", TRAINED_UNTIL, columns="distance wind")
    found = challenge(house, number)
    assert found["verdict"] == "unfit"
    assert {"stress", "requirements"} <= failing(found) <= {"stress", "requirements"}


def test_better_on_average_and_worse_in_a_segment_is_caught_by_its_requirement(
    house: Workspace, frame: pd.DataFrame
) -> None:
    requirements.set_requirement(house, "late", "roc_auc", min=0.55, segment="carrier")
    turned = frame.copy()
    trams = turned["carrier"] == "tram"
    turned.loc[trams, "late"] = turned.loc[trams, "late"].map({"yes": "no", "no": "yes"})
    number = learned_from(house, turned, columns="distance wind", trees=40)
    found = challenge(house, number)
    assert found["verdict"] == "unfit"
    assert {"backtest", "requirements"} <= failing(found)
    assert "carrier=tram" in stage(found, "requirements")["reason"]
    assert found["comparison"]["roc_auc"]["difference"] > 0


@pytest.mark.parametrize("name", ["bundle.json", "coefficients.json"])
def test_a_damaged_bundle_leaves_nothing_to_test(house: Workspace, name: str) -> None:
    number = fitted(house, "late", TRAINED_UNTIL, columns="distance wind")
    with house.store() as store:
        folder = house.bundle_path(store.versions.get("late", number).hash)
    (folder / name).write_text("{}")
    found = challenge(house, number)
    assert found["verdict"] == "unfit" and failing(found) == {"integrity"}
    assert {s["verdict"] for s in found["stages"][1:]} == {"skipped"}
