"""Runs: the queue, and the memory of everything that was executed.

A run is a row before it is work. A worker claims it (one, atomically, the oldest first), says now and then
that it lives, how far it is and whether it has been asked to stop, and concludes it. Verdict, result and
measurements are written in one transaction: a run is done with all its numbers, or not done. A run whose
process is gone becomes ``interrupted``. A schedule and a due time name at most one run, whoever rings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from incumbent.errors import RefusedError
from store.clock import now as clock
from store.clock import shift
from store.database import Database
from store.measurements import Measurements
from store.models import model_id, optional_model_id
from store.packing import pack, pack_optional
from store.records import Measurement, Run, RunState, Schedule, Verdict
from store.run_history import RunHistory, one_of


class Runs(RunHistory):
    """The queue; and, inherited, the history."""

    def __init__(self, database: Database, measurements: Measurements) -> None:
        super().__init__(database)
        self._measurements = measurements

    def enqueue(
        self,
        model: str | None,
        kind: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        why: str,
        who: str,
        as_of: str | None = None,
        now: str | None = None,
    ) -> Run:
        """Queue a run."""
        with self._database.transaction():
            identity = optional_model_id(self._database, model)
            added = self._database.insert(
                """INSERT INTO runs (model_id, kind, state, why, who, arguments, as_of, queued)
                VALUES (?, ?, 'queued', ?, ?, ?, ?, ?)""",
                (identity, kind, why, who, pack(arguments or {}), as_of, now or clock()),
            )
            return self.get(added)

    def enqueue_due(
        self,
        schedule: Schedule,
        due: str,
        *,
        why: str = "nightly",
        who: str = "schedule",
        late: bool = False,
        as_of: str | None = None,
        now: str | None = None,
    ) -> Run | None:
        """Queue the run that a schedule owes at a due time; None if it has been queued before."""
        with self._database.transaction():
            rows = self._database.rows(
                """INSERT INTO runs (model_id, kind, state, why, who, arguments, as_of, queued, late,
                    schedule_id, due)
                VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (schedule_id, due) DO NOTHING RETURNING id""",
                (
                    model_id(self._database, schedule.model), schedule.check, why, who,
                    pack(schedule.arguments), as_of, now or clock(), late, schedule.id, due,
                ),
            )  # fmt: skip
            self._database.run(
                "UPDATE schedules SET last_due = ?1 WHERE id = ?2 AND coalesce(last_due, '') < ?1",
                (due, schedule.id),
            )
            return self.get(rows[0]["id"]) if rows else None

    def claim(
        self,
        pid: int,
        run_id: int | None = None,
        kinds: Sequence[str] | None = None,
        now: str | None = None,
    ) -> Run | None:
        """Take the oldest queued run (or the one named, if still queued) for a process; None without one."""
        present = now or clock()
        rows = self._database.rows(
            f"""UPDATE runs SET state = 'running', started = ?, heartbeat = ?, pid = ?, progress = 0
            WHERE id = (
                SELECT id FROM runs
                WHERE state = 'queued' AND (? IS NULL OR id = ?) {one_of("kind", kinds)}
                ORDER BY id LIMIT 1
            ) RETURNING id""",
            (present, present, pid, run_id, run_id, *(kinds or ())),
        )
        return self.get(rows[0]["id"]) if rows else None

    def heartbeat(
        self,
        run_id: int,
        progress: float | None = None,
        note: str | None = None,
        remaining: float | None = None,
        now: str | None = None,
    ) -> bool:
        """Say that a run lives; whether it has been asked to stop (or has been deleted).

        A run that was taken for dead, while the machine slept for instance, is running again.

        Parameters
        ----------
        progress : float, optional
            0 to 1.
        note : str, optional
            What it is doing now.
        remaining : float, optional
            Estimated seconds to go.
        """
        rows = self._database.rows(
            """UPDATE runs SET state = 'running', finished = NULL, error = NULL, heartbeat = ?,
                progress = coalesce(min(max(?, 0.0), 1.0), progress),
                note = coalesce(?, note), remaining = ?
            WHERE id = ? AND state IN ('running', 'interrupted') RETURNING cancel""",
            (now or clock(), progress, note, remaining, run_id),
        )
        return not rows or bool(rows[0]["cancel"])

    def request_cancel(self, run_id: int, now: str | None = None) -> Run:
        """Ask a run to stop: a queued one is cancelled at once, a running one when it next looks."""
        self._database.run(
            """UPDATE runs SET cancel = 1,
                finished = CASE state WHEN 'queued' THEN ? END,
                state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END
            WHERE id = ? AND state IN ('queued', 'running')""",
            (now or clock(), run_id),
        )
        return self.get(run_id)

    def finish(
        self,
        run_id: int,
        state: RunState = "done",
        verdict: Verdict | None = None,
        note: str = "",
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
        now: str | None = None,
    ) -> Run:
        """End a run; the run, without its result. One that was wrongly taken for dead may still end.

        Raises
        ------
        RefusedError
            If it has ended before.
        """
        changed = self._database.run(
            """UPDATE runs SET state = ?, verdict = ?, note = ?, result = ?, error = ?, finished = ?,
                progress = CASE ? WHEN 'done' THEN 1.0 ELSE progress END, remaining = NULL
            WHERE id = ? AND state IN ('queued', 'running', 'interrupted')""",
            (state, verdict, note, pack_optional(result), error, now or clock(), state, run_id),
        )
        run = self._ended(run_id)
        if not changed:
            raise RefusedError(f"run {run_id} has ended already, as {run.state}")
        return run

    def conclude(
        self,
        run_id: int,
        verdict: Verdict | None,
        note: str,
        result: Mapping[str, Any] | None,
        measurements: Iterable[Measurement] = (),
        now: str | None = None,
        repeats: int | None = None,
    ) -> Run:
        """End a run as done, with all that it measured, in one transaction; the run, without its result.

        With ``repeats`` the measurements of that earlier run are its own too, and instead of ``result`` it is
        given that of the earlier run, with its own number as ``run``.

        What else belongs to it (journal, alerts) joins when the caller opens
        :meth:`store.Store.transaction` around.
        """
        with self._database.transaction():
            self._measurements.add(run_id, measurements, now)
            ended = self.finish(run_id, "done", verdict, note, result, now=now)
            if repeats is not None:
                self._database.run(
                    """UPDATE runs SET repeats = ?2,
                        result = (SELECT json_set(result, '$.run', ?1) FROM runs WHERE id = ?2)
                    WHERE id = ?1""",
                    (run_id, repeats),
                )
            return ended

    def _ended(self, run_id: int) -> Run:
        """A run without its result; UsageError if there is none."""
        return (self.listed(f"WHERE runs.id = {int(run_id)}") or (self.get(run_id),))[0]

    def prune_results(self, before: str, dry_run: bool = False) -> int:
        """Forget the documents of runs that ended before a moment; how many.

        The runs stay, with verdict, note and measurements. What was asked the same way keeps the document
        of its latest moment, and challenges keep theirs: they are what a swap rests on.
        """
        doomed = """finished < ? AND result IS NOT NULL AND kind <> 'challenge' AND id NOT IN (
            SELECT id FROM (SELECT id, max(moment) FROM runs WHERE result IS NOT NULL
                GROUP BY model_id, kind, arguments))"""
        if dry_run:
            return int(self._database.value(f"SELECT count(*) FROM runs WHERE {doomed}", (before,)))
        return self._database.run(f"UPDATE runs SET result = NULL WHERE {doomed}", (before,))

    def interrupt_dead(
        self, alive: Callable[[int], bool], stale_seconds: float = 3600.0, now: str | None = None
    ) -> tuple[Run, ...]:
        """Mark running runs whose process is gone as interrupted.

        Parameters
        ----------
        alive : callable
            Says of a process id whether it lives.
        stale_seconds : float
            Silence after which even a living process id is taken for another process's.

        Returns
        -------
        tuple of Run
            Those newly marked.
        """
        present = now or clock()
        silent = shift(present, -stale_seconds)
        dead = [
            run.id
            for run in self.listed("WHERE state = 'running' ORDER BY runs.id")
            if run.pid is None or not alive(run.pid) or (run.heartbeat or "") < silent
        ]
        marked = [
            run_id
            for run_id in dead
            if self._database.run(
                """UPDATE runs SET state = 'interrupted', finished = ?, remaining = NULL,
                    error = 'its process ended without a word'
                WHERE id = ? AND state = 'running'""",
                (present, run_id),
            )
        ]
        return tuple(self.get(run_id) for run_id in marked)
