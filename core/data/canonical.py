"""Raw tables in the types that a column's kind asks for, and plain words about what does not fit.

number → int64 or float64; boolean → bool; category and text → dictionary of text; time → timestamp in
microseconds without a zone (times with one have become UTC).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.spec import ColumnKind
from incumbent.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

ZONE = r"[0-9]\s*(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_TRUE, _FALSE = ["true", "1", "yes", "1.0", "t", "y"], ["false", "0", "no", "0.0", "f", "n"]


class ColumnError(DataError):
    """A column's values are not of the kind that it has: it was retyped, or one value is wrong."""

    def __init__(self, column: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.column = column


@dataclass
class Caster:
    """Gives types to one file's tables, and counts rows for messages.

    Parameters
    ----------
    file : str
        What messages call the file.
    kinds : mapping of column name to kind
        Columns of kind ``ignore`` are dropped.
    """

    file: str
    kinds: dict[str, ColumnKind]
    rows: int = 0
    zoned: dict[str, bool] = field(default_factory=dict)

    def cast(self, table: pa.Table) -> pa.Table:
        """The same rows, typed; a column that the file lacks is null.

        Raises
        ------
        DataError
            For a value that does not fit its column's kind, with its row, file and value.
        """
        import pyarrow as pa

        arrays = {}
        for name, kind in self.kinds.items():
            if kind == "ignore":
                continue
            if name in table.column_names:
                column = table.column(name)
                chunk = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
                if isinstance(chunk, pa.ChunkedArray):
                    chunk = pa.concat_arrays(chunk.chunks) if chunk.num_chunks else pa.array([], chunk.type)
                arrays[name] = self._column(name, kind, chunk)
            else:
                arrays[name] = pa.nulls(table.num_rows, EMPTY[kind]())
        self.rows += table.num_rows
        return pa.table(arrays)

    def _column(self, name: str, kind: ColumnKind, array: pa.Array) -> pa.Array:
        import pyarrow as pa

        if pa.types.is_null(array.type):
            return pa.nulls(len(array), EMPTY[kind]())
        if kind == "number":
            return self._number(name, array)
        if kind == "boolean":
            return self._boolean(name, array)
        if kind == "time":
            return self._time(name, array)
        return as_text(array)

    def _number(self, name: str, array: pa.Array) -> pa.Array:
        import pyarrow as pa

        kind = array.type
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return array.cast(pa.float64(), safe=False)
        if pa.types.is_boolean(kind):
            return array.cast(pa.int64())
        if pa.types.is_integer(kind):
            return array.cast(pa.float64() if kind == pa.uint64() else pa.int64(), safe=False)
        if pa.types.is_duration(kind):
            return _seconds(array)
        if not is_text(kind):
            raise self._wrong(name, f"is of type {kind}, not a number")
        array = plain_text(array)
        for target in (pa.int64(), pa.float64()):
            try:
                return array.cast(target)
            except pa.ArrowInvalid:
                continue
        return self._number_slowly(name, array)

    def _number_slowly(self, name: str, array: pa.Array) -> pa.Array:
        """Spaces around numbers are forgiven; the first value that is none is named."""
        import pyarrow as pa

        values: list[float | None] = []
        for row, text in enumerate(array.to_pylist(), self.rows + 1):
            try:
                values.append(None if text is None or not text.strip() else float(text))
            except ValueError:
                raise self._wrong(
                    name,
                    f"holds numbers, but {text!r} in row {row:,}",
                    f'mend that row, or write {name} = "category" (or "text") under [columns]',
                ) from None
        return pa.array(values, pa.float64())

    def _boolean(self, name: str, array: pa.Array) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        from core.data.buffers import text_array

        if pa.types.is_boolean(array.type):
            return array
        words = pc.utf8_lower(pc.utf8_trim_whitespace(plain_text(as_text(array))))
        yes = pc.is_in(words, value_set=text_array(_TRUE))
        known = pc.or_(yes, pc.is_in(words, value_set=text_array(_FALSE)))
        odd = pc.and_(pc.invert(known), pc.is_valid(words))
        if pc.any(odd).as_py():
            row = pc.index(odd, True).as_py()
            raise self._wrong(
                name,
                f"holds booleans, but {words[row].as_py()!r} in row {self.rows + row + 1:,}",
                f'mend that row, or write {name} = "category" under [columns]',
            )
        return pc.if_else(pc.is_valid(words), yes, pa.scalar(None, pa.bool_()))

    def _time(self, name: str, array: pa.Array) -> pa.Array:
        import pyarrow as pa

        kind = array.type
        if pa.types.is_timestamp(kind):
            self._note_zone(name, kind.tz is not None, array)
            if kind.tz is not None:
                array = array.cast(pa.timestamp(kind.unit, "UTC")).cast(pa.timestamp(kind.unit))
            return array.cast(pa.timestamp("us"), safe=False)
        if pa.types.is_date(kind):
            self._note_zone(name, False, array)
            return array.cast(pa.timestamp("ms")).cast(pa.timestamp("us"))
        if not is_text(kind):
            raise self._wrong(
                name,
                f"is of type {kind}, not a time",
                "times are timestamps or ISO 8601 text: 2013-07-01T18:00",
            )
        return self._time_of_text(name, plain_text(array))

    def _time_of_text(self, name: str, array: pa.Array) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        zoned = pc.match_substring_regex(array, pattern=ZONE)
        dates = pc.less_equal(pc.utf8_length(array), 10)  # 2013-07-01 ends like a zone
        zoned = pc.and_(zoned, pc.invert(dates))
        some, every = pc.any(zoned).as_py(), pc.all(zoned).as_py()
        if some and not every:
            row = pc.index(pc.invert(zoned), True).as_py()
            raise self._mixture(name, f"row {self.rows + row + 1:,} ({array[row].as_py()!r}) has none")
        if some is not None:
            self._note_zone(name, bool(some), array)
        try:
            if some:
                return array.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
            return array.cast(pa.timestamp("us"))
        except pa.ArrowInvalid:
            return self._time_slowly(name, array)

    def _time_slowly(self, name: str, array: pa.Array) -> pa.Array:
        """Forms of ISO 8601 that Arrow does not read; the first value that is no time is named."""
        from datetime import UTC, datetime

        import pyarrow as pa

        values: list[datetime | None] = []
        for row, text in enumerate(array.to_pylist(), self.rows + 1):
            try:
                moment = None if text is None or not text.strip() else datetime.fromisoformat(text.strip())
            except ValueError:
                raise self._wrong(
                    name,
                    f"holds times, but {text!r} in row {row:,}",
                    "write times as 2013-07-01 or 2013-07-01T18:00",
                ) from None
            if moment is not None and moment.tzinfo is not None:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
            values.append(moment)
        return pa.array(values, pa.timestamp("us"))

    def _note_zone(self, name: str, zoned: bool, array: pa.Array) -> None:
        if array.null_count < len(array) and self.zoned.setdefault(name, zoned) != zoned:
            raise self._mixture(name, f"from row {self.rows + 1:,} on it is otherwise")

    def _mixture(self, name: str, where: str) -> ColumnError:
        return self._wrong(
            name,
            f"mixes times with and without a time zone: {where}",
            "write all of them with a zone, or none",
        )

    def _wrong(self, name: str, what: str, hint: str = "") -> ColumnError:
        return ColumnError(name, f"{self.file}: column {name!r} {what}", hint)


def text_type() -> Any:
    """The type of categories and text in memory."""
    import pyarrow as pa

    return pa.dictionary(pa.int32(), pa.string())


def _arrow(name: str) -> Any:
    import pyarrow as pa

    return {"number": pa.int64(), "boolean": pa.bool_(), "time": pa.timestamp("us")}[name]


#: The type of a column of which a table knows nothing but nulls.
EMPTY = {
    "number": lambda: _arrow("number"),
    "boolean": lambda: _arrow("boolean"),
    "time": lambda: _arrow("time"),
    "category": text_type,
    "text": text_type,
}


def is_text(kind: Any) -> bool:
    """Whether an Arrow type is text, plain or as a dictionary."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def plain_text(array: pa.Array) -> pa.Array:
    """Text without a dictionary."""
    import pyarrow as pa

    return array.cast(pa.string())


def as_text(array: pa.Array) -> pa.Array:
    """Any array as a dictionary of text; whole numbers are written without a point (1.0 is "1")."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from core.data.buffers import number

    if pa.types.is_dictionary(array.type):
        if array.type == text_type():
            return array
        if is_text(array.type):
            return array.cast(text_type())
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        array = array.cast(pa.float64(), safe=False)
        array = pc.if_else(pc.is_nan(array), pa.nulls(1, pa.float64())[0], array)
        whole = pc.and_(pc.equal(array, pc.floor(array)), pc.less(pc.abs(array), number(2.0**53)))
        digits = pc.if_else(whole, array, number(0.0)).cast(pa.int64()).cast(pa.string())
        array = pc.if_else(whole, digits, array.cast(pa.string()))
    if not is_text(array.type) and pa.types.is_timestamp(array.type):
        array = pc.strftime(array, format="%Y-%m-%dT%H:%M:%S")
    return array.cast(pa.string()).dictionary_encode()


def _seconds(array: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    ticks = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[array.type.unit]
    return pc.divide(array.cast(pa.int64()).cast(pa.float64()), ticks)
