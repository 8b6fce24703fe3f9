"""Many rows in any form that a caller has them: as columns for algorithms, and row by row for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Iterable, Mapping, Sequence

from incumbent.columns import Coded, row_values, take, value_of
from incumbent.errors import InputError
from incumbent.plain import is_null, key_of, plain

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Array
    from incumbent.schema import InputSchema


class Table:
    """Rows as columns; what the first of the chain reads has been checked.

    Parameters
    ----------
    columns : mapping of str to sequence
    count : int
    rows : sequence of mapping, optional
        The rows themselves, where that is how they came.
    """

    def __init__(
        self, columns: "Mapping[str, Any]", count: int, rows: "Sequence[Mapping[str, Any]] | None" = None
    ) -> None:
        self.columns = columns
        self.count = count
        self._rows = rows

    @classmethod
    def of(cls, given: Any, first: "InputSchema | None", names: "Sequence[str]") -> "Table":
        """The table that a caller's rows are.

        Parameters
        ----------
        given : sequence of mappings, mapping of columns, or a DataFrame
        first : InputSchema, optional
            Of the version that is asked first: a row that it cannot read is malformed.
        names : sequence of str
            Every column that anybody may ask for.

        Raises
        ------
        InputError
            Naming the column at fault, and the row where the rows came as mappings.
        """
        rows = None
        if isinstance(given, Mapping):
            columns: "dict[str, Any]" = {str(n): _sequence(str(n), values) for n, values in given.items()}
            count = len(next(iter(columns.values()), ()))
        elif hasattr(given, "columns") and hasattr(given, "__getitem__"):
            columns, count = {str(name): _series(given[name]) for name in given.columns}, len(given)
        else:
            rows = list(given) if isinstance(given, Iterable) else [given]
            columns, count = _listed(rows, first, names), len(rows)
        if first is None:
            return cls(columns, count, rows)
        checked = first.check_columns(columns)
        count = len(next(iter(checked.values()))) if checked else count
        return cls({**columns, **checked}, count, rows)

    def row(self, at: int) -> "Mapping[str, Any]":
        """One row as a mapping; only columns of the table's length are in it."""
        if self._rows is not None:
            return self._rows[at]
        arrays = {n: c for n, c in self.columns.items() if _is_array(c)}
        listed = {
            n: _plain(c[at])
            for n, c in self.columns.items()
            if n not in arrays and hasattr(c, "__getitem__") and len(c) == self.count
        }
        return {**row_values({n: c for n, c in arrays.items() if len(c) == self.count}, at), **listed}

    def noted(self, names: "Sequence[str]") -> "Mapping[str, Any]":
        """The columns as they are logged: those of the names, too, that some of the rows lack, as None."""
        if self._rows is None:
            return self.columns
        rows, absent = self._rows, [name for name in names if name not in self.columns]
        return {**self.columns, **{name: [value_of(row, name) for row in rows] for name in absent}}

    def keys(self, name: "str | None") -> "Sequence[str | None]":
        """One column as keys, None for null; nothing but None where there is no such column."""
        if name is not None and self._rows is not None:
            return [key_of(value_of(row, name)) for row in self._rows]
        found = self.columns.get(name) if name is not None else None
        if found is None or len(found) != self.count:
            return [None] * self.count
        listed = found.decode() if isinstance(found, Coded) else found
        return list(map(key_of, listed.tolist() if hasattr(listed, "tolist") else listed))

    def checked(self, schema: "InputSchema", at: "np.ndarray") -> "dict[str, Array]":
        """What a version reads of some rows.

        Raises
        ------
        InputError
            For columns that are absent, or of another kind.
        """
        found = schema.check_columns(self.columns)
        return found if len(at) == self.count else take(found, at)


def _is_array(column: Any) -> bool:
    return isinstance(column, Coded) or hasattr(column, "dtype")


def _plain(value: Any) -> Any:
    return None if is_null(value) else plain(value)


def _sequence(name: str, values: Any) -> Any:
    if isinstance(values, str) or not hasattr(values, "__len__"):
        raise InputError(
            f"column {name!r} is a sequence of values, not {type(values).__name__}",
            hint="`predict` takes a single row",
        )
    return _series(values) if hasattr(values, "dtype") and hasattr(values, "to_list") else values


def _listed(rows: "list[Any]", first: "InputSchema | None", names: "Sequence[str]") -> "dict[str, Any]":
    """Rows as columns, those of the names that every row has; the rows become plain."""
    rows[:] = checked_rows(rows, row_check(first))
    return {name: [row[name] for row in rows] for name in names if all(name in row for row in rows)}


def row_check(first: "InputSchema | None") -> "Callable[[Any], Mapping[str, Any]]":
    """What makes a caller's row plain: the version that is asked first decides which ones it cannot read."""
    return _need_mapping if first is None else first.plain_row


def checked_rows(
    rows: "Iterable[Any]", check: "Callable[[Any], Mapping[str, Any]]"
) -> "list[Mapping[str, Any]]":
    """Rows as ``check`` makes them.

    Raises
    ------
    InputError
        With the row's position.
    """
    found = []
    for at, row in enumerate(rows):
        try:
            found.append(check(row))
        except InputError as error:
            raise InputError(f"row {at}: {error.message}", error.hint) from None
    return found


def _need_mapping(row: Any) -> "Mapping[str, Any]":
    """Refuse what is no row at all."""
    if not isinstance(row, Mapping):
        raise InputError(f"a row is a mapping of column names to values, not {type(row).__name__}")
    return row


def _series(series: Any) -> Any:
    """One column of a data frame as a numpy array or a list, nulls as None or NaN."""
    kind = str(getattr(series, "dtype", "")).lower()
    if kind.startswith(("int", "uint", "float", "bool", "datetime64[")) and "," not in kind:
        array = series.to_numpy()
        if array.dtype.kind in "iufbM":
            return array
    missing = series.isna() if hasattr(series, "isna") else series.is_null()
    return [None if gone else value for value, gone in zip(series.to_list(), missing.to_list())]
