"""A query against any database that SQLAlchemy knows, streamed in chunks.

Secrets in the URL are ``${NAME}`` references to the environment; they are looked up when the connection is
made and never appear in a message. Whether a SQLite file has changed is known by its size and time; other
databases are asked again by every command, and equal rows have equal fingerprints.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.locate import Item
from incumbent.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy.engine import URL, Connection

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CHUNK_ROWS = 20_000


@dataclass(frozen=True)
class QueryItem(Item):
    """A query's result in the place of a file; ``url`` still has its references.

    ``spool`` is where the result lies while it is looked at (:mod:`core.data.spool`).
    """

    url: str = ""
    query: str = ""
    root: Path = Path()
    spool: Path | None = None


def locate_query(url: str, query: str, root: Path) -> QueryItem:
    """The query as an item, with the database file's state where it has one.

    Raises
    ------
    DataError
        Where the SQLite file does not exist (connecting would make an empty one).
    """
    shown = _REFERENCE.sub("…", re.sub(r"//[^/@]*@", "//…@", url))
    path = _sqlite_file(url, root)
    if path is None:
        return QueryItem(Path(shown), shown, "sql", 0, time.time_ns(), url, query, root)
    if not path.is_file():
        raise DataError(f"there is no database {path}", hint="check the URL: sqlite:///path/to/file.db")
    states = [os.stat(p) for p in (path, Path(f"{path}-wal")) if p.is_file()]
    size, modified = sum(s.st_size for s in states), max(s.st_mtime_ns for s in states)
    return QueryItem(path, shown, "sql", size, modified, url, query, root)


def query_columns(item: QueryItem) -> list[str]:
    """The names of the result's columns."""
    with query_result(item) as (names, _):
        return names


@contextmanager
def query_result(item: QueryItem) -> Iterator[tuple[list[str], Iterator[pa.Table]]]:
    """The names of the result's columns, and its rows, chunk by chunk, as raw tables."""
    with _result(item) as result:
        names = _names(result)
        if twice := sorted({n for n in names if names.count(n) > 1}):
            raise DataError(f"{item.name} has two columns named {twice[0]!r}", hint="rename one of them")
        yield names, _chunks(result, names)


def _chunks(result: Any, names: list[str]) -> Iterator[pa.Table]:
    import pyarrow as pa

    from core.data.raw import array_of

    for rows in result.partitions(_CHUNK_ROWS):
        yield pa.table({name: array_of([row[place] for row in rows]) for place, name in enumerate(names)})


def _names(result: Any) -> list[str]:
    return list(result.keys())


@contextmanager
def _result(item: QueryItem) -> Iterator[Any]:
    import sqlalchemy
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = sqlalchemy.create_engine(_resolved(item))
    except (SQLAlchemyError, ImportError) as error:
        raise _failed(item, error) from None
    try:
        with engine.connect() as connection:
            yield _streamed(connection, item.query)
    except SQLAlchemyError as error:
        raise _failed(item, error) from None
    finally:
        engine.dispose()


def _streamed(connection: Connection, query: str) -> Any:
    import sqlalchemy

    text = sqlalchemy.text(query.replace(":", r"\:"))
    return connection.execution_options(stream_results=True, yield_per=_CHUNK_ROWS).execute(text)


def _failed(item: QueryItem, error: Exception) -> DataError:
    """The driver's own words, without the URL or anything that came from the environment."""
    words = str(getattr(error, "orig", None) or error).splitlines()[0]
    for name in _REFERENCE.findall(item.url):
        secret = os.environ.get(name)
        words = words.replace(secret, "…") if secret else words
    missing = isinstance(error, ImportError)
    hint = "install that driver beside incumbent" if missing else "try the query in the database's own shell"
    return DataError(f"the query against {item.name} failed: {words}", hint=hint)


def _resolved(item: QueryItem) -> URL:
    from sqlalchemy.engine import make_url

    def look_up(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise DataError(
                f"the data's URL needs {match[0]}, which is not in the environment",
                hint=f"export {match[1]}=… before starting",
            )
        return value

    url = make_url(item.url)
    filled = {
        part: _REFERENCE.sub(look_up, str(getattr(url, part)))
        for part in ("username", "password", "host", "database")
        if getattr(url, part) is not None
    }
    path = _sqlite_file(item.url, item.root)
    if path is not None:
        filled["database"] = str(path)
    return url.set(**filled)  # type: ignore[arg-type]


def _sqlite_file(url: str, root: Path) -> Path | None:
    """The file that a SQLite URL names, relative ones in the workspace."""
    if not re.match(r"sqlite(\+\w+)?:///", url):
        return None
    path = url.split(":///", 1)[1].partition("?")[0]
    return Path(os.path.normpath(os.path.join(root, path))) if path not in ("", ":memory:") else None
