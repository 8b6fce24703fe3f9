"""Content fingerprints of rows: equal rows in equal order give equal fingerprints, however they are chunked.

Every column of a partition has running blake2b hashes over canonical bytes: numbers, booleans and times as
float64 or int64 with one pattern for null; text as its lengths (-1 for null) and its bytes. Whole and real
numbers of equal value are the same, so that a column keeps the fingerprints of its older partitions
when it turns from int to float with its first null.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_EXACT = 2**53


@dataclass(frozen=True, eq=False)
class CanonicalColumn:
    """One column's rows as canonical bytes, of which any stretch can be hashed.

    Parameters
    ----------
    key : str
        The column's name, and what of it this is.
    data : ndarray or memoryview
        One value a row, or the bytes of all rows.
    ends : ndarray, optional
        Where each row's bytes begin, and the last one's end.
    """

    key: str
    data: np.ndarray | memoryview
    ends: np.ndarray | None = None

    def between(self, start: int, end: int) -> Any:
        """The bytes of the rows from ``start`` to before ``end``."""
        import numpy as np

        if self.ends is not None:
            return self.data[self.ends[start] : self.ends[end]]
        return np.ascontiguousarray(self.data[start:end]).view(np.uint8)


def canonical_columns(table: pa.Table) -> Iterator[CanonicalColumn]:
    """A table of canonical types (:mod:`core.data.canonical`), one column after another in memory."""
    import pyarrow as pa

    from core.data.buffers import numpy_of

    for name, column in zip(table.column_names, table.columns, strict=True):
        chunk = pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)
        if pa.types.is_dictionary(chunk.type):
            yield from _text(name, chunk.dictionary_decode())
        elif pa.types.is_timestamp(chunk.type):
            yield CanonicalColumn(f"{name}\0time", numpy_of(chunk))
        else:
            yield from _numbers(name, chunk)


def _numbers(name: str, array: pa.Array) -> Iterator[CanonicalColumn]:
    import numpy as np
    import pyarrow as pa

    from core.data.buffers import numpy_of

    if pa.types.is_integer(array.type) and len(array) and not array.null_count:
        whole = numpy_of(array)
        if whole.max() > _EXACT or whole.min() < -_EXACT:
            yield CanonicalColumn(f"{name}\0large", whole)
    values = numpy_of(array.cast(pa.float64(), safe=False)) + 0.0  # minus zero is zero
    values[np.isnan(values)] = np.nan  # one pattern for every NaN
    yield CanonicalColumn(f"{name}\0number", values)


def _text(name: str, array: pa.Array) -> Iterator[CanonicalColumn]:
    import numpy as np

    from core.data.buffers import numpy_of

    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int32, len(array) + 1, array.offset * 4)
    lengths = np.diff(ends)
    if array.null_count:
        lengths = np.where(numpy_of(array.is_null()), np.int32(-1), lengths)
    yield CanonicalColumn(f"{name}\0lengths", lengths)
    yield CanonicalColumn(f"{name}\0text", memoryview(data or b""), ends)


class RowsHash:
    """A running fingerprint of rows, fed column by column and stretch by stretch."""

    def __init__(self) -> None:
        self._hashes: dict[str, Any] = {}

    def add(self, column: CanonicalColumn, start: int, end: int) -> None:
        """Add the rows of a column from ``start`` to before ``end``."""
        self._of(column.key).update(column.between(start, end))

    def hexdigest(self) -> str:
        """32 hexadecimal digits."""
        total = hashlib.blake2b(digest_size=16)
        for key in sorted(self._hashes):
            total.update(f"{key}\0".encode("utf-8", "surrogatepass") + self._hashes[key].digest())
        return total.hexdigest()

    def _of(self, key: str) -> Any:
        found = self._hashes.get(key)
        if found is None:
            found = self._hashes[key] = hashlib.blake2b(digest_size=16)
        return found


def fingerprint_of(*parts: object) -> str:
    """One fingerprint of several texts or numbers, in order; 32 hexadecimal digits."""
    total = hashlib.blake2b(digest_size=16)
    for part in parts:
        total.update(f"{part}\0".encode("utf-8", "surrogatepass"))
    return total.hexdigest()
