"""Content fingerprints of rows: equal rows in equal order give equal fingerprints, however they are chunked.

Every column of a partition has running blake2b hashes over canonical bytes: numbers, booleans and times as
float64 or int64 with one pattern for null; text as its lengths (-1 for null) and its bytes. Whole and real
numbers of equal value are the same, so that a column keeps the fingerprints of its older partitions
when it turns from int to float with its first null.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_EXACT = 2**53


class CanonicalRows:
    """A table's rows as canonical bytes, of which any stretch can be hashed.

    Parameters
    ----------
    table : Table
        Of canonical types (:mod:`core.data.canonical`).
    """

    def __init__(self, table: pa.Table) -> None:
        import pyarrow as pa

        from core.data.buffers import numpy_of

        self.fixed: list[tuple[str, np.ndarray]] = []  # one value a row
        self.text: list[tuple[str, np.ndarray, memoryview]] = []  # where each row's text ends, and all bytes
        for name, column in zip(table.column_names, table.columns, strict=True):
            chunk = pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)
            if pa.types.is_dictionary(chunk.type):
                self._add_text(name, chunk.dictionary_decode())
            elif pa.types.is_timestamp(chunk.type):
                self.fixed.append((f"{name}\0time", numpy_of(chunk)))
            else:
                self._add_numbers(name, chunk)

    def _add_numbers(self, name: str, array: pa.Array) -> None:
        import numpy as np
        import pyarrow as pa

        from core.data.buffers import numpy_of

        if pa.types.is_integer(array.type) and len(array) and not array.null_count:
            whole = numpy_of(array)
            if whole.max() > _EXACT or whole.min() < -_EXACT:
                self.fixed.append((f"{name}\0large", whole))
        values = numpy_of(array.cast(pa.float64(), safe=False)) + 0.0  # minus zero is zero
        values[np.isnan(values)] = np.nan  # one pattern for every NaN
        self.fixed.append((f"{name}\0number", values))

    def _add_text(self, name: str, array: pa.Array) -> None:
        import numpy as np

        from core.data.buffers import numpy_of

        _, offsets, data = array.buffers()
        ends = np.frombuffer(offsets, np.int32, len(array) + 1, array.offset * 4)
        lengths = np.diff(ends)
        if array.null_count:
            lengths = np.where(numpy_of(array.is_null()), np.int32(-1), lengths)
        self.fixed.append((f"{name}\0lengths", lengths))
        self.text.append((f"{name}\0text", ends, memoryview(data or b"")))


class RowsHash:
    """A running fingerprint of rows, fed stretch by stretch."""

    def __init__(self) -> None:
        self._hashes: dict[str, Any] = {}

    def update(self, rows: CanonicalRows, start: int, end: int) -> None:
        """Add the rows from ``start`` to before ``end``."""
        import numpy as np

        for key, values in rows.fixed:
            self._of(key).update(np.ascontiguousarray(values[start:end]).view(np.uint8))
        for key, ends, data in rows.text:
            self._of(key).update(data[ends[start] : ends[end]])

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
