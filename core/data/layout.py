"""How the rows of each file can be reached: pieces (row groups) with their time ranges, types, classes.

A Parquet file whose row groups are narrow enough in time is read where it lies. Everything else (text
formats, queries, Parquet out of order) is written once, as sorted runs of Parquet, into the workspace's
cache, and read from there as long as the file is the same. A source's layout is one JSON file in that cache.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.spec import ColumnKind

FORMAT = 1


@dataclass(frozen=True)
class Piece:
    """One row group: ``run`` names a file in the cache, empty for the source's own file.

    ``since`` and ``until`` are the first and last time in it (microseconds since 1970, both inclusive; None
    without a time column); ``first`` and ``last`` its partitions' labels where they are not periods.
    """

    run: str
    group: int
    rows: int
    since: int | None = None
    until: int | None = None
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True)
class FileLayout:
    """What one file holds, and how to reach it."""

    path: str
    size: int
    modified: int
    sha256: str
    folder: str  # in the cache; empty where the file itself is read
    pieces: tuple[Piece, ...]
    types: Mapping[str, str]  # column → int64, float64, bool, text, time, null
    zoned: bool | None  # of the time column; None where it has no value
    classes: Mapping[str, int]
    newest_labelled: int | None


@dataclass
class SourceLayout:
    """The layouts of a source's files, and the kinds of its columns."""

    kinds: dict[str, ColumnKind] = field(default_factory=dict)
    files: dict[str, FileLayout] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> SourceLayout:
        """What was written; empty where nothing was, or in another format."""
        try:
            document = json.loads(path.read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return cls()
        if document.get("format") != FORMAT:
            return cls()
        files = {}
        for entry in document["files"]:
            pieces = tuple(Piece(*piece) for piece in entry.pop("pieces"))
            files[entry["path"]] = FileLayout(**entry, pieces=pieces)
        return cls(document["kinds"], files)

    def write(self, path: Path) -> None:
        """Write it in one step."""
        entries = []
        for file in self.files.values():
            entry = {name: getattr(file, name) for name in file.__dataclass_fields__}
            entry["pieces"] = [list(vars(piece).values()) for piece in file.pieces]
            entries.append(entry)
        write_json(path, {"format": FORMAT, "kinds": self.kinds, "files": entries})


def write_json(path: Path, document: Any) -> None:
    """Write JSON so that a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(
            json.dumps(document, separators=(",", ":"))
        )  # json.dump writes piece by piece, which is slow
    os.replace(name, path)
