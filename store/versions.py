"""Versions: numbered, immutable bundles of a model.

A number is given once, in the transaction that writes the row, so two trainings that end together get two
numbers. Identity is the content hash: adding the same content again gives the version that exists. Number 0
is the model's trivial baseline (origin ``baseline``), the one version that follows the data: adding it anew
replaces its hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incumbent.errors import UsageError
from store.clock import now as clock
from store.database import Database, Row
from store.models import model_id
from store.packing import pack, unpack
from store.records import Version

BASELINE = 0

_SELECT = """
    SELECT name AS model, number, hash, algorithm, origin, versions.created, versions.archived, trained_since,
        trained_until, touched_until, trained_rows, parameters, agreement, why, run_id, held_out
    FROM versions JOIN models ON models.id = model_id
"""


class Versions:
    """Versions by model and number."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        model: str,
        hash: str,
        algorithm: str,
        origin: str,
        *,
        trained_since: str | None = None,
        trained_until: str | None = None,
        touched_until: str | None = None,
        trained_rows: int | None = None,
        parameters: Mapping[str, Any] | None = None,
        agreement: Mapping[str, Any] | None = None,
        why: str = "",
        run: int | None = None,
        held_out: Mapping[str, Any] | None = None,
        now: str | None = None,
    ) -> Version:
        """Add a version under the model's next number; content that exists gives the version that it is.

        Parameters
        ----------
        model : str
            The model's name.
        hash : str
            The bundle's content hash.
        algorithm, origin : str
            As in :class:`store.records.Version`; origin ``baseline`` gives number 0.
        """
        with self._database.transaction():
            identity = model_id(self._database, model)
            existing = self.by_hash(hash, model)
            if existing is not None:
                return existing
            number = BASELINE if origin == "baseline" else self._next_number(identity)
            self._database.run(
                """
                INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (model_id, number) DO UPDATE SET
                    hash = excluded.hash, algorithm = excluded.algorithm, created = excluded.created,
                    archived = NULL, trained_since = excluded.trained_since,
                    trained_until = excluded.trained_until, touched_until = excluded.touched_until,
                    trained_rows = excluded.trained_rows, parameters = excluded.parameters,
                    agreement = excluded.agreement, why = excluded.why, run_id = excluded.run_id,
                    held_out = excluded.held_out
                """,
                (
                    identity, number, hash, algorithm, origin, now or clock(), trained_since, trained_until,
                    touched_until, trained_rows, pack(parameters or {}), pack(agreement or {}), why, run,
                    None if held_out is None else pack(held_out),
                ),
            )  # fmt: skip
            return self.get(model, number)

    def tell_training(
        self,
        model: str,
        number: int,
        *,
        trained_since: str | None,
        trained_until: str | None,
        touched_until: str | None,
        held_out: Mapping[str, Any] | None,
    ) -> None:
        """Say which rows shaped a version, where that was not known."""
        self._database.run(
            """
            UPDATE versions SET trained_since = ?, trained_until = ?, touched_until = ?, held_out = ?
            WHERE model_id = ? AND number = ? AND trained_until IS NULL AND held_out IS NULL
            """,
            (
                trained_since, trained_until, touched_until, None if held_out is None else pack(held_out),
                model_id(self._database, model), number,
            ),
        )  # fmt: skip

    def _next_number(self, identity: int) -> int:
        return int(
            self._database.value(
                "SELECT coalesce(max(number), 0) + 1 FROM versions WHERE model_id = ?", (identity,)
            )
        )

    def get(self, model: str, number: int) -> Version:
        """A version by number; UsageError if there is none."""
        found = self.find(model, number)
        if found is None:
            model_id(self._database, model)
            raise UsageError(
                f"model {model!r} has no version {number}",
                hint=f"`incumbent version list {model}` shows them",
            )
        return found

    def find(self, model: str, number: int) -> Version | None:
        """A version by number, or None."""
        row = self._database.first(f"{_SELECT} WHERE name = ? AND number = ?", (model, number))
        return None if row is None else _version(row)

    def by_hash(self, hash: str, model: str | None = None) -> Version | None:
        """The version with this content, of this model or of any."""
        row = self._database.first(
            f"{_SELECT} WHERE hash = ?1 AND (?2 IS NULL OR name = ?2) ORDER BY model_id, number LIMIT 1",
            (hash, model),
        )
        return None if row is None else _version(row)

    def list(
        self, model: str, include_archived: bool = False, include_baseline: bool = False
    ) -> tuple[Version, ...]:
        """The versions of a model, newest first."""
        identity = model_id(self._database, model)
        rows = self._database.rows(
            f"""{_SELECT}
            WHERE model_id = ? AND (? OR versions.archived IS NULL) AND (? OR number > 0)
            ORDER BY number DESC
            """,
            (identity, include_archived, include_baseline),
        )
        return tuple(_version(row) for row in rows)

    def hashes(self) -> frozenset[str]:
        """The content hashes of all versions of all models (what must not be pruned)."""
        return frozenset(row[0] for row in self._database.rows("SELECT hash FROM versions"))

    def archive(self, model: str, number: int, now: str | None = None) -> Version:
        """Take a version out of daily listings and checks."""
        return self._set_archived(model, number, now or clock())

    def unarchive(self, model: str, number: int) -> Version:
        """Bring an archived version back."""
        return self._set_archived(model, number, None)

    def _set_archived(self, model: str, number: int, archived: str | None) -> Version:
        self.get(model, number)
        self._database.run(
            "UPDATE versions SET archived = ? WHERE number = ? AND model_id = ?",
            (archived, number, model_id(self._database, model)),
        )
        return self.get(model, number)

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows(
            """
            SELECT name, count(*) AS n, max(number) AS last
            FROM versions JOIN models ON models.id = model_id WHERE number > 0
            GROUP BY model_id HAVING n <> last
            """
        )
        return tuple(f"model {r['name']!r} has {r['n']} versions, but the last is {r['last']}" for r in rows)


def _version(row: Row) -> Version:
    values = dict(row)
    values["parameters"] = unpack(row["parameters"])
    values["agreement"] = unpack(row["agreement"])
    values["held_out"] = unpack(row["held_out"])
    values["run"] = values.pop("run_id")
    return Version(**values)
