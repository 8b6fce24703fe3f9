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


class RowsHash:
    """A running fingerprint of rows, fed table by table."""

    def __init__(self) -> None:
        self._hashes: dict[str, Any] = {}

    def update(self, table: pa.Table) -> None:
        """Add rows (of canonical types)."""
        import pyarrow as pa

        for name, column in zip(table.column_names, table.columns, strict=True):
            for chunk in column.chunks:
                if pa.types.is_dictionary(chunk.type):
                    self._text(name, chunk.dictionary_decode())
                else:
                    self._numbers(name, chunk)

    def hexdigest(self) -> str:
        """32 hexadecimal digits."""
        total = hashlib.blake2b(digest_size=16)
        for key in sorted(self._hashes):
            total.update(f"{key}\0{self._hashes[key].hexdigest()}\0".encode("utf-8", "surrogatepass"))
        return total.hexdigest()

    def _of(self, key: str) -> Any:
        if key not in self._hashes:
            self._hashes[key] = hashlib.blake2b(digest_size=16)
        return self._hashes[key]

    def _numbers(self, name: str, array: pa.Array) -> None:
        import numpy as np
        import pyarrow as pa

        if pa.types.is_timestamp(array.type):
            times = array.to_numpy(zero_copy_only=False).astype("datetime64[us]")
            self._of(f"{name}\0time").update(_bytes(times.view(np.int64)))
            return
        if pa.types.is_integer(array.type) and not array.null_count:
            whole = array.to_numpy(zero_copy_only=False)
            if len(whole) and (whole.max() > _EXACT or whole.min() < -_EXACT):
                self._of(f"{name}\0large").update(_bytes(whole))
        self._of(f"{name}\0number").update(_bytes(_floats(array)))

    def _text(self, name: str, array: pa.Array) -> None:
        import numpy as np

        _, offsets, data = array.buffers()
        ends = np.frombuffer(offsets, np.int32, len(array) + 1, array.offset * 4)
        lengths = np.diff(ends)
        if array.null_count:
            lengths = np.where(array.is_null().to_numpy(zero_copy_only=False), -1, lengths).astype(np.int32)
        self._of(f"{name}\0lengths").update(_bytes(lengths))
        if data is not None:
            self._of(f"{name}\0text").update(memoryview(data)[ends[0] : ends[-1]])


def _floats(array: pa.Array) -> np.ndarray:
    import numpy as np
    import pyarrow as pa

    values = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    odd = np.isnan(values) | ((values == 0) & np.signbit(values))
    if odd.any():
        values = np.where(np.isnan(values), np.nan, values) + 0.0
    return values


def _bytes(array: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.ascontiguousarray(array).view(np.uint8)


def fingerprint_of(*parts: object) -> str:
    """One fingerprint of several texts or numbers, in order; 32 hexadecimal digits."""
    total = hashlib.blake2b(digest_size=16)
    for part in parts:
        total.update(f"{part}\0".encode("utf-8", "surrogatepass"))
    return total.hexdigest()
