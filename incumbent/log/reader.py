"""Reading one file of the log, a piece at a time: whoever writes it waits milliseconds, never longer."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Iterator, NamedTuple

from incumbent.errors import WorkError
from incumbent.log import file

#: Rows that are read in one transaction.
PIECE = 20_000

#: What comes before the columns of a row.
FIELDS = (
    "seq", "id", "at", "key", "version", "route", "reason", "value", "scores", "seconds", "chance",
    "rest",
)  # fmt: skip
#: Fields that older files lack: the format that brought them.
_SINCE = {"chance": 2}


class Column(NamedTuple):
    """One logged column: where it lies, and its kind (``boolean``, ``time``) where SQLite has none."""

    position: int
    name: str
    kind: "str | None"


class Piece(NamedTuple):
    """Some rows: tuples of :data:`FIELDS`, followed by the values of ``columns``."""

    columns: "tuple[Column, ...]"
    rows: "list[tuple[Any, ...]]"


class LogReader:
    """One file of the log, open for reading. A context manager.

    Raises
    ------
    WorkError
        Where the file is gone, damaged, or no log; the methods raise it too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = file.connect(path)
        ((version,),) = self._all("PRAGMA user_version")
        self._fields = [
            f"NULL AS {name}" if name in _SINCE and version < _SINCE[name] else name for name in FIELDS
        ]

    def __enter__(self) -> "LogReader":
        return self

    def __exit__(self, *raised: object) -> None:
        self._connection.close()

    def columns(self) -> "tuple[Column, ...]":
        """The columns of rows, in the order in which they first came."""
        rows = self._all("SELECT position, name, kind FROM columns WHERE position >= 0 ORDER BY position")
        return tuple(Column(*row) for row in rows)

    def kind(self, position: int) -> "str | None":
        """The kind of values (:data:`file.VALUE`) or outcomes (:data:`file.ACTUAL`)."""
        rows = self._all("SELECT kind FROM columns WHERE position = ?", position)
        return rows[0][0] if rows else None

    def last(self) -> "tuple[int, int]":
        """The numbers of the newest prediction and of the newest outcome; 0 for none."""
        found = [self._all(f"SELECT max(seq) FROM {table}")[0][0] for table in ("predictions", "outcomes")]
        return found[0] or 0, found[1] or 0

    def pieces(
        self, after: int = 0, since: "int | None" = None, until: "int | None" = None, size: int = PIECE
    ) -> "Iterator[Piece]":
        """The predictions, oldest first, piece by piece.

        Parameters
        ----------
        after : int
            Leave out those up to this number.
        since, until : int, optional
            Nanoseconds since 1970; ``until`` is exclusive.
        """
        bounds = [(" AND at >= ?", since), (" AND at < ?", until)]
        where = "".join(text for text, bound in bounds if bound is not None)
        values = [bound for _, bound in bounds if bound is not None]
        while True:
            with self._moment():
                columns = self.columns()
                own = "".join(f", c{c.position}" for c in columns if c.position < file.MOST_COLUMNS)
                asked = f"SELECT {', '.join(self._fields)}{own} FROM predictions WHERE seq > ?{where}"
                rows = self._all(f"{asked} ORDER BY seq LIMIT ?", after, *values, size)
            if not rows:
                return
            yield Piece(columns, rows)
            after = rows[-1][0]

    def outcomes(self, after: int = 0) -> "list[tuple[Any, ...]]":
        """Outcomes as (seq, id, key, actual, at), in the order in which they came."""
        return self._all("SELECT seq, id, key, actual, at FROM outcomes WHERE seq > ? ORDER BY seq", after)

    def types(self) -> "dict[str, set[str]]":
        """Which types the values of each column have, nulls aside: ``integer``, ``real``, ``text``."""
        names = [c.name for c in self.columns() if c.position < file.MOST_COLUMNS]
        return dict(zip(names, self._types("predictions", [f"c{c}" for c in range(len(names))])))

    def value_types(self) -> "set[str]":
        """The same of the answers."""
        return self._types("predictions", ["value"])[0]

    def actual_types(self) -> "set[str]":
        """The same of the outcomes."""
        return self._types("outcomes", ["actual"])[0]

    def _types(self, table: str, names: "list[str]") -> "list[set[str]]":
        found: "list[set[str]]" = []
        for start in range(0, len(names), 500):
            asked = ", ".join(f"group_concat(DISTINCT typeof({n}))" for n in names[start : start + 500])
            (row,) = self._all(f"SELECT {asked} FROM {table}")
            found += [set((text or "null").split(",")) - {"null"} for text in row]
        return found

    def counts(self, table: str) -> "list[tuple[Any, ...]]":
        """What is counted: ``hours``, ``reasons``, ``seconds`` or ``lost``, as the tables have it."""
        return self._all(f"SELECT * FROM {table}")

    def _moment(self) -> "_Moment":
        return _Moment(self._connection, self.path)

    def _all(self, statement: str, *values: Any) -> "list[tuple[Any, ...]]":
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise WorkError(f"{self.path} cannot be read: {error}") from None


class _Moment:
    """A transaction in which everything is of one moment."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def __enter__(self) -> None:
        self._connection.execute("BEGIN")

    def __exit__(self, *raised: object) -> None:
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")
