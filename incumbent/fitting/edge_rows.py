"""Edge rows: the rows on which re-implementations go wrong.

One ordinary row, changed in one column at a time: null, never seen, unicode, far out of range, above 2^24
(where float32 loses whole numbers), infinite, exactly on a split of a tree and one step beside it; then all
null at once.
"""

from __future__ import annotations

from typing import Any, Iterator, Sequence

import numpy as np

from incumbent.columns import Columns, column, encode
from incumbent.fitting.frame import plain_rows
from incumbent.schema import InputColumn, InputSchema

#: Of a wider table only this many columns are changed, evenly chosen.
MOST_COLUMNS = 40
MOST_SPLITS = 6
_TEXTS = (
    "",
    " ",
    "never seen before",
    "Ünïcödé ﬁn 北京 😀 e\u0301",
    "1e309",
    "A" * 300,
    "don't STOP; the-end, 42 x_y",
)


def edge_tables(schema: InputSchema, reference: Columns, estimator: Any) -> "list[dict[str, Any]]":
    """Tables of edge rows: one with numbers as floats, one with whole numbers left whole.

    Parameters
    ----------
    schema : InputSchema
    reference : columns
        At least one ordinary row.
    estimator : object
        The fitted estimator, whose trees' thresholds become values.
    """
    base = _ordinary(schema, reference)
    chosen = _evenly(schema.columns, MOST_COLUMNS)
    splits = thresholds(estimator)
    rows = [{**base, c.name: value} for c in chosen for value in _values(c, splits)]
    rows.append(dict.fromkeys(schema.names))
    whole = [{**base, c.name: v} for c in chosen if c.dtype == "int64" for v in _whole_values(c)]
    tables = [_table(schema, rows, exact=False)]
    return [*tables, _table(schema, whole, exact=True)] if whole else tables


def _ordinary(schema: InputSchema, reference: Columns) -> "dict[str, Any]":
    """A row without nulls as far as possible: each column's value from the first row that has one."""
    rows = plain_rows(reference, schema.names)
    ordinary = dict(rows[len(rows) // 2])
    for name, value in ordinary.items():
        if value is None:
            ordinary[name] = next((r[name] for r in rows if r[name] is not None), None)
    return ordinary


def _values(c: InputColumn, splits: Sequence[float]) -> "Iterator[Any]":
    yield None
    if c.dtype == "text":
        yield from _TEXTS
        for known in c.categories[:2]:
            yield from (str(known).swapcase(), f"{known} ")
    elif c.dtype == "time":
        yield from (np.datetime64("1900-01-01", "us"), np.datetime64("2262-01-01", "us"))
    elif c.dtype == "bool":
        yield from (0.0, 1.0)
    else:
        yield from _number_values(c, splits)


def _number_values(c: InputColumn, splits: Sequence[float]) -> "Iterator[float]":
    low, high = (c.minimum, c.maximum) if c.minimum is not None and c.maximum is not None else (0.0, 1.0)
    span = (high - low) or 1.0
    yield from (low, high, (low + high) / 2, low - 1000 * span, high + 1000 * span)
    yield from (0.0, -0.0, 2.0**24 + 1, -(2.0**24) - 3, 2.0**53 + 2, 1e-300, 1e15 + 0.3, np.inf, -np.inf)
    for known in c.categories[:1]:
        yield float(known) + 0.5
    inside = [s for s in splits if low <= s <= high]
    for split in _evenly(inside, MOST_SPLITS):
        yield from (split, np.nextafter(split, np.inf), np.nextafter(split, -np.inf))
        yield from (float(np.float32(split)), float(np.nextafter(np.float32(split), np.float32(np.inf))))


def _whole_values(c: InputColumn) -> "tuple[int, ...]":
    low, high = int(c.minimum or 0), int(c.maximum or 0)
    return (0, -1, low, high, high + 1, low - 1, 2**24 + 1, 2**53 + 1)


def _table(schema: InputSchema, rows: "list[dict[str, Any]]", exact: bool) -> "dict[str, Any]":
    table: "dict[str, Any]" = {}
    for c in schema.columns:
        values = [row[c.name] for row in rows]
        if c.dtype == "text":
            table[c.name] = encode(values)
        elif c.dtype == "time":
            table[c.name] = np.array(["NaT" if v is None else v for v in values], dtype="datetime64[us]")
        elif exact:
            table[c.name] = column(values)
        else:
            table[c.name] = np.array([np.nan if v is None else float(v) for v in values])
    return table


def thresholds(estimator: Any) -> "list[float]":
    """Every threshold of every tree inside a fitted estimator, distinct and in order."""
    found: "set[float]" = set()
    seen: "set[int]" = set()
    waiting = [estimator]
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, (str, bytes, int, float, bool, type(None))):
            continue
        seen.add(id(part))
        found.update(_own_thresholds(part))
        waiting += _parts(part)
    return sorted(t for t in found if np.isfinite(t))


def _own_thresholds(part: Any) -> "list[float]":
    tree = getattr(part, "tree_", None)
    if tree is not None and hasattr(tree, "threshold"):
        return list(tree.threshold[tree.children_left >= 0].tolist())
    nodes = getattr(part, "nodes", None)
    if isinstance(nodes, np.ndarray) and nodes.dtype.names and "num_threshold" in nodes.dtype.names:
        return list(nodes["num_threshold"][nodes["is_leaf"] == 0].tolist())
    return []


def _parts(part: Any) -> "list[Any]":
    if isinstance(part, (list, tuple)):
        return list(part)
    if isinstance(part, np.ndarray):
        return list(part.ravel()) if part.dtype == object else []
    if not hasattr(part, "get_params") and not hasattr(part, "calibrators"):
        return []
    names = (
        "steps",
        "estimators_",
        "estimator_",
        "regressor_",
        "best_estimator_",
        "_predictors",
        "estimator",
    )
    parts = [getattr(part, name, None) for name in (*names, "calibrated_classifiers_")]
    return [p for p in parts if p is not None]


def _evenly(items: Sequence[Any], most: int) -> "list[Any]":
    if len(items) <= most:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, most).round().astype(int)]
