"""Rows that were predicted: what was asked, what was said, what turned out to be true."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from incumbent.schema import OutputSchema


@dataclass(frozen=True, eq=False)
class Seen:
    """Predicted rows of one version, or of none (``version`` None: the baseline, or rules).

    Parameters
    ----------
    source : "log" or "history"
    version : int or None
    output : OutputSchema or None
        The version's.
    inputs : DataFrame, shape (rows, columns)
        Nothing private among them.
    value : ndarray of object, shape (rows,)
    probabilities : ndarray, shape (rows, classes), or None
        In the order of the version's classes.
    route, reason : ndarray of object, shape (rows,)
    actual : ndarray of object, shape (rows,)
        None where it is not known.
    at : ndarray of object, shape (rows,)
        ISO 8601 text, or None.
    asked : tuple of str
        The columns that a row must name.
    truth_only : bool
        Whether the rows have been seen before, and only what was true is news.
    """

    source: Literal["log", "history"]
    version: int | None
    output: OutputSchema | None
    inputs: pd.DataFrame
    value: np.ndarray
    probabilities: np.ndarray | None
    route: np.ndarray
    reason: np.ndarray
    actual: np.ndarray
    at: np.ndarray
    asked: tuple[str, ...]
    truth_only: bool = False

    def row(self, position: int) -> dict[str, Any] | None:
        """A row as plain data; None where it holds a number that JSON has no form for.

        Beside what must be asked it has what is known of other columns.
        """
        found = {str(name): plain(self.inputs[name].iloc[position]) for name in self.inputs.columns}
        known = {name: value for name, value in found.items() if value is not None}
        row = {**dict.fromkeys(self.asked), **known}
        finite = all(not isinstance(v, float) or math.isfinite(v) for v in row.values())
        return row if finite else None

    def truth(self, position: int) -> Any:
        """What was true, a class as the version's classes have it; None where it is not known."""
        found = plain(self.actual[position])
        if found is None or self.output is None or self.output.task == "regression":
            return found
        named = class_of(found)
        return next((c for c in self.output.classes if str(c) == named), found)

    def said(self, position: int) -> dict[str, Any]:
        """What was answered, as an inbox entry keeps it."""
        told: dict[str, Any] = {
            "value": plain(self.value[position]),
            "version": self.version,
            "route": self.route[position],
            "reason": plain(self.reason[position]),
        }
        if self.probabilities is not None and self.output is not None:
            scores = self.probabilities[position].tolist()
            if all(map(math.isfinite, scores)):
                told["probabilities"] = dict(zip(self.output.labels, scores, strict=True))
        return {name: value for name, value in told.items() if value is not None}


def plain(value: Any) -> Any:
    """A cell as plain data: None for every null, times as ISO 8601 text.

    Examples
    --------
    >>> plain(float("nan")), plain("x"), plain(3)
    (None, 'x', 3)
    """
    if value is None or type(value).__name__ == "NAType" or value != value:  # pandas' null, NaN, NaT
        return None
    value = value.item() if hasattr(value, "item") else value
    return value.isoformat() if hasattr(value, "isoformat") else value


def row_fold(row: Mapping[str, Any]) -> str:
    """What is equal for equal rows, and for no others.

    Examples
    --------
    >>> row_fold({"a": 1, "b": None}) == row_fold({"b": None, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:32]


def class_of(value: Any) -> str:
    """A class as text; a whole number that was stored as a float is one.

    Examples
    --------
    >>> class_of(1.0), class_of("yes"), class_of(True)
    ('1', 'yes', 'True')
    """
    found = plain(value)
    return str(int(found)) if isinstance(found, float) and found.is_integer() else str(found)
