"""Behavioural cases: rows with a label or bounds that every version must respect (rule 13).

In files a case is a line of JSON, ``{"row": {…}, "expect": {…}}``, or a line of CSV, whose columns are the
row's and, named ``expect.label``, ``expect.min``, ``case.note`` and so on, the rest. What is exported imports
again as it was; what stands already is not added twice.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.expectations import check_expectation
from core.person import person
from core.predicting import cell_value
from core.workspace import Workspace
from incumbent.errors import DataError, IncumbentError, InputError, RefusedError, UsageError
from store.records import Case, NewCase

if TYPE_CHECKING:
    from incumbent.bundle import Bundle
    from store import Store

Origin = Literal["sampled", "contrived", "incident"]
ORIGINS: tuple[Origin, ...] = ("sampled", "contrived", "incident")

_EXPECT, _CASE = "expect.", "case."
_EXPECT_NUMBERS = ("value", "tolerance", "min", "max")


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    added: tuple[Case, ...]
    skipped: int  # stood already


def listing(
    workspace: Workspace,
    model: str,
    *,
    kind: Literal["golden", "behavioural"] | None = None,
    version: int | None = None,
    removed: bool = False,
) -> list[dict[str, Any]]:
    """The cases of a model, oldest first; what is None is not asked for."""
    with workspace.store() as store:
        if version is not None:
            store.versions.get(model, version)
        return [document(case) for case in store.cases.list(model, version, kind, removed)]


def document(case: Case) -> dict[str, Any]:
    """A case as ``case list --json`` prints it."""
    return {
        "id": case.id,
        "model": case.model,
        "kind": case.kind,
        "version": case.version,
        "row": dict(case.row),
        "expect": dict(case.expect),
        "origin": case.origin,
        "note": case.note,
        "blocking": case.blocking,
        "created": case.created,
        "looked": case.looked,
        "removed": case.removed,
    }


def add(
    workspace: Workspace,
    model: str,
    row: Mapping[str, Any],
    expect: Mapping[str, Any],
    *,
    origin: str = "contrived",
    note: str = "",
    blocking: bool = True,
    who: str | None = None,
) -> dict[str, Any]:
    """Add a case that binds every version.

    Parameters
    ----------
    row : mapping
        Column name to value.
    expect : mapping
        ``label``, or ``value`` with ``tolerance``, or ``min`` and ``max``; bounds of a
        classification are on the probability of ``class`` (the positive one by default).
    origin : {"sampled", "contrived", "incident"}
    blocking : bool
        Whether a version that fails it may not be swapped in.

    Raises
    ------
    UsageError
        For an expectation that makes no sense.
    InputError
        For a row that the model's versions cannot take.
    """
    with workspace.store() as store:
        case = _checked(_reader(workspace, store, model), row, expect, origin, note, blocking)
        with store.transaction():
            (made,) = store.cases.add_many(model, [case])
            _journal(store, who, "case.add", model, f"case {made.id}")
        return document(made)


def remove(workspace: Workspace, model: str, case: int, who: str | None = None) -> dict[str, Any]:
    """Test with a case no more; it stays on record, so that old verdicts can be explained.

    Raises
    ------
    UsageError
        Where the model has no such case.
    """
    with workspace.store() as store, store.transaction():
        store.models.get(model)
        if store.cases.get(case).model != model:
            raise UsageError(f"{model} has no case {case}", hint=f"`incumbent case list {model}` shows them")
        removed = store.cases.remove(case)
        _journal(store, who, "case.remove", model, f"case {case}")
        return document(removed)


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
            f"{path} cannot be read: {error}", hint="cases are CSV or JSON lines in UTF-8"
        ) from None
    with workspace.store() as store:
        reader = _reader(workspace, store, model)
        lines = _csv_lines(text, path, reader) if path.suffix.lower() == ".csv" else _json_lines(text, path)
        cases = [_read(line, reader, path, at) for at, line in lines]
        with store.transaction():
            standing = {_key(case) for case in store.cases.list(model, kind="behavioural")}
            fresh = {_key(case): case for case in cases if _key(case) not in standing}
            added = store.cases.add_many(model, fresh.values())
            if added:
                _journal(store, who, "case.import", model, f"{len(added)} cases from {path.name}")
        return Imported(added, len(cases) - len(added))


def export(workspace: Workspace, model: str) -> list[dict[str, Any]]:
    """The behavioural cases that stand, as an import takes them."""
    return [
        {key: case[key] for key in ("row", "expect", "origin", "note", "blocking")}
        for case in listing(workspace, model, kind="behavioural")
    ]


def as_csv(cases: Iterable[Mapping[str, Any]]) -> str:
    """Exported cases as CSV, a column for each of the rows' columns.

    Examples
    --------
    >>> case = {"row": {"x": 1.5}, "expect": {"max": 2.0}, "origin": "contrived",
    ...         "note": "n", "blocking": True}
    >>> print(as_csv([case]), end="")
    x,expect.max,case.origin,case.note,case.blocking
    1.5,2.0,contrived,n,true
    """
    lines = [
        {**case["row"], **{_EXPECT + k: v for k, v in case["expect"].items()},
         **{_CASE + k: case[k] for k in ("origin", "note", "blocking")}}
        for case in cases
    ]  # fmt: skip
    names = list(dict.fromkeys(name for line in lines for name in line))
    ordered = sorted(names, key=lambda n: n.startswith(_EXPECT) + 2 * n.startswith(_CASE))
    table = [ordered, *([_cell(line.get(name)) for name in ordered] for line in lines)]
    return "".join(",".join(map(_quoted, cells)) + "\n" for cells in table)


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
            found = json.loads(line)
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


def _csv_lines(text: str, path: Path, bundle: Bundle | None) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if bundle is None:
        raise RefusedError(
            "what the columns of a CSV file hold is not known before the model has a version",
            hint="make a version first, or import JSON lines",
        )
    kinds = {column.name: column for column in bundle.input.columns}
    reader = csv.DictReader(io.StringIO(text))
    for line in reader:
        at = reader.line_num
        if None in line or None in line.values():
            raise DataError(f"{path} line {at} has not as many cells as the header has names")
        row = {
            name: cell_value(kinds.get(name), cell)
            for name, cell in line.items()
            if not name.startswith((_EXPECT, _CASE))
        }
        expect = {n[len(_EXPECT) :]: _expected(n[len(_EXPECT) :], cell, path, at)
                  for n, cell in line.items() if n.startswith(_EXPECT) and cell != ""}  # fmt: skip
        rest: dict[str, Any] = {
            n[len(_CASE) :]: c for n, c in line.items() if n.startswith(_CASE) and c != ""
        }
        if "blocking" in rest:
            rest["blocking"] = rest["blocking"].lower() not in ("false", "no", "0")
        yield at, {"row": row, "expect": expect, **rest}


def _expected(key: str, cell: str, path: Path, at: int) -> Any:
    if key not in _EXPECT_NUMBERS:
        return cell
    try:
        return float(cell)
    except ValueError:
        raise DataError(f"{path} line {at}: {_EXPECT}{key} is {cell!r}, which is no number") from None


def _read(line: Mapping[str, Any], bundle: Bundle | None, path: Path, at: int) -> NewCase:
    try:
        return _checked(
            bundle,
            line["row"],
            line.get("expect") or {},
            str(line.get("origin", "contrived")),
            str(line.get("note", "")),
            bool(line.get("blocking", True)),
        )
    except IncumbentError as error:
        raise DataError(f"{path} line {at}: {error.message}", error.hint) from None


# -- checking


def _checked(
    bundle: Bundle | None,
    row: Mapping[str, Any],
    expect: Mapping[str, Any],
    origin: str,
    note: str,
    blocking: bool,
) -> NewCase:
    if origin not in ORIGINS:
        raise UsageError(f"{origin!r} is no origin of a case", hint=f"there are {', '.join(ORIGINS)}")
    if not row:
        raise InputError("the row is empty", hint="name its columns and values")
    if bundle is not None:
        bundle.input.check_row(row)
    found = check_expectation(expect, None if bundle is None else bundle.output)
    return NewCase("behavioural", dict(row), found, origin=origin, note=note, blocking=blocking)


def _reader(workspace: Workspace, store: Store, model: str) -> Bundle | None:
    """The bundle that says which rows the model takes: the champion's, else the newest version's."""
    store.models.get(model)
    live = store.production.live(model)
    if live is not None and live.champion is not None:
        return workspace.bundle(store.versions.get(model, live.champion).hash, verify=False)
    listed = store.versions.list(model)
    return workspace.bundle(listed[0].hash, verify=False) if listed else None


def _journal(store: Store, who: str | None, action: str, model: str, subject: str) -> None:
    store.journal.add(who or person(), action, subject, model=model)
