"""Alerts: what is wrong until a better verdict closes it.

A subject has at most one open alert; a run that finds the same again confirms it. One that turns from a
warning into a failure is news: what was acknowledged or snoozed as a warning speaks again. An open alert is
notified once, then once a day, unless it is acknowledged, snoozed or its model muted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal

from incumbent.errors import RefusedError, UsageError
from store.clock import now as clock
from store.clock import shift
from store.database import Database
from store.models import model_id, optional_model_id
from store.paging import Filter, newest_first
from store.records import Alert, Page

Severity = Literal["warn", "fail"]

SELECT = """
    SELECT alerts.id, name AS model, subject, severity, message, run_id AS run, opened, closed, seen,
        acknowledged, acknowledged_by, snoozed_until, notified
    FROM alerts LEFT JOIN models ON models.id = alerts.model_id
"""


class Alerts:
    """Alerts by id, and the open one of a subject."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_or_confirm(
        self,
        model: str | None,
        subject: str,
        severity: Severity,
        message: str,
        run: int | None = None,
        now: str | None = None,
    ) -> tuple[Alert, bool]:
        """Open an alert, or confirm the one that is open; and whether it is news (opened, or grown worse)."""
        present = now or clock()
        with self._database.transaction():
            open_one = self.open_of(subject)
            if open_one is None:
                added = self._database.insert(
                    """INSERT INTO alerts (model_id, subject, severity, message, run_id, opened, seen)
                    VALUES (?, ?, ?, ?, ?, ?, ?)""",
                    (
                        optional_model_id(self._database, model),
                        subject,
                        severity,
                        message,
                        run,
                        present,
                        present,
                    ),
                )
                return self.get(added), True
            worse = open_one.severity == "warn" and severity == "fail"
            self._database.run(
                """UPDATE alerts SET severity = ?, message = ?, run_id = ?, seen = ?,
                    acknowledged = CASE WHEN ?5 THEN NULL ELSE acknowledged END,
                    acknowledged_by = CASE WHEN ?5 THEN NULL ELSE acknowledged_by END,
                    snoozed_until = CASE WHEN ?5 THEN NULL ELSE snoozed_until END,
                    notified = CASE WHEN ?5 THEN NULL ELSE notified END
                WHERE id = ?6""",
                (severity, message, run, present, worse, open_one.id),
            )
            return self.get(open_one.id), worse

    def close(self, subject: str, run: int | None = None, now: str | None = None) -> Alert | None:
        """Close what is open on a subject (``run`` found it well again); None if nothing was."""
        with self._database.transaction():
            open_one = self.open_of(subject)
            if open_one is None:
                return None
            self._database.run(
                "UPDATE alerts SET closed = ?, run_id = coalesce(?, run_id) WHERE id = ?",
                (now or clock(), run, open_one.id),
            )
            return self.get(open_one.id)

    def get(self, alert: int) -> Alert:
        """An alert; UsageError if there is none."""
        row = self._database.first(f"{SELECT} WHERE alerts.id = ?", (alert,))
        if row is None:
            raise UsageError(f"there is no alert {alert}", hint="`incumbent alert list` shows them")
        return Alert(*row)

    def open_of(self, subject: str) -> Alert | None:
        """The open alert of a subject, or None."""
        row = self._database.first(f"{SELECT} WHERE subject = ? AND closed IS NULL", (subject,))
        return None if row is None else Alert(*row)

    def list(self, open_only: bool = True, model: str | None = None) -> tuple[Alert, ...]:
        """Alerts, newest first: all that are open, or the latest thousand."""
        return self.page(open_only, model, limit=1000).rows

    def page(
        self, open_only: bool = True, model: str | None = None, after: str | None = None, limit: int = 200
    ) -> Page:
        """A page of alerts, newest first."""
        chosen = Filter().equal("model_id", optional_model_id(self._database, model))
        if open_only:
            chosen.that("closed IS NULL")
        return newest_first(
            self._database, SELECT, chosen, lambda row: Alert(*row), after, limit, key="alerts.id"
        )

    def acknowledge(self, alert: int, who: str, now: str | None = None) -> Alert:
        """Note that somebody knows; it notifies no more unless it grows worse."""
        return self._change(alert, "acknowledged = ?, acknowledged_by = ?", now or clock(), who)

    def unacknowledge(self, alert: int) -> Alert:
        """Take an acknowledgement back."""
        return self._change(alert, "acknowledged = NULL, acknowledged_by = NULL")

    def snooze(self, alert: int, until: str | None) -> Alert:
        """Let an alert be silent until a moment (None: speak again)."""
        return self._change(alert, "snoozed_until = ?", until)

    def _change(self, alert: int, assignments: str, *values: str | None) -> Alert:
        if self.get(alert).closed is not None:
            raise RefusedError(f"alert {alert} has closed already")
        self._database.run(f"UPDATE alerts SET {assignments} WHERE id = ?", (*values, alert))
        return self.get(alert)

    def mute(self, model: str, who: str, now: str | None = None) -> None:
        """Let nothing of a model notify."""
        self._database.run(
            "INSERT INTO mutes VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (model_id(self._database, model), now or clock(), who),
        )

    def unmute(self, model: str) -> None:
        """Let a muted model notify again."""
        self._database.run("DELETE FROM mutes WHERE model_id = ?", (model_id(self._database, model),))

    def muted(self) -> frozenset[str]:
        """The names of muted models."""
        rows = self._database.rows("SELECT name FROM mutes JOIN models ON models.id = model_id")
        return frozenset(row["name"] for row in rows)

    def due_for_notification(
        self, now: str | None = None, remind_after: timedelta = timedelta(days=1)
    ) -> tuple[Alert, ...]:
        """Open alerts that ought to be told now, oldest first: never told, or told that long ago."""
        present = now or clock()
        rows = self._database.rows(
            f"""{SELECT} WHERE closed IS NULL AND acknowledged IS NULL
                AND coalesce(snoozed_until, '') <= ? AND coalesce(notified, '') <= ?
                AND NOT EXISTS (SELECT 1 FROM mutes WHERE mutes.model_id = alerts.model_id)
            ORDER BY alerts.id""",
            (present, shift(present, -remind_after.total_seconds())),
        )
        return tuple(Alert(*row) for row in rows)

    def mark_notified(self, alerts: Iterable[int], now: str | None = None) -> None:
        """Note that alerts have been told."""
        present = now or clock()
        self._database.run_many("UPDATE alerts SET notified = ? WHERE id = ?", [(present, a) for a in alerts])

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows("SELECT id FROM alerts WHERE closed < opened")
        return tuple(f"alert {r['id']} closed before it opened" for r in rows)


def open_by_model(database: Database) -> dict[str, tuple[Alert, ...]]:
    """Model → its open alerts, newest first; those without a model under the empty name."""
    found: dict[str, tuple[Alert, ...]] = {}
    for row in database.rows(f"{SELECT} WHERE closed IS NULL ORDER BY alerts.id DESC"):
        name = row["model"] or ""
        found[name] = (*found.get(name, ()), Alert(*row))
    return found
