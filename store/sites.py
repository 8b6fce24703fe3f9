"""Sites: named places where predictions are made. ``local`` is there from the beginning."""

from __future__ import annotations

from incumbent.errors import RefusedError, UsageError
from store.clock import now as clock
from store.database import Database
from store.records import Site

LOCAL = "local"


def site_id(database: Database, name: str) -> int:
    """The id of a site; UsageError if there is none of this name."""
    found = database.value("SELECT id FROM sites WHERE name = ?", (name,))
    if found is None:
        raise UsageError(f"no site named {name!r}", hint="`incumbent site list` shows them")
    return int(found)


class Sites:
    """Sites by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, path: str, now: str | None = None) -> Site:
        """Name a new place; RefusedError if the name is taken."""
        with self._database.transaction():
            if self.find(name) is not None:
                raise RefusedError(f"a site named {name!r} exists already", hint="choose another name")
            self._database.run(
                "INSERT INTO sites (name, path, created) VALUES (?, ?, ?)", (name, path, now or clock())
            )
            return self.get(name)

    def get(self, name: str) -> Site:
        """The site of this name; UsageError if there is none."""
        site_id(self._database, name)
        return Site(*self._database.rows("SELECT name, path, created FROM sites WHERE name = ?", (name,))[0])

    def find(self, name: str) -> Site | None:
        """The site of this name, or None."""
        row = self._database.first("SELECT name, path, created FROM sites WHERE name = ?", (name,))
        return None if row is None else Site(*row)

    def list(self) -> tuple[Site, ...]:
        """All sites, in the order in which they were added."""
        return tuple(
            Site(*r) for r in self._database.rows("SELECT name, path, created FROM sites ORDER BY id")
        )

    def champions(self, name: str) -> int:
        """How many models have a champion that is live at a site."""
        return int(
            self._database.value(
                """SELECT count(*) FROM production AS live
                WHERE site_id = ? AND champion IS NOT NULL AND number = (
                    SELECT max(number) FROM production
                    WHERE model_id = live.model_id AND site_id = live.site_id)""",
                (site_id(self._database, name),),
            )
        )

    def remove(self, name: str) -> None:
        """Forget a site and its production history (not its folder). Whether it may is judged elsewhere."""
        self._database.run("DELETE FROM sites WHERE id = ?", (site_id(self._database, name),))

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        return () if self.find(LOCAL) else (f"the site {LOCAL!r} is missing",)
