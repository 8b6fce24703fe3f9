"""Writing to one file of the log: portions of predictions, in one transaction.

They go in many to a statement: SQLite gives Python's lock away at every statement, and in a process whose
other threads compute it is milliseconds until it comes back.
"""

from __future__ import annotations

import json
import os
import sqlite3
from itertools import chain
from pathlib import Path
from typing import Any, Sequence

from incumbent.log import file
from incumbent.log.cells import cell, text_of
from incumbent.log.entries import OutcomeEntry
from incumbent.log.gathering import Portion
from incumbent.log.tally import Tally
from incumbent.plain import key_of

#: Rows to a statement: few statements, of few different texts, so that SQLite's compiled ones are used
#: again, and fewer than 999 values.
_CHUNKS = (64, 32, 16, 8, 4, 2, 1)


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
    FileMoved
        Where it was taken away at once.
    sqlite3.Error, OSError
        Where the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.day = file.file_day(path)
        self._connection = file.create(path)
        try:
            self._inode = os.stat(path).st_ino
        except FileNotFoundError:  # it was empty for a moment
            self._connection.close()
            raise FileMoved(str(path)) from None
        self._forms: "dict[tuple[str, ...], int]" = {}
        self._seq = 0  # of the last prediction

    def size(self) -> int:
        """Bytes of the file; 0 where it is no longer in its place."""
        try:
            return os.path.getsize(self.path)
        except FileNotFoundError:
            return 0

    def append(
        self,
        portions: "Sequence[Portion]",
        outcomes: "Sequence[OutcomeEntry]",
        tally: Tally,
        lost: "Sequence[int]" = (),
    ) -> None:
        """Add predictions, outcomes and counts: all of them or, where it raises, none.

        Parameters
        ----------
        lost : sequence of int
            When predictions were dropped (nanoseconds since 1970) and how many: nothing, or those two.

        Raises
        ------
        FileMoved
            Where the file is no longer in its place.
        sqlite3.Error, OSError
            Where they cannot be written.
        """
        before = dict(self._forms), self._seq
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            if not self._in_place():
                raise FileMoved(str(self.path))
            self._add_predictions(portions)
            self._add_outcomes(outcomes)
            self._add_counts(tally, lost)
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._forms, self._seq = before
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

    # -- in a transaction

    def _add_predictions(self, portions: "Sequence[Portion]") -> None:
        rows = []
        for portion in portions:
            self._seq += portion.rows
            rows.append([self._seq, *portion[1:4], self._form(portion.names), portion.text])
        self._insert("predictions", ("seq", "count", "earliest", "latest", "form", "rows"), rows)

    def _form(self, names: "tuple[str, ...]") -> int:
        """The number that stands for these inputs."""
        found = self._forms.get(names)
        if found is None:
            found = self._forms[names] = len(self._forms)
            text = json.dumps([str(name) for name in names], ensure_ascii=False)
            self._connection.execute("INSERT INTO forms (form, names) VALUES (?, ?)", (found, text_of(text)))
        return found

    def _add_outcomes(self, outcomes: "Sequence[OutcomeEntry]") -> None:
        rows = []
        for told in outcomes:
            id, key = (None if name is None else text_of(name) for name in (told.id, key_of(told.key)))
            rows.append([id, key, *cell(told.actual), told.at])
        self._insert("outcomes", ("id", "key", "actual", "kind", "at"), rows)

    def _add_counts(self, tally: Tally, lost: "Sequence[int]") -> None:
        for table, keys, counts in (
            ("hours", "hour, version, route, bucket", tally.hours),
            ("reasons", "hour, route, reason", tally.reasons),
        ):
            self._add_to(table, keys, [(*key, count) for key, count in counts.items()])
        self._add_to("seconds", "second", list(tally.seconds.items()))
        if lost:
            self._add_to("lost", "at", [tuple(lost)])

    def _add_to(self, table: str, keys: str, rows: "Sequence[Sequence[Any]]") -> None:
        self._insert(
            table,
            (*keys.split(", "), "count"),
            rows,
            f" ON CONFLICT ({keys}) DO UPDATE SET count = count + excluded.count",
        )

    def _insert(
        self, table: str, columns: "Sequence[str]", rows: "Sequence[Sequence[Any]]", end: str = ""
    ) -> None:
        marks = "(" + ", ".join("CAST(? AS TEXT)" if name == "rows" else "?" for name in columns) + ")"
        begin = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
        at = 0
        while at < len(rows):
            count = next(size for size in _CHUNKS if size <= len(rows) - at)
            self._connection.execute(
                begin + ", ".join([marks] * count) + end, list(chain.from_iterable(rows[at : at + count]))
            )
            at += count
