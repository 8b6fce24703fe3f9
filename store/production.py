"""Production revisions: what served at each site, when, and who decided it.

The list of a model at a site is only ever appended to; the highest number is live. To undo is to append.
Numbers are given in the transaction that writes the row; a caller who decided on what it saw says which
revision that was, and is refused when somebody was quicker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incumbent.errors import RefusedError, UsageError
from store.clock import now as clock
from store.database import Database, Row
from store.models import model_id
from store.packing import pack, unpack
from store.paging import Filter, newest_first
from store.records import Page, ProductionRevision
from store.sites import LOCAL, site_id

_SELECT = """
    SELECT production.id, models.name AS model, sites.name AS site, number, champion, challenger, share,
        shadows, fallback, limits, at AS "when", who, why, forced, undoes, published
    FROM production JOIN models ON models.id = production.model_id JOIN sites ON sites.id = site_id
"""
_LIVE = """
    number = (SELECT max(number) FROM production AS newer
        WHERE newer.model_id = production.model_id AND newer.site_id = production.site_id)
"""
#: Of each live revision: the first one after the last that had another champion.
_ARRIVAL = """
    production.id IN (
        SELECT (SELECT came.id FROM production AS came
            WHERE came.model_id = live.model_id AND came.site_id = live.site_id AND came.number > coalesce(
                (SELECT other.number FROM production AS other
                WHERE other.model_id = live.model_id AND other.site_id = live.site_id
                    AND other.champion IS NOT live.champion ORDER BY other.number DESC LIMIT 1), 0)
            ORDER BY came.number LIMIT 1)
        FROM production AS live WHERE live.number = (SELECT max(number) FROM production AS newer
            WHERE newer.model_id = live.model_id AND newer.site_id = live.site_id)
    )
