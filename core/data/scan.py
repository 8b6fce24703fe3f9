"""One pass over a file: its partitions with their fingerprints, its types and classes, how to reach it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.data import raw
from core.data.canonical import Caster, as_text
from core.data.direct import direct_pieces, reject_missing_times
from core.data.hashing import RowsHash, canonical_columns, fingerprint_of
from core.data.layout import FileLayout, Piece
from core.data.locate import Item
from core.data.runs import RunWriter
from core.data.slices import Slicing, moment_of, times_of
from core.spec import ColumnKind, ModelSpec
from core.timeline import TICK
from incumbent.errors import DataError
from store.records import SourcePartition

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

#: A target with more distinct values than this is a number, not a class.
MOST_CLASSES = 1_000


@dataclass
class _Part:
    rows: int = 0
    labelled: int = 0
    since: int | None = None
    until: int | None = None
    hash: RowsHash = field(default_factory=RowsHash)

    def add(self, known: np.ndarray, times: np.ndarray | None) -> None:
        """Count rows, given which of their targets are known, and their times."""
        self.rows += len(known)
        self.labelled += int(known.sum())
        if times is not None and len(times):
            low, high = int(times.min()), int(times.max())
            self.since = low if self.since is None else min(self.since, low)
            self.until = high if self.until is None else max(self.until, high)


class Scan:
    """Reads one file once.

    Parameters
    ----------
    item : Item
        The file.
    spec : ModelSpec
        Whose target, time and partitions count.
    kinds : dict of column name to kind
        The source's columns.
    cache : Path
        The source's folder for sorted runs.
    """

    def __init__(self, item: Item, spec: ModelSpec, kinds: dict[str, ColumnKind], cache: Path) -> None:
        self.item = item
        self.spec = spec
        self.kinds = kinds
        self.cache = cache
        self.slicing = Slicing.of(spec)
        self.caster = Caster(item.name, kinds)
        self.parts: dict[str, _Part] = {}
        self.types: dict[str, str] = {}
        self.classes: dict[str, int] = {}
        self.newest_labelled: int | None = None
        self.present: list[str] = []  # the file's own columns, of those that are read

    def run(self) -> tuple[FileLayout, tuple[SourcePartition, ...]]:
        """The file's layout, and its partitions in the order in which they were met.

        Raises
        ------
        DataError
            Where the file is damaged or its rows are not what the spec says; nothing is left behind.
        """
        names = raw.column_names(self.item)
        self.present = [name for name in names if self.kinds.get(name, "ignore") != "ignore"]
        pieces = None
        if self.item.format == "parquet":
            with raw.translated(self.item):
                pieces = direct_pieces(self.item, self.caster, self.slicing)
        if pieces is not None:
            for table in self._tables():
                self._note(table)
            folder = ""
        else:
            folder, pieces = self._write_runs()
        return self._layout(folder, pieces), tuple(self._partition(label) for label in self.parts)

    def _tables(self) -> Iterator[pa.Table]:
        for table in raw.tables(self.item, self.present):
            before = self.caster.rows
            typed = self.caster.cast(table)
            reject_missing_times(typed, self.slicing, self.item.name, before)
            yield typed

    def _write_runs(self) -> tuple[str, tuple[Piece, ...]]:
        """Write the rows as sorted runs, into a folder named after what they are made of.

        Where another process has made the same folder meanwhile, its files are these, and stay.
        """
        kinds = sorted((name, self.kinds[name]) for name in self.present)
        folder = fingerprint_of(self.item.name, self.item.size, self.item.modified, kinds)
        self.cache.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=self.cache, prefix="making-"))
        try:
            writer = RunWriter(making, self.slicing)
            for table in self._tables():
                self._note(table)
                writer.add(table)
            pieces = writer.close()
            if not (self.cache / folder).is_dir():
                with contextlib.suppress(FileExistsError):
                    os.rename(making, self.cache / folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return folder, pieces

    def _note(self, table: pa.Table) -> None:
        self._note_types(table)
        target = table.column(self.spec.target)
        if self.spec.task == "classification":
            self._note_classes(target)
        self._note_newest(table, target)
        table, slices = self.slicing.sliced(table, self.item.label)
        known = labelled(table.column(self.spec.target))
        times = None if self.slicing.time is None else times_of(table, self.slicing.time).view("int64")
        for label, start, end in slices:
            part = self.parts.setdefault(label, _Part())
            part.add(known[start:end], None if times is None else times[start:end])
        for column in canonical_columns(table.select(self.present)):
            for label, start, end in slices:
                self.parts[label].hash.add(column, start, end)

    def _note_types(self, table: pa.Table) -> None:
        for name, column in zip(table.column_names, table.columns, strict=True):
            now = type_name(column, keep=name == self.spec.target)
            self.types[name] = wider(self.types.get(name, ""), now)

    def _note_classes(self, target: pa.ChunkedArray) -> None:
        for name, count in count_classes(target).items():
            self.classes[name] = self.classes.get(name, 0) + count
        if len(self.classes) > MOST_CLASSES:
            raise DataError(
                f"{self.item.name}: target {self.spec.target!r} has over {MOST_CLASSES:,} distinct values",
                hint='is it a number? Then write task = "regression"',
            )

    def _note_newest(self, table: pa.Table, target: pa.ChunkedArray) -> None:
        if self.slicing.time is None:
            return
        import numpy as np

        known = labelled(target)
        if known.any():
            newest = int(times_of(table, self.slicing.time).view(np.int64)[known].max())
            self.newest_labelled = max(newest, self.newest_labelled or newest)

    def _layout(self, folder: str, pieces: tuple[Piece, ...]) -> FileLayout:
        item = self.item
        return FileLayout(
            path=item.name,
            size=item.size,
            modified=item.modified,
            sha256=sha256_of(item),
            folder=folder,
            pieces=pieces,
            types=self.types,
            zoned=None if self.slicing.time is None else self.caster.zoned.get(self.slicing.time),
            classes=self.classes,
            newest_labelled=self.newest_labelled,
        )

    def _partition(self, label: str) -> SourcePartition:
        part = self.parts[label]
        since = until = None
        if part.since is not None and part.until is not None:
            since, until = moment_of(part.since).isoformat(), (moment_of(part.until) + TICK).isoformat()
        return SourcePartition(label, since, until, part.rows, part.labelled, part.hash.hexdigest())


def sha256_of(item: Item) -> str:
    """The file's sha256, to know a file that was only touched; empty where reading is as cheap."""
    if item.format in ("sql", "parquet"):
        return ""
    with open(item.path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def count_classes(target: pa.ChunkedArray) -> dict[str, int]:
    """The values of a target as text, with their counts; nulls are none."""
    counts: dict[str, int] = {}
    for chunk in target.chunks:
        for entry in as_text(chunk).value_counts().to_pylist():
            if entry["values"] is not None:
                counts[entry["values"]] = counts.get(entry["values"], 0) + entry["counts"]
    return counts


def labelled(target: pa.ChunkedArray) -> np.ndarray:
    """Which rows' target is known, as booleans."""
    import pyarrow.compute as pc

    from core.data.buffers import numpy_of

    return numpy_of(pc.invert(pc.is_null(target, nan_is_null=True)))


def type_name(column: pa.ChunkedArray, *, keep: bool) -> str:
    """int64, float64, bool, text, time, or null; with nulls int64 and bool are float64 unless ``keep``."""
    import pyarrow as pa

    if column.null_count == len(column):
        return "" if keep or not len(column) else "null"
    if pa.types.is_dictionary(column.type):
        return "text"
    if pa.types.is_timestamp(column.type):
        return "time"
    if pa.types.is_floating(column.type) or (column.null_count and not keep):
        return "float64"
    return "bool" if pa.types.is_boolean(column.type) else "int64"


def wider(one: str, other: str) -> str:
    """The type that holds both; "" is "nothing seen yet".

    Examples
    --------
    >>> wider("", "int64"), wider("null", "int64"), wider("null", "text")
    ('int64', 'float64', 'text')
    """
    if "" in (one, other) or one == other:
        return one or other
    if "null" in (one, other):
        known = other if one == "null" else one
        return known if known in ("text", "time") else "float64"
    return "float64"
