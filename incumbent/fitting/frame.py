"""Columns as what an estimator is given: a data frame, a matrix, or texts.

Text is pandas' own default text type with NaN for null, as ``read_csv`` and ``read_parquet`` give it, so that
a pipeline behaves here as it does in its author's notebook. Only an estimator that goes by the data type is
given pandas categories (:mod:`incumbent.fitting.categories`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np

from incumbent.columns import Array, Coded, Columns
from incumbent.schema import InputSchema

if TYPE_CHECKING:
    import pandas as pd


def frame_of(
    columns: Columns,
    names: "Sequence[str] | None" = None,
    categories: "Mapping[str, Sequence[Any]] | None" = None,
) -> "pd.DataFrame":
    """A data frame of these columns, in the order of ``names``.

    Parameters
    ----------
    categories : mapping, optional
        Columns that become pandas categories, each with its levels; other values become null.

    Examples
    --------
    >>> from incumbent.columns import column
    >>> frame_of({"a": column([1, 2]), "b": column(["x", None])}).isna().sum().to_dict()
    {'a': 0, 'b': 1}
    >>> frame_of({"b": column(["x", "y", None])}, categories={"b": ["x"]})["b"].tolist()
    ['x', nan, nan]
    """
    import pandas as pd

    chosen = list(columns) if names is None else list(names)
    levels = categories or {}
    made = {n: _category(columns[n], levels[n]) if n in levels else _series(columns[n]) for n in chosen}
    return pd.DataFrame(made, columns=pd.Index(chosen))


def _category(column: Array, levels: Sequence[Any]) -> Any:
    import pandas as pd

    known = pd.Index(sorted(levels))
    if not isinstance(column, Coded):
        return pd.Categorical.from_codes(known.get_indexer(np.array(column)), categories=known)
    places = np.array([*known.get_indexer(list(column.values)), -1], dtype=np.int64)
    return pd.Categorical.from_codes(places[column.codes], categories=known)


def _series(column: Array) -> Any:
    import pandas as pd

    if not isinstance(column, Coded):
        return np.array(column)  # a copy: exchange files are mapped read-only
    table = np.array([*column.values, np.nan], dtype=object)
    text = table[column.codes]
    if int(pd.__version__.split(".")[0]) >= 3:
        return pd.Series(text, dtype="str")
    return pd.Series(text, dtype=object)


def model_input(columns: Columns, schema: InputSchema) -> Any:
    """What an estimator of this schema is given, by its form: a data frame, a matrix or texts."""
    if schema.form == "frame":
        levels = {c.name: c.categories for c in schema.columns if c.as_category}
        return frame_of(columns, schema.names, levels)
    if schema.form == "text":
        only = columns[schema.names[0]]
        assert isinstance(only, Coded)
        return only.decode()
    return np.column_stack([_numbers(columns[name]) for name in schema.names])


def _numbers(column: Array) -> np.ndarray:
    if isinstance(column, Coded):
        return column.decode()
    return np.asarray(column, dtype=np.float64)


def plain_rows(columns: Columns, names: Sequence[str]) -> "list[dict[str, Any]]":
    """Rows of plain Python values with None for null, as callers of a predictor pass them."""
    lists = [_plain(columns[name]) for name in names]
    return [dict(zip(names, values)) for values in zip(*lists)]


def _plain(column: Array) -> "list[Any]":
    if isinstance(column, Coded):
        return list(column.decode())
    if column.dtype.kind == "f":
        return [None if v != v else v for v in column.tolist()]
    return list(column.tolist())  # NaT becomes None


def target_values(column: Array, task: str) -> np.ndarray:
    """The target as an estimator is given it: numbers, or classes as the source has them.

    Classes that are whole numbers stored as floats (a column with nulls elsewhere) become integers.
    """
    if isinstance(column, Coded):
        return np.asarray(column.decode().tolist())
    if task == "classification" and column.dtype.kind == "f" and (column == np.round(column)).all():
        return column.astype(np.int64)
    return np.array(column)


def known(column: Array) -> np.ndarray:
    """Which rows are not null, bool, shape (rows,)."""
    if isinstance(column, Coded):
        return column.codes >= 0
    if column.dtype.kind == "M":
        return ~np.isnat(column)
    return ~np.isnan(column) if column.dtype.kind == "f" else np.ones(len(column), dtype=bool)


def described(columns: Columns) -> "Mapping[str, str]":
    """Data type of every column: ``float64``, ``int64``, ``bool``, ``text`` or ``time``."""
    return {name: dtype_name(column) for name, column in columns.items()}


def dtype_name(column: Array) -> str:
    """How :class:`incumbent.schema.InputColumn` names an array's type."""
    if isinstance(column, Coded):
        return "text"
    return "time" if column.dtype.kind == "M" else str(column.dtype)