"""


class Production:
    """Production revisions by model, site and number."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        model: str,
        site: str = LOCAL,
        *,
        champion: int | None,
        challenger: int | None = None,
        share: float = 0.0,
        shadows: Sequence[int] = (),
        fallback: Sequence[Any] = (),
        limits: Mapping[str, Any] | None = None,
        who: str,
        why: str,
        forced: bool = False,
        undoes: int | None = None,
        seen: int | None = None,
        now: str | None = None,
    ) -> ProductionRevision:
        """Append a revision, which is live from then on.

        Parameters
        ----------
        seen : int, optional
            The number that was live when this was decided (0: none).

        Raises
        ------
        RefusedError
            If another revision than ``seen`` is live by now.
        """
        with self._database.transaction():
            identity, place = model_id(self._database, model), site_id(self._database, site)
            live = self.live(model, site)
            number = live.number if live else 0
            if seen is not None and seen != number:
                raise RefusedError(
                    f"production of {model} at {site} has been changed meanwhile: revision {number} is live, "
                    f"not {seen}",
                    hint="look at it again, then repeat",
                )
            self._database.run(
                """INSERT INTO production (model_id, site_id, number, champion, challenger, share, shadows,
                    fallback, limits, at, who, why, forced, undoes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    identity, place, number + 1, champion, challenger, share, pack(list(shadows)),
                    pack(list(fallback)), pack(limits or {}), now or clock(), who, why, forced, undoes,
                ),
            )  # fmt: skip
            return self.get(model, number + 1, site)

    def get(self, model: str, number: int, site: str = LOCAL) -> ProductionRevision:
        """A revision by number; UsageError if there is none."""
        row = self._database.first(
            f"{_SELECT} WHERE model_id = ? AND site_id = ? AND number = ?",
            (model_id(self._database, model), site_id(self._database, site), number),
        )
        if row is None:
            raise UsageError(
                f"production of {model} at {site} has no revision {number}",
                hint=f"`incumbent production history {model}` shows them",
            )
        return revision_of(row)

    def live(self, model: str, site: str = LOCAL) -> ProductionRevision | None:
        """The live revision of a model at a site, or None."""
        row = self._database.first(
            f"{_SELECT} WHERE model_id = ? AND site_id = ? ORDER BY number DESC LIMIT 1",
            (model_id(self._database, model), site_id(self._database, site)),
        )
        return None if row is None else revision_of(row)

    def before(self, revision: ProductionRevision) -> ProductionRevision | None:
        """The newest revision before one, at its site, that had another champion; None without any."""
        row = self._database.first(
            f"""{_SELECT} WHERE model_id = ? AND site_id = ? AND number < ? AND champion IS NOT ?
            ORDER BY number DESC LIMIT 1""",
            (
                model_id(self._database, revision.model), site_id(self._database, revision.site),
                revision.number, revision.champion,
            ),
        )  # fmt: skip
        return None if row is None else revision_of(row)

    def all_live(self, site: str | None = None) -> tuple[ProductionRevision, ...]:
        """The live revisions of all models, at one site or at all."""
        chosen = Filter().that(_LIVE).equal("sites.name", site)
        rows = self._database.rows(f"{_SELECT}{chosen.sql} ORDER BY models.name, sites.id", chosen.parameters)
        return tuple(revision_of(row) for row in rows)

    def arrival(self, revision: ProductionRevision) -> ProductionRevision:
        """The revision with which the champion of a revision came: the first that kept it until then."""
        model, site = revision.model, revision.site
        row = self._database.first(
            f"""{_SELECT} WHERE model_id = :model AND site_id = :site AND number > coalesce(
                (SELECT max(other.number) FROM production AS other
                WHERE other.model_id = :model AND other.site_id = :site AND other.number < :number
                    AND other.champion IS NOT :champion), 0)
            ORDER BY number LIMIT 1""",
            {
                "model": model_id(self._database, model),
                "site": site_id(self._database, site),
                "number": revision.number,
                "champion": revision.champion,
            },
        )
        return revision if row is None else revision_of(row)

    def arrivals(self, site: str = LOCAL) -> dict[str, ProductionRevision]:
        """Model → the revision with which its champion came; later ones (a trial, another limit) kept it."""
        chosen = Filter().that(_ARRIVAL).equal("sites.name", site)
        rows = self._database.rows(f"{_SELECT}{chosen.sql}", chosen.parameters)
        return {row["model"]: revision_of(row) for row in rows}

    def published_at(self, site: str) -> tuple[str, ...]:
        """The models of which something was ever published at a site."""
        rows = self._database.rows(
            """SELECT DISTINCT models.name FROM production JOIN models ON models.id = production.model_id
            WHERE site_id = ? AND published IS NOT NULL ORDER BY models.name""",
            (site_id(self._database, site),),
        )
        return tuple(row[0] for row in rows)

    def history(
        self, model: str, site: str | None = LOCAL, after: str | None = None, limit: int = 200
    ) -> Page:
        """A page of revisions, newest first, at one site or (None) at all."""
        chosen = Filter().equal("model_id", model_id(self._database, model))
        chosen.equal("site_id", None if site is None else site_id(self._database, site))
        return newest_first(self._database, _SELECT, chosen, revision_of, after, limit, key="production.id")

    def mark_published(
        self, model: str, number: int, site: str = LOCAL, now: str | None = None
    ) -> ProductionRevision:
        """Note that a revision's files are in place."""
        self._database.run(
            "UPDATE production SET published = ? WHERE model_id = ? AND site_id = ? AND number = ?",
            (now or clock(), model_id(self._database, model), site_id(self._database, site), number),
        )
        return self.get(model, number, site)

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows(f"{_SELECT} WHERE {_LIVE} AND published IS NULL")
        return tuple(
            f"revision {r['number']} of {r['model']} at {r['site']} is live, but was never published"
            for r in rows
        )


def revision_of(row: Row) -> ProductionRevision:
    """The record of a row."""
    values = dict(row)
    del values["id"]
    for name in ("shadows", "fallback"):
        values[name] = tuple(unpack(values[name]))
    values["limits"] = unpack(values["limits"])
    values["forced"] = bool(values["forced"])
    return ProductionRevision(**values)
