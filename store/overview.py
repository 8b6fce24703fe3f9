"""The overview: all models at one glance.

What stands, the judged runs of the latest moment and the open alerts are read for all models at once; the
latest now-test of the version that stands for a model, and the trend of its primary metric, by two small
statements a model, each answered by one index (:data:`TREND` by the index alone).
"""

from __future__ import annotations

from store.alerts import open_by_model
from store.database import Database
from store.measurements import COLUMNS as MEASUREMENT
from store.measurements import measurement
from store.production import Production
from store.records import Model, ModelOverview, TrendPoint
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

_OF_SERIES = """
    FROM measurements
    WHERE model_id = :model AND check_name = 'nowtest' AND metric = :metric AND version = :version
        AND segment IS NULL
    ORDER BY moment DESC, measurements.id DESC
"""
TREND = f"SELECT moment, value, verdict {_OF_SERIES} LIMIT :nights"
NOWTEST = f"""
    SELECT {MEASUREMENT}, measurements.id
    FROM measurements JOIN models ON models.id = measurements.model_id
    WHERE run_id = (SELECT run_id {_OF_SERIES} LIMIT 1)
        AND +measurements.model_id = :model AND +version = :version AND +check_name = 'nowtest'
    ORDER BY measurements.id
"""  # a plus before a column keeps its index out of it: the run has few rows


def overview(
    database: Database, site: str = LOCAL, include_archived: bool = False, nights: int = 30
) -> tuple[ModelOverview, ...]:
    """What the overview shows of each model, by name, all of one moment.

    Parameters
    ----------
    site : str
        Whose production is shown.
    nights : int
        How many values a trend has at most.
    """
    with database.snapshot():
        live = {revision.model: revision for revision in Production(database).all_live(site)}
        requirements, checks, alerts = all_live(database), last_judged(database), open_by_model(database)
        shown = []
        for row in database.rows(_MODELS, (include_archived,)):
            name, production = row["name"], live.get(row["name"])
            champion = production.champion if production else None
            version = row["newest"] if champion is None else champion
            series = {"model": row["id"], "metric": row["metric"], "version": version, "nights": nights}
            shown.append(
                ModelOverview(
                    model=Model(row["id"], name, row["created"], row["archived"], row["revision"]),
                    metric=row["metric"],
                    production=production,
                    shown=version,
                    versions=row["versions"],
                    requirements=requirements.get(name, ()),
                    checks=checks.get(name, {}),
                    nowtest=tuple(measurement(found) for found in database.rows(NOWTEST, series)),
                    trend=tuple(TrendPoint(*found) for found in reversed(database.rows(TREND, series))),
                    alerts=alerts.get(name, ()),
                    muted=bool(row["muted"]),
                    active=row["active"],
                )
            )
        return tuple(shown)
