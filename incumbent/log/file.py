"""One file of the log: SQLite, written by one process on one day, read by anybody.

    2026-11-23.workstation.4711.9f86d081884c.sqlite

The name tells the UTC day on which it was begun, the machine, the process, and something random. It has a
rollback journal, never a write-ahead log: the folder may be mounted from another machine.
"""

from __future__ import annotations

import os
import re
import socket
import sqlite3
from datetime import datetime, timezone
from pathlib import Path

from incumbent.errors import WorkError

#: Of the tables below. Raise it when a reader of the old would misread the new; readers keep the old.
#: 2: predictions have a ``chance``. 3: a row of ``predictions`` holds a portion of them.
FORMAT = PORTIONS = 3
#: Tells SQLite files of the log from others.
APPLICATION = 0x494E4C47  # "INLG"
SUFFIX = ".sqlite"

SCHEMA = """
CREATE TABLE forms (form INTEGER PRIMARY KEY, names TEXT);
CREATE TABLE predictions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, count INTEGER, earliest INTEGER, latest INTEGER, form INTEGER,
    rows TEXT
);
CREATE TABLE outcomes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, key TEXT, actual, kind TEXT, at INTEGER
);
CREATE TABLE hours (
    hour INTEGER, version INTEGER, route TEXT, bucket INTEGER, count INTEGER,
    PRIMARY KEY (hour, version, route, bucket)
) WITHOUT ROWID;
CREATE TABLE reasons (
    hour INTEGER, route TEXT, reason TEXT, count INTEGER, PRIMARY KEY (hour, route, reason)
) WITHOUT ROWID;
CREATE TABLE seconds (second INTEGER PRIMARY KEY, count INTEGER);
CREATE TABLE lost (at INTEGER PRIMARY KEY, count INTEGER);
"""

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.[^/]*" + re.escape(SUFFIX))


def today() -> str:
    """The UTC day, as file names have it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%d")


def new_name(day: str) -> str:
    """A name that no other file of the log has."""
    host = re.sub(r"[^A-Za-z0-9-]+", "-", socket.gethostname())[:40] or "host"
    return f"{day}.{host}.{os.getpid()}.{os.urandom(6).hex()}{SUFFIX}"


def file_day(path: Path) -> str:
    """The UTC day on which a file was begun.

    >>> file_day(Path("log/2026-11-23.workstation.4711.9f86d081884c.sqlite"))
    '2026-11-23'
    """
    return path.name[:10]


def log_files(folder: Path) -> "list[Path]":
    """The files of a log, oldest day first; none where the folder is not there."""
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [folder / name for name in names if _NAME.fullmatch(name)]


def create(path: Path) -> sqlite3.Connection:
    """A new file with its tables.

    Raises
    ------
    sqlite3.Error, OSError
        Where it cannot be made; a half-made file is finished by the next attempt.
    """
    connection = _connect(path, create=True)
    try:
        connection.execute("BEGIN IMMEDIATE")
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def connect(path: Path, timeout: float = 10.0) -> sqlite3.Connection:
    """A file that is there, for reading or mending.

    Raises
    ------
    WorkError
        Where it is gone, is none of ours, or is of a newer format.
    """
    try:
        connection = _connect(path, create=False, timeout=timeout)
    except sqlite3.Error as error:
        raise WorkError(f"{path} cannot be opened: {error}") from None
    try:  # in this order: where the second of what `create` writes at once is there, the first is too
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
    except sqlite3.Error as error:
        connection.close()
        raise WorkError(f"{path} cannot be read: {error}", hint="move it away if it is damaged") from None
    if application == APPLICATION and 0 < version <= FORMAT:
        return connection
    connection.close()
    if not version:  # a process that was killed, or is just now making it
        raise EmptyFile(f"{path} holds nothing yet")
    if application != APPLICATION:
        raise WorkError(f"{path} is no file of a prediction log", hint="move it out of the folder")
    raise WorkError(
        f"{path} is of format {version}, this code reads {FORMAT}", hint="update incumbent where this runs"
    )


class EmptyFile(WorkError):
    """A file that has been begun and has no tables yet."""


def remove(path: Path) -> None:
    """Delete a file of the log with its journal."""
    path.unlink(missing_ok=True)
    journal_of(path).unlink(missing_ok=True)


def journal_of(path: Path) -> Path:
    """Where SQLite keeps the rollback journal of a file."""
    return path.with_name(path.name + "-journal")


def _connect(path: Path, create: bool, timeout: float = 0.25) -> sqlite3.Connection:
    mode = "rwc" if create else "rw" if os.access(path, os.W_OK) else "ro"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        if mode != "ro":
            connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection
