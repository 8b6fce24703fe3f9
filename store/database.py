"""One connection to the file, shared by the threads of a process one at a time.

Every statement of the store goes through :class:`Database`. A lock lets one thread speak at a time (a read
takes well under a millisecond to a few, so waiting costs less than a connection per thread would); a
transaction keeps the lock, so that a thread sees only whole transactions of its neighbours. Reading then
writing begins with ``BEGIN IMMEDIATE``. A second connection only watches ``PRAGMA data_version``: it changes
with every commit of any process, this one included. After a fork the child opens connections of its own.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from incumbent.errors import StoreError
from store.failures import explained

BUSY_TIMEOUT_SECONDS = 10.0

Row = sqlite3.Row
Parameters = Sequence[Any] | dict[str, Any]


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the store's settings; transactions are begun by hand."""
    connection = sqlite3.connect(
        path.absolute().as_uri() + "?mode=rw",
        uri=True,
        timeout=BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


class Database:
    """The file, its connection, its lock.

    Parameters
    ----------
    path : Path
        An existing store file.
    connection : sqlite3.Connection, optional
        One of :func:`connect`, to go on with.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection | None = None) -> None:
        self.path = path
        self._closed = False
        self._start(connection)

    def _start(self, connection: sqlite3.Connection | None = None) -> None:
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._watch_lock = threading.Lock()
        self._depth = 0
        self._acts: list[Callable[[bool], None]] = []
        self._connection = connection
        self._watcher: sqlite3.Connection | None = None

    @contextmanager
    def _held(self) -> Iterator[sqlite3.Connection]:
        if self._process != os.getpid():
            self._start()
        with self._lock:
            if self._closed:
                raise StoreError(f"the store {self.path} has been closed")
            if self._connection is None:
                with explained(self.path):
                    self._connection = connect(self.path)
            yield self._connection

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run one statement and fetch all that it gives (also of ``… RETURNING``)."""
        with self._held() as connection, explained(self.path):
            return connection.execute(sql, parameters).fetchall()

    def first(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row that a statement gives."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first value of the first row, None without a row."""
        row = self.first(sql, parameters)
        return None if row is None else row[0]

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one writing statement; how many rows it changed."""
        with self._held() as connection, explained(self.path):
            return connection.execute(sql, parameters).rowcount

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Insert one row; its id."""
        with self._held() as connection, explained(self.path):
            return int(connection.execute(sql, parameters).lastrowid or 0)

    def run_many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        """Run one statement for many rows, all or none."""
        with self.transaction(), self._held() as connection, explained(self.path):
            connection.executemany(sql, parameters)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is kept, or none of it. One inside another joins it."""
        with self._held() as connection:
            mark = f"inner_{self._depth}" if self._depth else ""
            with explained(self.path):
                connection.execute(f"SAVEPOINT {mark}" if mark else "BEGIN IMMEDIATE")
            self._depth += 1
            first = len(self._acts)
            try:
                yield
                with explained(self.path):
                    connection.execute(f"RELEASE {mark}" if mark else "COMMIT")
            except BaseException:
                self._act(first, kept=False)
                if connection.in_transaction:  # a full disk has rolled back by itself
                    connection.execute(f"ROLLBACK TO {mark}" if mark else "ROLLBACK")
                raise
            finally:
                self._depth -= 1
            if not self._depth:
                self._act(first, kept=True)

    def afterwards(self, act: Callable[[bool], None]) -> None:
        """Have something done when it is known whether the transaction is kept, and told that.

        What was done outside of the store can so be taken back, the last thing first. Outside of a
        transaction it is done at once. It must not use the store, and not raise.
        """
        with self._lock:
            if self._depth:
                self._acts.append(act)
            else:
                act(True)

    def _act(self, first: int, kept: bool) -> None:
        acts, self._acts = self._acts[first:], self._acts[:first]
        for act in reversed(acts):
            act(kept)

    @contextmanager
    def erasing(self) -> Iterator[None]:
        """A transaction that overwrites what it deletes, in the write-ahead log too once nobody reads it."""
        self.run("PRAGMA secure_delete = ON")
        try:
            with self.transaction():
                yield
        finally:
            self.run("PRAGMA secure_delete = OFF")
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read inside is of one moment. Inside a transaction it is that of the transaction."""
        with self._held() as connection:
            begins = not connection.in_transaction
            with explained(self.path):
                if begins:
                    connection.execute("BEGIN")
            try:
                yield
            finally:
                if begins and connection.in_transaction:
                    connection.execute("COMMIT")

    def data_version(self) -> int:
        """A number that changes whenever any connection commits. Costs microseconds."""
        if self._process != os.getpid():
            self._start()
        with self._watch_lock, explained(self.path):
            if self._closed:
                raise StoreError(f"the store {self.path} has been closed")
            if self._watcher is None:
                self._watcher = connect(self.path)
            return int(self._watcher.execute("PRAGMA data_version").fetchone()[0])

    def backup(self, target: Path) -> None:
        """Copy the whole store, as one consistent moment, into a new file: whole, or not at all.

        Reads through a connection of its own, so that nobody waits.
        """
        partial = target.with_name(f"{target.name}.partial")
        with explained(self.path):
            source = connect(self.path)
        try:
            with explained(target):
                _copy(source, partial)
            partial.replace(target)
        finally:
            source.close()
            partial.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the connections; closing twice is harmless."""
        if self._process != os.getpid():
            self._start()
        with self._lock, self._watch_lock, explained(self.path):
            self._closed = True
            for connection in (self._watcher, self._connection):
                if connection is not None:
                    connection.close()
            self._connection = self._watcher = None


def _copy(source: sqlite3.Connection, target: Path) -> None:
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    finally:
        copy.close()
