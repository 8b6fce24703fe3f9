"""Outcomes from a file: what turned out to be true, late and in bulk."""

from __future__ import annotations

import csv
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.spec import ModelSpec
from core.traffic.places import home_of
from core.traffic.traffic import Traffic, nanoseconds
from incumbent.errors import DataError, InputError, UsageError, WorkError, reason_of
from incumbent.log.appender import Appender
from incumbent.log.entries import OutcomeEntry
from incumbent.log.file import new_name, today
from incumbent.log.tally import Tally
from incumbent.outcome import outcome_of
from incumbent.plain import decimal_number, key_of, whole_number
from incumbent.schema import OutputSchema

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: Where outcomes that people import are kept until the night: the site that every workspace has.
_SITE = "local"
_SHOWN = 10


@dataclass(frozen=True)
class Imported:
    """What an import did.

    ``unknown`` are ids and keys (the first ones) of which no prediction is logged; their outcomes are kept
    all the same, since a site's log may still be on its way. ``new_classes`` are those that no version knows.
    """

    outcomes: int
    unknown: tuple[str, ...]
    unknown_count: int
    new_classes: tuple[str, ...] = ()


def import_outcomes(workspace: Workspace, store: Store, model: str, path: Path) -> Imported:
    """Keep the outcomes of a CSV or JSON lines file.

    Parameters
    ----------
    path : Path
        With a column ``id`` (of the prediction) or ``key`` (or the key column's own name), a column
        ``actual`` (or the target's own name), and perhaps ``at``: since when it is known (now, by default).

    Raises
    ------
    DataError
        Where the file is missing, lacks a column, or holds what can be no outcome of the model
        (:func:`incumbent.outcome.outcome_of`): with the line. Nothing of it is kept then.
    """
    spec = ModelSpec.from_document(store.models.revision(model).document)
    outputs = _outputs(workspace, store, spec)
    found = list(_Reader(path, spec, outputs).outcomes())
    if not found:
        raise DataError(f"{path.name} holds no outcomes", hint="one a line, below the names of the columns")
    if any(o.id is None for o in found) and spec.key is not None and spec.key in spec.private:
        raise UsageError(f"the key column {spec.key!r} is private: its values are not stored", hint="use ids")
    home = home_of(workspace, model) / _SITE
    try:
        home.mkdir(parents=True, exist_ok=True)
        appender = Appender(home / new_name(today()))
        try:
            appender.append((), found, Tally())
        finally:
            appender.close()
    except (sqlite3.Error, OSError) as error:
        raise WorkError(f"the outcomes cannot be kept in {home}: {reason_of(error)}") from None
    unknown = _unknown(Traffic.open(workspace, store, model, None), found)
    known = {label for output in outputs for label in output.classes}
    new = sorted({str(o.actual) for o in found if o.actual not in known}) if known else []
    return Imported(len(found), tuple(unknown[:_SHOWN]), len(unknown), tuple(new[:_SHOWN]))


def _unknown(traffic: Traffic, found: Iterable[OutcomeEntry]) -> list[str]:
    told = {("id", str(o.id)) if o.id is not None else ("key", str(o.key)) for o in found}
    for batch in traffic.read(columns=()):
        told -= {("id", name) for name in batch.meta["id"]}
        told -= {("key", name) for name in batch.meta["key"].dropna().unique()}
        if not told:
            break
    return sorted(name for _, name in told)


class _Reader:
    """A file of outcomes, line by line; what is wrong with a line is told with its number."""

    def __init__(self, path: Path, spec: ModelSpec, outputs: Sequence[OutputSchema]) -> None:
        self._path = path
        self._spec = spec
        self._outputs = outputs
        self._now = time.time_ns()

    def outcomes(self) -> Iterator[OutcomeEntry]:
        """The outcomes; a line without one is left out."""
        for number, row in self._rows():
            name = self._one_of(number, row, ("id", "key", *([self._spec.key] if self._spec.key else [])))
            target = self._one_of(number, row, ("actual", self._spec.target))
            if row[target] is None or row[target] == "":
                continue
            try:
                actual = outcome_of(row[target], self._outputs)
            except InputError as error:
                raise self._wrong(number, error.message) from None
            if row[name] is None or row[name] == "":
                raise self._wrong(number, f"the {name} is empty")
            at = self._moment(number, row.get("at"))
            id, key = (str(row[name]), None) if name == "id" else (None, key_of(row[name]))
            yield OutcomeEntry(id, key, actual, at)

    def _rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                if self._path.suffix in (".jsonl", ".ndjson", ".json"):
                    for number, line in enumerate(file, 1):
                        if line.strip():
                            yield number, self._object(number, line)
                else:
                    reader = csv.DictReader(file)
                    for row in reader:
                        yield reader.line_num, {str(name): value for name, value in row.items()}
        except FileNotFoundError:
            raise DataError(f"there is no file {self._path}", hint="name a CSV or JSON lines file") from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{self._path} cannot be read: {reason_of(error)}") from None

    def _object(self, number: int, line: str) -> dict[str, Any]:
        try:
            found = json.loads(line, parse_float=decimal_number, parse_int=whole_number)
        except ValueError as error:
            raise self._wrong(number, f"not JSON: {error}") from None
        if not isinstance(found, dict):
            raise self._wrong(number, 'a line is an object: {"id": "…", "actual": …}')
        return found

    def _one_of(self, number: int, row: dict[str, Any], names: tuple[str, ...]) -> str:
        for name in names:
            if name in row:
                return name
        raise self._wrong(number, f"there is no column {' or '.join(dict.fromkeys(names))}")

    def _moment(self, number: int, text: Any) -> int:
        if text is None or text == "":
            return self._now
        try:
            moment = nanoseconds(datetime.fromisoformat(str(text)))
        except ValueError:
            raise self._wrong(number, f"at: {text!r} is not a time") from None
        assert moment is not None
        return moment

    def _wrong(self, number: int, what: str) -> DataError:
        return DataError(
            f"{self._path.name}, line {number}: {what}", hint="mend the file and import it again"
        )


def _outputs(workspace: Workspace, store: Store, spec: ModelSpec) -> tuple[OutputSchema, ...]:
    """What the versions predict, the newest first, of all that are not archived."""
    if spec.task == "regression":
        return (OutputSchema("regression", "numbers"),)
    return tuple(
        workspace.bundle(version.hash, verify=False).output
        for version in store.versions.list(spec.name)
        if not version.archived and workspace.bundle_path(version.hash).is_dir()
    )
