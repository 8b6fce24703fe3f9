"""Sorted runs: rows in any order, written as Parquet files whose row groups are narrow in partition and time.

The first half of an external sort: memory holds one run (:data:`RUN_ROWS` rows or :data:`RUN_BYTES`), and
whoever wants a partition reads only the row groups that overlap it. Within a run, rows of equal time keep the
source's order.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.data.layout import Piece
from core.data.slices import Slicing, times_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

RUN_ROWS = 262_144
RUN_BYTES = 128 << 20
GROUP_ROWS = 8_192  # a row group ends with the partition in which it reaches this many rows
LARGEST_GROUP = 131_072


class RunWriter:
    """Writes runs into a folder; :meth:`close` gives the pieces."""

    def __init__(self, folder: Path, slicing: Slicing) -> None:
        self.folder = folder
        self.slicing = slicing
        self.pieces: list[Piece] = []
        self._waiting: list[pa.Table] = []
        self._runs = 0

    def add(self, table: pa.Table) -> None:
        """Take rows; a run is written when enough have come."""
        self._waiting.append(table)
        rows = sum(t.num_rows for t in self._waiting)
        if rows >= RUN_ROWS or sum(t.nbytes for t in self._waiting) >= RUN_BYTES:
            self._write_run()

    def close(self) -> tuple[Piece, ...]:
        """Write what is left."""
        if any(t.num_rows for t in self._waiting):
            self._write_run()
        return tuple(self.pieces)

    def _write_run(self) -> None:
        import pyarrow.parquet as pq

        table, keys, names = sorted_rows(joined(self._waiting), self.slicing)
        self._waiting = []
        name = f"{self._runs}.parquet"
        self._runs += 1
        with pq.ParquetWriter(self.folder / name, table.schema, compression="lz4") as writer:
            for group, (start, end) in enumerate(group_bounds(keys)):
                rows = table.slice(start, end - start)
                writer.write_table(rows, row_group_size=LARGEST_GROUP)
                self.pieces.append(self._piece(name, group, rows, names, keys[start], keys[end - 1]))

    def _piece(self, run: str, group: int, rows: pa.Table, names: list[str], first: int, last: int) -> Piece:
        since = until = None
        if self.slicing.time is not None:
            import numpy as np

            times = times_of(rows, self.slicing.time).view(np.int64)
            since, until = int(times.min()), int(times.max())
        if self.slicing.column is None:
            return Piece(run, group, rows.num_rows, since, until)
        return Piece(run, group, rows.num_rows, since, until, names[first], names[last])


def joined(tables: list[pa.Table]) -> pa.Table:
    """Tables one after the other, whole numbers becoming real ones where any table has real ones."""
    import pyarrow as pa

    if len(tables) == 1:
        return tables[0]
    return pa.concat_tables(tables, promote_options="permissive").unify_dictionaries().combine_chunks()


def sorted_rows(table: pa.Table, slicing: Slicing) -> tuple[pa.Table, np.ndarray, list[str]]:
    """Rows by partition (labels in text order), then time; their partitions' keys; the labels of keys."""
    import numpy as np

    names: list[str] = []
    if slicing.column is not None:
        codes, name_of = slicing.keys(table)
        present = np.unique(codes)
        labels = {int(code): name_of(int(code)) for code in present}
        names = sorted(labels.values())
        rank = {code: names.index(text) for code, text in labels.items()}
        keys = np.array([rank[int(c)] for c in present], np.int64)[np.searchsorted(present, codes)]
    elif slicing.period is not None:
        keys = slicing.keys(table)[0]
    else:
        keys = np.zeros(table.num_rows, np.int64)
    times = keys if slicing.time is None else times_of(table, slicing.time).view(np.int64)
    order = np.lexsort((times, keys))
    if np.any(order[1:] < order[:-1]):
        table, keys = table.take(order), keys[order]
    return table, keys, names


def group_bounds(keys: np.ndarray) -> list[tuple[int, int]]:
    """Where to cut row groups: at a partition's end once the group is large enough, or when it is too large.

    Examples
    --------
    >>> import numpy as np
    >>> group_bounds(np.repeat([1, 2, 3], [5000, 5000, 10]))
    [(0, 10000), (10000, 10010)]
    """
    import numpy as np

    ends = [*(np.flatnonzero(keys[1:] != keys[:-1]) + 1).tolist(), len(keys)]
    found, start = [], 0
    for end in ends:
        while end - start > LARGEST_GROUP:
            found.append((start, start + LARGEST_GROUP))
            start += LARGEST_GROUP
        if end - start >= GROUP_ROWS:
            found.append((start, end))
            start = end
    if start < len(keys):
        found.append((start, len(keys)))
    return found
