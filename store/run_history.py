"""What was executed: runs by id, by page, and the judged run of the latest moment.

Listings leave ``result`` out (it may be large); :meth:`RunHistory.get` and :meth:`RunHistory.last` have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from incumbent.errors import UsageError
from store.database import Database, Row
from store.models import model_id, optional_model_id
from store.packing import unpack
from store.paging import Filter, newest_first
from store.records import Page, Run, RunState, Verdict
from store.search import match_query

COLUMNS = """name AS model, kind, state, verdict, why, who, arguments, as_of, queued, started, finished,
        heartbeat, progress, note, remaining, pid, cancel, late, schedule_id AS schedule, due, error"""
#: Arguments of a run that looks at a part: of history, of the versions, or at a recipe instead of a version.
#: Such a run is history like any other, and never the last word of its check.
NARROWING = ("since", "until", "by", "versions", "walk_forward")
_WHOLE_MODEL = f"""NOT EXISTS (
    SELECT 1 FROM json_each(r.arguments)
    WHERE key IN ({", ".join(f"'{name}'" for name in NARROWING)}) AND type NOT IN ('null', 'false')
)"""
_FROM = "FROM runs LEFT JOIN models ON models.id = runs.model_id"
_LISTING = f"SELECT runs.id, {COLUMNS}, NULL AS result {_FROM}"
_WHOLE = f"SELECT runs.id, {COLUMNS}, result {_FROM}"


class RunHistory:
    """Runs as they stand in the file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, run_id: int) -> Run:
        """A run with its result; UsageError if there is none."""
        row = self._database.first(f"{_WHOLE} WHERE runs.id = ?", (run_id,))
        if row is None:
            raise UsageError(f"there is no run {run_id}", hint="`incumbent run list` shows them")
        return run_of(row)

    def answered(self, run_id: int) -> Run | None:
        """A run that is done, without its result; None where that was pruned, or there is no such run."""
        found = self.listed(f"WHERE runs.id = {int(run_id)} AND state = 'done' AND result IS NOT NULL")
        return found[0] if found else None

    def page(
        self,
        model: str | None = None,
        kind: str | None = None,
        state: str | None = None,
        finished_since: str | None = None,
        search: str | None = None,
        after: str | None = None,
        limit: int = 200,
    ) -> Page:
        """A page of runs, newest first; what is None is not asked for.

        ``search`` keeps the runs whose note, reason or error has all these words (or their beginnings).
        """
        chosen = Filter().equal("model_id", optional_model_id(self._database, model))
        chosen.equal("kind", kind).equal("state", state)
        if finished_since is not None:
            chosen.that("finished >= ?", finished_since)
        if search is not None:
            found = "runs.id IN (SELECT rowid FROM runs_fts WHERE runs_fts MATCH ?)"
            chosen.that(found, match_query(search))
        return newest_first(self._database, _LISTING, chosen, run_of, after, limit, key="runs.id")

    def ended_since(self, moment: str, model: str | None = None) -> Counter[tuple[RunState, Verdict | None]]:
        """How many runs ended since a moment, by state and verdict; replays of old moments not counted."""
        chosen = Filter().that("finished >= ?", moment).that("as_of IS NULL")
        chosen.equal("model_id", optional_model_id(self._database, model))
        sql = f"SELECT state, verdict, count(*) FROM runs{chosen.sql} GROUP BY state, verdict"
        rows = self._database.rows(sql, chosen.parameters)
        return Counter({(state, verdict): count for state, verdict, count in rows})

    def active(self) -> tuple[Run, ...]:
        """What is queued or running, oldest first."""
        return self.listed("WHERE state IN ('queued', 'running') ORDER BY runs.id")

    def last(self, model: str, kind: str, verdicts: Sequence[Verdict] | None = None) -> Run | None:
        """The judged run of the latest moment, of this kind (and one of these verdicts), with its result.

        What is asked of a part only (:data:`NARROWING`) is passed over.
        """
        row = self._database.first(
            f"""{_WHOLE} WHERE runs.id = (
                SELECT r.id FROM runs AS r
                WHERE r.model_id = ? AND r.kind = ? AND r.verdict IS NOT NULL
                    {one_of("r.verdict", verdicts)} AND {_WHOLE_MODEL}
                ORDER BY r.moment DESC, r.id DESC LIMIT 1
            )""",
            (model_id(self._database, model), kind, *(verdicts or ())),
        )
        return None if row is None else run_of(row)

    def last_per_check(self, model: str) -> dict[str, Run]:
        """Kind → the judged run of the latest moment, of those that look at the whole."""
        return last_judged(self._database, model_id(self._database, model)).get(model, {})

    def listed(self, rest: str) -> tuple[Run, ...]:
        """The runs that the rest of a statement chooses, without their results."""
        return tuple(run_of(row) for row in self._database.rows(f"{_LISTING} {rest}"))

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows(
            "SELECT id, state FROM runs WHERE (state = 'running' AND (pid IS NULL OR started IS NULL))"
        )
        return tuple(f"run {r['id']} is {r['state']}, but no process ever claimed it" for r in rows)


def last_judged(database: Database, identity: int | None = None) -> dict[str, dict[str, Run]]:
    """Model → kind → the judged run of the latest moment, of one model or of all; see :data:`NARROWING`."""
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
                    AND {_WHOLE_MODEL}
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


def one_of(column: str, values: Sequence[str] | None) -> str:
    """A further condition: the column has one of these values; nothing for None."""
    return "" if values is None else f"AND {column} IN ({', '.join('?' * len(values))})"


def run_of(row: Row) -> Run:
    """The record of a row of :data:`COLUMNS`."""
    values = dict(row)
    for name in ("arguments", "result"):
        values[name] = unpack(values[name])
    for name in ("cancel", "late"):
        values[name] = bool(values[name])
    return Run(**values)
