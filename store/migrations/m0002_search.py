"""Schema 2: full-text search over the journal, and the notes of runs and cases.

Each index holds no text of its own (FTS5, external content); triggers keep it with its table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

SEARCHED = {
    "journal": ("action", "subject", "model_name", "detail"),
    "runs": ("why", "note", "error"),
    "cases": ("note",),
}


def take(database: Database) -> None:
    """Make the indices, and fill them with the rows that are there."""
    for table, columns in SEARCHED.items():
        database.table(table).enable_fts(columns, create_triggers=True)
