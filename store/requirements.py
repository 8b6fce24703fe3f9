"""Requirements, with all that they ever were.

A row is never changed but for one column: a newer row of the same metric and segment supersedes it, and its
``until`` says when. Taking a requirement away is a row too (``removed``). So every verdict of the past can be
read beside the limits of its day.
"""

from __future__ import annotations

from math import isfinite

from incumbent.errors import UsageError
from store.clock import now as clock
from store.database import Database, Row
from store.models import model_id
from store.records import Requirement

_SELECT = """
    SELECT requirements.id, name AS model, metric, segment, minimum, maximum, mean, range_low, range_high,
        since, until, who, why, removed
    FROM requirements JOIN models ON models.id = model_id
"""


class Requirements:
    """What good means for each metric of a model."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(
        self,
        model: str,
        metric: str,
        segment: str | None = None,
        *,
        min: float | None = None,
        max: float | None = None,
        mean: float | None = None,
        range: tuple[float, float] | None = None,
        who: str,
        why: str = "",
        now: str | None = None,
    ) -> Requirement:
        """Set what a metric must keep; equal limits give the requirement that stands.

        Raises
        ------
        UsageError
            If no limit is given, or the lower lies above the upper.
        """
        limits = (min, max, mean, *(range or (None, None)))
        _sensible(metric, limits)
        with self._database.transaction():
            live = self._live(model, metric, segment)
            if live is not None and _limits(live) == limits:
                return live
            return self._supersede(model, metric, segment, limits, who, why, False, now or clock())

    def unset(
        self,
        model: str,
        metric: str,
        segment: str | None = None,
        *,
        who: str,
        why: str = "",
        now: str | None = None,
    ) -> Requirement:
        """Take a requirement away; the row that says so. UsageError if there is none."""
        with self._database.transaction():
            if self._live(model, metric, segment) is None:
                raise UsageError(
                    f"model {model!r} has no requirement on {metric}" + (f" by {segment}" if segment else ""),
                    hint=f"`incumbent require list {model}` shows them",
                )
            return self._supersede(model, metric, segment, (None,) * 5, who, why, True, now or clock())

    def live(self, model: str) -> tuple[Requirement, ...]:
        """The requirements that stand, by metric and segment."""
        return tuple(_requirement(row) for row in self._rows(model, "until IS NULL AND NOT removed"))

    def history(self, model: str) -> tuple[Requirement, ...]:
        """All rows, newest first, those that say "removed" too."""
        rows = self._database.rows(
            f"{_SELECT} WHERE model_id = ? ORDER BY requirements.id DESC", (model_id(self._database, model),)
        )
        return tuple(_requirement(row) for row in rows)

    def _rows(self, model: str, condition: str) -> list[Row]:
        return self._database.rows(
            f"{_SELECT} WHERE model_id = ? AND {condition} ORDER BY metric, segment",
            (model_id(self._database, model),),
        )

    def _live(self, model: str, metric: str, segment: str | None) -> Requirement | None:
        row = self._database.first(
            f"""{_SELECT} WHERE model_id = ? AND metric = ? AND coalesce(segment, '') = ?
            AND until IS NULL AND NOT removed""",
            (model_id(self._database, model), metric, segment or ""),
        )
        return None if row is None else _requirement(row)

    def _supersede(
        self,
        model: str,
        metric: str,
        segment: str | None,
        limits: tuple[float | None, ...],
        who: str,
        why: str,
        removed: bool,
        now: str,
    ) -> Requirement:
        identity = model_id(self._database, model)
        self._database.run(
            """UPDATE requirements SET until = ?
            WHERE model_id = ? AND metric = ? AND coalesce(segment, '') = ? AND until IS NULL""",
            (now, identity, metric, segment or ""),
        )
        added = self._database.insert(
            """INSERT INTO requirements (model_id, metric, segment, minimum, maximum, mean, range_low,
                range_high, since, who, why, removed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (identity, metric, segment or None, *limits, now, who, why, removed),
        )
        row = self._database.rows(f"{_SELECT} WHERE requirements.id = ?", (added,))[0]
        return _requirement(row)

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows(f"{_SELECT} WHERE until < since")
        return tuple(f"requirement {r['id']} of model {r['model']!r} ended before it began" for r in rows)


def all_live(database: Database) -> dict[str, tuple[Requirement, ...]]:
    """Model → the requirements that stand."""
    found: dict[str, tuple[Requirement, ...]] = {}
    for row in database.rows(f"{_SELECT} WHERE until IS NULL AND NOT removed ORDER BY metric, segment"):
        found[row["model"]] = (*found.get(row["model"], ()), _requirement(row))
    return found


def _sensible(metric: str, limits: tuple[float | None, ...]) -> None:
    low, high, _, range_low, range_high = limits
    if all(limit is None for limit in limits):
        raise UsageError(f"a requirement on {metric} without a limit", hint="give min, max, mean or range")
    if any(limit is not None and not isfinite(limit) for limit in limits):
        raise UsageError(f"a limit on {metric} is not a finite number", hint="leave out what does not bind")
    for lower, upper in ((low, high), (range_low, range_high)):
        if lower is not None and upper is not None and lower > upper:
            raise UsageError(f"the limits on {metric} leave no room: {lower} is above {upper}")


def _limits(requirement: Requirement) -> tuple[float | None, ...]:
    return (requirement.min, requirement.max, requirement.mean, *(requirement.range or (None, None)))


def _requirement(row: Row) -> Requirement:
    low, high = row["range_low"], row["range_high"]
    return Requirement(
        id=row["id"],
        model=row["model"],
        metric=row["metric"],
        segment=row["segment"],
        min=row["minimum"],
        max=row["maximum"],
        mean=row["mean"],
        range=None if low is None or high is None else (low, high),
        since=row["since"],
        until=row["until"],
        who=row["who"],
        why=row["why"],
        removed=bool(row["removed"]),
    )
