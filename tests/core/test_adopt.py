"""What ``adopt`` finds out by itself, and what it has to ask."""

from __future__ import annotations

import pytest

from core.adopt import Question, guess, refuse_to_guess
from core.adopt.evidence import Data, Model
from incumbent.errors import UsageError

CLASSIFIER = Model("Pipeline", "classification", ("x", "z"), 2, False, ("False", "True"))


def data(**columns: tuple[str, set[str]]) -> Data:
    """Data with these columns: kind and distinct values."""
    kinds = {name: kind for name, (kind, _) in columns.items()}
    return Data("d.csv", 1, kinds, {name: frozenset(values) for name, (_, values) in columns.items()})


def test_the_target_is_what_the_model_does_not_read() -> None:
    found = data(
        at=("time", set()), x=("number", set()), z=("number", set()), gone=("boolean", {"true", "false"})
    )
    assert guess.target_of(CLASSIFIER, found, None, refuse_to_guess) == "gone"
    assert guess.time_of(CLASSIFIER, found, None, refuse_to_guess) == "at"


def test_of_several_the_one_that_holds_the_classes() -> None:
    found = data(
        x=("number", set()), z=("number", set()), id=("category", {"a", "b"}), gone=("number", {"0", "1"})
    )
    assert guess.target_of(CLASSIFIER, found, None, refuse_to_guess) == "gone"


def test_of_several_the_one_with_a_telling_name() -> None:
    model = Model("Ridge", "regression", ("x",), 1, False, None)
    found = data(x=("number", set()), height=("number", set()), y=("number", set()))
    assert guess.target_of(model, found, None, refuse_to_guess) == "y"


def test_what_is_not_clear_is_asked_with_the_choices() -> None:
    model = Model("Ridge", "regression", ("x",), 1, False, None)
    found = data(x=("number", set()), a=("number", set()), b=("number", set()))
    asked: list[Question] = []

    def answer(question: Question) -> str:
        asked.append(question)
        return "b"

    assert guess.target_of(model, found, None, answer) == "b"
    assert (asked[0].key, asked[0].choices) == ("target", ("a", "b"))
    with pytest.raises(UsageError, match="--target"):
        guess.target_of(model, found, None, refuse_to_guess)
    with pytest.raises(UsageError, match="no column 'c'"):
        guess.target_of(model, found, "c", refuse_to_guess)


def test_a_time_that_the_model_reads_orders_nothing() -> None:
    model = Model("Pipeline", "regression", ("booked",), 1, False, None)
    found = data(booked=("time", set()), price=("number", set()))
    assert guess.time_of(model, found, None, refuse_to_guess) is None


def test_of_two_times_the_one_with_a_telling_name_else_ask() -> None:
    model = Model("Ridge", "regression", ("x",), 1, False, None)
    clear = data(x=("number", set()), timestamp=("time", set()), paid=("time", set()))
    assert guess.time_of(model, clear, None, refuse_to_guess) == "timestamp"
    unclear = data(x=("number", set()), sent=("time", set()), paid=("time", set()))
    assert guess.time_of(model, unclear, None, lambda question: question.choices[-1]) is None
    assert guess.time_of(model, unclear, "NONE", refuse_to_guess) is None
    assert guess.time_of(model, unclear, "paid", refuse_to_guess) == "paid"


@pytest.mark.parametrize(
    ("classes", "positive"),
    [
        (("False", "True"), True),
        (("0", "1"), 1),
        (("no", "yes"), "yes"),
        (("churn", "stays"), "churn"),
        (("a", "b"), "b"),
        (("a", "b", "c"), None),
    ],
)
def test_the_class_that_matters(classes: tuple[str, ...], positive: object) -> None:
    model = Model("Pipeline", "classification", ("x",), 1, False, classes)
    found = data(x=("number", set()), y=("category", set(classes)))
    assert guess.positive_of(model, found, "y", "classification", None) == positive
    assert guess.positive_of(model, found, "y", "classification", classes[0]) == guess.as_written(classes[0])
    with pytest.raises(UsageError, match="no class 'q'"):
        guess.positive_of(model, found, "y", "classification", "q")


def test_the_task_of_a_file_that_does_not_tell() -> None:
    silent = Model(None, None, None, None, False, None)
    found = data(few=("number", {"0", "1"}), many=("number", set()), word=("category", {"a"}))
    assert [guess.task_of(silent, found, n, None) for n in ("few", "many", "word")] == [
        "classification", "regression", "classification",
    ]  # fmt: skip
    assert guess.task_of(silent, found, "few", "regression") == "regression"
    with pytest.raises(UsageError):
        guess.task_of(silent, found, "few", "clustering")
