"""The cases that a file tests itself with: those of the store, or rows made from the schema."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.standalone.source import Golden
from incumbent.schema import InputColumn

if TYPE_CHECKING:
    from incumbent.bundle import Bundle
    from store.records import Case

#: Rows that are made where the store has none.
MADE = 12


def golden_of(cases: Sequence[Case], bundle: Bundle) -> list[Golden]:
    """A version's golden cases; where it has none, its bundle's answers to rows within the training range."""
    stored = [(c.row, c.expect["scores"], c.expect["value"]) for c in cases if "scores" in c.expect]
    return stored or _made(bundle)


def _made(bundle: Bundle) -> list[Golden]:
    found: list[Golden] = []
    for turn in range(MADE if bundle.input.columns else 1):
        row: Mapping[str, Any] = {
            c.name: _value(c, turn + place) for place, c in enumerate(bundle.input.columns)
        }
        scores = bundle.predict_row(row)
        if all(map(math.isfinite, scores)):
            found.append((row, scores, bundle.output.decide_row(scores)))
    return found


def _value(column: InputColumn, turn: int) -> Any:
    """An ordinary value of a column, another one each turn."""
    if column.categories:
        return column.categories[turn % len(column.categories)]
    if column.dtype == "time":
        return f"2020-01-{turn % 28 + 1:02d}T00:00:00"
    if column.takes_text:
        return ("a few words", "another text, longer than the first", "")[turn % 3]
    if column.dtype == "bool":
        return turn % 2 == 0
    low, high = column.minimum, column.maximum
    if low is None or high is None:
        low, high = 0.0, 1.0
    value = low + (high - low) * (turn % 5) / 4.0
    return round(value) if column.dtype == "int64" else value
