"""No look-ahead: as of a moment, nothing that came later changes anything."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core import requirements
from core.workspace import Workspace
from tests.core.checks.making import apply, checked, partitions, same, write

AS_OF = "2024-06-11T09:00:00"
DELAY = pd.Timedelta(days=3)


@pytest.fixture(scope="module")
def past(built: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Labels take three days; there are requirements."""
    place = tmp_path_factory.mktemp("past") / "house"
    shutil.copytree(built.root, place)
    workspace = Workspace(place)
    apply(workspace, label_delay="3d", requirements={"roc_auc": {"min": 0.7}, "log_loss": {"max": 0.6}})
    return workspace


def changed(frame: pd.DataFrame, how: str, seed: int) -> pd.DataFrame:
    """Other rows from as-of on, other labels from as-of less the delay on; nothing else."""
    random = np.random.default_rng(seed)
    moment = pd.Timestamp(AS_OF)
    later = frame["at"] >= moment
    unknown = frame["at"] > moment - DELAY
    other = frame.copy()
    if how == "gone":
        other.loc[unknown, "late"] = None
        return other[~later]
    if how == "wild":
        other.loc[later, "distance"] = 1e6 * random.random(int(later.sum()))
        other.loc[later, "wind"] = np.nan
        other.loc[later, "carrier"] = random.choice(["zeppelin", "bus"], int(later.sum()))
    if how == "more":
        more = frame[later].copy()
        more["at"] += pd.Timedelta(days=90)
        other = pd.concat([other, more], ignore_index=True)
        unknown = other["at"] > moment - DELAY
    flipped = random.random(len(other)) < 0.5
    other.loc[unknown & flipped, "late"] = "yes"
    if how == "wild":
        other.loc[later & flipped, "late"] = "a third class"
    return other


@pytest.mark.parametrize(
    ("how", "partition"),
    [
        ("wild", "month"),
        ("more", "carrier"),
        pytest.param("gone", "carrier", marks=pytest.mark.slow),
        pytest.param("flipped", "month", marks=pytest.mark.slow),
    ],
)
def test_nothing_after_as_of_changes_a_back_test_or_a_now_test(
    past: Workspace, tmp_path: Path, frame: pd.DataFrame, how: str, partition: str
) -> None:
    place = tmp_path / "house"
    shutil.copytree(past.root, place)
    house = Workspace(place)
    apply(
        house, label_delay="3d", partition=partition,
        requirements={"roc_auc": {"min": 0.7}, "log_loss": {"max": 0.6}},
    )  # fmt: skip
    kinds = ("backtest", "nowtest")
    before = {kind: checked(house, "late", kind, as_of=AS_OF) for kind in kinds}
    shutil.rmtree(house.root / "data")
    write(house.root, changed(frame, how, seed=len(how)))
    with house.store() as store:
        store.measured.prune("9999")
    for kind in kinds:
        assert same(before[kind], checked(house, "late", kind, as_of=AS_OF)), f"{kind} looked ahead"


def test_as_of_counts_the_rows_whose_labels_were_known(past: Workspace, frame: pd.DataFrame) -> None:
    measured = partitions(checked(past, "late", as_of=AS_OF), 1)
    moment = pd.Timestamp(AS_OF)
    june = frame[(frame["at"] >= "2024-06-01") & (frame["at"] < moment)]
    known = june["late"].notna() & (june["at"] <= moment - DELAY)
    assert list(measured)[-1] == "2024-06"
    assert (measured["2024-06"]["n"], measured["2024-06"]["unlabelled"]) == (known.sum(), (~known).sum())


def test_the_window_ends_with_the_newest_label_that_was_known(past: Workspace, frame: pd.DataFrame) -> None:
    document = checked(past, "late", "nowtest", as_of=AS_OF)
    moment = pd.Timestamp(AS_OF)
    known = frame[frame["late"].notna() & (frame["at"] <= moment - DELAY)]
    newest = known["at"].max()
    since, until = (pd.Timestamp(document["window"][end]) for end in ("since", "until"))
    assert until == newest + pd.Timedelta(microseconds=1)
    assert since == until - pd.Timedelta(days=14)
    assert document["window"]["n"] == sum(known["at"] >= since)


def test_requirements_are_those_that_stand_now(past: Workspace) -> None:
    """As-of pretends about data; what good means is asked today."""
    verdicts: list[Any] = []
    for limit in (0.01, 0.99):
        requirements.set_requirement(past, "late", "roc_auc", min=limit, why="another test")
        verdicts.append(checked(past, "late", as_of=AS_OF)["verdict"])
    assert verdicts[1] == "fail" != verdicts[0]
    requirements.set_requirement(past, "late", "roc_auc", min=0.7, why="as before")
