"""Reading one file of the log, a piece at a time: whoever writes it waits milliseconds, never longer."""

from __future__ import annotations

import json
import math
import sqlite3
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Sequence

from incumbent.errors import WorkError
from incumbent.log import file
from incumbent.log.cells import LARGEST
from incumbent.log.rows import FIELDS, TIME, loaded

#: Rows that are read in one transaction, or one portion.
PIECE = 20_000
_KINDS = {int: "integer", float: "real", str: "text", bool: "boolean"}


class Piece(NamedTuple):
    """Some rows, a column apart: ``told`` has a list for each of :data:`FIELDS`, ``inputs`` for each input.

    ``last`` is the number of the last row that was looked at. A time is its ISO text.
    """

    last: int
    told: "dict[str, list[Any]]"
    inputs: "dict[str, list[Any]]"


class Types(NamedTuple):
    """Which types inputs and answers have, nulls aside: integer, real, text, boolean, time."""

    inputs: "dict[str, set[str]]"
    value: "set[str]"


class LogReader:
    """One file of the log, open for reading. A context manager; use :meth:`open`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._forms: "dict[int, list[str]]" = {}

    @classmethod
    def open(cls, path: Path) -> "LogReader":
        """A reader of a file of this format or of an older one.

        Raises
        ------
        WorkError
            Where the file is gone, damaged, or no log; the methods raise it too.
        """
        from incumbent.log.older import OlderReader

        connection = file.connect(path)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return cls(path, connection) if version >= file.PORTIONS else OlderReader(path, connection, version)

    def __enter__(self) -> "LogReader":
        return self

    def __exit__(self, *raised: object) -> None:
        self._connection.close()

    def last(self) -> "tuple[int, int]":
        """The numbers of the newest prediction and of the newest outcome; 0 for none."""
        found = [self._all(f"SELECT max(seq) FROM {table}")[0][0] for table in ("predictions", "outcomes")]
        return found[0] or 0, found[1] or 0

    def pieces(
        self,
        after: int = 0,
        since: "int | None" = None,
        until: "int | None" = None,
        size: int = PIECE,
        upto: "int | None" = None,
    ) -> "Iterator[Piece]":
        """The predictions in the order in which they were written, piece by piece.

        Parameters
        ----------
        after : int
            Leave out those up to this number, which is the ``last`` of a piece or of :meth:`last`.
        since, until : int, optional
            Nanoseconds since 1970; ``until`` is exclusive.
        upto : int, optional
            Leave out those after this number, likewise: :meth:`types` may not know theirs.
        """
        first = -(2**63) if since is None else since
        end = LARGEST if until is None else until
        while True:
            last = self._last_within(after, size)
            if last is None or (upto is not None and after >= upto):
                return
            last = last if upto is None else min(last, upto)
            piece = self._piece(after, last, first, end)
            if piece.told["id"]:
                yield piece
            after = last

    def outcomes(self, after: int = 0) -> "list[tuple[Any, ...]]":
        """Outcomes as (seq, id, key, actual, at), in the order in which they came."""
        return self._all("SELECT seq, id, key, actual, at FROM outcomes WHERE seq > ? ORDER BY seq", after)

    def types(self) -> Types:
        """Which types the inputs and the answers have."""
        found = Types({}, set())
        last = 0
        while (end := self._last_within(last, PIECE)) is not None:
            for names, rows in self._portions(last, end):
                columns = list(zip(*rows))
                found.value.update(_types(columns[FIELDS.index("value")]))
                for name, values in zip(names, zip(*columns[-1])):
                    found.inputs.setdefault(name, set()).update(_types(values))
            last = end
        return found

    def actual_types(self) -> "set[str]":
        """Which types the outcomes have."""
        rows = self._all("SELECT DISTINCT typeof(actual), kind FROM outcomes")
        return {kind or name for name, kind in rows} - {"null"}

    def counts(self, table: str) -> "list[tuple[Any, ...]]":
        """What is counted: ``hours``, ``reasons``, ``seconds`` or ``lost``, as the tables have it."""
        return self._all(f"SELECT * FROM {table}")

    def _last_within(self, after: int, size: int) -> "int | None":
        """The number of the last row of a piece; None where there are no further rows."""
        ((last,),) = self._all(
            "SELECT max(seq) FROM predictions WHERE seq > ? AND seq <= ?", after, after + size
        )
        if last is None:  # a portion is larger, or many were erased
            ((last,),) = self._all("SELECT min(seq) FROM predictions WHERE seq > ?", after)
        return None if last is None else int(last)

    def _piece(self, after: int, last: int, since: int, until: int) -> Piece:
        told: "dict[str, list[Any]]" = {name: [] for name in FIELDS}
        inputs: "dict[str, list[Any]]" = {}
        at = FIELDS.index("at")
        for names, rows in self._portions(after, last, "latest >= ? AND earliest < ?", since, until):
            rows = [row for row in rows if since <= row[at] < until]
            if rows:
                *columns, given = zip(*rows)
                for name, values in zip(names, zip(*given)):
                    column = inputs.setdefault(name, [])
                    column += [None] * (len(told["id"]) - len(column))
                    column += values
                for name, values in zip(FIELDS, columns):
                    told[name] += values
        count = len(told["id"])
        told["value"] = _plain(told["value"])
        return Piece(last, told, {n: _plain(v + [None] * (count - len(v))) for n, v in inputs.items()})

    def _portions(
        self, after: int, last: int, where: str = "1", *bounds: int
    ) -> "Iterator[tuple[list[str], list[Any]]]":
        asked = "SELECT count, form, rows FROM predictions WHERE seq > ? AND seq <= ? AND"
        for count, form, text in self._all(f"{asked} {where} ORDER BY seq", after, last, *bounds):
            try:
                rows = loaded(text)
                if len(rows) != count:
                    raise ValueError(f"{len(rows)} rows instead of {count}")
                yield self._names(form), rows
            except (ValueError, TypeError) as error:
                raise WorkError(f"{self.path} is damaged: {error}", hint="move it away") from None

    def _names(self, form: int) -> "list[str]":
        if form not in self._forms:
            for number, names in self._all("SELECT form, names FROM forms"):
                self._forms[number] = json.loads(names)
        return self._forms[form]

    def _all(self, statement: str, *values: Any) -> "list[tuple[Any, ...]]":
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise WorkError(f"{self.path} cannot be read: {error}") from None


def _types(values: "Sequence[Any]") -> "set[str]":
    found = set(map(type, values))
    if found <= _KINDS.keys() and int not in found:
        return {_KINDS[own] for own in found}
    return {_type(value) for value in values if value is not None}


def _type(value: Any) -> str:
    if type(value) is int:
        return "integer" if -LARGEST <= value <= LARGEST else "real"
    if _is_time(value):
        return "time"
    return _KINDS.get(type(value), "text")


def _plain(values: "list[Any]") -> "list[Any]":
    """Whole numbers beyond 64 bits as others, times and whatever JSON has beside plain values as text."""
    types = set(map(type, values))
    if int in types:
        values = [_real(v) if type(v) is int and not -LARGEST <= v <= LARGEST else v for v in values]
    if {dict, list}.isdisjoint(types):
        return values
    return [_text(value) if type(value) in (dict, list) else value for value in values]


def _real(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _text(value: Any) -> str:
    return str(value[TIME]) if _is_time(value) else json.dumps(value, ensure_ascii=False)


def _is_time(value: Any) -> bool:
    return type(value) is dict and len(value) == 1 and type(value.get(TIME)) is str
