"""Forgetting one key: its rows and outcomes leave a file, and their bytes with them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import compress
from pathlib import Path
from typing import Iterable, Iterator

from incumbent.errors import WorkError
from incumbent.log import file
from incumbent.log.rows import BETWEEN, FIELDS, loaded

_ID, _AT, _KEY = map(FIELDS.index, ("id", "at", "key"))


def ids_of(path: Path, key: str) -> "set[str]":
    """The ids of the predictions of a key in a file."""
    try:
        with closing(file.connect(path)) as connection:
            if _is_older(connection):
                found = connection.execute("SELECT id FROM predictions WHERE key = ?", (key,))
                return {id for (id,) in found}
            return {row[_ID] for _, text in _portions(connection) for row in loaded(text) if row[_KEY] == key}
    except file.EmptyFile:
        return set()
    except (sqlite3.Error, ValueError) as error:
        raise _failed(path, error) from None


def erase(path: Path, key: str, ids: "Iterable[str]") -> "tuple[int, int]":
    """Delete a key's predictions, and the outcomes of the key and of these ids.

    Deleted content is overwritten and the file is written anew, so that no page keeps it.

    Returns
    -------
    (int, int)
        Predictions and outcomes that were deleted.
    """
    try:
        with closing(file.connect(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = connection.execute("DELETE FROM outcomes WHERE key = ?", (key,)).rowcount
            for name in ids:
                outcomes += connection.execute("DELETE FROM outcomes WHERE id = ?", (name,)).rowcount
            if _is_older(connection):
                predictions = connection.execute("DELETE FROM predictions WHERE key = ?", (key,)).rowcount
            else:
                predictions = sum(
                    _erase_in(connection, seq, text, key) for seq, text in _portions(connection)
                )
            reasons = connection.execute("DELETE FROM reasons WHERE instr(reason, ?)", (key,)).rowcount
            connection.execute("COMMIT")
            if predictions or outcomes or reasons:
                connection.execute("VACUUM")
            return predictions, outcomes
    except file.EmptyFile:
        return 0, 0
    except (sqlite3.Error, ValueError) as error:
        raise _failed(path, error) from None


def _is_older(connection: sqlite3.Connection) -> bool:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return bool(version < file.PORTIONS)


def _portions(connection: sqlite3.Connection) -> "Iterator[tuple[int, str]]":
    """Number and text of each portion, a few at a time: they may be rewritten meanwhile."""
    last = 0
    asked = "SELECT seq, rows FROM predictions WHERE seq > ? ORDER BY seq LIMIT 64"
    while some := connection.execute(asked, (last,)).fetchall():
        yield from some
        last = some[-1][0]


def _erase_in(connection: sqlite3.Connection, seq: int, text: str, key: str) -> int:
    """Take a key's rows out of a portion; how many it were. The others stay as they are."""
    rows = loaded(text)
    kept = [row[_KEY] != key for row in rows]
    if all(kept):
        return 0
    if not any(kept):
        connection.execute("DELETE FROM predictions WHERE seq = ?", (seq,))
        return len(rows)
    ats = [row[_AT] for row in compress(rows, kept)]
    left = "[" + BETWEEN.join(compress(text[1:-1].split(BETWEEN), kept)) + "]"
    connection.execute(
        "UPDATE predictions SET count = ?, earliest = ?, latest = ?, rows = ? WHERE seq = ?",
        (len(ats), min(ats), max(ats), left, seq),
    )
    return len(rows) - len(ats)


def _failed(path: Path, error: Exception) -> WorkError:
    return WorkError(f"{path} cannot be changed: {error}", hint="repeat it: nothing is erased twice")
