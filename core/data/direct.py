"""Whether a Parquet file can be read where it lies, and by which pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.data.canonical import Caster
from core.data.layout import Piece
from core.data.locate import Item
from core.data.slices import Slicing, times_of

if TYPE_CHECKING:
    import pyarrow as pa

#: A partition may cost reading so many rows, or twice its own.
AFFORDABLE_ROWS = 1_000_000


def direct_pieces(item: Item, caster: Caster, slicing: Slicing) -> tuple[Piece, ...] | None:
    """The file's row groups as pieces; None where reading a partition would cost too many other rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    needed = [c for c in (slicing.time, slicing.column) if c is not None]
    looking = Caster(caster.file, {name: caster.kinds[name] for name in needed})
    pieces: list[Piece] = []
    counts: dict[str, int] = {}
    spans: list[tuple[str, str]] = []
    with pq.ParquetFile(item.path, memory_map=True) as file:
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if not rows:
                continue
            table = looking.cast(file.read_row_group(group, columns=needed)) if needed else pa.table({})
            reject_missing_times(table, slicing, caster.file, looking.rows - rows)
            labels = {name: b - a for name, a, b in slicing.sliced(table, item.label)[1]} if needed else {}

            for name, count in labels.items():
                counts[name] = counts.get(name, 0) + count
            spans.append((min(labels, default=""), max(labels, default="")))
            pieces.append(_piece(group, rows, table, slicing, spans[-1]))
    for name, count in counts.items():
        touched = sum(p.rows for p, (a, b) in zip(pieces, spans, strict=True) if a <= name <= b)
        if touched > max(AFFORDABLE_ROWS, 2 * count):
            return None
    return tuple(pieces)


def _piece(group: int, rows: int, table: pa.Table, slicing: Slicing, span: tuple[str, str]) -> Piece:
    since = until = None
    if slicing.time is not None:
        import numpy as np

        times = times_of(table, slicing.time).view(np.int64)
        since, until = int(times.min()), int(times.max())
    if slicing.column is None:
        return Piece("", group, rows, since, until)
    return Piece("", group, rows, since, until, *span)


def reject_missing_times(table: pa.Table, slicing: Slicing, file: str, before: int) -> None:
    """Raise for a row without a time: it belongs nowhere."""
    import pyarrow.compute as pc

    from incumbent.errors import DataError

    if slicing.time is None or not table.column(slicing.time).null_count:
        return
    row = pc.index(pc.is_null(table.column(slicing.time)), True).as_py() + before + 1
    raise DataError(
        f"{file}: row {row:,} has no time (column {slicing.time!r})",
        hint="every row needs one: remove such rows, or write a query that leaves them out",
    )
