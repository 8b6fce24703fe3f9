"""Who is told, and what is on its way to them.

A delivery is a row before it is sent, so that a mail which could not be delivered is seen, tried again, and
never lost when a process ends. ``next_try`` is when; without one nobody tries any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from incumbent.errors import UsageError
from store.clock import now as clock
from store.database import Database
from store.models import optional_model_id
from store.paging import Filter, newest_first
from store.records import Delivery, NotifyTarget, Page

_TARGETS = """
    SELECT notify_targets.id, url, name AS model, severity, notify_targets.created
    FROM notify_targets LEFT JOIN models ON models.id = model_id
"""
_DELIVERIES = """
    SELECT id, target_id AS target, alert_id AS alert, subject, body, created, tries, next_try, sent, error
    FROM deliveries
"""


class Notify:
    """Targets, and deliveries to them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_target(
        self,
        url: str,
        model: str | None = None,
        severity: Literal["warn", "fail"] = "fail",
        now: str | None = None,
    ) -> NotifyTarget:
        """Tell somebody of a model's alerts (or of all models') from a severity upward."""
        with self._database.transaction():
            added = self._database.insert(
                "INSERT INTO notify_targets (url, model_id, severity, created) VALUES (?, ?, ?, ?)",
                (url, optional_model_id(self._database, model), severity, now or clock()),
            )
            return self.target(added)

    def target(self, target: int) -> NotifyTarget:
        """A target; UsageError if there is none."""
        row = self._database.first(f"{_TARGETS} WHERE notify_targets.id = ?", (target,))
        if row is None:
            raise UsageError(
                f"there is no notification target {target}", hint="`incumbent notify list` shows them"
            )
        return NotifyTarget(*row)

    def targets(self, model: str | None = None) -> tuple[NotifyTarget, ...]:
        """All targets; with a model, those that hear of it."""
        chosen = Filter()
        if model is not None:
            chosen.that("(name IS NULL OR name = ?)", model)
        rows = self._database.rows(f"{_TARGETS}{chosen.sql} ORDER BY notify_targets.id", chosen.parameters)
        return tuple(NotifyTarget(*row) for row in rows)

    def remove_target(self, target: int) -> None:
        """Tell a target no more; what is on its way to it is dropped."""
        self.target(target)
        self._database.run("DELETE FROM notify_targets WHERE id = ?", (target,))

    def enqueue(
        self,
        targets: Iterable[int],
        subject: str,
        body: str,
        alert: int | None = None,
        now: str | None = None,
    ) -> None:
        """Put a message on its way to targets, to be sent at once."""
        present = now or clock()
        self._database.run_many(
            """INSERT INTO deliveries (target_id, alert_id, subject, body, created, next_try)
            VALUES (?, ?, ?, ?, ?, ?)""",
            [(target, alert, subject, body, present, present) for target in targets],
        )

    def due(self, now: str | None = None, limit: int = 100) -> tuple[Delivery, ...]:
        """Deliveries to try now, the longest waiting first."""
        rows = self._database.rows(
            f"{_DELIVERIES} WHERE sent IS NULL AND next_try <= ? ORDER BY next_try, id LIMIT ?",
            (now or clock(), limit),
        )
        return tuple(Delivery(*row) for row in rows)

    def claim(self, delivery: Delivery, until: str) -> bool:
        """Take a delivery that is due for one process, until a moment; False if another was quicker."""
        return bool(
            self._database.run(
                "UPDATE deliveries SET next_try = ? WHERE id = ? AND next_try = ? AND sent IS NULL",
                (until, delivery.id, delivery.next_try),
            )
        )

    def mark_sent(self, delivery: int, now: str | None = None) -> None:
        """Note that a delivery has been accepted."""
        self._database.run(
            "UPDATE deliveries SET sent = ?, tries = tries + 1, next_try = NULL, error = NULL WHERE id = ?",
            (now or clock(), delivery),
        )

    def mark_failed(self, delivery: int, error: str, next_try: str | None) -> None:
        """Note that a delivery was not accepted, and when to try again (None: never)."""
        self._database.run(
            "UPDATE deliveries SET tries = tries + 1, error = ?, next_try = ? WHERE id = ? AND sent IS NULL",
            (error, next_try, delivery),
        )

    def page(self, unsent_only: bool = False, after: str | None = None, limit: int = 200) -> Page:
        """A page of deliveries, newest first."""
        chosen = Filter()
        if unsent_only:
            chosen.that("sent IS NULL")
        return newest_first(self._database, _DELIVERIES, chosen, lambda row: Delivery(*row), after, limit)

    def prune(self, before: str, dry_run: bool = False) -> int:
        """Forget the messages that were accepted before a moment; how many."""
        doomed = "FROM deliveries WHERE sent < ?"
        if dry_run:
            return int(self._database.value(f"SELECT count(*) {doomed}", (before,)))
        return self._database.run(f"DELETE {doomed}", (before,))

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences (what failed for good is a problem to show)."""
        given_up = self._database.value(
            "SELECT count(*) FROM deliveries WHERE sent IS NULL AND next_try IS NULL"
        )
        return (f"{given_up} notifications were given up after repeated failures",) if given_up else ()
