"""Schedules: when a check of a model runs by itself. One per model and check; setting it again changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incumbent.errors import UsageError
from store.clock import now as clock
from store.database import Database, Row
from store.models import model_id
from store.packing import pack, unpack
from store.paging import Filter
from store.records import Schedule

_SELECT = """
    SELECT schedules.id, name AS model, check_name AS "check", cron, arguments, paused,
        schedules.created, last_due
    FROM schedules JOIN models ON models.id = model_id
"""


class Schedules:
    """Schedules by id, and by model and check."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(
        self,
        model: str,
        check: str,
        cron: str,
        arguments: Mapping[str, Any] | None = None,
        now: str | None = None,
    ) -> Schedule:
        """Make or change the schedule of a check; id, last due and pause stay as they are."""
        rows = self._database.rows(
            """INSERT INTO schedules (model_id, check_name, cron, arguments, created) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (model_id, check_name) DO UPDATE
                SET cron = excluded.cron, arguments = excluded.arguments
            RETURNING id""",
            (model_id(self._database, model), check, cron, pack(arguments or {}), now or clock()),
        )
        return self.get(rows[0]["id"])

    def get(self, schedule: int) -> Schedule:
        """A schedule; UsageError if there is none."""
        row = self._database.first(f"{_SELECT} WHERE schedules.id = ?", (schedule,))
        if row is None:
            raise UsageError(f"there is no schedule {schedule}", hint="`incumbent schedule list` shows them")
        return _schedule(row)

    def find(self, model: str, check: str) -> Schedule | None:
        """The schedule of a check, or None."""
        row = self._database.first(f"{_SELECT} WHERE name = ? AND check_name = ?", (model, check))
        return None if row is None else _schedule(row)

    def list(self, model: str | None = None) -> tuple[Schedule, ...]:
        """All schedules (of a model), by model and check. Those of archived models are left out."""
        chosen = Filter().that("archived IS NULL").equal("name", model)
        rows = self._database.rows(f"{_SELECT}{chosen.sql} ORDER BY name, check_name", chosen.parameters)
        return tuple(_schedule(row) for row in rows)

    def pause(self, schedule: int) -> Schedule:
        """Let a schedule ring no more, until it is resumed."""
        return self._change(schedule, "paused = 1")

    def resume(self, schedule: int) -> Schedule:
        """Let a paused schedule ring again."""
        return self._change(schedule, "paused = 0")

    def touch_due(self, schedule: int, due: str) -> Schedule:
        """Note the latest time at which it was due (also when nothing was queued for it)."""
        return self._change(schedule, "last_due = max(coalesce(last_due, ''), ?)", due)

    def remove(self, schedule: int) -> None:
        """Forget a schedule; its runs stay."""
        self.get(schedule)
        self._database.run("DELETE FROM schedules WHERE id = ?", (schedule,))

    def _change(self, schedule: int, assignment: str, *values: Any) -> Schedule:
        self.get(schedule)
        self._database.run(f"UPDATE schedules SET {assignment} WHERE id = ?", (*values, schedule))
        return self.get(schedule)

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows("SELECT id, cron FROM schedules WHERE trim(cron) = ''")
        return tuple(f"schedule {r['id']} has no times" for r in rows)


def _schedule(row: Row) -> Schedule:
    values = dict(row)
    values["arguments"] = unpack(values["arguments"])
    values["paused"] = bool(values["paused"])
    return Schedule(**values)
