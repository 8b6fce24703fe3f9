"""The overview: all models at one glance, in a handful of statements however many models there are.

Every part is read for all models at once, and each by an index: what stands, the judged runs of the latest
moment, the latest now-test of the version that stands for the model, and the trend of its primary metric.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from store.alerts import open_by_model
from store.database import Database, Row
from store.measurements import COLUMNS as MEASUREMENT
from store.measurements import measurement
from store.packing import pack
from store.production import Production
from store.records import Measurement, Model, ModelOverview
from store.requirements import all_live
from store.run_history import last_judged
from store.sites import LOCAL

_MODELS = """
    SELECT id, name, created, archived, revision,
        (SELECT json_extract(document, '$.metric') FROM spec_revisions
            WHERE model_id = known.id AND number = revision) AS metric,
        (SELECT max(number) FROM versions
            WHERE model_id = known.id AND archived IS NULL AND number > 0) AS newest,
        (SELECT count(*) FROM versions
            WHERE model_id = known.id AND archived IS NULL AND number > 0) AS versions,
        EXISTS (SELECT 1 FROM mutes WHERE model_id = known.id) AS muted,
        (SELECT count(*) FROM runs WHERE model_id = known.id AND state IN ('queued', 'running')) AS active
    FROM (
        SELECT *, (SELECT max(number) FROM spec_revisions WHERE model_id = models.id) AS revision FROM models
    ) AS known
    WHERE ? OR archived IS NULL
    ORDER BY name
"""

# CROSS JOIN keeps the order: for each model that is shown, its few rows by the index of series.
_SHOWN = """
    WITH shown (of_model, of_version, of_metric) AS (
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
        FROM json_each(?)
    )
"""
_OF_SERIES = """
    FROM measurements AS newest
    WHERE newest.model_id = of_model AND newest.check_name = 'nowtest' AND newest.metric = of_metric
        AND newest.version = of_version AND newest.segment IS NULL
    ORDER BY newest.moment DESC, newest.id DESC
"""
NOWTEST = f"""{_SHOWN}
    SELECT measurements.id, {MEASUREMENT}
    FROM shown CROSS JOIN models ON models.id = of_model
    CROSS JOIN measurements ON run_id = (SELECT newest.run_id {_OF_SERIES} LIMIT 1)
        AND measurements.model_id = of_model AND measurements.version = of_version
        AND check_name = 'nowtest'
    ORDER BY measurements.id
"""
TREND = f"""{_SHOWN}
    SELECT measurements.id, {MEASUREMENT}
    FROM shown CROSS JOIN models ON models.id = of_model
    CROSS JOIN measurements ON measurements.id IN (SELECT newest.id {_OF_SERIES} LIMIT ?)
    ORDER BY moment, measurements.id
"""


@dataclass(frozen=True)
class _Shown:
    """A model's row, and the version that stands for it."""

    row: Row
    version: int | None


def overview(
    database: Database, site: str = LOCAL, include_archived: bool = False, nights: int = 30
) -> tuple[ModelOverview, ...]:
    """What the overview shows of each model, by name.

    Parameters
    ----------
    site : str
        Whose production is shown.
    nights : int
        How many values a trend has at most.
    """
    live = {revision.model: revision for revision in Production(database).all_live(site)}
    shown = [
        _Shown(row, live[row["name"]].champion if row["name"] in live else None)
        for row in database.rows(_MODELS, (include_archived,))
    ]
    shown = [_Shown(s.row, s.row["newest"] if s.version is None else s.version) for s in shown]
    wanted = pack([[s.row["id"], s.version, s.row["metric"]] for s in shown])
    nowtests = _by_model(database.rows(NOWTEST, (wanted,)))
    trends = _by_model(database.rows(TREND, (wanted, nights)))
    requirements, checks, alerts = all_live(database), last_judged(database), open_by_model(database)
    return tuple(
        ModelOverview(
            model=Model(s.row["id"], s.row["name"], s.row["created"], s.row["archived"], s.row["revision"]),
            metric=s.row["metric"],
            production=live.get(s.row["name"]),
            shown=s.version,
            versions=s.row["versions"],
            requirements=requirements.get(s.row["name"], ()),
            checks=checks.get(s.row["name"], {}),
            nowtest=nowtests.get(s.row["name"], ()),
            trend=trends.get(s.row["name"], ()),
            alerts=alerts.get(s.row["name"], ()),
            muted=bool(s.row["muted"]),
            active=s.row["active"],
        )
        for s in shown
    )


def _by_model(rows: Iterable[Row]) -> dict[str, tuple[Measurement, ...]]:
    found: dict[str, list[Measurement]] = {}
    for row in rows:
        found.setdefault(row["model"], []).append(measurement(row))
    return {name: tuple(measurements) for name, measurements in found.items()}
