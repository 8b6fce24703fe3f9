"""Cases: the rows of the regression tests, golden and behavioural.

A golden case belongs to one version (this bundle gives this number); a behavioural one binds every version. A
removed case stays as a row, so that old verdicts can be explained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from incumbent.errors import UsageError
from store.clock import now as clock
from store.database import Database, Row
from store.models import model_id
from store.packing import pack, unpack
from store.paging import Filter, newest_first
from store.records import Case, NewCase, Page

_SELECT = """
    SELECT cases.id, name AS model, version, kind, input AS row, expect, origin, note, blocking,
        cases.created, looked, removed
    FROM cases JOIN models ON models.id = cases.model_id
"""


class Cases:
    """Cases by id, and by model."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_many(self, model: str, cases: Iterable[NewCase], now: str | None = None) -> tuple[Case, ...]:
        """Add cases in one transaction."""
        present = now or clock()
        with self._database.transaction():
            identity = model_id(self._database, model)
            return tuple(self._add(identity, case, present) for case in cases)

    def _add(self, identity: int, case: NewCase, present: str) -> Case:
        if (case.kind == "golden") != (case.version is not None):
            raise UsageError(
                f"a {case.kind} case {'without' if case.kind == 'golden' else 'with'} a version",
                hint="golden cases belong to one version, behavioural ones to none",
            )
        return self.get(
            self._database.insert(
                """INSERT INTO cases (model_id, version, kind, input, expect, origin, note, blocking,
                    created, looked)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    identity,
                    case.version,
                    case.kind,
                    pack(case.row),
                    pack(case.expect),
                    case.origin,
                    case.note,
                    case.blocking,
                    present,
                    present,
                ),
            )
        )

    def get(self, case: int) -> Case:
        """A case; UsageError if there is none."""
        row = self._database.first(f"{_SELECT} WHERE cases.id = ?", (case,))
        if row is None:
            raise UsageError(f"there is no case {case}", hint="`incumbent case list` shows them")
        return _case(row)

    def list(
        self,
        model: str,
        version: int | None = None,
        kind: Literal["golden", "behavioural"] | None = None,
        include_removed: bool = False,
    ) -> tuple[Case, ...]:
        """The cases of a model, in the order in which they were added; what is None is not asked for."""
        chosen = self._chosen(model, version, kind, include_removed)
        rows = self._database.rows(f"{_SELECT}{chosen.sql} ORDER BY cases.id", chosen.parameters)
        return tuple(_case(row) for row in rows)

    def binding(self, model: str, version: int) -> tuple[Case, ...]:
        """What a version is tested with: its own golden cases, and all behavioural ones."""
        return (*self.list(model, version, "golden"), *self.list(model, kind="behavioural"))

    def page(
        self,
        model: str,
        version: int | None = None,
        kind: Literal["golden", "behavioural"] | None = None,
        include_removed: bool = False,
        after: str | None = None,
        limit: int = 200,
    ) -> Page:
        """A page of cases, newest first."""
        chosen = self._chosen(model, version, kind, include_removed)
        return newest_first(self._database, _SELECT, chosen, _case, after, limit, key="cases.id")

    def _chosen(self, model: str, version: int | None, kind: str | None, include_removed: bool) -> Filter:
        chosen = Filter().equal("cases.model_id", model_id(self._database, model))
        chosen.equal("version", version).equal("kind", kind)
        return chosen if include_removed else chosen.that("removed IS NULL")

    def count(self, model: str) -> int:
        """How many cases of a model stand."""
        return int(
            self._database.value(
                "SELECT count(*) FROM cases WHERE model_id = ? AND removed IS NULL",
                (model_id(self._database, model),),
            )
        )

    def remove(self, case: int, now: str | None = None) -> Case:
        """Test with a case no more."""
        self.get(case)
        self._database.run(
            "UPDATE cases SET removed = coalesce(removed, ?) WHERE id = ?", (now or clock(), case)
        )
        return self.get(case)

    def restore(self, case: int) -> Case:
        """Test with a removed case again."""
        self.get(case)
        self._database.run("UPDATE cases SET removed = NULL WHERE id = ?", (case,))
        return self.get(case)

    def erase(self, cases: Iterable[int]) -> None:
        """Delete cases for good: what they were made of must not be kept."""
        self._database.run_many("DELETE FROM cases WHERE id = ?", [(case,) for case in cases])

    def expect(self, case: int, expect: Mapping[str, Any], now: str | None = None) -> Case:
        """Change what a case expects; whoever does that has looked at it."""
        self.get(case)
        self._database.run(
            "UPDATE cases SET expect = ?, looked = ? WHERE id = ?", (pack(expect), now or clock(), case)
        )
        return self.get(case)

    def not_looked_at_since(self, moment: str, model: str | None = None) -> dict[str, int]:
        """How many behavioural cases nobody has looked at since, by model; models without are left out."""
        rows = self._database.rows(
            """SELECT name, count(*) AS cases FROM cases JOIN models ON models.id = cases.model_id
            WHERE kind = 'behavioural' AND removed IS NULL AND looked < ? AND name = coalesce(?, name)
            GROUP BY model_id""",
            (moment, model),
        )
        return {row["name"]: row["cases"] for row in rows}

    def looked(self, cases: Iterable[int], now: str | None = None) -> None:
        """Note that somebody has looked at cases."""
        present = now or clock()
        self._database.run_many(
            "UPDATE cases SET looked = ? WHERE id = ?", [(present, case) for case in cases]
        )

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows("SELECT id FROM cases WHERE json_type(input) <> 'object'")
        return tuple(f"case {r['id']} is not a row of named values" for r in rows)


def _case(row: Row) -> Case:
    values = dict(row)
    values["row"] = unpack(values["row"])
    values["expect"] = unpack(values["expect"])
    values["blocking"] = bool(values["blocking"])
    return Case(**values)
