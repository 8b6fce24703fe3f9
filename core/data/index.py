"""Where it is remembered what a source's files held when they were last read.

The store's ``source_files`` is an index; these two are for a source without a store.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from store.records import SourceFile, SourcePartition


class SourceIndex(Protocol):
    """What :func:`core.data.open_source` asks of an index."""

    def get_many(self, source: str) -> dict[str, SourceFile]:
        """Every file known of a source, by path."""
        ...

    def put(self, files: Iterable[SourceFile]) -> None:
        """Remember files in place of what was known of them."""
        ...

    def forget(self, source: str, paths: Iterable[str]) -> None:
        """Forget files that are no longer there."""
        ...


class MemoryIndex:
    """An index that lasts as long as the process."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], SourceFile] = {}

    def get_many(self, source: str) -> dict[str, SourceFile]:
        """Every file known of a source, by path."""
        return {path: file for (of, path), file in self.files.items() if of == source}

    def put(self, files: Iterable[SourceFile]) -> None:
        """Remember files in place of what was known of them."""
        self.files.update({(file.source, file.path): file for file in files})

    def forget(self, source: str, paths: Iterable[str]) -> None:
        """Forget files that are no longer there."""
        for path in paths:
            self.files.pop((source, path), None)


class JsonIndex(MemoryIndex):
    """An index in one JSON file."""

    FORMAT = 1

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        if not path.is_file():
            return
        document = json.loads(path.read_text("utf-8"))
        if document["format"] == self.FORMAT:
            for entry in document["files"]:
                parts = tuple(SourcePartition(**part) for part in entry.pop("partitions"))
                super().put([SourceFile(**entry, partitions=parts)])

    def put(self, files: Iterable[SourceFile]) -> None:
        """Remember files in place of what was known of them."""
        super().put(files)
        self._write()

    def forget(self, source: str, paths: Iterable[str]) -> None:
        """Forget files that are no longer there."""
        super().forget(source, paths)
        self._write()

    def _write(self) -> None:
        from core.data.layout import write_json

        write_json(self.path, {"format": self.FORMAT, "files": [asdict(f) for f in self.files.values()]})
