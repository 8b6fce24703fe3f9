"""Files and queries as raw Arrow tables, in the source's order, a bounded chunk at a time.

Text formats come with every value as text (or as JSON typed it); :mod:`core.data.canonical` gives types.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core.data import spool, sql
from core.data.locate import Item
from incumbent.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_ROWS = 65_536
#: How pandas calls the row numbers that it writes beside the columns.
_PANDAS_INDEX = re.compile(r"__index_level_\d+__")
_CSV_BLOCK = 4 << 20
#: What pandas reads as missing, too.
NULLS = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
    "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
]  # fmt: skip


def column_names(item: Item) -> list[str]:
    """The names of a file's columns.

    Raises
    ------
    DataError
        Where the file is empty, unreadable, or names two columns alike.
    """
    with translated(item):
        if item.format == "sql":
            names = spool.spooled_columns(_spool(item))
        elif item.format == "parquet":
            import pyarrow.parquet as pq

            held = pq.ParquetFile(item.path).schema_arrow.names
            names = [name for name in held if not _PANDAS_INDEX.fullmatch(name)]
        elif item.format == "csv":
            names = _csv_header(item)
        else:
            names = _jsonl_names(item)
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DataError(f"{item.name} has two columns named {twice[0]!r}", hint="rename one of them")
    return names


def tables(item: Item, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The file's rows with these of its columns, chunk by chunk."""
    if item.format == "sql":
        yield from spool.spooled_tables(_spool(item), list(columns))
        return
    read = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}[item.format]
    with translated(item):
        yield from read(item, list(columns))


def _spool(item: Item) -> Path:
    """Where a query's result lies while its source is looked at."""
    folder = cast(sql.QueryItem, item).spool
    assert folder is not None, "a query is read through core.data.spool"
    return folder


class translated:
    """Turns what readers raise about a damaged file into a :class:`DataError` with the file's name."""

    def __init__(self, item: Item) -> None:
        self.item = item

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        import zlib

        import pyarrow as pa

        damaged = (pa.ArrowInvalid, OSError, UnicodeDecodeError, EOFError, zlib.error, pa.ArrowKeyError)
        if isinstance(error, FileNotFoundError):
            raise DataError(f"{self.item.name} has gone", hint="was it moved while it was read?") from error
        if isinstance(error, damaged):
            what = str(error).splitlines()[0] if str(error) else type(error).__name__
            what = "".join(c if c.isprintable() else "�" for c in what)
            hint = _way_out(self.item, what)
            if "Empty CSV file" in what and hint == WHOLE:
                raise DataError(f"{self.item.name} is empty", hint="it should begin with a line of names")
            raise DataError(f"{self.item.name} cannot be read: {what}", hint=hint) from error


WHOLE = "is the file whole?"
#: The bytes that UTF-16 and UTF-32 files begin with, and those of gzip.
_OTHER_ENCODINGS, _GZIP = (b"\xff\xfe", b"\xfe\xff"), b"\x1f\x8b"


def _way_out(item: Item, what: str) -> str:
    """What to do about a file that a reader stumbled over, by its first bytes and the reader's words."""
    first = b""
    if item.path.is_file():
        with open(item.path, "rb") as file:
            first = file.read(4)
    zipped = item.path.name.lower().endswith(".gz")
    if zipped and not first.startswith(_GZIP):
        return "it is not compressed with gzip: rename it without .gz, or compress it"
    if not zipped and first.startswith(_GZIP):
        return "it is compressed with gzip: rename it to end with .gz"
    if first.startswith(_OTHER_ENCODINGS) or "utf8" in what.lower() or "utf-8" in what.lower():
        return "save it as UTF-8: iconv -f LATIN1 (or UTF-16) -t UTF-8"
    if "Expected" in what and "columns, got" in what:
        return "a row has more or fewer values than there are names: mend that row, or quote its values"
    return WHOLE


def _delimiter(item: Item, header: bytes) -> str:
    if ".tsv" in item.path.name.lower():
        return "\t"
    return max(",;\t|", key=lambda c: (header.count(c.encode()), c == ","))


def _csv_options(item: Item) -> Any:
    import pyarrow as pa
    import pyarrow.csv as pc

    with pa.input_stream(str(item.path)) as stream:
        header = stream.read(65_536).split(b"\n", 1)[0]
    return pc.ParseOptions(delimiter=_delimiter(item, header), newlines_in_values=True)


def _csv_header(item: Item) -> list[str]:
    import pyarrow as pa
    import pyarrow.csv as pc

    with (
        pa.input_stream(str(item.path)) as stream,
        pc.open_csv(stream, parse_options=_csv_options(item)) as reader,
    ):
        return list(reader.schema.names)


def _csv(item: Item, columns: list[str]) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.csv as pc

    convert = pc.ConvertOptions(
        column_types={n: pa.string() for n in columns},
        include_columns=columns,
        null_values=NULLS,
        strings_can_be_null=True,
    )
    with (
        pa.input_stream(str(item.path)) as stream,
        pc.open_csv(
            stream,
            read_options=pc.ReadOptions(block_size=_CSV_BLOCK),
            parse_options=_csv_options(item),
            convert_options=convert,
        ) as reader,
    ):
        for batch in reader:
            yield pa.Table.from_batches([batch])


def _jsonl_lines(item: Item) -> Iterator[dict[str, Any]]:
    import gzip

    opened = gzip.open if item.path.name.endswith(".gz") else open
    with opened(item.path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise DataError(
                    f"{item.name}, line {number} is not JSON: {error.msg}", hint="mend that line"
                ) from None
            if not isinstance(row, dict):
                raise DataError(f"{item.name}, line {number} is not an object", hint="one JSON object a line")
            yield row


def _jsonl_names(item: Item) -> list[str]:
    names: dict[str, None] = {}
    for count, row in enumerate(_jsonl_lines(item)):
        names.update(dict.fromkeys(row))
        if count == CHUNK_ROWS:
            break
    if not names:
        raise DataError(f"{item.name} is empty", hint="one JSON object a line")
    return list(names)


def _jsonl(item: Item, columns: list[str]) -> Iterator[pa.Table]:
    rows: list[dict[str, Any]] = []
    for row in _jsonl_lines(item):
        rows.append(row)
        if len(rows) == CHUNK_ROWS:
            yield table_of(rows, columns)
            rows = []
    if rows:
        yield table_of(rows, columns)


def table_of(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> pa.Table:
    """A raw table of plain Python rows; a column whose values are of several types comes as text."""
    import pyarrow as pa

    return pa.table({name: array_of([row.get(name) for row in rows]) for name in columns})


def array_of(values: list[Any]) -> pa.Array:
    """Plain values as an array; as text where they are of several types."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([v if v is None or isinstance(v, str) else _plain(v) for v in values], pa.string())


def _plain(value: Any) -> str:
    if isinstance(value, dict | list | bool | int | float):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def _parquet(item: Item, columns: list[str]) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(item.path, memory_map=True) as probe:
        text = [
            f.name
            for f in probe.schema_arrow
            if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)
        ]
    with pq.ParquetFile(item.path, memory_map=True, read_dictionary=text) as file:
        for batch in file.iter_batches(batch_size=CHUNK_ROWS * 2, columns=columns):
            yield pa.Table.from_batches([batch])
