"""Taking a file away from a writer who may still have it open: no row may be lost on the way."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from incumbent.errors import WorkError
from incumbent.log import file


def remove_if_unchanged(path: Path, predictions: int, outcomes: int) -> bool:
    """Delete a file if its last prediction and outcome are these; whether it was deleted.

    The file is locked meanwhile. Whoever has it open finds, with its next transaction, that it is gone from
    its place, and begins another one.
    """
    try:
        connection = file.connect(path)
    except file.EmptyFile:
        file.remove(path)
        return True
    try:
        connection.execute("BEGIN EXCLUSIVE")
        counted = [
            connection.execute(f"SELECT max(seq) FROM {table}").fetchone()[0] or 0
            for table in ("predictions", "outcomes")
        ]
        if counted != [predictions, outcomes]:
            return False
        path.unlink()
        connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise WorkError(f"{path} cannot be taken away: {error}") from None
    except FileNotFoundError:
        return True
    finally:
        connection.close()
    file.remove(path)
    return True
