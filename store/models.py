"""Models and the revisions of their specs.

A spec is a document that its maintainer applies again and again. The store keeps every state of it: applying
an equal document changes nothing, applying another appends a revision, and the highest number is live. A
model's rows elsewhere point at its id, so it can be renamed; deleting it takes all that belongs to it, except
what the journal says of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incumbent.errors import RefusedError, UsageError
from store.clock import now as clock
from store.database import Database, Row
from store.packing import pack, unpack
from store.records import Model, SpecRevision

_MODELS = """
    SELECT id, name, created, archived,
        (SELECT max(number) FROM spec_revisions WHERE model_id = models.id) AS revision
    FROM models
"""
_REVISIONS = """
    SELECT name, number, document, at, who, why
    FROM spec_revisions JOIN models ON models.id = model_id
"""


def model_id(database: Database, name: str) -> int:
    """The id of a model.

    Raises
    ------
    UsageError
        If there is none of this name; the hint names the closest ones.
    """
    found = database.value("SELECT id FROM models WHERE name = ?", (name,))
    if found is None:
        raise _unknown(database, name)
    return int(found)


def optional_model_id(database: Database, name: str | None) -> int | None:
    """Like :func:`model_id`; None stays None."""
    return None if name is None else model_id(database, name)


def _unknown(database: Database, name: str) -> UsageError:
    import difflib  # only a mistake needs it

    names = [row[0] for row in database.rows("SELECT name FROM models ORDER BY name")]
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        hint = f"did you mean {' or '.join(repr(c) for c in close)}?"
    else:
        hint = "`incumbent model list` shows the models" if names else "`incumbent model apply` makes one"
    return UsageError(f"no model named {name!r}", hint=hint)


class Models:
    """Models by name, and their specs by revision."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(
        self, name: str, document: Mapping[str, Any], who: str, why: str = "", now: str | None = None
    ) -> SpecRevision:
        """Make a model, or append a revision to its spec; an equal document gives the present revision."""
        packed = pack(document)
        with self._database.transaction():
            self._database.run(
                "INSERT INTO models (name, created) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                (name, now or clock()),
            )
            identity = model_id(self._database, name)
            live = self._database.first(
                "SELECT number, document FROM spec_revisions WHERE model_id = ? ORDER BY number DESC LIMIT 1",
                (identity,),
            )
            if live is None or live["document"] != packed:
                number = live["number"] + 1 if live else 1
                self._database.run(
                    "INSERT INTO spec_revisions VALUES (?, ?, ?, ?, ?, ?)",
                    (identity, number, packed, now or clock(), who, why),
                )
            return self.revision(name)

    def get(self, name: str) -> Model:
        """The model of this name; UsageError, with close names, if there is none."""
        found = self.find(name)
        if found is None:
            raise _unknown(self._database, name)
        return found

    def find(self, name: str) -> Model | None:
        """The model of this name, or None."""
        row = self._database.first(f"{_MODELS} WHERE name = ?", (name,))
        return None if row is None else Model(*row)

    def list(self, include_archived: bool = False) -> tuple[Model, ...]:
        """All models, by name."""
        where = "" if include_archived else "WHERE archived IS NULL"
        return tuple(Model(*row) for row in self._database.rows(f"{_MODELS} {where} ORDER BY name"))

    def revision(self, name: str, number: int | None = None) -> SpecRevision:
        """One revision of a spec, the live one unless a number is given."""
        model_id(self._database, name)
        row = self._database.first(
            f"{_REVISIONS} WHERE name = ?1 AND (?2 IS NULL OR number = ?2) ORDER BY number DESC LIMIT 1",
            (name, number),
        )
        if row is None:
            raise UsageError(f"the spec of {name!r} has no revision {number}")
        return _revision(row)

    def revisions(self, name: str) -> tuple[SpecRevision, ...]:
        """All revisions of a spec, newest first."""
        model_id(self._database, name)
        rows = self._database.rows(f"{_REVISIONS} WHERE name = ? ORDER BY number DESC", (name,))
        return tuple(_revision(row) for row in rows)

    def rename(self, name: str, new: str) -> Model:
        """Give a model another name; RefusedError if it is taken."""
        with self._database.transaction():
            identity = model_id(self._database, name)
            if new != name and self.find(new) is not None:
                raise RefusedError(f"a model named {new!r} exists already", hint="choose another name")
            self._database.run("UPDATE models SET name = ? WHERE id = ?", (new, identity))
            return self.get(new)

    def archive(self, name: str, now: str | None = None) -> Model:
        """Take a model out of daily listings; when it was first archived stays."""
        model_id(self._database, name)
        self._database.run(
            "UPDATE models SET archived = coalesce(archived, ?) WHERE name = ?", (now or clock(), name)
        )
        return self.get(name)

    def unarchive(self, name: str) -> Model:
        """Bring an archived model back."""
        model_id(self._database, name)
        self._database.run("UPDATE models SET archived = NULL WHERE name = ?", (name,))
        return self.get(name)

    def delete(self, name: str) -> None:
        """Delete a model and all that belongs to it. Whether it may be deleted is judged elsewhere."""
        self._database.run("DELETE FROM models WHERE id = ?", (model_id(self._database, name),))

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        rows = self._database.rows(
            """
            SELECT name, count(number) AS n, max(number) AS last
            FROM models LEFT JOIN spec_revisions ON model_id = models.id
            GROUP BY models.id HAVING n = 0 OR n <> last
            """
        )
        return tuple(
            f"the spec of model {r['name']!r} has {r['n']} revisions, the last is {r['last']}" for r in rows
        )


def _revision(row: Row) -> SpecRevision:
    return SpecRevision(
        row["name"], row["number"], unpack(row["document"]), row["at"], row["who"], row["why"]
    )
