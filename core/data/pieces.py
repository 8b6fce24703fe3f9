"""Rows of a stretch of history, out of the pieces that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.data import canonical
from core.data.canonical import Caster, is_text
from core.data.layout import FileLayout, Piece
from core.data.runs import joined
from core.data.slices import Slicing, times_of
from core.spec import ColumnKind
from incumbent.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


@dataclass(frozen=True)
class Stretch:
    """Which rows are wanted: times in [since, until) in microseconds, and a label where partitions are not
    periods; None is no limit."""

    since: int | None = None
    until: int | None = None
    label: str | None = None

    def touches(self, piece: Piece) -> bool:
        """Whether a piece may hold such rows."""
        if piece.since is not None and piece.until is not None:
            if self.until is not None and piece.since >= self.until:
                return False
            if self.since is not None and piece.until < self.since:
                return False
        if self.label is None or piece.first is None or piece.last is None:
            return True
        return piece.first <= self.label <= piece.last


class Loaded:
    """A piece in memory, of which stretches can be cut."""

    def __init__(self, table: pa.Table, slicing: Slicing) -> None:
        self.table = table
        self.slicing = slicing
        self._by_label: dict[str, tuple[int, int]] | None = None
        if slicing.time is not None:
            import numpy as np

            self._times = times_of(table, slicing.time).view(np.int64)
            self._ordered = not np.any(self._times[1:] < self._times[:-1])

    def cut(self, stretch: Stretch) -> pa.Table:
        """The rows of a stretch, in the piece's order."""
        if self.slicing.column is not None and stretch.label is not None:
            return self._of_label(stretch)
        if self.slicing.time is None or (stretch.since is None and stretch.until is None):
            return self.table
        return _between(self.table, self._times, self._ordered, stretch)

    def _of_label(self, stretch: Stretch) -> pa.Table:
        if self._by_label is None:
            self.table, slices = self.slicing.sliced(self.table, "")
            self._by_label = {name: (start, end) for name, start, end in slices}
        start, end = self._by_label.get(str(stretch.label), (0, 0))
        rows = self.table.slice(start, end - start)
        if self.slicing.time is None or (stretch.since is None and stretch.until is None):
            return rows
        return _between(rows, times_of(rows, self.slicing.time).view("int64"), False, stretch)


def _between(table: pa.Table, times: np.ndarray, ordered: bool, stretch: Stretch) -> pa.Table:
    """The rows whose times lie in a stretch."""
    import numpy as np

    if ordered:
        start = 0 if stretch.since is None else int(np.searchsorted(times, stretch.since))
        end = len(times) if stretch.until is None else int(np.searchsorted(times, stretch.until))
        return table.slice(start, max(0, end - start))
    mask = np.ones(len(times), bool)
    if stretch.since is not None:
        mask &= times >= stretch.since
    if stretch.until is not None:
        mask &= times < stretch.until
    return table if mask.all() else table.take(np.flatnonzero(mask))


class PieceReader:
    """Reads stretches one after the other; a piece that the next stretch needs too is kept, no other.

    Parameters
    ----------
    cache : Path
        Where the source's sorted runs lie.
    files : sequence of (FileLayout, str, Path)
        The source's files in order, each with its label and where it lies.
    slicing : Slicing
    kinds : dict of column name to kind
    types : dict of column name to type name
        The source-wide types that tables are given.
    """

    def __init__(
        self,
        cache: Path,
        files: Sequence[tuple[FileLayout, str, Path]],
        slicing: Slicing,
        kinds: dict[str, ColumnKind],
        types: dict[str, str],
    ) -> None:
        self.cache = cache
        self.files = files
        self.slicing = slicing
        self.kinds = kinds
        self.types = types
        self._kept: dict[tuple[str, str, int], Loaded] = {}

    def rows(self, stretch: Stretch, columns: Iterable[str]) -> pa.Table:
        """The wanted rows with these columns, in time order; equal times in the source's order."""
        wanted = list(columns)
        reading = list(dict.fromkeys([*wanted, *self._needed()]))
        found: list[pa.Table] = []
        kept: dict[tuple[str, str, int], Loaded] = {}
        for layout, label, path in self.files:
            if self.slicing.by_file and stretch.label is not None and label != stretch.label:
                continue
            for piece in layout.pieces:
                if stretch.touches(piece):
                    key = (layout.path, piece.run, piece.group)
                    loaded = self._kept.get(key)
                    if loaded is None:
                        loaded = Loaded(self._read(layout, path, piece, reading), self.slicing)
                    kept[key] = loaded
                    found.append(loaded.cut(stretch))
        self._kept = kept
        if not found:
            return self.empty(wanted)
        return self._ordered(joined(found)).select(wanted)

    def empty(self, columns: Iterable[str]) -> pa.Table:
        """No rows, of the right types."""
        import pyarrow as pa

        return pa.table({name: pa.nulls(0, self._type(name)) for name in columns})

    def _needed(self) -> list[str]:
        return [c for c in (self.slicing.time, self.slicing.column) if c is not None]

    def _read(self, layout: FileLayout, path: Path, piece: Piece, columns: list[str]) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        place = self.cache / layout.folder / piece.run if piece.run else path
        try:
            with pq.ParquetFile(place, memory_map=True) as probe:
                schema = probe.schema_arrow
            text = [f.name for f in schema if is_text(f.type) and f.name in columns]
            with pq.ParquetFile(place, memory_map=True, read_dictionary=text) as file:
                table = file.read_row_group(piece.group, columns=[c for c in columns if c in schema.names])
        except (OSError, pa.ArrowException) as error:
            raise DataError(
                f"{layout.path} changed or went away while it was read: {str(error).splitlines()[0]}",
                hint="start again when the file is whole",
            ) from error
        kinds = {name: self.kinds[name] for name in columns}
        return self._unified(Caster(layout.path, kinds).cast(table))

    def _unified(self, table: pa.Table) -> pa.Table:
        import pyarrow as pa

        return pa.table(
            {
                name: column if column.type == self._type(name) else column.cast(self._type(name))
                for name, column in zip(table.column_names, table.columns, strict=True)
            }
        )

    def _type(self, name: str) -> pa.DataType:
        import pyarrow as pa

        named = {"int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_(), "time": pa.timestamp("us")}
        kind = self.types.get(name, "float64")
        return canonical.text_type() if kind == "text" else named[kind]

    def _ordered(self, table: pa.Table) -> pa.Table:
        import numpy as np

        if self.slicing.time is None:
            return table
        times = times_of(table, self.slicing.time)
        if not np.any(times[1:] < times[:-1]):
            return table
        return table.take(np.argsort(times, kind="stable"))
