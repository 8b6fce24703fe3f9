"""Predictions for the command line: rows from a file or a pipe, through a site's published folder."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from core.production import LOCAL
from core.publishing import site_folder
from core.workspace import Workspace
from incumbent.errors import DataError, IncumbentError, InputError, RefusedError
from incumbent.plain import decimal_number, number_in, whole_number

if TYPE_CHECKING:
    from incumbent.prediction import Prediction
    from incumbent.predictor import Predictor
    from incumbent.schema import InputColumn


@dataclass(frozen=True)
class Malformed:
    """A row that cannot be predicted, and why."""

    at: int
    error: IncumbentError

    def document(self) -> dict[str, Any]:
        """What stands in the row's place among the predictions."""
        error = self.error
        return {
            "row": self.at,
            "error": {"kind": error.kind, "message": error.message, "hint": error.hint},
        }


def predict(
    workspace: Workspace, model: str, file: str | Path | None = None, site: str = LOCAL
) -> Iterator[dict[str, Any]]:
    """Predict rows, one after another as they come; a malformed one gets a line too, and the rest go on.

    Parameters
    ----------
    file : path, optional
        CSV with a header, or JSON lines; told apart by the first character. Standard input by default.

    Yields
    ------
    dict
        As :meth:`incumbent.predictor.Prediction.document` gives it; for a malformed row its number (``row``)
        and ``error``.

    Raises
    ------
    DataError
        Where the file cannot be read; and at the end, where rows were malformed: how many, and the first.
    RefusedError
        Where nothing is in production.
    """
    import incumbent

    with workspace.store() as store:
        store.models.get(model)
        folder = site_folder(workspace, store, model, site)
        if store.production.live(model, site) is None:
            raise RefusedError(
                f"nothing of {model} is in production at {site}",
                hint=f'put a version there: `incumbent production swap {model} VERSION --reason "..."`',
            )
    predictor = incumbent.open(folder)
    columns = {column.name: column for column in predictor.input.columns}
    malformed: list[Malformed] = []
    at = 0
    with _opened(file) as (stream, name):
        for at, row in rows(stream, name, columns):
            answer = _answer(predictor, at, row)
            if isinstance(answer, Malformed):
                malformed.append(answer)
            yield answer.document()
    if malformed:
        raise _told(name, malformed[0], len(malformed), at)


def _answer(predictor: Predictor, at: int, row: dict[str, Any] | Malformed) -> Prediction | Malformed:
    if isinstance(row, Malformed):
        return row
    try:
        return predictor.predict(row)
    except InputError as error:
        return Malformed(at, error)


def _told(name: str, first: Malformed, malformed: int, count: int) -> DataError:
    where = f"{name} row {first.at}: {first.error.message}"
    if malformed == 1:
        return DataError(where, first.error.hint)
    return DataError(f"{malformed:,} of {count:,} rows are malformed; {where}", first.error.hint)


def rows(
    stream: Iterable[str], name: str, columns: Mapping[str, InputColumn]
) -> Iterator[tuple[int, dict[str, Any] | Malformed]]:
    """Rows of CSV or JSON lines, numbered from 1; the header of a CSV file is not counted.

    A line that is no row is told in its place.

    Examples
    --------
    >>> list(rows(['{"x": 1}'], "in", {}))
    [(1, {'x': 1})]
    """
    lines = iter(stream)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        return iter(())
    whole = chain([first.removeprefix("\ufeff")], lines)
    if first.removeprefix("\ufeff").lstrip().startswith(("{", "[")):
        return _json_rows(whole)
    return _csv_rows(whole, name, columns)


def cell_value(column: InputColumn | None, cell: str) -> Any:
    """A cell of CSV as a model's column has it; an empty one is null.

    A cell that is no number where a number must be stays text, so that whoever checks the row names it.
    """
    if cell == "":
        return None
    if column is None or column.takes_text:
        return cell
    if column.dtype == "time":
        return _moment(cell)
    if cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    return number_in(cell)


def _moment(cell: str) -> Any:
    from datetime import datetime

    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        return cell


def _json_rows(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | Malformed]]:
    at = 0
    for line in lines:
        if not line.strip():
            continue
        at += 1
        try:
            yield at, json.loads(line, parse_float=decimal_number, parse_int=whole_number)
        except ValueError as error:
            hint = "rows are JSON lines, one object a line, or CSV"
            yield at, Malformed(at, InputError(f"it is not JSON: {error}", hint=hint))


def _csv_rows(
    lines: Iterable[str], name: str, columns: Mapping[str, InputColumn]
) -> Iterator[tuple[int, dict[str, Any] | Malformed]]:
    at = 0
    try:
        for at, row in enumerate(csv.DictReader(lines), start=1):
            if None in row or None in row.values():
                yield at, Malformed(at, InputError("it has not as many cells as the header has names"))
                continue
            yield at, {key: cell_value(columns.get(key), cell) for key, cell in row.items()}
    except csv.Error as error:
        raise DataError(f"{name} row {at + 1} is not CSV: {error}") from None


@contextmanager
def _opened(file: str | Path | None) -> Iterator[tuple[IO[str], str]]:
    if file is None or str(file) == "-":
        yield sys.stdin, "standard input"
        return
    path = Path(file).expanduser()
    try:
        stream = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror}", hint="name a CSV or JSON lines file"
        ) from None
    with stream:
        try:
            yield stream, path.name
        except UnicodeDecodeError:
            raise DataError(f"{path} is not UTF-8 text", hint="rows are JSON lines or CSV") from None
