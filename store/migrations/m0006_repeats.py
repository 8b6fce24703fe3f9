"""Schema 6: which earlier run a run repeats, whose measurements are its own too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def take(database: Database) -> None:
    """Add the column."""
    database.execute("ALTER TABLE runs ADD COLUMN repeats INTEGER")
