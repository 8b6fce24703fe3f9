"""From what was seen to a spec: each thing is found, or is a question for a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.adopt.evidence import Data, Model
from incumbent.errors import UsageError

#: Names that people give to what a model predicts, to a time, to the class that matters.
TARGETS = ("target", "label", "y", "outcome", "class", "actual")
TIMES = ("time", "timestamp", "datetime", "date", "at", "when", "ts", "created_at", "day")
POSITIVES = ("1", "1.0", "true", "yes", "y", "positive", "pos", "bad", "fraud", "spam", "churn", "late", "t")

NONE = "none"


@dataclass(frozen=True)
class Question:
    """What cannot be known, with the answers that are possible.

    Parameters
    ----------
    key : str
        The flag that answers it, without dashes.
    text : str
        As a person is asked.
    choices : tuple of str
        The likeliest first.
    """

    key: str
    text: str
    choices: tuple[str, ...]


#: Answers a question; raises where nobody can be asked.
Ask = Callable[[Question], str]


def refuse_to_guess(question: Question) -> str:
    """How questions are answered where nobody can be asked.

    Raises
    ------
    UsageError
        Naming the flag.
    """
    raise UsageError(
        f"{question.text} is not clear: it could be {', '.join(question.choices)}",
        hint=f"say it with --{question.key}",
    )


def target_of(model: Model, data: Data, given: str | None, ask: Ask) -> str:
    """The column that the model predicts.

    Raises
    ------
    UsageError
        For a column that the data do not have, or where none is left for it.
    """
    if given is not None:
        return _column(data, given)
    read = set(model.reads or ())
    left = [n for n, kind in data.kinds.items() if n not in read and kind not in ("time", "ignore")]
    if model.classes is not None:
        holding = [n for n in left if data.values[n] and _same_classes(data.values[n], model.classes)]
        left = holding or left
    if not left:
        raise UsageError(
            "no column is left for the target: the model reads them all",
            hint="name data that holds what the model predicts, too",
        )
    if len(left) == 1:
        return left[0]
    named = [n for n in left if n.lower() in TARGETS]
    if len(named) == 1:
        return named[0]
    choices = (*named, *(n for n in left if n not in named))
    return _column(data, ask(Question("target", "which column the model predicts", choices)))


def time_of(model: Model, data: Data, given: str | None, ask: Ask) -> str | None:
    """The column that orders the data; None where there is none."""
    if given is not None:
        return None if given.lower() == NONE else _column(data, given)
    read = set(model.reads or ())
    times = [n for n, kind in data.kinds.items() if kind == "time" and n not in read]
    if len(times) < 2:
        return times[0] if times else None
    named = [n for n in times if n.lower() in TIMES]
    if len(named) == 1:
        return named[0]
    answer = ask(Question("time", "which column orders the rows in time", (*times, NONE)))
    return None if answer == NONE else _column(data, answer)


def task_of(model: Model, data: Data, target: str, given: str | None) -> str:
    """Classification or regression: what the estimator is, else what its target looks like."""
    if given is not None:
        if given not in ("classification", "regression"):
            raise UsageError(f"there is no task {given!r}", hint="classification or regression")
        return given
    if model.task is not None:
        return model.task
    if data.kinds[target] == "number" and not 0 < len(data.values[target]) <= 10:
        return "regression"
    return "classification"


def positive_of(
    model: Model, data: Data, target: str, task: str, given: str | None
) -> str | int | float | None:
    """The class that matters, of two: as the target has it; None for more classes, and for numbers."""
    if task == "regression":
        return None
    classes = model.classes or tuple(sorted(data.values[target]))
    if given is not None:
        if classes and not _same_classes(frozenset([given]), classes):
            raise UsageError(f"there is no class {given!r}", hint=f"there are {', '.join(classes)}")
        return as_written(given)
    if len(classes) != 2:
        return None
    named = [c for c in classes if c.lower() in POSITIVES]
    return as_written(named[0] if len(named) == 1 else classes[1])


def as_written(text: str) -> str | int | float:
    """A class as a spec has it.

    Examples
    --------
    >>> as_written("1"), as_written("True"), as_written("yes"), as_written("007")
    (1, True, 'yes', '007')
    """
    if text in ("True", "true", "False", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"-?(0|[1-9]\d*)", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?(0|[1-9]\d*)\.\d+", text) else text


def partition_of(days: float, files: int, timed: bool) -> str:
    """Partitions that are neither few nor tiny.

    Examples
    --------
    >>> partition_of(365, 1, True), partition_of(20, 1, True), partition_of(0, 12, False)
    ('month', 'day', 'file')
    """
    if not timed:
        return "file" if files > 1 else "all"
    for period, most in (("day", 45), ("week", 150), ("month", 365 * 5), ("quarter", 365 * 12)):
        if days <= most:
            return period
    return "year"


def name_of(stem: str) -> str:
    """A model's name from a file's.

    Examples
    --------
    >>> name_of("My model (final)"), name_of("???")
    ('My_model_final', 'model')
    """
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", stem).strip("_.-")[:100] or "model"


def _same_classes(values: frozenset[str], classes: Sequence[str]) -> bool:
    """Whether values are (some of) the classes, numbers and booleans however they are written."""
    return {_plain(v) for v in values} <= {_plain(c) for c in classes}


def _plain(text: str) -> str:
    lowered = text.strip().lower()
    truths = {"true": "1", "false": "0"}
    try:
        return f"{float(truths.get(lowered, lowered)):g}"
    except ValueError:
        return text


def _column(data: Data, name: str) -> str:
    from core.spec import closest

    if name in data.kinds:
        return name
    like = closest(name, list(data.kinds))
    hint = f"did you mean {like!r}?" if like else f"they have {', '.join(data.kinds)}"
    raise UsageError(f"the data have no column {name!r}", hint=hint)
