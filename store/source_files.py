"""What was known of a data source's files when they were last read.

A file whose path, size and time are as they were need not be opened to know which partitions it holds and
what their rows' fingerprints are. A file is written with all its partitions, replacing what was known of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from store.database import Database, Row
from store.records import SourceFile, SourcePartition


class SourceFiles:
    """Files by source (fingerprint of the data part of a spec) and path."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get_many(self, source: str) -> dict[str, SourceFile]:
        """Path → what is known of it, of all files of a source."""
        partitions: dict[str, list[SourcePartition]] = {}
        for row in self._database.rows(
            """SELECT path, label, since, until, row_count, labelled, fingerprint
            FROM source_files JOIN source_partitions ON file_id = source_files.id
            WHERE source = ? ORDER BY file_id, place""",
            (source,),
        ):
            partitions.setdefault(row["path"], []).append(SourcePartition(*tuple(row)[1:]))
        rows = self._database.rows(
            "SELECT source, path, size, modified, sha256 FROM source_files WHERE source = ? ORDER BY path",
            (source,),
        )
        return {row["path"]: _file(row, partitions.get(row["path"], [])) for row in rows}

    def put(self, files: Iterable[SourceFile]) -> None:
        """Keep what is known of files, in one transaction."""
        with self._database.transaction():
            for file in files:
                self._put(file)

    def _put(self, file: SourceFile) -> None:
        self.forget(file.source, [file.path])
        added = self._database.insert(
            "INSERT INTO source_files (source, path, size, modified, sha256) VALUES (?, ?, ?, ?, ?)",
            (file.source, file.path, file.size, file.modified, file.sha256),
        )
        self._database.run_many(
            "INSERT INTO source_partitions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (added, place, p.partition, p.since, p.until, p.rows, p.labelled, p.fingerprint)
                for place, p in enumerate(file.partitions)
            ],
        )

    def forget(self, source: str, paths: Iterable[str] | None = None) -> None:
        """Forget files of a source; without paths, all of them."""
        if paths is None:
            self._database.run("DELETE FROM source_files WHERE source = ?", (source,))
            return
        self._database.run_many(
            "DELETE FROM source_files WHERE source = ? AND path = ?", [(source, path) for path in paths]
        )

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences (what is known of files can always be read anew)."""
        return ()


def _file(row: Row, partitions: list[SourcePartition]) -> SourceFile:
    source, path, size, modified, sha256 = row
    return SourceFile(source, path, size, modified, sha256, tuple(partitions))
