"""The inbox: rows of production and of back-tests that somebody should look at.

What is one fault, or one row, is one entry: found again it only counts. A decision lasts: what was dismissed
or made into a case does not come back, however often it is found.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from incumbent.errors import UsageError
from store.clock import now as clock
from store.database import Database, Row
from store.models import model_id
from store.packing import pack, pack_optional, unpack
from store.records import InboxEntry, Surprise

_SELECT = """
    SELECT inbox.id, name AS model, kind, fold, source, input AS row, said, actual, reason, surprise, count,
        first, last, state, case_id AS "case", inbox.created, decided, decided_by
    FROM inbox JOIN models ON models.id = inbox.model_id
"""

State = Literal["open", "accepted", "dismissed"]


class Inbox:
    """Entries by id, and by model."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, model: str, found: Iterable[Surprise], most: int, now: str | None = None) -> int:
        """Add what was found, and keep the most surprising open entries of each kind.

        Rows of the log are counted on, since each is read once; those of history are read again and again, so
        their count is the largest seen.

        Parameters
        ----------
        most : int
            Open entries of one kind.

        Returns
        -------
        int
            How many new ones are open.
        """
        present = now or clock()
        with self._database.transaction():
            identity = model_id(self._database, model)
            before = self._last_id()
            for each in found:
                self._put(identity, each, present)
            self._trim(identity, most)
            return int(
                self._database.value(
                    "SELECT count(*) FROM inbox WHERE model_id = ? AND id > ?", (identity, before)
                )
            )

    def _last_id(self) -> int:
        return int(self._database.value("SELECT coalesce(max(id), 0) FROM inbox"))

    def _put(self, model: int, each: Surprise, present: str) -> None:
        told = {
            "model": model, "kind": each.kind, "fold": each.fold, "source": each.source,
            "input": pack(each.row), "said": pack(each.said), "actual": pack_optional(each.actual),
            "reason": each.reason, "surprise": each.surprise, "count": each.count,
            "first": each.first, "last": each.last, "created": present,
        }  # fmt: skip
        self._database.run(
            """INSERT INTO inbox (model_id, kind, fold, source, input, said, actual, reason, surprise, count,
                first, last, created)
            VALUES (:model, :kind, :fold, :source, :input, :said, :actual, :reason, :surprise, :count,
                :first, :last, :created)
            ON CONFLICT (model_id, kind, source, fold) DO UPDATE SET
                count = CASE source WHEN 'log' THEN count + :count ELSE max(count, :count) END,
                first = min(coalesce(first, :first), coalesce(:first, first)),
                last = max(coalesce(last, :last), coalesce(:last, last))""",
            told,
        )
        self._database.run(
            """UPDATE inbox SET input = :input, said = :said, actual = :actual, reason = :reason,
                surprise = :surprise
            WHERE model_id = :model AND kind = :kind AND source = :source AND fold = :fold
                AND state = 'open' AND surprise < :surprise""",
            told,
        )

    def _trim(self, model: int, most: int) -> None:
        self._database.run(
            """DELETE FROM inbox WHERE id IN (
                SELECT id FROM (
                    SELECT id, row_number() OVER (PARTITION BY kind ORDER BY surprise DESC, id) AS place
                    FROM inbox WHERE model_id = ? AND state = 'open')
                WHERE place > ?)""",
            (model, most),
        )

    def get(self, entry: int) -> InboxEntry:
        """An entry; UsageError if there is none."""
        row = self._database.first(f"{_SELECT} WHERE inbox.id = ?", (entry,))
        if row is None:
            raise UsageError(
                f"the inbox has no entry {entry}", hint="`incumbent case inbox MODEL` shows them"
            )
        return _entry(row)

    def list(self, model: str, state: State | None = "open") -> tuple[InboxEntry, ...]:
        """The entries of a model, the most surprising of each kind first; None: decided ones too."""
        rows = self._database.rows(
            f"""{_SELECT} WHERE model_id = ? AND state = coalesce(?, state)
                ORDER BY kind, surprise DESC, inbox.id""",
            (model_id(self._database, model), state),
        )
        return tuple(_entry(row) for row in rows)

    def counts(self) -> dict[str, int]:
        """How many entries wait, by model; those without any are left out."""
        rows = self._database.rows(
            """SELECT name, count(*) AS waiting FROM inbox JOIN models ON models.id = inbox.model_id
            WHERE state = 'open' GROUP BY model_id"""
        )
        return {row["name"]: row["waiting"] for row in rows}

    def decide(
        self,
        entry: int,
        state: Literal["accepted", "dismissed"],
        who: str,
        case: int | None = None,
        now: str | None = None,
    ) -> InboxEntry:
        """Note what was decided, and which case it became."""
        self.get(entry)
        self._database.run(
            "UPDATE inbox SET state = ?, case_id = ?, decided = ?, decided_by = ? WHERE id = ?",
            (state, case, now or clock(), who, entry),
        )
        return self.get(entry)

    def reopen(self, entry: int) -> InboxEntry:
        """Take a decision back."""
        self.get(entry)
        self._database.run(
            "UPDATE inbox SET state = 'open', case_id = NULL, decided = NULL, decided_by = NULL WHERE id = ?",
            (entry,),
        )
        return self.get(entry)

    def erase(self, entries: Iterable[int]) -> None:
        """Delete entries for good, whatever was decided of them."""
        self._database.run_many("DELETE FROM inbox WHERE id = ?", [(entry,) for entry in entries])

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows("SELECT id FROM inbox WHERE first > last")
        return tuple(f"inbox entry {row['id']} was seen last before it was seen first" for row in rows)


def _entry(row: Row) -> InboxEntry:
    values = dict(row)
    for name in ("row", "said", "actual"):
        values[name] = unpack(values[name])
    return InboxEntry(**values)
