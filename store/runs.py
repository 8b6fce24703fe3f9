"""Runs: the queue, and the memory of everything that was executed.

A run is a row before it is work. A worker claims it (one, atomically, the oldest first), says now and then
that it lives, how far it is and whether it has been asked to stop, and concludes it. Verdict, result and
measurements are written in one transaction: a run is done with all its numbers, or not done. A run whose
process is gone becomes ``interrupted``. A schedule and a due time name at most one run, whoever rings.

Listings leave ``result`` out (it may be large); :meth:`Runs.get` has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from incumbent.errors import RefusedError, UsageError
from store.clock import now as clock
from store.clock import shift
from store.database import Database, Row
from store.measurements import Measurements
from store.models import model_id, optional_model_id
from store.packing import pack, pack_optional, unpack
from store.paging import Filter, newest_first
from store.records import Measurement, Page, Run, RunState, Schedule, Verdict

COLUMNS = """name AS model, kind, state, verdict, why, who, arguments, as_of, queued, started, finished,
        heartbeat, progress, note, remaining, pid, cancel, late, schedule_id AS schedule, due, error"""
_FROM = "FROM runs LEFT JOIN models ON models.id = runs.model_id"
_LISTING = f"SELECT runs.id, {COLUMNS}, NULL AS result {_FROM}"
_WHOLE = f"SELECT runs.id, {COLUMNS}, result {_FROM}"


class Runs:
    """Runs by id."""

    def __init__(self, database: Database, measurements: Measurements) -> None:
        self._database = database
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
                WHERE state = 'queued' AND (? IS NULL OR id = ?) {_one_of("kind", kinds)}
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
            """UPDATE runs SET heartbeat = ?, progress = coalesce(min(max(?, 0.0), 1.0), progress),
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
        """End a run. One that was wrongly taken for dead may still end.

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
        run = self.get(run_id)
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
    ) -> Run:
        """End a run as done, with all that it measured, in one transaction.

        What else belongs to it (journal, alerts) joins when the caller opens
        :meth:`store.Store.transaction` around.
        """
        with self._database.transaction():
            self._measurements.add(run_id, measurements, now)
            return self.finish(run_id, "done", verdict, note, result, now=now)

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
            for run in self._listed("WHERE state = 'running' ORDER BY runs.id")
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

    def get(self, run_id: int) -> Run:
        """A run with its result; UsageError if there is none."""
        row = self._database.first(f"{_WHOLE} WHERE runs.id = ?", (run_id,))
        if row is None:
            raise UsageError(f"there is no run {run_id}", hint="`incumbent run list` shows them")
        return run_of(row)

    def page(
        self,
        model: str | None = None,
        kind: str | None = None,
        state: str | None = None,
        finished_since: str | None = None,
        after: str | None = None,
        limit: int = 200,
    ) -> Page:
        """A page of runs, newest first; what is None is not asked for."""
        chosen = Filter().equal("model_id", optional_model_id(self._database, model))
        chosen.equal("kind", kind).equal("state", state)
        if finished_since is not None:
            chosen.that("finished >= ?", finished_since)
        return newest_first(self._database, _LISTING, chosen, run_of, after, limit, key="runs.id")

    def active(self) -> tuple[Run, ...]:
        """What is queued or running, oldest first."""
        return self._listed("WHERE state IN ('queued', 'running') ORDER BY runs.id")

    def last(self, model: str, kind: str, verdicts: Sequence[Verdict] | None = None) -> Run | None:
        """The judged run of the latest moment, of this kind (and one of these verdicts), with its result."""
        row = self._database.first(
            f"""{_WHOLE} WHERE model_id = ? AND kind = ? AND verdict IS NOT NULL
                {_one_of("verdict", verdicts)}
            ORDER BY moment DESC, runs.id DESC LIMIT 1""",
            (model_id(self._database, model), kind, *(verdicts or ())),
        )
        return None if row is None else run_of(row)

    def last_per_check(self, model: str) -> dict[str, Run]:
        """Kind → the judged run of the latest moment."""
        return last_judged(self._database, model_id(self._database, model)).get(model, {})

    def _listed(self, rest: str) -> tuple[Run, ...]:
        return tuple(run_of(row) for row in self._database.rows(f"{_LISTING} {rest}"))

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows(
            "SELECT id, state FROM runs WHERE (state = 'running' AND (pid IS NULL OR started IS NULL))"
        )
        return tuple(f"run {r['id']} is {r['state']}, but no process ever claimed it" for r in rows)


def last_judged(database: Database, identity: int | None = None) -> dict[str, dict[str, Run]]:
    """Model → kind → the judged run of the latest moment, of one model or of all."""
    rows = database.rows(
        f"""
        WITH RECURSIVE judged (model_id, kind) AS (
            SELECT id, (SELECT min(kind) FROM runs WHERE model_id = models.id AND verdict IS NOT NULL)
            FROM models WHERE ?1 IS NULL OR id = ?1
            UNION ALL
            SELECT model_id, (
                SELECT min(r.kind) FROM runs AS r
                WHERE r.model_id = judged.model_id AND r.kind > judged.kind AND r.verdict IS NOT NULL
            ) FROM judged WHERE kind IS NOT NULL
        )
        {_LISTING} WHERE runs.id IN (
            SELECT (
                SELECT r.id FROM runs AS r
                WHERE r.model_id = judged.model_id AND r.kind = judged.kind AND r.verdict IS NOT NULL
                ORDER BY r.moment DESC, r.id DESC LIMIT 1
            ) FROM judged WHERE kind IS NOT NULL
        )
        """,
        (identity,),
    )
    found: dict[str, dict[str, Run]] = {}
    for row in rows:
        found.setdefault(row["model"], {})[row["kind"]] = run_of(row)
    return found


def _one_of(column: str, values: Sequence[str] | None) -> str:
    return "" if values is None else f"AND {column} IN ({', '.join('?' * len(values))})"


def run_of(row: Row) -> Run:
    """The record of a row of :data:`COLUMNS`."""
    values = dict(row)
    for name in ("arguments", "result"):
        values[name] = unpack(values[name])
    for name in ("cancel", "late"):
        values[name] = bool(values[name])
    return Run(**values)
