"""Cases in files, so that they can live in git.

In files a case is a line of JSON, ``{"row": {…}, "expect": {…}}``, or a line of CSV, whose columns are the
row's and, named ``expect.label``, ``expect.min``, ``case.note`` and so on, the rest. A direction and an
invariance are JSON in their cell, and so is what no cell can tell: ``case.exact`` (values: an empty text, a
number in a column that the model does not read) and ``case.absent`` (columns that only other rows have). What
is exported imports again as it was; what stands already is not added twice.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cases.keeping import listing
from core.cases.taking import Taking, plain_cell
from core.person import person
from core.workspace import Workspace
from incumbent.errors import DataError, IncumbentError, RefusedError, UsageError, reason_of
from incumbent.plain import decimal_number, whole_number
from store.records import Case, NewCase

if TYPE_CHECKING:
    from incumbent.schema import InputColumn

_EXPECT, _CASE, _EXACT, _ABSENT = "expect.", "case.", "case.exact", "case.absent"
_NUMBERS = ("value", "tolerance", "min", "max")
_JSON = ("direction", "invariant", "answered")
_REST = ("origin", "note", "blocking")


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    added: tuple[Case, ...]
    skipped: int  # stood already


def import_file(workspace: Workspace, model: str, path: str | Path, who: str | None = None) -> Imported:
    """Add the cases of a file: all of them, or none where one is wrong.

    Parameters
    ----------
    path : path
        ``.csv``, or JSON lines under any other name.

    Raises
    ------
    DataError
        Naming the line at fault.
    """
    path = Path(path).expanduser()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} cannot be read: {reason_of(error)}", hint="cases are CSV or JSON lines in UTF-8"
        ) from None
    with workspace.store() as store:
        taking = Taking.of(workspace, store, model)
        csv_file = path.suffix.lower() == ".csv"
        lines = _csv_lines(text, path, taking) if csv_file else _json_lines(text, path)
        cases = [_read(line, taking, path, at) for at, line in lines]
        with store.transaction():
            standing = {_key(case) for case in store.cases.list(model, kind="behavioural")}
            fresh = {_key(case): case for case in cases if _key(case) not in standing}
            added = store.cases.add_many(model, fresh.values())
            if added:
                numbers = [case.id for case in added]
                undo = {"action": "case.remove", "arguments": {"model": model, "case": numbers}}
                subject = f"{len(added)} case{'' if len(added) == 1 else 's'} from {path.name}"
                store.journal.add(who or person(), "case.import", subject, model=model, undo=undo)
        return Imported(added, len(cases) - len(added))


def export(workspace: Workspace, model: str) -> list[dict[str, Any]]:
    """The behavioural cases that stand, as an import takes them."""
    return [
        {key: case[key] for key in ("row", "expect", *_REST)}
        for case in listing(workspace, model, kind="behavioural")
    ]


def export_csv(workspace: Workspace, model: str) -> str:
    """The behavioural cases that stand as CSV; empty where there are none."""
    with workspace.store() as store:
        columns = Taking.of(workspace, store, model).columns
    cases = export(workspace, model)
    return as_csv(cases, columns) if cases else ""


# -- writing


def as_csv(cases: Iterable[Mapping[str, Any]], columns: Mapping[str, InputColumn]) -> str:
    """Exported cases as CSV, a column for each of the rows' columns.

    Parameters
    ----------
    columns : mapping
        The columns that the model reads, by name: how a cell is read again.

    Raises
    ------
    UsageError
        Where a column of the rows is named like one of the file's own.

    Examples
    --------
    >>> case = {"row": {"x": 1.5}, "expect": {"max": 2.0}, "origin": "contrived",
    ...         "note": "n", "blocking": True}
    >>> print(as_csv([case], {}), end="")
    x,expect.max,case.origin,case.note,case.blocking,case.exact
    1.5,2.0,contrived,n,true,"{""x"": 1.5}"
    """
    listed = list(cases)
    known = list(dict.fromkeys(name for case in listed for name in case["row"]))
    lines = [_line(case, columns, known) for case in listed]
    names = list(dict.fromkeys(name for line in lines for name in line))
    ordered = sorted(names, key=lambda n: n.startswith(_EXPECT) + 2 * n.startswith(_CASE))
    table = [ordered, *([line.get(name, "") for name in ordered] for line in lines)]
    return "".join(",".join(map(_quoted, cells)) + "\n" for cells in table)


def _line(
    case: Mapping[str, Any], columns: Mapping[str, InputColumn], known: Iterable[str]
) -> dict[str, str]:
    row = case["row"]
    taken = next((name for name in row if not name or name.startswith((_EXPECT, _CASE))), None)
    if taken is not None:
        raise UsageError(
            f"a column named {taken!r} cannot be told from the file's own", hint="export JSON lines"
        )
    exact = {name: value for name, value in row.items() if not _survives(columns.get(name), value)}
    absent = [name for name in known if name not in row]
    return {
        **{name: _cell(value) for name, value in row.items()},
        **{
            _EXPECT + key: json.dumps(value) if key in _JSON else _cell(value)
            for key, value in case["expect"].items()
        },
        **{_CASE + key: _cell(case[key]) for key in _REST},
        **({_EXACT: json.dumps(exact)} if exact else {}),
        **({_ABSENT: json.dumps(absent)} if absent else {}),
    }


def _survives(column: InputColumn | None, value: Any) -> bool:
    """Whether a value is read back from its cell as it was."""
    found = plain_cell(column, _cell(value))
    return type(found) is type(value) and repr(found) == repr(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(cell: str) -> str:
    # the csv module leaves a carriage return bare where lines end with \n, and no reader takes that
    special = any(sign in cell for sign in ',"\r\n')
    return '"' + cell.replace('"', '""') + '"' if special else cell


def _key(case: Case | NewCase) -> str:
    return json.dumps([case.row, case.expect], sort_keys=True, default=str)


# -- reading


def _json_lines(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for at, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, parse_float=decimal_number, parse_int=whole_number)
        except ValueError as error:
            raise DataError(
                f"{path} line {at} is not JSON: {error}", hint="files of cases are CSV or JSON lines"
            ) from None
        if not isinstance(found, dict) or not isinstance(found.get("row"), dict):
            raise DataError(
                f'{path} line {at} is no case: it has no "row"',
                hint='a case is {"row": {"column": value, …}, "expect": {"label": …}}',
            )
        yield at, found


def _csv_lines(text: str, path: Path, taking: Taking) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if taking.bundle is None:
        raise RefusedError(
            "what the columns of a CSV file hold is not known before the model has a version",
            hint="make a version first, or import JSON lines",
        )
    columns = taking.columns
    reader = csv.DictReader(io.StringIO(text, newline=""))
    for line in reader:
        at = reader.line_num
        if None in line or None in line.values():
            raise DataError(f"{path} line {at} has not as many cells as the header has names")
        yield at, _from_cells(line, columns, f"{path} line {at}")


def _from_cells(line: Mapping[str, str], columns: Mapping[str, InputColumn], where: str) -> Mapping[str, Any]:
    row = {
        name: plain_cell(columns.get(name), cell)
        for name, cell in line.items()
        if not name.startswith((_EXPECT, _CASE))
    }
    told = {name: cell for name, cell in line.items() if cell != ""}
    exact = _from_json(_EXACT, told.pop(_EXACT, "{}"), where)
    absent = _from_json(_ABSENT, told.pop(_ABSENT, "[]"), where)
    if not isinstance(exact, dict) or not isinstance(absent, list):
        raise DataError(f"{where}: {_EXACT} is an object of columns and values, {_ABSENT} a list of columns")
    expect = {
        name[len(_EXPECT) :]: _expected(name, cell, where)
        for name, cell in told.items()
        if name.startswith(_EXPECT)
    }
    rest: dict[str, Any] = {name[len(_CASE) :]: cell for name, cell in told.items() if name.startswith(_CASE)}
    if "blocking" in rest:
        rest["blocking"] = rest["blocking"].lower() not in ("false", "no", "0")
    kept = {name: value for name, value in {**row, **exact}.items() if name not in absent}
    return {"row": kept, "expect": expect, **rest}


def _expected(name: str, cell: str, where: str) -> Any:
    key = name[len(_EXPECT) :]
    if key in _JSON:
        return _from_json(name, cell, where)
    if key not in _NUMBERS:
        return cell
    for read in (int, float):
        try:
            return read(cell)
        except ValueError:
            continue
    raise DataError(f"{where}: {name} is {cell!r}, which is no number")


def _from_json(name: str, cell: str, where: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError as error:
        raise DataError(f"{where}: {name} is not JSON: {error}") from None


def _read(line: Mapping[str, Any], taking: Taking, path: Path, at: int) -> NewCase:
    blocking = line.get("blocking", True)
    if not isinstance(blocking, bool):
        raise DataError(f"{path} line {at}: blocking is {blocking!r}, neither true nor false")
    expect = line.get("expect") or {}
    if not isinstance(expect, Mapping):
        raise DataError(f"{path} line {at}: what it expects is no object")
    try:
        return taking.case(
            line["row"], expect, str(line.get("origin", "contrived")), str(line.get("note", "")), blocking
        )
    except IncumbentError as error:
        raise DataError(f"{path} line {at}: {error.message}", error.hint) from None
