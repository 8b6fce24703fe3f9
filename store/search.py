"""Full-text search over what people and runs have said: the journal, the notes of runs and of cases.

The indices are kept by triggers (schema 2). Words are looked for as SQLite's ``unicode61`` tokenizer makes
them: without case and accents; each by its beginning, all of them in the same row.
"""

from __future__ import annotations

import re
import sqlite3

from incumbent.errors import InputError, StoreError
from store.database import Database
from store.failures import primary_code
from store.models import optional_model_id
from store.records import Found

_WORDS_AROUND = 16
_SOURCES = {
    "journal": (
        "journal",
        "journal.at",
        "journal.action || ': ' || journal.subject",
        "coalesce(models.name, journal.model_name)",
    ),
    "run": ("runs", "runs.queued", "runs.kind", "models.name"),
    "case": ("cases", "cases.created", "cases.kind || ' case'", "models.name"),
}


class Search:
    """Finds rows of several families by their words."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, text: str, model: str | None, limit: int) -> tuple[Found, ...]:
        """The newest rows that have all the words; see :meth:`store.store.Store.search`."""
        identity = optional_model_id(self._database, model)
        query = match_query(text)
        found: list[Found] = []
        for kind, (table, when, subject, name) in _SOURCES.items():
            rows = self._database.rows(
                f"""SELECT '{kind}' AS kind, {table}.id, {name} AS model, {when} AS "when",
                    {subject} AS subject, snippet({table}_fts, -1, '', '', '…', {_WORDS_AROUND}) AS text
                FROM {table}_fts JOIN {table} ON {table}.id = {table}_fts.rowid
                    LEFT JOIN models ON models.id = {table}.model_id
                WHERE {table}_fts MATCH ? AND (? IS NULL OR {table}.model_id = ?)
                ORDER BY {table}_fts.rowid DESC LIMIT ?""",
                (query, identity, identity, limit),
            )
            found += (Found(**dict(row)) for row in rows)
        return tuple(sorted(found, key=lambda one: (one.when, one.id), reverse=True)[:limit])

    def verify(self) -> tuple[str, ...]:
        """Which index does not hold the words of its table, as sentences."""
        return tuple(
            f"the search index of {table} does not agree with its rows"
            for table, *_ in _SOURCES.values()
            if not self._agrees(table)
        )

    def _agrees(self, table: str) -> bool:
        try:
            self._database.run(f"INSERT INTO {table}_fts ({table}_fts, rank) VALUES ('integrity-check', 1)")
        except StoreError as error:
            cause = error.__cause__
            if isinstance(cause, sqlite3.Error) and primary_code(cause) == sqlite3.SQLITE_CORRUPT:
                return False
            raise
        return True


def match_query(text: str) -> str:
    """What FTS5 is asked for, whatever was typed: each word by its beginning, all of them.

    Examples
    --------
    >>> match_query('swap "AND) 2')
    '"swap"* "AND"* "2"*'

    Raises
    ------
    InputError
        Without a word.
    """
    words = re.findall(r"\w+", text)
    if not words:
        raise InputError(f"{text!r} has no word to search for", hint="give a word, or the beginning of one")
    return " ".join(f'"{word}"*' for word in words)
