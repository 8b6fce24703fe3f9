"""The forms of rows that MLflow's ``/invocations`` takes, and CSV."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from itertools import islice
from typing import Any, Mapping, Sequence

from incumbent.errors import InputError
from incumbent.plain import decimal_number
from incumbent.schema import InputColumn, InputSchema
from incumbent.serve.replies import check_count

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")


def read_invocation(document: Any, schema: InputSchema, most: int) -> "list[Mapping[str, Any]]":
    """The rows of a request.

    Parameters
    ----------
    document : object
        With one of :data:`FORMS`.
    schema : InputSchema
        Whose order holds where rows come without names.
    most : int
        Rows.

    Raises
    ------
    InputError
        For a request of none of the forms.
    Fault
        413 for more rows than may be.

    Examples
    --------
    >>> read_invocation({"dataframe_split": {"columns": ["x"], "data": [[1], [2]]}}, InputSchema(()), 9)
    [{'x': 1}, {'x': 2}]
    """
    if not isinstance(document, Mapping):
        raise InputError("the request is no object", f"it has one of {', '.join(FORMS)}")
    found = [form for form in FORMS if form in document]
    if len(found) != 1:
        raise InputError(
            f"the request has {' and '.join(found) or 'no rows'}", f"it has one of {', '.join(FORMS)}"
        )
    given = document[found[0]]
    if found[0] == "dataframe_split":
        return _split(given, most)
    if found[0] == "dataframe_records" or not isinstance(given, Mapping):
        return _listed(found[0], given, schema, most)
    return _columns(found[0], given, most)


def _split(given: Any, most: int) -> "list[Mapping[str, Any]]":
    columns = given.get("columns") if isinstance(given, Mapping) else None
    data = given.get("data") if isinstance(given, Mapping) else None
    if not isinstance(columns, list) or not isinstance(data, list):
        raise InputError("dataframe_split has columns and data, each a list")
    if not all(isinstance(name, str) for name in columns):
        raise InputError("dataframe_split.columns is a list of names")
    if len(set(columns)) != len(columns):
        raise InputError("dataframe_split.columns has a name twice")
    check_count(len(data), most)
    return [_named(columns, values, at) for at, values in enumerate(data)]


def _listed(form: str, given: Any, schema: InputSchema, most: int) -> "list[Mapping[str, Any]]":
    if not isinstance(given, list):
        raise InputError(f"{form} is a list of rows")
    check_count(len(given), most)
    return [
        row if isinstance(row, Mapping) else _by_position(schema, row, at) for at, row in enumerate(given)
    ]


def _by_position(schema: InputSchema, values: Any, at: int) -> "dict[str, Any]":
    return _named(schema.names, values if isinstance(values, list) else [values], at)


def _named(names: "Sequence[str]", values: Any, at: int) -> "dict[str, Any]":
    if not isinstance(values, list) or len(values) != len(names):
        count = len(values) if isinstance(values, list) else 1
        raise InputError(
            f"row {at} has {count} value{'s' if count != 1 else ''} for {len(names)} columns",
            f"columns: {', '.join(names)}",
        )
    return dict(zip(names, values))


def _columns(form: str, given: "Mapping[str, Any]", most: int) -> "list[Mapping[str, Any]]":
    columns = {}
    for name, values in given.items():
        if not isinstance(values, list):
            values = [values]
        check_count(len(values), most)
        if values and all(isinstance(value, list) and len(value) == 1 for value in values):
            values = [value[0] for value in values]
        columns[name] = values
    lengths = {len(values): name for name, values in columns.items()}
    if len(lengths) != 1:
        told = " and ".join(f"{name!r} {count}" for count, name in list(lengths.items())[:2])
        raise InputError(
            f"{form} has columns of different lengths: {told}" if told else f"{form} has no columns"
        )
    return [dict(zip(columns, values)) for values in zip(*columns.values())]


def read_csv(body: bytes, schema: InputSchema, most: int) -> "list[Mapping[str, Any]]":
    """Rows of CSV with a header; an empty cell is null.

    Raises
    ------
    InputError
        For what is no CSV, or has rows of another length than the header.
    Fault
        413 for more rows than may be: the others are not read.
    """
    try:
        read = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        lines = list(islice(filter(None, read), most + 2))
    except UnicodeDecodeError as error:
        raise InputError(f"the body is not UTF-8 text, at byte {error.start}") from None
    except csv.Error as error:
        raise InputError(f"the body is not CSV: {error}") from None
    if not lines:
        raise InputError("the body has no header", "the first line of CSV names the columns")
    check_count(len(lines) - 1, most)
    header = lines[0]
    if len(set(header)) != len(header):
        raise InputError("the header has a name twice")
    known = {column.name: column for column in schema.columns}
    rows = [_named(header, line, at) for at, line in enumerate(lines[1:])]
    return [{n: _cell(known.get(n), cell) for n, cell in row.items()} for row in rows]


def _cell(column: "InputColumn | None", cell: str) -> Any:
    """A cell as the column has it; one that is no number stays text, so that the check names it."""
    if cell == "":
        return None
    if column is None or column.takes_text:
        return cell
    if column.dtype == "time":
        return _moment(cell)
    if cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    try:
        return decimal_number(cell)
    except ValueError:
        return cell


def _moment(cell: str) -> Any:
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        return cell
