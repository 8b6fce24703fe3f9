"""Schema 3: trials, with what sites have said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.migrations.script import statements

if TYPE_CHECKING:
    from sqlite_utils import Database

SQL = """
CREATE TABLE trials (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    champion INTEGER NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('shadow', 'share', 'site')),
    share REAL NOT NULL CHECK (share >= 0 AND share <= 1),
    sites TEXT NOT NULL CHECK (json_valid(sites)),
    guards TEXT NOT NULL CHECK (json_valid(guards)),
    started TEXT NOT NULL,
    since TEXT NOT NULL,
    until TEXT,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    ended TEXT,
    outcome TEXT CHECK (outcome IN ('accepted', 'withdrawn', 'stopped', 'finished', 'overtaken')),
    ended_why TEXT,
    standing TEXT CHECK (standing IS NULL OR json_valid(standing)),
    looked TEXT,
    FOREIGN KEY (model_id, version) REFERENCES versions (model_id, number) ON DELETE CASCADE,
    CHECK ((ended IS NULL) = (outcome IS NULL))
) STRICT;
CREATE INDEX trials_model ON trials (model_id, id);
CREATE INDEX trials_version ON trials (model_id, version);
CREATE INDEX trials_running ON trials (id) WHERE ended IS NULL;

CREATE TABLE trial_notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    trial_id INTEGER NOT NULL REFERENCES trials (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    site TEXT,
    note TEXT NOT NULL CHECK (note <> '')
) STRICT;
CREATE INDEX trial_notes_trial ON trial_notes (trial_id, id);
"""


def take(database: Database) -> None:
    """Make the tables."""
    for statement in statements(SQL):
        database.execute(statement)
