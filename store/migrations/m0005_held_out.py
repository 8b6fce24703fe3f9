"""Schema 5: which rows a version was not trained on, of models without a time column."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def take(database: Database) -> None:
    """Add the column."""
    database.execute(
        "ALTER TABLE versions ADD COLUMN held_out TEXT CHECK (held_out IS NULL OR json_valid(held_out))"
    )
