"""A query's result, kept beside the cache while it is looked at: the database is asked once.

Names, kinds and rows are then all of one answer, even where the database changes meanwhile.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.data.sql import QueryItem, query_result

if TYPE_CHECKING:
    import pyarrow as pa

_NAMES = "names.json"


@contextmanager
def spooled(item: QueryItem, cache: Path) -> Iterator[QueryItem]:
    """The item with its result in files, chunk by chunk; they go when the block ends."""
    import pyarrow as pa

    cache.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="query-", dir=cache))
    try:
        with query_result(item) as (names, chunks):
            (folder / _NAMES).write_text(json.dumps(names), "utf-8")
            for number, table in enumerate(chunks):
                path = str(folder / f"{number:08d}.arrow")
                with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                    writer.write_table(table)
        yield replace(item, spool=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def spooled_columns(folder: Path) -> list[str]:
    """The names of the result's columns."""
    names: list[str] = json.loads((folder / _NAMES).read_text("utf-8"))
    return names


def spooled_tables(folder: Path, columns: list[str]) -> Iterator[pa.Table]:
    """The result's rows with these columns, chunk by chunk, in the database's order."""
    import pyarrow as pa

    for path in sorted(folder.glob("*.arrow")):
        yield pa.ipc.open_file(pa.memory_map(str(path))).read_all().select(columns)
