"""The journal: who did what, when, and how it is taken back.

An entry is never changed, except that it learns which later entry undid it. It outlives its model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incumbent.errors import RefusedError, UsageError
from store.clock import now as clock
from store.database import Database, Row
from store.models import model_id
from store.packing import pack, pack_optional, unpack
from store.paging import Filter, newest_first
from store.records import JournalEntry, Page

_SELECT = """
    SELECT journal.id, at AS "when", who, action, coalesce(name, model_name) AS model, subject, detail, undo,
        undone_by
    FROM journal LEFT JOIN models ON models.id = journal.model_id
"""


class Journal:
    """Entries by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        who: str,
        action: str,
        subject: str,
        *,
        model: str | None = None,
        detail: Mapping[str, Any] | None = None,
        undo: Mapping[str, Any] | None = None,
        now: str | None = None,
    ) -> JournalEntry:
        """Write an entry. A model that is gone (the entry may say that it was deleted) stays as its name."""
        with self._database.transaction():
            added = self._database.insert(
                """INSERT INTO journal (at, who, action, model_id, model_name, subject, detail, undo)
                VALUES (?, ?, ?, (SELECT id FROM models WHERE name = ?), ?, ?, ?, ?)""",
                (now or clock(), who, action, model, model, subject, pack(detail or {}), pack_optional(undo)),
            )
            return self.get(added)

    def get(self, entry: int) -> JournalEntry:
        """An entry; UsageError if there is none."""
        row = self._database.first(f"{_SELECT} WHERE journal.id = ?", (entry,))
        if row is None:
            raise UsageError(f"the journal has no entry {entry}")
        return _entry(row)

    def page(self, model: str | None = None, after: str | None = None, limit: int = 200) -> Page:
        """A page of entries, newest first, of one model or all."""
        chosen = Filter()
        if model is not None:
            chosen.equal("model_id", model_id(self._database, model))
        return newest_first(self._database, _SELECT, chosen, _entry, after, limit, key="journal.id")

    def last_undoable(self, who: str | None = None) -> JournalEntry | None:
        """The latest entry that can be taken back and has not been."""
        chosen = Filter().that("undo IS NOT NULL").that("undone_by IS NULL").equal("who", who)
        row = self._database.first(
            f"{_SELECT}{chosen.sql} ORDER BY journal.id DESC LIMIT 1", chosen.parameters
        )
        return None if row is None else _entry(row)

    def mark_undone(self, entry: int, by: int) -> JournalEntry:
        """Note that an entry has been taken back by a later one; RefusedError if it was before."""
        changed = self._database.run(
            "UPDATE journal SET undone_by = ? WHERE id = ? AND undone_by IS NULL", (by, entry)
        )
        found = self.get(entry)
        if not changed:
            raise RefusedError(f"{found.action} of {found.subject} has been undone already")
        return found

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows("SELECT id, undone_by FROM journal WHERE undone_by <= id")
        return tuple(
            f"journal entry {r['id']} was undone by {r['undone_by']}, which is not later" for r in rows
        )


def _entry(row: Row) -> JournalEntry:
    values = dict(row)
    values["detail"] = unpack(values["detail"])
    values["undo"] = unpack(values["undo"])
    return JournalEntry(**values)
