"""Logged rows as Arrow tables, typed by what they hold; inputs are named apart from the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from incumbent.log.reader import LogReader, Piece

#: Before the names of input columns, so that one may be called ``id`` or ``value``.
INPUT = "input."
_TIME = {b"kind": b"time"}

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


def type_of(types: set[str]) -> pa.DataType:
    """The Arrow type that holds values of some types.

    Examples
    --------
    >>> type_of({"integer", "real"}), type_of({"boolean"}), type_of({"integer", "text"})
    (DataType(double), DataType(bool), DataType(string))
    """
    if types == {"boolean"}:
        return pa.bool_()
    if types and types <= {"integer", "boolean"}:
        return pa.int64()
    return pa.float64() if types <= {"integer", "real", "boolean"} else pa.string()


def prediction_schema(readers: Sequence[LogReader]) -> pa.Schema:
    """The schema that takes the predictions of several files."""
    inputs: dict[str, set[str]] = {}
    values: set[str] = set()
    for reader in readers:
        found = reader.types()
        values |= found.value
        for name, types in found.inputs.items():
            inputs.setdefault(name, set()).update(types)
    fields = [pa.field(name, kind) for name, kind in _FIXED.items()]
    fields.append(pa.field("value", type_of(values)))
    for name, types in inputs.items():
        fields.append(pa.field(INPUT + name, type_of(types), metadata=_TIME if "time" in types else None))
    return pa.schema(fields)


def outcome_schema(readers: Sequence[LogReader]) -> pa.Schema:
    """The schema that takes the outcomes of several files."""
    types = set().union(*(reader.actual_types() for reader in readers))
    return pa.schema([("id", pa.string()), ("key", pa.string()), ("actual", type_of(types)), ("at", _AT)])


def prediction_table(piece: Piece, schema: pa.Schema) -> pa.Table:
    """Some predictions as a table of a schema that takes them."""
    given = {**piece.told, **{INPUT + name: values for name, values in piece.inputs.items()}}
    count = len(piece.told["id"])
    arrays = [
        _array(given[field.name], field.type) if field.name in given else pa.nulls(count, field.type)
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
    return {f.name.removeprefix(INPUT) for f in schema if (f.metadata or {}) == _TIME}


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
    if pa.types.is_boolean(kind):
        return pa.array([None if v is None else bool(v) for v in values], kind)
    if pa.types.is_string(kind):
        return pa.array([v if v is None or isinstance(v, str) else str(v) for v in values], kind)
    types = set(map(type, values))
    if pa.types.is_floating(kind) and not types <= {float, type(None)}:
        values = [None if v is None else float(v) for v in values]  # Arrow takes no int beyond 2**53
    elif bool in types:
        values = [int(v) if isinstance(v, bool) else v for v in values]
    return pa.array(values, kind)
