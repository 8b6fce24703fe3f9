"""Nulls: filled in, and pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.standalone.parts.base import Refused, check


def filled_numbers(x: Sequence[float], fills: Sequence[float]) -> list[float]:
    """Nulls replaced, column by column."""
    found = [v if v == v else fill for v, fill in zip(x, fills)]
    check(found)
    return found


def missing(x: Sequence[Any], marker: Any = None) -> list[bool]:
    """Which values are missing: the nulls, or those that equal the marker (then nulls are refused)."""
    check([v for v in x if v is not None and not isinstance(v, str)], nulls=marker is None)
    if marker is None:
        return [v is None or v != v for v in x]
    if None in x:
        raise Refused("the model takes no null")
    return [bool(v == marker) for v in x]


def filled(
    x: Sequence[Any], gone: Sequence[bool], fills: Sequence[Any], kept: Sequence[int], marked: Sequence[int]
) -> list[Any]:
    """The kept columns, what is missing replaced; then an indicator for each marked column."""
    found = [fills[i] if gone[i] else x[i] for i in kept]
    return found + indicators(gone, marked)


def indicators(gone: Sequence[bool], marked: Sequence[int], only: bool | None = None) -> list[Any]:
    """One where a marked column is missing; with ``only``, no other column may be."""
    if only and any(missed and i not in marked for i, missed in enumerate(gone)):
        raise Refused("a value is missing where none was missing in training")
    return [1.0 if gone[i] else 0.0 for i in marked]
