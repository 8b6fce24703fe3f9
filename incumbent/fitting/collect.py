"""The job ``collect``: what a pipeline file's ``collect(since, until)`` gives, as columns in a folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping

import numpy as np

from incumbent.columns import Array, Coded, column, write_columns
from incumbent.errors import FittingError, InputError
from incumbent.fitting.jobs import Progress, fail
from incumbent.fitting.usercode import import_user_file

if TYPE_CHECKING:
    import pandas as pd


def collect(job: Mapping[str, Any], progress: Progress) -> "dict[str, Any]":
    """Call ``collect`` and write ``out/columns``.

    Parameters
    ----------
    job : mapping
        ``pipeline``, and ``since`` and ``until`` in ISO 8601 or null.
    progress : callable

    Returns
    -------
    dict
        ``rows``, and ``zoned``: the columns whose times carry a zone (they are written in UTC).

    Raises
    ------
    FittingError
        Where there is no ``collect``, it fails, or gives no data frame of plain columns.
    """
    path = Path(job["pipeline"])
    module = import_user_file(path)
    function = getattr(module, "collect", None)
    if not callable(function):
        raise FittingError(
            f"the model names no data, and the pipeline file {path.name} has no function `collect`",
            "set `data` in the spec, or write `def collect(since, until):` that returns a data frame",
        )
    progress(None, "collecting the rows")
    since, until = (None if job[name] is None else datetime.fromisoformat(job[name]) for name in _RANGE)
    try:
        frame = function(since, until)
    except (Exception, SystemExit) as error:
        raise fail("collect failed", error, str(path.parent)) from error
    columns, zoned = columns_of(frame)
    write_columns(Path(job["folder"]) / "out" / "columns", columns)
    return {"rows": len(frame), "zoned": zoned}


_RANGE = ("since", "until")


def columns_of(frame: "pd.DataFrame") -> "tuple[dict[str, Array], list[str]]":
    """The columns of a data frame, and which of them are times with a zone.

    Examples
    --------
    >>> import pandas as pd
    >>> columns, zoned = columns_of(pd.DataFrame({"a": [1, 2], "b": ["x", None]}))
    >>> columns["a"].tolist(), columns["b"].values, zoned
    ([1, 2], ('x',), [])

    Raises
    ------
    FittingError
        Where it is no data frame, has no row, or a column of several kinds of values.
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise FittingError(f"collect returned {type(frame).__name__}, not a pandas DataFrame")
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        raise FittingError("collect returned a data frame with two columns of one name")
    if not len(frame):
        raise FittingError("collect returned no row", "look at what it reads, and at --since and --until")
    columns, zoned = {}, []
    for place, name in enumerate(names):
        series = frame.iloc[:, place]
        if isinstance(series.dtype, pd.DatetimeTZDtype):
            series = series.dt.tz_convert("UTC").dt.tz_localize(None)
            zoned.append(name)
        try:
            columns[name] = _array(series)
        except InputError as error:
            raise FittingError(
                f"column {name!r} of what collect returned: {error.message}", error.hint
            ) from None
    return columns, zoned


def _array(series: "pd.Series[Any]") -> Array:
    import pandas as pd

    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "biufM":
        return column(series.to_numpy())  # type: ignore[arg-type]
    codes, values = pd.factorize(series)
    if all(isinstance(value, str) for value in values):
        return Coded(codes.astype(np.int32), tuple(values))
    return column(series.astype(object).where(series.notna(), None).tolist())
