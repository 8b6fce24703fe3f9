"""What turned out to be true: taken by one rule, whoever tells it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import incumbent
from incumbent.errors import InputError
from incumbent.outcome import outcome_of
from incumbent.schema import OutputSchema
from tests.incumbent.sites import ROW, native, publish

NUMBERS = OutputSchema("regression", "numbers")
FLAGS = OutputSchema("classification", "probabilities", (0, 1), 1)
BOOLEANS = OutputSchema("classification", "probabilities", (False, True), True)
GRADES = OutputSchema("classification", "probabilities", (1, 2, 3))
WORDS = OutputSchema("classification", "probabilities", ("no", "yes"), "yes")
KINDS = OutputSchema("classification", "probabilities", ("bus", "rail", "tram"))
DIGITS = OutputSchema("classification", "probabilities", ("1", "2", "3"))


@pytest.mark.parametrize(
    ("output", "told", "meant"),
    [
        (NUMBERS, 17, 17), (NUMBERS, "17", 17), (NUMBERS, "1.5", 1.5), (NUMBERS, Decimal("1.5"), 1.5),
        (NUMBERS, np.float32(2), 2.0),
        (FLAGS, 1.0, 1), (FLAGS, "0", 0), (FLAGS, True, 1), (FLAGS, np.int8(1), 1),
        (BOOLEANS, 1, True), (BOOLEANS, "false", False), (BOOLEANS, "True", True),
        (WORDS, np.str_("yes"), "yes"), (DIGITS, 2, "2"), (DIGITS, 2.0, "2"),
        (KINDS, "ship", "ship"), (GRADES, 4, 4), (GRADES, "4", 4),
        (WORDS, None, None), (GRADES, float("nan"), None),
    ],
)  # fmt: skip
def test_an_outcome_is_what_the_target_has(output: OutputSchema, told: Any, meant: Any) -> None:
    found = outcome_of(told, [output])
    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (NUMBERS, "late"), (NUMBERS, "1e400"), (NUMBERS, 10**400), (NUMBERS, float("-inf")), (NUMBERS, [1]),
        (FLAGS, 2), (FLAGS, "yes"), (BOOLEANS, "maybe"), (BOOLEANS, 2), (WORDS, "maybe"), (WORDS, 1),
        (WORDS, True), (KINDS, 7), (KINDS, ["bus"]), (GRADES, "good"),
    ],
)  # fmt: skip
def test_what_is_no_outcome_is_refused(output: OutputSchema, told: Any) -> None:
    with pytest.raises(InputError) as refused:
        outcome_of(told, [output])
    assert all(str(label) in refused.value.message for label in output.classes)


def test_what_one_version_knows_is_a_class_of_the_model() -> None:
    assert outcome_of("ship", [WORDS, KINDS]) == "ship"
    assert outcome_of("tram", [WORDS, KINDS]) == "tram"
    assert outcome_of("anything", []) == "anything"


@pytest.mark.parametrize("log", [True, False])
def test_the_runtime_refuses_what_is_no_class(tmp_path: Path, log: bool) -> None:
    publish(tmp_path / "site", [native(tmp_path)])
    with incumbent.open(tmp_path / "site", log=log) as predictor:
        said = predictor.predict(ROW)
        with pytest.raises(ValueError, match="'maybe' is no class of the model: no, yes"):
            predictor.outcome(said.id, "maybe")
        predictor.outcome("a prediction of another process", "yes")
        predictor.outcome(said.id, "yes")
