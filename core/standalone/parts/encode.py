"""Categories: found in a table, and turned into indicators or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.standalone.parts.base import Refused


class Lookup:
    """Where a value stands among known categories.

    ``null`` and ``unknown`` are the positions of what is null or not known: -1 for none, -2 to refuse it.
    ``finite`` refuses infinities.
    """

    def __init__(self, table: Any, null: int = -1, unknown: int = -1, finite: bool = False) -> None:
        self.table, self.null, self.unknown, self.finite = table, null, unknown, finite

    def position(self, value: Any) -> int:
        """The position of a value."""
        found = self.table.get(value)
        if found is not None:
            return int(found)
        position = self.null if value is None or value != value else self.unknown
        if position == -2:
            raise Refused(f"{value!r:.60} is not one of the categories")
        if self.finite and isinstance(value, float) and value - value != 0.0 and value == value:
            raise Refused("the model takes no infinite number")
        return position


def one_hot(x: Sequence[Any], lookups: Sequence[Lookup], widths: Sequence[int]) -> list[float]:
    """An indicator for every category of every column."""
    found: list[float] = []
    for value, lookup, width in zip(x, lookups, widths):
        indicators = [0.0] * width
        position = lookup.position(value)
        if position >= 0:
            indicators[position] = 1.0
        found += indicators
    return found


def encoded(x: Sequence[Any], lookups: Sequence[Lookup], values: Any) -> list[float]:
    """The numbers of every column's category."""
    found: list[float] = []
    for value, lookup, numbers in zip(x, lookups, values):
        found += numbers[lookup.position(value)]
    return found
