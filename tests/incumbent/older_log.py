"""Files of the log as older versions wrote them: a prediction a row, an input a column."""

from __future__ import annotations

import json
import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

from incumbent.log.file import APPLICATION, new_name

_TABLES = """
CREATE TABLE columns (position INTEGER PRIMARY KEY, name TEXT UNIQUE, kind TEXT);
CREATE TABLE outcomes (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, key TEXT, actual, at INTEGER);
CREATE TABLE hours (
    hour INTEGER, version INTEGER, route TEXT, bucket INTEGER, count INTEGER,
    PRIMARY KEY (hour, version, route, bucket)
) WITHOUT ROWID;
CREATE TABLE reasons (
    hour INTEGER, route TEXT, reason TEXT, count INTEGER, PRIMARY KEY (hour, route, reason)
) WITHOUT ROWID;
CREATE TABLE seconds (second INTEGER PRIMARY KEY, count INTEGER);
CREATE TABLE lost (at INTEGER PRIMARY KEY, count INTEGER);
CREATE TABLE predictions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, at INTEGER, key TEXT, version INTEGER, route TEXT,
    reason TEXT, value, scores BLOB, seconds REAL{chance}, rest TEXT, c0, c1, c2, c3
);
"""
#: Its inputs; the last one is beyond the columns that a table can have.
COLUMNS = (
    (0, "distance", None), (1, "carrier", None), (2, "peak", "boolean"), (3, "day", "time"),
    (1900, "far", None), (-2, None, "boolean"),
)  # fmt: skip


def write(folder: Path, day: str, at: int, rows: int, version: int) -> Path:
    """A file of a format with so many predictions, a second apart, every other one of the key ``a``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / new_name(day)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_TABLES.format(chance=", chance REAL" if version > 1 else ""))
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.executemany("INSERT INTO columns VALUES (?, ?, ?)", COLUMNS)
        for n in range(rows):
            told: dict[str, Any] = {
                "id": f"p{n}", "at": at + n * 1_000_000_000, "key": "ab"[n % 2], "version": 1,
                "route": "champion", "value": "yes", "scores": struct.pack("<2d", 0.25, 0.75),
                "seconds": 2e-5, "rest": json.dumps({"far": f"far {n}"}), "c0": n + 0.5, "c1": "bus",
                "c2": n % 2, "c3": "2026-11-20T00:00:00",
            }  # fmt: skip
            if version > 1:
                told["chance"] = 0.5
            marks = ", ".join("?" * len(told))
            connection.execute(
                f"INSERT INTO predictions ({', '.join(told)}) VALUES ({marks})", [*told.values()]
            )
        connection.execute("INSERT INTO outcomes (id, actual, at) VALUES (?, ?, ?)", ("p0", 1, at))
        connection.execute(
            "INSERT INTO hours VALUES (?, 1, 'champion', 61, ?)", (at // 3_600_000_000_000, rows)
        )
        connection.execute("INSERT INTO seconds VALUES (?, ?)", (at // 1_000_000_000, rows))
    return path
