"""Ordinary rows of a version: what edge rows are made from, and what they are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from incumbent.schema import InputColumn, InputSchema
    from store import Store

#: Rows that influence and steadiness are looked at from.
MOST_ROWS = 24


def ordinary_rows(
    store: Store, model: str, version: int, schema: InputSchema, profile: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Real rows where there are golden cases (spread over the predictions), else rows made of the profile.

    The first is the one with the fewest nulls.
    """
    cases = store.cases.list(model, version, "golden")
    rows = [{n: case.row[n] for n in schema.names} for case in cases if set(schema.names) <= set(case.row)]
    if not rows:
        rows = [_from_profile(schema, profile, share) for share in (0.5, 0.25, 0.75, 0.1, 0.9)]
    rows = _evenly(rows)
    fullest = min(range(len(rows)), key=lambda i: sum(v is None for v in rows[i].values()))
    return [rows[fullest], *rows[:fullest], *rows[fullest + 1 :]]


def _evenly(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(rows) <= MOST_ROWS:
        return rows
    return [rows[i * (len(rows) - 1) // (MOST_ROWS - 1)] for i in range(MOST_ROWS)]


def _from_profile(schema: InputSchema, profile: Mapping[str, Any], share: float) -> dict[str, Any]:
    return {c.name: _value(c, profile.get(c.name, {}), share) for c in schema.columns}


def _value(column: InputColumn, known: Mapping[str, Any], share: float) -> Any:
    from core.checks.edge.values import bounds, known_categories

    if column.dtype == "text":
        words = known_categories(column, known) or tuple(known.get("commonest", ())) or ("text",)
        return words[int((1 - share) * (len(words) - 1))]
    if column.dtype == "time":
        return known.get("min") or "2013-01-31T06:00:00"
    if column.dtype == "bool":
        return share > 0.5
    quantiles = [q for q in known.get("quantiles", ()) if q is not None]
    low, high = bounds(column, known)
    value = quantiles[int(share * (len(quantiles) - 1))] if quantiles else low + share * (high - low)
    return int(value) if column.dtype == "int64" else value
