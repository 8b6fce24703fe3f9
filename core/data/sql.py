"""A query against any database that SQLAlchemy knows, streamed in chunks.

Secrets in the URL are ``${NAME}`` references to environment or keyring; they are looked up on connecting,
and never appear in a message. Whether a SQLite file has changed is known by its size and time; other
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
from core.secrets import absent, look_up
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
    path = _sqlite_file(_REFERENCE.sub(_look_up, url) if url.startswith("sqlite") else url, root)
    if path is None:
        return QueryItem(Path(shown), shown, "sql", 0, time.time_ns(), url, query, root)
    if not path.is_file():
        told = _sqlite_file(url, root)  # with its references: what they stand for may be a secret
        raise DataError(f"there is no database {told}", hint="check the URL: sqlite:///path/to/file.db")
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

    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("pragma query_only = on")  # whatever the query says, nothing is changed
    text = sqlalchemy.text(query.replace(":", r"\:"))
    result = connection.execution_options(stream_results=True, yield_per=_CHUNK_ROWS).execute(text)
    if not result.returns_rows:
        raise DataError("the spec's query gives no rows at all", hint="write one that begins with SELECT")
    return result


def _failed(item: QueryItem, error: Exception) -> DataError:
    """The driver's own words, without the URL or anything that came from the environment."""
    words = str(getattr(error, "orig", None) or error).splitlines()[0]
    for name in _REFERENCE.findall(item.url):
        secret = look_up(name)
        words = words.replace(secret, "…") if secret else words
    hint = "install that driver beside incumbent" if isinstance(error, ImportError) else _way_out(words)
    return DataError(f"the query against {item.name} failed: {words}", hint=hint)


#: What to do about failures that databases word like this.
_WAYS_OUT = {
    "readonly": "a query only reads: write one that begins with SELECT",
    "is locked": "another program is writing to it: try again when that is done",
    "number of bindings": "a query takes no parameters: write the values into it, or make a view",
    "not a database": "is it the right file, and whole?",
    "malformed": "is it the right file, and whole?",
    "refused": "is the database running, and are host and port right?",
    "authentication": "are user and password right?",
}


def _way_out(words: str) -> str:
    """What to do about a failure that a database told of.

    Examples
    --------
    >>> _way_out("database is locked")
    'another program is writing to it: try again when that is done'
    """
    found = (hint for sign, hint in _WAYS_OUT.items() if sign in words.lower())
    return next(found, "try the query in the database's own shell")


def _look_up(match: re.Match[str]) -> str:
    """What a ``${NAME}`` stands for."""
    value = look_up(match[1])
    if value is None:
        raise DataError(
            f"the data's URL needs a secret: {absent(match[1])}", hint=f"export {match[1]}=… before starting"
        )
    return value


def _resolved(item: QueryItem) -> URL:
    from sqlalchemy.engine import make_url

    url = make_url(item.url)
    filled = {
        part: _REFERENCE.sub(_look_up, str(getattr(url, part)))
        for part in ("username", "password", "host", "database")
        if getattr(url, part) is not None
    }
    if url.get_backend_name() == "sqlite" and filled.get("database", "") not in ("", ":memory:"):
        filled["database"] = str(item.path)
    return url.set(**filled)  # type: ignore[arg-type]


def _sqlite_file(url: str, root: Path) -> Path | None:
    """The file that a SQLite URL names, relative ones in the workspace."""
    if not re.match(r"sqlite(\+\w+)?:///", url):
        return None
    path = url.split(":///", 1)[1].partition("?")[0]
    return Path(os.path.normpath(os.path.join(root, path))) if path not in ("", ":memory:") else None
