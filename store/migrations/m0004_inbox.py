"""Schema 4: the inbox of surprising rows, and what was decided about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.migrations.script import statements

if TYPE_CHECKING:
    from sqlite_utils import Database

SQL = """
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('error', 'fallback', 'mistake', 'residual', 'outside')),
    fold TEXT NOT NULL CHECK (fold <> ''),
    source TEXT NOT NULL CHECK (source IN ('log', 'history')),
    input TEXT NOT NULL CHECK (json_type(input) = 'object'),
    said TEXT NOT NULL CHECK (json_type(said) = 'object'),
    actual TEXT CHECK (actual IS NULL OR json_valid(actual)),
    reason TEXT NOT NULL,
    surprise REAL NOT NULL,
    count INTEGER NOT NULL CHECK (count >= 1),
    first TEXT,
    last TEXT,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'dismissed')),
    case_id INTEGER REFERENCES cases (id) ON DELETE SET NULL,
    created TEXT NOT NULL,
    decided TEXT,
    decided_by TEXT,
    UNIQUE (model_id, kind, source, fold),
    CHECK ((state = 'open') = (decided IS NULL))
) STRICT;
CREATE INDEX inbox_open ON inbox (model_id, state, kind, surprise);
CREATE INDEX inbox_case ON inbox (case_id) WHERE case_id IS NOT NULL;
"""


def take(database: Database) -> None:
    """Make the table."""
    for statement in statements(SQL):
        database.execute(statement)
