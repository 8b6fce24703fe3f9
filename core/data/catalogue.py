"""What is known of a source's files: those that are new or changed are read, the others are remembered."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.data import checks, raw
from core.data.hashing import fingerprint_of
from core.data.index import SourceIndex
from core.data.kinds import infer_kinds
from core.data.layout import FileLayout, SourceLayout
from core.data.locate import Item, locate
from core.data.records import Described
from core.data.scan import Scan, sha256_of, wider
from core.data.spool import spooled
from core.data.sql import QueryItem, locate_query
from core.data.summary import describe
from core.spec import ColumnKind, ModelSpec
from incumbent.errors import DataError
from store.records import SourceFile, SourcePartition

if TYPE_CHECKING:
    import pyarrow as pa


#: Files that are read at the same time; each holds one chunk of rows.
AT_ONCE = 2
#: What has been read is written down as often as costs no more than this share of the time.
SHARE = 0.05


@dataclass(frozen=True)
class Catalogue:
    """Every file of a source with its partitions, and what they make together."""

    files: tuple[tuple[FileLayout, str, Path], ...]
    kinds: dict[str, ColumnKind]
    types: dict[str, str]
    parts: dict[str, list[SourcePartition]]  # by label, in the files' order
    described: Described

    def check_columns(self, names: Sequence[str] | None) -> list[str]:
        """These columns, or all that are not ignored."""
        known = [name for name, kind in self.kinds.items() if kind != "ignore"]
        if names is None:
            return known
        checks.check_columns(names, known, "the data", "it was asked for")
        return list(names)


def source_key(spec: ModelSpec) -> str:
    """What tells one model's data from another's: the parts of the spec that shape what is read."""
    return fingerprint_of(
        "source 1", spec.data, spec.task, spec.target, spec.time, spec.partition, sorted(spec.columns.items())
    )


def read_catalogue(spec: ModelSpec, root: Path, cache: Path, index: SourceIndex) -> Catalogue:
    """Look at every file; read those that are new or changed, and remember them."""
    return _Reading(spec, root, cache, index).run()


class _Reading:
    """One look at a source's files."""

    def __init__(self, spec: ModelSpec, root: Path, cache: Path, index: SourceIndex) -> None:
        self.spec = spec
        self.cache = cache
        self.index = index
        self.key = source_key(spec)
        self.place = cache / "layout.json"
        self.items = _items(spec, root)
        self.layout = SourceLayout.read(self.place)
        self.known = dict(index.get_many(self.key))
        self.unwritten: list[SourceFile] = []
        self.written, self.writing = (
            time.monotonic(),
            0.0,
        )  # when what is known was last written, and how long that took

    def run(self) -> Catalogue:
        stale = [item for item in self.items if not self._remembered(item)]
        if stale and isinstance(stale[0], QueryItem):
            with spooled(stale[0], self.cache) as at_hand:
                self.items = [at_hand]
                return self._read([at_hand])
        return self._read(stale)

    def _read(self, stale: list[Item]) -> Catalogue:
        if stale or not self.layout.kinds:
            stale = self._settle_kinds(stale)
        try:
            self._scan(stale)
        finally:
            self._write()
        self._forget_gone()
        return self._catalogue()

    def _remembered(self, item: Item) -> bool:
        """Whether the file is as it was; one that was only touched is looked into, and is."""
        layout, file = self.layout.files.get(item.name), self.known.get(item.name)
        if layout is None or file is None or not layout.size == file.size == item.size:
            return False
        if layout.folder and not (self.cache / layout.folder).is_dir():
            return False
        if layout.modified == file.modified == item.modified:
            return True
        if not layout.sha256 or not layout.sha256 == file.sha256 == sha256_of(item):
            return False
        self._remember(replace(layout, modified=item.modified), replace(file, modified=item.modified))
        return True

    def _settle_kinds(self, stale: list[Item]) -> list[Item]:
        """Infer kinds where the first file or a column is new; all files are stale when a kind changes."""
        names: dict[str, None] = {}
        for item in self.items:
            if item in stale:
                have = raw.column_names(item)
                checks.check_spec_columns(self.spec, have, item.name)
                names.update(dict.fromkeys(have))
        if self.items[0] not in stale and self.layout.kinds and set(names) <= set(self.layout.kinds):
            return stale
        known = self.layout.kinds if len(stale) < len(self.items) else {}
        kinds = infer_kinds(dict.fromkeys([*names, *known]), self._samples(), self.spec)
        checks.check_kinds(self.spec, kinds)
        changed = any(kinds[name] != kind for name, kind in known.items())
        self.layout.kinds = dict(kinds)
        if changed:
            self.layout.files.clear()
            return self.items
        return stale

    def _samples(self) -> Iterator[pa.Table]:
        for item in self.items:
            yield from raw.tables(item, raw.column_names(item))

    def _scan(self, stale: list[Item]) -> None:
        """Read files, several at a time; the first in order that cannot be read is the one that is named."""
        with ThreadPoolExecutor(AT_ONCE) as readers:
            for item, (layout, parts) in zip(stale, readers.map(self._scanned, stale), strict=True):
                old = self.layout.files.get(item.name)
                if old is not None and old.folder and old.folder != layout.folder:
                    shutil.rmtree(self.cache / old.folder, ignore_errors=True)
                file = SourceFile(self.key, item.name, item.size, item.modified, layout.sha256, parts)
                self._remember(layout, file)

    def _scanned(self, item: Item) -> tuple[FileLayout, tuple[SourcePartition, ...]]:
        return Scan(item, self.spec, self._kinds(), self.cache).run()

    def _remember(self, layout: FileLayout, file: SourceFile) -> None:
        self.layout.files[layout.path] = layout
        self.known[file.path] = file
        self.unwritten.append(file)
        if (time.monotonic() - self.written) * SHARE >= self.writing:
            self._write()

    def _write(self) -> None:
        """Write down what is known of all files, which takes the longer the more they are."""
        if not self.unwritten:
            return
        began = time.monotonic()
        self.layout.write(self.place)
        self.index.put(self.unwritten)
        self.unwritten = []
        self.written = time.monotonic()
        self.writing = self.written - began

    def _forget_gone(self) -> None:
        present = {item.name for item in self.items}
        gone = sorted({*self.layout.files, *self.known} - present)
        if not gone:
            return
        for name in gone:
            layout = self.layout.files.pop(name, None)
            if layout is not None and layout.folder:
                shutil.rmtree(self.cache / layout.folder, ignore_errors=True)
        self.layout.write(self.place)
        self.index.forget(self.key, gone)

    def _kinds(self) -> dict[str, ColumnKind]:
        return dict(self.layout.kinds)

    def _catalogue(self) -> Catalogue:
        layouts = [self.layout.files[item.name] for item in self.items]
        types: dict[str, str] = {}
        parts: dict[str, list[SourcePartition]] = {}
        for layout in layouts:
            for name in self.layout.kinds:
                types[name] = wider(types.get(name, ""), layout.types.get(name, ""))
            for part in self.known[layout.path].partitions:
                parts.setdefault(part.partition, []).append(part)
        types = {
            name: _settled(types[name], kind) for name, kind in self._kinds().items() if kind != "ignore"
        }
        described = describe(self.spec, layouts, parts, self._kinds(), types)
        checks.check_positive(self.spec, dict(described.classes))
        files = tuple(
            (layout, item.label, item.path) for layout, item in zip(layouts, self.items, strict=True)
        )
        return Catalogue(files, self._kinds(), types, parts, described)


def _items(spec: ModelSpec, root: Path) -> list[Item]:
    if spec.data is None:
        raise DataError(
            f"the spec of {spec.name!r} names no data", hint='write data = "…", a file, a glob or a folder'
        )
    if spec.data.path is not None:
        return locate(spec.data.path, root)
    return [locate_query(str(spec.data.url), str(spec.data.query), root)]


def _settled(type_name: str, kind: ColumnKind) -> str:
    """The type of a column in memory; one without any value is of its kind's type."""
    if type_name not in ("", "null"):
        return type_name
    return {"time": "time", "category": "text", "text": "text"}.get(kind, "float64")
