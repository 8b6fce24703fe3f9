"""Columns that know the outcome, more or less: what is a failure, a doubt, or let be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.challenge.leaks import Champion, _telling
from core.challenge.separation import Truth, separation, together_quality

ROWS = 6_000


def told(task: str, noise: float, champion: Champion | None = None, seed: int = 1) -> Any:
    """What is said of ``arrived``, the outcome with noise, beside a column that says something too."""
    random = np.random.default_rng(seed)
    known, rest = random.normal(size=(2, ROWS))
    number = known + rest
    outcome = number if task == "regression" else (number > 0).astype(float)
    truth = Truth(outcome, 0 if task == "regression" else 2)
    columns = {"known": known, "arrived": outcome + random.normal(0, noise, ROWS)}
    bundle: Any = SimpleNamespace(
        input=SimpleNamespace(columns=[SimpleNamespace(name=n, kind="number") for n in columns])
    )
    alone = separation(columns["arrived"], truth)
    return _telling("arrived", alone, champion, columns, bundle, truth)


@pytest.mark.parametrize(("task", "noise"), [("regression", 0.35), ("classification", 0.45)])
def test_a_column_far_above_all_others_together_is_doubted(task: str, noise: float) -> None:
    found = told(task, noise)
    assert found is not None and not found.strong and 0.9 < found.quality < 0.98
    assert "all other columns together" in found.reason


def test_beside_a_champion_who_does_without_it_nearly_the_outcome_is_a_failure() -> None:
    champion = Champion(("known",), 0.75)
    sure, doubted = told("classification", 0.2, champion), told("classification", 0.45, champion)
    assert sure.strong and not doubted.strong and "the champion" in doubted.reason
    assert told("classification", 0.45, Champion(("known",), 0.95)) is None, "the champion is as good"
    assert told("classification", 0.2, Champion(("known", "arrived"), 0.75)) is None, "it reads it too"


def test_what_is_no_better_than_the_rest_is_let_be() -> None:
    assert told("regression", 0.8) is None
    assert told("classification", 1.5) is None


def test_several_classes_are_told_by_columns_together() -> None:
    random = np.random.default_rng(2)
    classes = random.integers(0, 3, ROWS)
    columns = [(classes == c) + random.normal(0, 0.7, ROWS) for c in range(3)]
    truth = Truth(classes.astype(float), 3)
    alone = max(separation(column, truth) for column in columns)
    assert alone < 0.8 < together_quality(columns, truth)
