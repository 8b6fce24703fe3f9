"""Forgetting one key: its rows and outcomes leave a file, and their bytes with them."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Iterable

from incumbent.errors import WorkError
from incumbent.log import file


def ids_of(path: Path, key: str) -> "set[str]":
    """The ids of the predictions of a key in a file."""
    try:
        connection = file.connect(path)
    except file.EmptyFile:
        return set()
    try:
        return {row[0] for row in connection.execute("SELECT id FROM predictions WHERE key = ?", (key,))}
    except sqlite3.Error as error:
        raise _failed(path, error) from None
    finally:
        connection.close()


def erase(path: Path, key: str, ids: "Iterable[str]") -> "tuple[int, int]":
    """Delete a key's predictions, and the outcomes of the key and of these ids.

    Deleted content is overwritten and the file is written anew, so that no page keeps it.

    Returns
    -------
    (int, int)
        Predictions and outcomes that were deleted.
    """
    try:
        connection = file.connect(path)
    except file.EmptyFile:
        return 0, 0
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = connection.execute("DELETE FROM outcomes WHERE key = ?", (key,)).rowcount
        for name in ids:
            outcomes += connection.execute("DELETE FROM outcomes WHERE id = ?", (name,)).rowcount
        predictions = connection.execute("DELETE FROM predictions WHERE key = ?", (key,)).rowcount
        reasons = connection.execute("DELETE FROM reasons WHERE instr(reason, ?)", (key,)).rowcount
        connection.execute("COMMIT")
        if predictions or outcomes or reasons:
            connection.execute("VACUUM")
        return predictions, outcomes
    except sqlite3.Error as error:
        raise _failed(path, error) from None
    finally:
        connection.close()


def _failed(path: Path, error: sqlite3.Error) -> WorkError:
    return WorkError(f"{path} cannot be changed: {error}", hint="repeat it: nothing is erased twice")
