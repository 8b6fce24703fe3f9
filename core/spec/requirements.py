"""``[requirements]``: what good means, as records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.spec.model import RequirementSpec
from core.spec.reader import Reader, is_number

_KEYS = ("min", "max", "mean", "range", "segment")


def read_requirements(reader: Reader | None) -> tuple[RequirementSpec, ...]:
    """Every requirement in the table; a metric with several (of different segments) is an array of tables."""
    if reader is None:
        return ()
    found: list[RequirementSpec] = []
    for metric, value in reader.table.items():
        several = value if isinstance(value, list) else [value]
        for entry in several:
            if not isinstance(entry, Mapping) or not entry:
                reader.wrong(metric, "a table such as { min = 0.7 }")
            elif one := _read_one(metric, entry, reader):
                found.append(one)
    places = [(r.metric, r.segment) for r in found]
    for place in sorted({p for p in places if places.count(p) > 1}, key=str):
        of = f" of segment {place[1]}" if place[1] else ""
        reader.mistakes.add(f"requirements.{place[0]}{of} is given more than once", "join them in one table")
    return tuple(found)


def _read_one(metric: str, table: Mapping[str, Any], outer: Reader) -> RequirementSpec | None:
    before = len(outer.mistakes.found)
    reader = Reader(table, outer.mistakes, f"{outer.prefix}{metric}")
    reader.known(_KEYS)
    low, high = reader.number("min"), reader.number("max")
    mean, segment = reader.number("mean"), reader.text("segment")
    bounds = _read_range(reader)
    if "range" in table and ("min" in table or "max" in table):
        reader.mistakes.add(f"{reader.prefix}range and min or max exclude each other", "keep one of them")
    if low is not None and high is not None and low > high:
        reader.mistakes.add(f"{reader.prefix}min {low:g} is above max {high:g}")
    if not any(k in table for k in ("min", "max", "mean", "range")):
        reader.mistakes.add(f"requirements.{metric} has no limit", "write min, max, mean or range")
    if len(outer.mistakes.found) > before:
        return None
    return RequirementSpec(metric, low, high, mean, bounds, segment)


def _read_range(reader: Reader) -> tuple[float, float] | None:
    value = reader.table.get("range")
    if "range" not in reader.table:
        return None
    if (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(map(is_number, value))
        and value[0] <= value[1]
    ):
        return float(value[0]), float(value[1])
    reader.wrong("range", "two numbers, the lower first")
    return None


def write_requirements(requirements: tuple[RequirementSpec, ...]) -> dict[str, Any]:
    """The table again, as plain data."""
    table: dict[str, Any] = {}
    for one in requirements:
        entry = {k: getattr(one, k) for k in _KEYS if getattr(one, k) is not None}
        if one.range is not None:
            entry["range"] = list(one.range)
        if one.metric not in table:
            table[one.metric] = entry
        elif isinstance(table[one.metric], list):
            table[one.metric].append(entry)
        else:
            table[one.metric] = [table[one.metric], entry]
    return table
