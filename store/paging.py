"""Pages by keyset: a page continues after the last row of the one before, however long the listing is.

``OFFSET`` would read and throw away all that was shown before, and would repeat or skip rows while others are
added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from incumbent.errors import InputError
from store.database import Database, Row
from store.records import Page

MOST = 10_000


class Filter:
    """A ``WHERE`` clause that grows by the conditions that were asked for.

    Examples
    --------
    >>> chosen = Filter().equal("kind", "nowtest").equal("state", None)
    >>> chosen.sql, chosen.parameters
    (' WHERE kind = ?', ['nowtest'])
    """

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self.parameters: list[Any] = []

    def equal(self, column: str, value: Any) -> Filter:
        """Keep rows whose column has this value; None asks for nothing."""
        return self if value is None else self.that(f"{column} = ?", value)

    def that(self, condition: str, *parameters: Any) -> Filter:
        """Keep rows that meet a condition."""
        self._conditions.append(condition)
        self.parameters.extend(parameters)
        return self

    @property
    def sql(self) -> str:
        """The clause, with its leading blank; empty without a condition."""
        return f" WHERE {' AND '.join(self._conditions)}" if self._conditions else ""


def newest_first(
    database: Database,
    select: str,
    chosen: Filter,
    record: Callable[[Row], Any],
    after: str | None,
    limit: int,
    key: str = "id",
) -> Page:
    """A page of rows by falling id.

    Parameters
    ----------
    select : str
        ``SELECT … FROM …`` whose columns include ``id``.
    chosen : Filter
        Which rows.
    record : callable
        Makes a record of a row.
    after : str or None
        ``Page.after`` of the page before.
    limit : int
        Rows in a page, 1 to 10,000.
    key : str
        The id column as the statement names it.
    """
    if not 1 <= limit <= MOST:
        raise InputError(f"a page of {limit} rows", hint=f"ask for 1 to {MOST}")
    if after is not None:
        chosen.that(f"{key} < ?", place(after))
    rows = database.rows(f"{select}{chosen.sql} ORDER BY {key} DESC LIMIT ?", [*chosen.parameters, limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(tuple(record(row) for row in rows), str(rows[-1]["id"]) if more else None)


def place(after: str) -> int:
    """The id in a page's ``after``."""
    try:
        return int(after)
    except ValueError:
        raise InputError(
            f"{after!r} does not continue any page", hint="pass the `after` of the page before"
        ) from None
