"""Trials: which version is tried out where and since when, how it stands, and what sites have said of it.

A trial is changed only while it runs: its champion and the beginning of the comparison, when another champion
takes office; its standing, at every look; its end, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from incumbent.errors import RefusedError, UsageError
from store.clock import now as clock
from store.database import Database, Row
from store.models import model_id, optional_model_id
from store.packing import pack, pack_optional, unpack
from store.paging import Filter, newest_first
from store.records import Page, Trial, TrialNote

Outcome = Literal["accepted", "withdrawn", "stopped", "finished", "overtaken"]

_SELECT = """
    SELECT trials.id, name AS model, version, champion, mode, share, sites, guards, started, since, until,
        who, why, ended, outcome, ended_why, standing, looked
    FROM trials JOIN models ON models.id = trials.model_id
"""


class Trials:
    """Trials by id, and by model."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        model: str,
        version: int,
        champion: int,
        *,
        mode: Literal["shadow", "share", "site"] = "shadow",
        share: float = 0.0,
        sites: Sequence[str] = ("local",),
        guards: Mapping[str, Any] | None = None,
        until: str | None = None,
        who: str,
        why: str,
        now: str | None = None,
    ) -> Trial:
        """Begin a trial.

        Parameters
        ----------
        until : str, optional
            When it ends by itself; None: never.
        """
        present = now or clock()
        added = self._database.insert(
            """INSERT INTO trials (model_id, version, champion, mode, share, sites, guards, started, since,
                until, who, why)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                model_id(self._database, model), version, champion, mode, share, pack(list(sites)),
                pack(guards or {}), present, present, until, who, why,
            ),
        )  # fmt: skip
        return self.get(added)

    def get(self, trial: int) -> Trial:
        """A trial; UsageError if there is none."""
        row = self._database.first(f"{_SELECT} WHERE trials.id = ?", (trial,))
        if row is None:
            raise UsageError(f"there is no trial {trial}", hint="`incumbent trial status` shows them")
        return _trial(row)

    def running(self, model: str | None = None) -> tuple[Trial, ...]:
        """The trials that run, of one model or of all, oldest first."""
        chosen = Filter().that("ended IS NULL").equal("model_id", optional_model_id(self._database, model))
        rows = self._database.rows(f"{_SELECT}{chosen.sql} ORDER BY trials.id", chosen.parameters)
        return tuple(_trial(row) for row in rows)

    def page(self, model: str | None = None, after: str | None = None, limit: int = 200) -> Page:
        """A page of trials, newest first."""
        chosen = Filter().equal("model_id", optional_model_id(self._database, model))
        return newest_first(self._database, _SELECT, chosen, _trial, after, limit, key="trials.id")

    def begin_again(self, trial: int, champion: int, since: str) -> Trial:
        """Another champion has taken office: the comparison begins anew."""
        self._database.run(
            "UPDATE trials SET champion = ?, since = ?, standing = NULL WHERE id = ? AND ended IS NULL",
            (champion, since, trial),
        )
        return self.get(trial)

    def look(self, trial: int, standing: Mapping[str, Any], now: str | None = None) -> Trial:
        """Keep how it stands."""
        self._database.run(
            "UPDATE trials SET standing = ?, looked = ? WHERE id = ?",
            (pack_optional(standing), now or clock(), trial),
        )
        return self.get(trial)

    def end(self, trial: int, outcome: Outcome, why: str, now: str | None = None) -> Trial:
        """End a trial; RefusedError if it has ended before."""
        changed = self._database.run(
            "UPDATE trials SET ended = ?, outcome = ?, ended_why = ? WHERE id = ? AND ended IS NULL",
            (now or clock(), outcome, why, trial),
        )
        found = self.get(trial)
        if not changed:
            raise RefusedError(f"trial {trial} of {found.model} has ended already: {found.outcome}")
        return found

    def note(
        self, trial: int, note: str, *, who: str, site: str | None = None, now: str | None = None
    ) -> TrialNote:
        """Keep what somebody says of a trial."""
        self._database.run(
            "INSERT INTO trial_notes (trial_id, at, who, site, note) VALUES (?, ?, ?, ?, ?)",
            (trial, now or clock(), who, site, note),
        )
        return self.notes(trial)[-1]

    def notes(self, trial: int) -> tuple[TrialNote, ...]:
        """What has been said of a trial, oldest first."""
        rows = self._database.rows(
            """SELECT id, trial_id AS trial, at AS "when", who, site, note FROM trial_notes
            WHERE trial_id = ? ORDER BY id""",
            (trial,),
        )
        return tuple(TrialNote(*row) for row in rows)

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows(f"{_SELECT} WHERE ended IS NULL AND version = champion")
        return tuple(f"trial {r['id']} of {r['model']} holds v{r['version']} against itself" for r in rows)


def _trial(row: Row) -> Trial:
    values = dict(row)
    values["sites"] = tuple(unpack(values["sites"]))
    values["guards"] = unpack(values["guards"])
    values["standing"] = unpack(values["standing"])
    return Trial(**values)
