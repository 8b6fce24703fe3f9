"""What SQLite complains of, in words a maintainer can act on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from incumbent.errors import InputError, StoreError

#: Primary result code → (what happened, what to do next).
REASONS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: (
        "another process has been writing for more than ten seconds",
        "try again; `incumbent doctor` shows who holds the store",
    ),
    sqlite3.SQLITE_LOCKED: ("a part of it is locked by this very process", "try again"),
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space; nothing was half-written"),
    sqlite3.SQLITE_READONLY: (
        "it may not be written",
        "look at the owner and permissions of the file and of its folder",
    ),
    sqlite3.SQLITE_PERM: ("it may not be opened", "look at the owner and permissions of the file"),
    sqlite3.SQLITE_CANTOPEN: (
        "it, or the files beside it (-wal, -shm), cannot be opened or made",
        "look at the owner and permissions of the file and of its folder; a disk that is mounted read-only "
        "holds no store, not even to read: copy the workspace",
    ),
    sqlite3.SQLITE_NOTADB: (
        "it is not an SQLite database",
        "`incumbent doctor` says what is left; `incumbent restore FILE --force` takes a backup",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the file is damaged",
        "`incumbent doctor` says what is left; `incumbent restore FILE --force` takes a backup",
    ),
    sqlite3.SQLITE_IOERR: (
        "reading or writing failed",
        "look at the disk; network file systems often lack the locks and shared memory that a store needs",
    ),
    sqlite3.SQLITE_PROTOCOL: (
        "the file system does not keep locks",
        "move the workspace to a local disk",
    ),
    sqlite3.SQLITE_TOOBIG: ("a value is larger than SQLite takes", "store less in one document"),
}

#: Bytes that SQLite needs at once for the shared memory beside a store.
_BESIDE = 64 * 1024


def primary_code(error: sqlite3.Error) -> int | None:
    """The primary result code of an error (extended codes carry it in their low byte)."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


def as_store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """The :class:`StoreError` that says what an SQLite error means."""
    code = primary_code(error)
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _is_full(path):
        code = sqlite3.SQLITE_FULL
    reason, hint = REASONS.get(code or 0, (str(error), ""))
    if primary_code(error) == sqlite3.SQLITE_CONSTRAINT:
        reason = f"a row breaks a rule of the store: {error}"
    return StoreError(f"the store {path} cannot be used: {reason}", hint=hint)


def _is_full(path: Path) -> bool:
    """Whether the file's disk has no room for what lies beside a store (-wal, -shm)."""
    try:
        return shutil.disk_usage(path.parent).free < _BESIDE
    except OSError:
        return False


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite raises inside the block into :class:`StoreError` and :class:`InputError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise as_store_error(error, path) from error
    except UnicodeEncodeError as error:
        raise InputError(
            f"text that is not valid Unicode cannot be stored: {error.object!r}",
            hint="it has an unpaired surrogate; read its source with the right encoding",
        ) from error
    except OverflowError as error:
        raise InputError(
            "a number is too large for the store", hint="whole numbers go up to 9,223,372,036,854,775,807"
        ) from error
