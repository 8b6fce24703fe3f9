"""Arrow columns as numpy arrays, read from their buffers, and a few Arrow values made of such.

Arrow's own ``to_numpy`` and ``array`` load pandas, which takes half a second of a command that never sees a
data frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

_NOT_A_TIME = np.iinfo(np.int64).min
_DTYPES = {"double": "f8", "float": "f4", "halffloat": "f2"}


def numpy_of(column: pa.ChunkedArray | pa.Array, null: float = math.nan) -> np.ndarray:
    """A column of numbers, booleans or times as numpy has it.

    Parameters
    ----------
    column : Arrow array, chunked or not
    null : number
        What stands for a null; of times it is NaT.

    Returns
    -------
    ndarray, shape (rows,)
        Times as ``datetime64[us]``. Read-only where it is Arrow's own memory.

    Examples
    --------
    >>> import pyarrow as pa
    >>> numpy_of(pa.chunked_array([[1.5], [None, 2.5]])).tolist()
    [1.5, nan, 2.5]
    >>> numpy_of(pa.array([True, False])).tolist(), numpy_of(pa.array([3, None]), null=-1).tolist()
    ([True, False], [3, -1])
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind):
        counts = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
        return _filled(counts, np.dtype(np.int64), _NOT_A_TIME).view("datetime64[us]")
    if pa.types.is_boolean(kind):
        return _filled(column.cast(pa.uint8()), np.dtype(np.uint8), null).view(np.bool_)
    return _filled(column, np.dtype(_DTYPES.get(str(kind), str(kind))), null)


def text_array(texts: Sequence[str]) -> pa.Array:
    """Texts as an Arrow array.

    Examples
    --------
    >>> text_array(["true", "", "né"]).to_pylist()
    ['true', '', 'né']
    """
    import pyarrow as pa

    encoded = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, encoded)]).astype(np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def number(value: float) -> pa.Scalar:
    """A number as an Arrow scalar of float64.

    Examples
    --------
    >>> number(0.5).as_py()
    0.5
    """
    import pyarrow as pa

    return pa.Array.from_buffers(pa.float64(), 1, [None, pa.py_buffer(np.array([value]))])[0]


def _filled(column: pa.ChunkedArray | pa.Array, dtype: np.dtype, null: float) -> np.ndarray:
    values = _joined(column, dtype)
    if column.null_count:
        values = values.copy()
        values[numpy_of(column.is_null())] = null
    return values


def _joined(column: pa.ChunkedArray | pa.Array, dtype: np.dtype) -> np.ndarray:
    """The values of all chunks, whatever stands where there is none, shape (rows,)."""
    chunks = getattr(column, "chunks", [column])
    parts = [
        np.frombuffer(chunk.buffers()[1], dtype, len(chunk), chunk.offset * dtype.itemsize)
        for chunk in chunks
        if len(chunk)
    ]
    if not parts:
        return np.empty(0, dtype)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
