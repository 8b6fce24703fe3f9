"""Values as a cell of SQLite holds them, and what kind they were."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from incumbent.plain import is_null, plain

#: The largest whole number that SQLite holds.
LARGEST = 2**63 - 1


def cell(value: Any) -> "tuple[Any, str | None]":
    """A value as SQLite can hold it, and its kind where a reader has to know it.

    Numpy's numbers become Python's, a time its ISO text, anything else text.

    Examples
    --------
    >>> cell(True), cell(datetime(2026, 1, 2)), cell(2**70)
    ((1, 'boolean'), ('2026-01-02T00:00:00', 'time'), (1.1805916207174113e+21, None))
    """
    value = plain(value)
    if is_null(value):
        return None, None
    if isinstance(value, bool):
        return int(value), "boolean"
    if isinstance(value, int):
        return (int(value), None) if abs(value) <= LARGEST else (float(value), None)
    if isinstance(value, float):
        return float(value), None
    if isinstance(value, (datetime, date)):
        return value.isoformat(), "time"
    return text_of(value), None


def text_of(value: Any) -> str:
    """A value as text that can be written: half a character is none.

    Examples
    --------
    >>> text_of("a\\ud800"), text_of(3)
    ('a?', '3')
    """
    return str(value).encode("utf-8", "replace").decode("utf-8")
