"""Scripts of SQL, statement by statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator


def statements(sql: str) -> Iterator[str]:
    """The single statements of a script (``executescript`` would commit before it begins).

    Examples
    --------
    >>> list(statements("CREATE TABLE a (b TEXT DEFAULT ';'); DROP TABLE a;"))
    ["CREATE TABLE a (b TEXT DEFAULT ';');", 'DROP TABLE a;']
    """
    pending = ""
    for piece in sql.split(";"):
        pending += piece + ";"
        if sqlite3.complete_statement(pending):
            if pending.strip() != ";":
                yield pending.strip()
            pending = ""
