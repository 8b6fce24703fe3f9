"""Measurements: one metric of one version on one slice of history, as judged in one run.

Rows are only added, with the run that found them. Listings go by falling id (the order of recording); a
series goes by ``moment``, the as-of where there is one, because a replay records old moments late.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from incumbent.errors import InputError
from store.clock import now as clock
from store.database import Database, Row
from store.models import model_id
from store.paging import Filter, newest_first
from store.records import Measurement, Page

#: As the fields of :class:`store.records.Measurement`.
COLUMNS = """run_id AS run, name AS model, version, check_name AS "check", slice AS partition, segment, since,
        until, metric, value, low, high, n, in_sample, verdict, reason, as_of, at AS "when" """
_SELECT = f"""
    SELECT {COLUMNS}, measurements.id
    FROM measurements JOIN models ON models.id = measurements.model_id
"""


class Measurements:
    """The measurements of all runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run: int, measurements: Iterable[Measurement], now: str | None = None) -> int:
        """Add measurements to a run in one transaction; how many.

        Parameters
        ----------
        run : int
            The run that found them (their own ``run`` is not looked at).
        measurements : iterable of Measurement
            An empty ``when`` becomes the present moment.

        Raises
        ------
        InputError
            For a NaN: a value that is not known is None, with its reason.
        """
        listed = list(measurements)
        with self._database.transaction():
            identities = {name: model_id(self._database, name) for name in {m.model for m in listed}}
            present = now or clock()
            self._database.run_many(
                """INSERT INTO measurements (run_id, model_id, version, check_name, slice, segment, since,
                    until, metric, value, low, high, n, in_sample, verdict, reason, as_of, at, moment)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                [_parameters(run, identities[m.model], m, present) for m in listed],
            )
        return len(listed)

    def of_run(self, run: int) -> tuple[Measurement, ...]:
        """All that a run measured, or the run that it repeats, in the order in which it was recorded."""
        rows = self._database.rows(
            f"""{_SELECT} WHERE run_id = coalesce((SELECT repeats FROM runs WHERE id = ?1), ?1)
            ORDER BY measurements.id""",
            (run,),
        )
        return tuple(measurement(row) for row in rows)

    def history(
        self,
        model: str,
        *,
        check: str | None = None,
        metric: str | None = None,
        version: int | None = None,
        partition: str | None = None,
        segment: str | None = None,
        after: str | None = None,
        limit: int = 200,
    ) -> Page:
        """A page of a model's measurements, newest recorded first; what is None is not asked for."""
        chosen = Filter().equal("model_id", model_id(self._database, model))
        chosen.equal("check_name", check).equal("metric", metric).equal("version", version)
        chosen.equal("slice", partition).equal("segment", segment)
        return newest_first(self._database, _SELECT, chosen, measurement, after, limit, key="measurements.id")

    def series(
        self, model: str, check: str, metric: str, version: int, limit: int = 30
    ) -> tuple[Measurement, ...]:
        """The latest values of a metric over all rows (no segment), oldest moment first."""
        rows = self._database.rows(
            f"""{_SELECT} WHERE model_id = ? AND check_name = ? AND metric = ? AND version = ?
                AND segment IS NULL
            ORDER BY moment DESC, measurements.id DESC LIMIT ?""",
            (model_id(self._database, model), check, metric, version, limit),
        )
        return tuple(measurement(row) for row in reversed(rows))

    def metrics(self, model: str) -> tuple[str, ...]:
        """The names of all that was ever measured of a model, in order."""
        rows = self._database.rows(
            "SELECT DISTINCT metric FROM measurements WHERE model_id = ? ORDER BY metric",
            (model_id(self._database, model),),
        )
        return tuple(row["metric"] for row in rows)

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows(
            """
            SELECT DISTINCT name, version
            FROM (SELECT DISTINCT model_id, version FROM measurements WHERE version > 0) AS found
            JOIN models ON models.id = found.model_id
            WHERE NOT EXISTS
                (SELECT 1 FROM versions WHERE model_id = found.model_id AND number = found.version)
            """
        )
        return tuple(f"measurements of model {r['name']!r} name version {r['version']}, which is not there"
                     for r in rows)  # fmt: skip


def _parameters(run: int, identity: int, m: Measurement, present: str) -> tuple[object, ...]:
    for number in (m.value, m.low, m.high):
        if number is not None and math.isnan(number):
            raise InputError(
                f"{m.metric} of {m.model} version {m.version} on {m.partition or 'all rows'} is NaN",
                hint="give None and a reason",
            )
    when = m.when or present
    return (
        run, identity, m.version, m.check, m.partition, m.segment, m.since, m.until, m.metric, m.value, m.low,
        m.high, m.n, m.in_sample, m.verdict, m.reason, m.as_of, when, m.as_of or when,
    )  # fmt: skip


def measurement(row: Row) -> Measurement:
    """The record of a row of :data:`COLUMNS` and the id."""
    return Measurement(*row[:-1])
