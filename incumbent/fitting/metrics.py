"""The job ``metrics``: a model's own metrics, on a slice and on the slice without each block.

A request names two folders of columns and the functions that are wanted. ``rows`` holds the rows as the
source has them. ``answers`` holds ``actual`` (the target), ``predicted`` (positions in ``classes``, or
numbers), ``block`` (0, 1, …: which block a row is of) and, where there are any, the probabilities of the
classes as ``probability 0``, ``probability 1`` and so on. The answer gives each function's value on all rows,
then without each block; null where it is undefined.
"""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple

import numpy as np

from incumbent.columns import Columns, read_columns
from incumbent.errors import FittingError
from incumbent.fitting.frame import frame_of, target_values
from incumbent.fitting.jobs import Progress, fail
from incumbent.fitting.serving import answer_requests
from incumbent.fitting.usercode import import_user_file

if TYPE_CHECKING:
    import pandas as pd

#: A function with a parameter of this name is given the probabilities, a data frame with a column a class.
PROBABILITIES = "probabilities"


def serve(job: Mapping[str, Any], progress: Progress) -> "dict[str, Any]":
    """Answer until standard input ends; ``job`` names the metrics file."""
    path = Path(job["metrics"])
    return answer_requests(lambda: _Metrics(path), str(path.parent))


class _Slice(NamedTuple):
    """What a metric is a function of."""

    actual: np.ndarray
    predicted: np.ndarray
    rows: "pd.DataFrame"
    probabilities: "pd.DataFrame | None"

    def without(self, block: np.ndarray, code: int) -> "_Slice":
        kept = np.flatnonzero(block != code)
        rows, probabilities = self.rows, self.probabilities
        return _Slice(
            self.actual[kept],
            self.predicted[kept],
            rows.iloc[kept].reset_index(drop=True),
            None if probabilities is None else probabilities.iloc[kept].reset_index(drop=True),
        )


class _Metrics:
    """The functions of a metrics file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._module = import_user_file(path)

    def answer(self, request: Mapping[str, Any]) -> "dict[str, Any]":
        answers = read_columns(request["answers"])
        whole = _slice(read_columns(request["rows"]), answers, request["classes"])
        block = np.asarray(answers["block"])
        functions = {name: self._function(name) for name in request["functions"]}
        values = {name: [self._value(name, function, whole)] for name, function in functions.items()}
        for code in range(request["blocks"]):
            part = whole.without(block, code)
            for name, function in functions.items():
                values[name].append(self._value(name, function, part))
        return {"values": values}

    def _function(self, name: str) -> Callable[..., Any]:
        function = getattr(self._module, name, None)
        if not callable(function):
            raise FittingError(f"{self._path.name} has no function {name} once it is imported")
        return function  # type: ignore[no-any-return]

    def _value(self, name: str, function: Callable[..., Any], part: _Slice) -> "float | None":
        """What it returns; None where that is not a finite number, or a division has no result."""
        given = {PROBABILITIES: part.probabilities} if _takes_probabilities(function) else {}
        try:
            found = function(part.actual, part.predicted, part.rows, **given)
        except ArithmeticError:
            return None
        except (Exception, SystemExit) as error:
            raise fail(f"the metric {name} failed", error, str(self._path.parent)) from error
        try:
            value = float(found)
        except (TypeError, ValueError):
            raise FittingError(
                f"the metric {name} in {self._path.name} returned {type(found).__name__}, not a number",
                "a metric is a function of (actual, predicted, rows) that returns a number",
            ) from None
        return value if math.isfinite(value) else None


def _takes_probabilities(function: Callable[..., Any]) -> bool:
    return PROBABILITIES in inspect.signature(function).parameters


def _slice(rows: Columns, answers: Columns, classes: "list[Any] | None") -> _Slice:
    import pandas as pd

    frame = frame_of(rows)
    if classes is None:
        actual = target_values(answers["actual"], "regression")
        return _Slice(actual, np.array(answers["predicted"]), frame, None)
    actual = target_values(answers["actual"], "classification")
    predicted = np.asarray(classes)[np.asarray(answers["predicted"])]
    given = {c: answers[f"probability {i}"] for i, c in enumerate(classes) if f"probability {i}" in answers}
    probabilities = pd.DataFrame({c: np.array(p) for c, p in given.items()}) if given else None
    return _Slice(actual, predicted, frame, probabilities)
