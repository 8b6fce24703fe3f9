"""Which files are opened, and which are refused with a reason.

A file is looked at before anything is done to it: that it is SQLite, that it is a store of ours, and that its
schema is not newer than this code. Only then are missing migrations taken. The journal mode is set by trying:
a file system that cannot keep a write-ahead log (shared memory and locks) answers with another mode or an
error.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from incumbent.errors import StoreError
from store.database import connect
from store.failures import explained
from store.migrations import APPLICATION_ID, MIGRATIONS, migrate, running_release, schema_number

OLDEST_SQLITE = (3, 37, 0)  # STRICT tables


def prepare(path: Path, create: bool) -> sqlite3.Connection:
    """Make the file ready for use: created if asked for, looked at, brought to the present schema.

    Raises
    ------
    StoreError
        With the reason for which the file cannot be used.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(
            f"SQLite {sqlite3.sqlite_version} is too old for a store",
            hint="use a Python whose sqlite3 module has SQLite 3.37 or newer",
        )
    _find(path, create)
    with explained(path):
        connection = connect(path)
        try:
            _look(connection, path, create)
            _log_ahead(connection, path)
            if schema_number(connection) == 0:
                migrate(connection, release=running_release())
            elif schema_number(connection) < MIGRATIONS[-1].number:
                _bring_up(path)
        except BaseException:
            connection.close()
            raise
        return connection


def _find(path: Path, create: bool) -> None:
    try:
        folder, there = path.is_dir(), path.exists()
    except OSError as error:
        raise StoreError(f"the store {path} cannot be reached: {error.strerror}") from error
    if folder:
        raise StoreError(f"{path} is a folder, not a store")
    if there:
        return
    if not create:
        raise StoreError(
            f"there is no store at {path}",
            hint="`incumbent restore FILE --force` takes a backup, `incumbent init` makes an empty one",
        )
    if not path.parent.is_dir():
        raise StoreError(f"a store cannot be made at {path}: there is no such folder")
    try:
        path.touch()
    except OSError as error:
        raise StoreError(f"a store cannot be made at {path}: {error.strerror}") from error


def _look(connection: sqlite3.Connection, path: Path, create: bool) -> None:
    """Refuse what is not a store, or not one that this code understands."""
    number = schema_number(connection)
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if owner != APPLICATION_ID:
        used = owner or number or connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if used:
            raise StoreError(f"{path} is an SQLite database, but not a store of Incumbent")
        if not create:
            raise StoreError(
                f"the store {path} is empty",
                hint="`incumbent restore FILE --force` takes a backup, `incumbent init` makes it anew",
            )
    if number > MIGRATIONS[-1].number:
        release = connection.execute("SELECT max(number), release FROM migrations").fetchone()["release"]
        raise StoreError(
            f"the store {path} was written by a newer Incumbent ({release}, schema {number}; "
            f"this one knows schema {MIGRATIONS[-1].number})",
            hint="upgrade Incumbent, or restore a backup from before",
        )


def _log_ahead(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(
            f"the store {path} cannot be used: its file system does not carry a write-ahead log "
            f"(it gave {mode!r})",
            hint="move the workspace to a local disk; network shares often lack the locks that a store needs",
        )


def _bring_up(path: Path) -> None:
    """Take the missing steps of an older store in a process of its own (see :mod:`store.migrations`)."""
    import subprocess

    # -P: the current folder may hold a folder named like one of ours
    done = subprocess.run(
        [sys.executable, "-P", "-m", "store.migrations", str(path.absolute())],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
        raise StoreError(
            f"an older store could not be brought to the present schema: {said}",
            hint="nothing was changed; look at the file's owner and the space on the disk, then try again",
        )
