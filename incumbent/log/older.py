"""Reading files of formats 1 and 2: a row of ``predictions`` is a prediction, an input a column of it."""

from __future__ import annotations

import json
import sqlite3
import struct
from pathlib import Path
from typing import Any

from incumbent.log.reader import LogReader, Piece, Types
from incumbent.log.rows import FIELDS

#: Inputs that have a column; further ones are in ``rest``, as JSON.
_MOST_COLUMNS = 1900
#: Positions in ``columns`` of what is no input.
_VALUE, _ACTUAL = -1, -2
#: The format that brought ``chance``.
_CHANCE = 2


class OlderReader(LogReader):
    """One file of an older format, open for reading."""

    def __init__(self, path: Path, connection: sqlite3.Connection, version: int) -> None:
        super().__init__(path, connection)
        fields = ["NULL" if name == "chance" and version < _CHANCE else name for name in (*FIELDS, "rest")]
        self._fields = ", ".join(fields)

    def types(self) -> Types:
        """Which types the inputs and the answers have."""
        columns = self._columns()
        own = {name: place for name, (place, _) in columns.items() if place < _MOST_COLUMNS}
        found = self._types("predictions", [f"c{place}" for place in own.values()] + ["value"])
        *inputs, value = [
            _kinds(types, kind)
            for types, kind in zip(found, [*(columns[name][1] for name in own), self._kind(_VALUE)])
        ]
        return Types({**{name: {"text"} for name in columns}, **dict(zip(own, inputs))}, value)

    def actual_types(self) -> "set[str]":
        """Which types the outcomes have."""
        return _kinds(self._types("outcomes", ["actual"])[0], self._kind(_ACTUAL))

    def _piece(self, after: int, last: int, since: int, until: int) -> Piece:
        columns = self._columns()
        own = {name: place for name, (place, _) in columns.items() if place < _MOST_COLUMNS}
        asked = ", ".join([self._fields, *(f"c{place}" for place in own.values())])
        rows = self._all(
            f"SELECT {asked} FROM predictions WHERE seq > ? AND seq <= ? AND at >= ? AND at < ? ORDER BY seq",
            after, last, since, until,
        )  # fmt: skip
        found: "list[list[Any]]" = [list(values) for values in zip(*rows)]
        if not rows:
            found = [[] for _ in range(len(FIELDS) + 1 + len(own))]
        told, rest = dict(zip(FIELDS, found)), found[len(FIELDS)]
        told["scores"] = [_unpacked(scores) for scores in told["scores"]]
        inputs = dict(zip(own, found[len(FIELDS) + 1 :]))
        if len(own) < len(columns):
            wide = [json.loads(text) if text else {} for text in rest]
            inputs.update({name: [row.get(name) for row in wide] for name in columns if name not in own})
        return Piece(last, told, inputs)

    def _columns(self) -> "dict[str, tuple[int, str | None]]":
        """Where each input lies, and its kind: boolean, time."""
        rows = self._all("SELECT name, position, kind FROM columns WHERE position >= 0 ORDER BY position")
        return {name: (position, kind) for name, position, kind in rows}

    def _kind(self, position: int) -> "str | None":
        rows = self._all("SELECT kind FROM columns WHERE position = ?", position)
        return rows[0][0] if rows else None

    def _types(self, table: str, names: "list[str]") -> "list[set[str]]":
        found: "list[set[str]]" = []
        for start in range(0, len(names), 500):
            asked = ", ".join(f"group_concat(DISTINCT typeof({n}))" for n in names[start : start + 500])
            (row,) = self._all(f"SELECT {asked} FROM {table}")
            found += [set((text or "null").split(",")) - {"null"} for text in row]
        return found


def _kinds(types: "set[str]", kind: "str | None") -> "set[str]":
    """Types with the kind of which SQLite has none."""
    instead = {"boolean": "integer", "time": "text"}.get(kind or "")
    return {str(kind) if name == instead else name for name in types}


def _unpacked(scores: "bytes | None") -> "tuple[float, ...] | None":
    return None if scores is None else struct.unpack(f"<{len(scores) // 8}d", scores)
