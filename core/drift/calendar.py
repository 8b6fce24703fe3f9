"""Columns that say which time it is (month, weekday, hour …): they move by nature.

Such a column is recognised by its values: on every row it equals one field of the row's time, up to a fixed
offset (weekdays may begin with 0 or 1, on Sunday or Monday). A field that does not change within the rows
says nothing: a month is recognised in the windows in which it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from incumbent.columns import Array, Coded, Columns

Integers = NDArray[np.int64]
_NAMES = {
    "month": (
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
        "november", "december",
    ),
    "weekday": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}  # fmt: skip
_FEWEST = 10


def calendar_columns(columns: Columns, time: str) -> set[str]:
    """The columns that are a field of the time column.

    Parameters
    ----------
    columns : Columns
    time : str
        Of type ``datetime64``.

    Examples
    --------
    >>> from incumbent.columns import encode
    >>> days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]").astype("datetime64[us]")
    >>> month = days.astype("datetime64[M]").astype(int) % 12 + 1
    >>> rows = {"at": days, "month": month.astype(float), "x": np.sin(np.arange(60.0))}
    >>> sorted(calendar_columns(rows, "at"))
    ['at', 'month']
    """
    times = np.asarray(columns[time])
    known = ~np.isnat(times)
    if known.sum() < _FEWEST:
        return {time}
    fields = {name: field for name, field in _fields(times[known]) if (field != field[0]).any()}
    found = {time}
    for name, column in columns.items():
        if name != time and _is_field(column, known, fields):
            found.add(name)
    return found


def _fields(times: NDArray[Any]) -> Iterator[tuple[str, Integers]]:
    days = times.astype("datetime64[D]").astype(np.int64)
    months = times.astype("datetime64[M]").astype(np.int64)
    years = times.astype("datetime64[Y]").astype(np.int64)
    yield "year", years + 1970
    yield "month", months % 12 + 1
    yield "quarter", months % 12 // 3 + 1
    yield "day", days - times.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + 1
    yield "weekday", (days + 3) % 7
    yield "sunday weekday", (days + 4) % 7
    yield "day of year", days - times.astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64) + 1
    seconds = times.astype("datetime64[s]").astype(np.int64)
    yield "hour", seconds // 3600 % 24
    yield "minute", seconds // 60 % 60
    yield "week", _iso_week(days)
    yield "date", days
    yield "seconds", seconds
    yield "weekend", ((days + 3) % 7 >= 5).astype(np.int64)


def _iso_week(days: Integers) -> Integers:
    thursday = days + 3 - (days + 3) % 7
    start = thursday.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return (thursday - start) // 7 + 1


def _is_field(column: Array, known: NDArray[np.bool_], fields: dict[str, Integers]) -> bool:
    if isinstance(column, Coded):
        return _is_named_field(column, known, fields)
    if column.dtype.kind == "M":
        own = column[known]
        return "date" in fields and bool(
            (own.astype("datetime64[D]").astype(np.int64) == fields["date"]).mean() > 0.5
        )
    values = np.asarray(column[known], dtype=np.float64)
    sound = np.isfinite(values)
    if sound.sum() < _FEWEST:
        return False
    for name, field in fields.items():
        if (field[sound] == field[sound][0]).all():
            continue
        difference = values[sound] - field[sound]
        if (difference == difference[0]).all() and (abs(difference[0]) <= 1 or name == "seconds"):
            return True
    return False


def _is_named_field(column: Coded, known: NDArray[np.bool_], fields: dict[str, Integers]) -> bool:
    """Text: names of months or weekdays, or a field written as a number."""
    codes = column.codes[known]
    sound = codes >= 0
    if sound.sum() < _FEWEST:
        return False
    texts = [str(value).strip().lower() for value in column.values]
    for field, names in _NAMES.items():
        if field not in fields:
            continue
        places = [
            next((i for i, n in enumerate(names) if len(t) >= 3 and n.startswith(t)), -9) for t in texts
        ]
        offset = 1 if field == "month" else 0
        if (np.array(places)[codes[sound]] + offset == fields[field][sound]).all():
            return True
    numbers = np.array([float(t) if t.isdigit() else np.nan for t in texts])
    return _is_field(np.where(codes >= 0, numbers[codes], np.nan), np.ones(len(codes), bool), fields)
