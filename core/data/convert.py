"""Typed Arrow tables as what checks and training take: ``Columns`` and pandas frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incumbent.columns import Array, Coded

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def to_columns(table: pa.Table) -> dict[str, Array]:
    """The table as :data:`incumbent.columns.Columns`; text never becomes Python objects row by row.

    Examples
    --------
    >>> import pyarrow as pa
    >>> columns = to_columns(pa.table({"a": [1, None], "b": pa.array(["x", "y"]).dictionary_encode()}))
    >>> columns["a"].tolist(), columns["b"].values
    ([1.0, nan], ('x', 'y'))
    """
    return {name: _array(table.column(name)) for name in table.column_names}


def _array(column: pa.ChunkedArray) -> Array:
    import pyarrow as pa

    from core.data.buffers import numpy_of

    if pa.types.is_dictionary(column.type):
        chunk = single(column)
        codes = numpy_of(chunk.indices, null=-1)
        return Coded(codes, tuple(chunk.dictionary.to_pylist()))
    if column.null_count and not pa.types.is_timestamp(column.type):
        column = column.cast(pa.float64(), safe=False)
    return numpy_of(column)


def single(column: pa.ChunkedArray) -> pa.Array:
    """One chunk, whose dictionary (if it has one) holds few values that no row has."""
    import pyarrow as pa

    if column.num_chunks > 1:
        column = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column
        chunk = pa.concat_arrays(column.chunks)
    else:
        chunk = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(chunk.type) and len(chunk.dictionary) > 2 * len(chunk):
        chunk = chunk.dictionary_decode().dictionary_encode()
    return chunk


def to_frame(table: pa.Table) -> pd.DataFrame:
    """The table as a pandas frame: text as pandas' text, numbers with nulls as float64, index 0, 1, 2 …"""
    import pyarrow as pa

    plain = {
        name: column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    frame: pd.DataFrame = pa.table(plain).to_pandas()
    return frame
