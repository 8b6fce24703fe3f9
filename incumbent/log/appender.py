"""Writing to one file of the log, a batch in one transaction.

Rows go in many to a statement: SQLite gives Python's lock away at every statement, and in a process whose
other threads compute it is milliseconds until it comes back. While they are made ready, nobody else has the
lock, or in a process of its own the processor: few rows go in portions with pauses between, so that a
prediction waits a fraction of a millisecond.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from itertools import islice
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

from incumbent.log import file
from incumbent.log.cells import PLAIN, cell, packed
from incumbent.log.entries import Entry, OutcomeEntry
from incumbent.log.tally import Tally

_FIELDS = ("id", "at", "key", "version", "route", "reason", "value", "scores", "seconds", "chance")
#: Rows to a statement: few different statements, so that SQLite's compiled ones are used again.
_CHUNKS = (256, 64, 16, 4, 1)
#: Rows of a portion, and seconds until the next one.
PORTION, PAUSE = 64, 1e-3
_MOST_VARIABLES = 32_766 if sqlite3.sqlite_version_info >= (3, 32) else 999


class FileMoved(Exception):
    """The file that was being written was taken away, as a roll does with days that are over."""


class Appender:
    """One file, open for writing by this process alone.

    Parameters
    ----------
    path : Path
        A new file; see :func:`incumbent.log.file.new_name`.

    Raises
    ------
    sqlite3.Error, OSError
        Where the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.day = file.file_day(path)
        self._connection = file.create(path)
        self._inode = os.stat(path).st_ino
        self._positions: "dict[str, int]" = {}
        self._kinds: "dict[int, str]" = {}
        self._fresh = True  # nobody has written yet

    def size(self) -> int:
        """Bytes of the file; 0 where it is no longer in its place."""
        try:
            return os.path.getsize(self.path)
        except FileNotFoundError:
            return 0

    def append(
        self,
        entries: "Iterable[Entry]",
        outcomes: "Sequence[OutcomeEntry]",
        tally: Tally,
        lost: "Sequence[int]",
        gently: bool = False,
    ) -> None:
        """Add predictions, outcomes and counts: all of them or, where it raises, none.

        Parameters
        ----------
        entries : iterable of Entry
            They may be counted in ``tally`` while they are taken from here.
        gently : bool
            Whether other threads get their turn after every few rows; it takes longer.

        Raises
        ------
        FileMoved
            Where the file is no longer in its place.
        sqlite3.Error, OSError
            Where they cannot be written.
        """
        positions, kinds, fresh = dict(self._positions), dict(self._kinds), self._fresh
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            if not self._in_place():
                raise FileMoved(str(self.path))
            self._add_in_portions(entries, gently)
            self._add_outcomes(outcomes)
            self._add_counts(tally, lost)
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._positions, self._kinds, self._fresh = positions, kinds, fresh
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) and not self._in_place():
                raise FileMoved(str(self.path)) from error
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _in_place(self) -> bool:
        try:
            return os.stat(self.path).st_ino == self._inode
        except FileNotFoundError:
            return False

    def _add_in_portions(self, entries: "Iterable[Entry]", gently: bool) -> None:
        waiting = iter(entries)
        size = PORTION if gently else _CHUNKS[0]
        while portion := list(islice(waiting, size)):
            self._add_predictions(portion)
            if gently and len(portion) == size:
                time.sleep(PAUSE)

    def _add_predictions(self, entries: "Sequence[Entry]") -> None:
        groups: "dict[tuple[str, ...], list[Entry]]" = {}
        for entry in entries:
            groups.setdefault(entry.names, []).append(entry)
        self._add_columns(dict.fromkeys(name for names in groups for name in names))
        self._fresh = self._fresh and not groups
        for names, group in groups.items():
            places = [self._positions[name] for name in names]
            own = [f"c{place}" for place in places if place < file.MOST_COLUMNS]
            if len(own) == len(names):
                self._insert("predictions", [*_FIELDS, *own], self._rows(places, group))
            else:
                self._insert("predictions", [*_FIELDS, *own, "rest"], self._wide_rows(names, places, group))

    def _rows(self, places: "Sequence[int]", group: "Sequence[Entry]") -> "Iterator[list[Any]]":
        for entry in group:
            values = entry.values
            if not PLAIN.issuperset(map(type, values)):
                values = [self._cell(place, value) for place, value in zip(places, values)]
            value = entry.value
            if type(value) not in PLAIN:
                value = self._cell(file.VALUE, value)
            yield [
                entry.id, entry.at, None if entry.key is None else str(entry.key), entry.version, entry.route,
                entry.reason, value, packed(entry.scores), entry.seconds,
                entry.chance, *values,
            ]  # fmt: skip

    def _wide_rows(
        self, names: "Sequence[str]", places: "Sequence[int]", group: "Sequence[Entry]"
    ) -> "Iterator[list[Any]]":
        """Rows of more columns than a table can have: those beyond go into ``rest``, as JSON."""
        first = len(_FIELDS)
        for row in self._rows(places, group):
            placed = list(zip(names, places, row[first:]))
            rest = {name: cell(value)[0] for name, place, value in placed if place >= file.MOST_COLUMNS}
            own = [value for _, place, value in placed if place < file.MOST_COLUMNS]
            yield [*row[:first], *own, json.dumps(rest)]

    def _add_outcomes(self, outcomes: "Iterable[OutcomeEntry]") -> None:
        rows = [
            [o.id, None if o.key is None else str(o.key), self._cell(file.ACTUAL, o.actual), o.at]
            for o in outcomes
        ]
        self._insert("outcomes", ["id", "key", "actual", "at"], rows)

    def _add_counts(self, tally: Tally, lost: "Sequence[int]") -> None:
        """``lost`` is when predictions were dropped, and how many: nothing, or those two numbers."""
        for table, keys, counts in (
            ("hours", "hour, version, route, bucket", tally.hours),
            ("reasons", "hour, route, reason", tally.reasons),
        ):
            self._add_to(table, keys, [(*key, count) for key, count in counts.items()])
        self._add_to("seconds", "second", list(tally.seconds.items()))
        if lost:
            self._add_to("lost", "at", [tuple(lost)])

    def _add_to(self, table: str, keys: str, rows: "Sequence[tuple[Any, ...]]") -> None:
        marks = ", ".join("?" * (keys.count(",") + 2))
        self._connection.executemany(
            f"INSERT INTO {table} ({keys}, count) VALUES ({marks})"
            f" ON CONFLICT ({keys}) DO UPDATE SET count = count + excluded.count",
            rows,
        )

    def _add_columns(self, names: "Iterable[str]") -> None:
        new = [name for name in names if name not in self._positions]
        first = len(self._positions)
        placed = list(enumerate(new, first))
        self._connection.executemany("INSERT INTO columns (position, name) VALUES (?, ?)", placed)
        own = [f"c{place}" for place, _ in placed if place < file.MOST_COLUMNS]
        if self._fresh and own:  # all at once: to add one reads the whole schema again
            columns = "".join(f", {name}" for name in own)
            self._connection.execute("DROP TABLE predictions")
            self._connection.execute(file.PREDICTIONS.format(columns=columns))
        else:
            for name in own:
                self._connection.execute(f"ALTER TABLE predictions ADD COLUMN {name}")
        self._positions.update((name, place) for place, name in placed)

    def _cell(self, place: int, value: Any) -> Any:
        found, kind = cell(value)
        if kind is not None and place not in self._kinds:
            self._connection.execute(
                "INSERT INTO columns (position, kind) VALUES (?, ?)"
                " ON CONFLICT (position) DO UPDATE SET kind = excluded.kind",
                (place, kind),
            )
            self._kinds[place] = kind
        return found

    def _insert(self, table: str, columns: "Sequence[str]", rows: "Iterable[list[Any]]") -> None:
        waiting = list(rows)
        marks = "(" + ", ".join("?" * len(columns)) + ")"
        begin = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
        at = 0
        while at < len(waiting):
            left = min(len(waiting) - at, max(1, _MOST_VARIABLES // len(columns)))
            count = next(size for size in _CHUNKS if size <= left)
            chunk = [value for row in waiting[at : at + count] for value in row]
            statement = begin + ", ".join([marks] * count)
            try:
                self._connection.execute(statement, chunk)
            except (OverflowError, UnicodeEncodeError, sqlite3.InterfaceError, sqlite3.ProgrammingError):
                # a number beyond 64 bits, half a character, an id or a route that is none
                self._connection.execute(
                    statement, [v if isinstance(v, bytes) else cell(v)[0] for v in chunk]
                )
            at += count
