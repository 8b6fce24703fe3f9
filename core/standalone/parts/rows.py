"""Reading a row: what is malformed raises a ValueError that names the column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.standalone.parts.base import NAN


def read(row: Mapping[str, Any], columns: Sequence[tuple[str, str]]) -> list[Any]:
    """The values of a row in the order of the columns: numbers (a null is NaN), text or None."""
    try:
        names = set(row.keys())
    except AttributeError:
        raise ValueError("a row is a mapping of column names to values, not " + type(row).__name__) from None
    absent = [name for name, _ in columns if name not in names]
    if absent:
        raise ValueError("the row lacks " + ", ".join(absent) + " (a value that is not known is null)")
    return [READERS[kind](name, row[name]) for name, kind in columns]


def read_number(name: str, value: Any) -> Any:
    """A number, a boolean, or null."""
    if value is None:
        return NAN
    if isinstance(value, str):
        raise ValueError(f"column {name!r} takes a number, not the text {value[:60]!r}")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"column {name!r} takes a number, not {value!r:.60}") from None


def read_whole(name: str, value: Any) -> Any:
    """The same; whole numbers too large for a float stay exact."""
    if value.__class__ is int and not -(2**53) <= value <= 2**53:
        return value
    return read_number(name, value)


def read_text(name: str, value: Any) -> Any:
    """Text, or null."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and value != value):
        return None
    raise ValueError(f"column {name!r} takes text, not {value!r:.60}")


def read_time(name: str, value: Any) -> Any:
    """A time (a datetime, or ISO 8601 text), or null."""
    if value is None or isinstance(value, str) or hasattr(value, "isoformat") or value != value:
        return value
    raise ValueError(f"column {name!r} takes a time, not {value!r:.60}")


READERS = {"number": read_number, "whole": read_whole, "text": read_text, "time": read_time}
