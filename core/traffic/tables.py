"""Logged rows as Arrow tables, typed by what they hold; inputs are named apart from the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from incumbent.log.file import MOST_COLUMNS
from incumbent.log.reader import FIELDS, LogReader, Piece

#: Before the names of input columns, so that one may be called ``id`` or ``value``.
INPUT = "input."
_KIND = b"kind"

_AT = pa.timestamp("ns", "UTC")
_FIXED = {
    "id": pa.string(),
    "at": _AT,
    "key": pa.string(),
    "version": pa.int32(),
    "route": pa.string(),
    "reason": pa.string(),
    "scores": pa.list_(pa.float64()),
    "seconds": pa.float64(),
    "chance": pa.float64(),
}


def type_of(types: set[str], kind: str | None = None) -> pa.DataType:
    """The Arrow type that holds values of some types of SQLite.

    Examples
    --------
    >>> type_of({"integer", "real"}), type_of({"integer"}, "boolean"), type_of({"integer", "text"})
    (DataType(double), DataType(bool), DataType(string))
    """
    if types == {"integer"}:
        return pa.bool_() if kind == "boolean" else pa.int64()
    return pa.float64() if types <= {"integer", "real"} else pa.string()


def prediction_schema(readers: Sequence[LogReader]) -> pa.Schema:
    """The schema that takes the predictions of several files."""
    types: dict[str, set[str]] = {}
    kinds: dict[str, str | None] = {}
    wide: dict[str, None] = {}
    for reader in readers:
        for name, found in reader.types().items():
            types.setdefault(name, set()).update(found)
        for column in reader.columns():
            kinds[column.name] = kinds.get(column.name) or column.kind
            if column.position >= MOST_COLUMNS:
                wide[column.name] = None
    value = set().union(*(reader.value_types() for reader in readers))
    value_kind = next((k for reader in readers if (k := reader.kind(-1))), None)
    fields = [pa.field(name, kind) for name, kind in _FIXED.items()]
    fields.append(pa.field("value", type_of(value, value_kind)))
    for name in dict.fromkeys((*types, *wide)):
        own = pa.string() if name in wide else type_of(types[name], kinds[name])
        metadata = {_KIND: b"time"} if kinds[name] == "time" else None
        fields.append(pa.field(INPUT + name, own, metadata=metadata))
    return pa.schema(fields)


def outcome_schema(readers: Sequence[LogReader]) -> pa.Schema:
    """The schema that takes the outcomes of several files."""
    types = set().union(*(reader.actual_types() for reader in readers))
    kind = next((k for reader in readers if (k := reader.kind(-2))), None)
    return pa.schema(
        [("id", pa.string()), ("key", pa.string()), ("actual", type_of(types, kind)), ("at", _AT)]
    )


def prediction_table(piece: Piece, schema: pa.Schema) -> pa.Table:
    """Some predictions as a table of a schema that takes them."""
    given: dict[str, Sequence[Any]] = dict(zip(FIELDS, zip(*piece.rows, strict=True), strict=False))
    own = [c for c in piece.columns if c.position < MOST_COLUMNS]
    for column, values in zip(own, list(zip(*piece.rows, strict=True))[len(FIELDS) :], strict=True):
        given[INPUT + column.name] = values
    if len(own) < len(piece.columns):
        rest = [json.loads(text) if text else {} for text in given["rest"]]
        for column in piece.columns[len(own) :]:
            given[INPUT + column.name] = [row.get(column.name) for row in rest]
    arrays = [
        _array(given[field.name], field.type)
        if field.name in given
        else pa.nulls(len(piece.rows), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def outcome_table(rows: Iterable[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """Outcomes, as a reader gives them, as a table of a schema that takes them."""
    listed = list(rows)
    columns = list(zip(*listed, strict=True))[1:] if listed else [(), (), (), ()]
    arrays = [_array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def times(schema: pa.Schema) -> set[str]:
    """The input columns that are times, written as ISO text."""
    return {f.name.removeprefix(INPUT) for f in schema if (f.metadata or {}).get(_KIND) == b"time"}


def unify(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of different files as one: a column that is not of one type becomes the widest that it has."""
    types: dict[str, set[pa.DataType]] = {}
    metadata: dict[str, Any] = {}
    for table in tables:
        for field in table.schema:
            types.setdefault(field.name, set()).add(field.type)
            metadata[field.name] = metadata.get(field.name) or field.metadata
    schema = pa.schema([pa.field(n, _widest(found), metadata=metadata[n]) for n, found in types.items()])
    return pa.concat_tables(
        [
            pa.Table.from_arrays(
                [
                    table.column(f.name).cast(f.type)
                    if f.name in table.column_names
                    else pa.nulls(table.num_rows, f.type)
                    for f in schema
                ],
                schema=schema,
            )
            for table in tables
        ]
    )


def _widest(types: set[pa.DataType]) -> pa.DataType:
    if len(types) == 1:
        return next(iter(types))
    numbers = {pa.int64(), pa.float64()}
    return pa.float64() if types <= numbers else pa.string()


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_list(kind):
        return _scores(values)
    if pa.types.is_boolean(kind):
        return pa.array([None if v is None else bool(v) for v in values], kind)
    if pa.types.is_string(kind):
        return pa.array([v if v is None or isinstance(v, str) else str(v) for v in values], kind)
    return pa.array(values, kind)


def _scores(packed: Sequence[bytes | None]) -> pa.Array:
    lengths = np.array([0 if scores is None else len(scores) // 8 for scores in packed])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    values = np.frombuffer(b"".join(scores for scores in packed if scores is not None), "<f8")
    absent = np.array([scores is None for scores in packed])
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.array(values), mask=pa.array(absent) if absent.any() else None
    )
