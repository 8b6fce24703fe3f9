"""Schema 1: all families of the first release.

A model's name may change, so rows point at ``models.id``. What belongs to a model goes with it (``CASCADE``);
the journal stays. ``at`` is wall time; ``moment`` is the as-of of a run where it has one, else when it was
queued or recorded: the present state of a model is what was found at the latest moment, not what was typed
last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.migrations.script import statements

if TYPE_CHECKING:
    from sqlite_utils import Database

SQL = """
CREATE TABLE migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    release TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;

CREATE TABLE models (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    created TEXT NOT NULL,
    archived TEXT
) STRICT;

CREATE TABLE spec_revisions (
    model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number >= 1),
    document TEXT NOT NULL CHECK (json_valid(document)),
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (model_id, number)
) STRICT;

CREATE TABLE schedules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    check_name TEXT NOT NULL CHECK (check_name <> ''),
    cron TEXT NOT NULL,
    arguments TEXT NOT NULL CHECK (json_valid(arguments)),
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    created TEXT NOT NULL,
    last_due TEXT,
    UNIQUE (model_id, check_name)
) STRICT;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER REFERENCES models (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind <> ''),
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'interrupted')),
    verdict TEXT CHECK (verdict IN ('pass', 'warn', 'fail', 'thin', 'error')),
    why TEXT NOT NULL,
    who TEXT NOT NULL,
    arguments TEXT NOT NULL CHECK (json_valid(arguments)),
    as_of TEXT,
    queued TEXT NOT NULL,
    started TEXT,
    finished TEXT,
    heartbeat TEXT,
    progress REAL CHECK (progress BETWEEN 0 AND 1),
    note TEXT NOT NULL DEFAULT '',
    remaining REAL,
    pid INTEGER,
    cancel INTEGER NOT NULL DEFAULT 0 CHECK (cancel IN (0, 1)),
    late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
    schedule_id INTEGER REFERENCES schedules (id) ON DELETE SET NULL,
    due TEXT,
    error TEXT,
    moment TEXT NOT NULL GENERATED ALWAYS AS (coalesce(as_of, queued)) VIRTUAL,
    result TEXT CHECK (result IS NULL OR json_valid(result)),
    UNIQUE (schedule_id, due),
    CHECK ((state IN ('queued', 'running')) = (finished IS NULL))
) STRICT;
CREATE INDEX runs_model ON runs (model_id, id);
CREATE INDEX runs_kind ON runs (kind, id);
CREATE INDEX runs_state ON runs (state, id);
CREATE INDEX runs_active ON runs (model_id) WHERE state IN ('queued', 'running');
CREATE INDEX runs_finished ON runs (finished) WHERE finished IS NOT NULL;
CREATE INDEX runs_judged ON runs (model_id, kind, moment, id) WHERE verdict IS NOT NULL;

CREATE TABLE versions (
    model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number >= 0),
    hash TEXT NOT NULL CHECK (hash <> ''),
    algorithm TEXT NOT NULL,
    origin TEXT NOT NULL,
    created TEXT NOT NULL,
    archived TEXT,
    trained_since TEXT,
    trained_until TEXT,
    touched_until TEXT,
    trained_rows INTEGER CHECK (trained_rows >= 0),
    parameters TEXT NOT NULL CHECK (json_valid(parameters)),
    agreement TEXT NOT NULL CHECK (json_valid(agreement)),
    why TEXT NOT NULL,
    run_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
    PRIMARY KEY (model_id, number),
    UNIQUE (model_id, hash),
    CHECK ((number = 0) = (origin = 'baseline'))
) STRICT;
CREATE INDEX versions_hash ON versions (hash);
CREATE INDEX versions_run ON versions (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE requirements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    metric TEXT NOT NULL CHECK (metric <> ''),
    segment TEXT,
    minimum REAL,
    maximum REAL,
    mean REAL,
    range_low REAL,
    range_high REAL,
    since TEXT NOT NULL,
    until TEXT,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
    CHECK ((range_low IS NULL) = (range_high IS NULL)),
    CHECK (range_low <= range_high),
    CHECK (minimum <= maximum)
) STRICT;
CREATE UNIQUE INDEX requirements_live ON requirements (model_id, metric, coalesce(segment, ''))
    WHERE until IS NULL;
CREATE INDEX requirements_model ON requirements (model_id, id);

CREATE TABLE measurements (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    version INTEGER NOT NULL CHECK (version >= 0),
    check_name TEXT NOT NULL,
    slice TEXT,
    segment TEXT,
    since TEXT,
    until TEXT,
    metric TEXT NOT NULL,
    value REAL,
    low REAL,
    high REAL,
    n INTEGER NOT NULL CHECK (n >= 0),
    in_sample TEXT NOT NULL CHECK (in_sample IN ('no', 'part', 'in-sample', 'hindsight', 'unknown')),
    verdict TEXT CHECK (verdict IN ('pass', 'warn', 'fail', 'thin', 'error')),
    reason TEXT,
    as_of TEXT,
    at TEXT NOT NULL,
    moment TEXT NOT NULL CHECK (moment = coalesce(as_of, at))
) STRICT;
CREATE INDEX measurements_run ON measurements (run_id);
CREATE INDEX measurements_model ON measurements (model_id, id);
CREATE INDEX measurements_check ON measurements (model_id, check_name, metric, id);
CREATE INDEX measurements_metric ON measurements (model_id, metric, id);
CREATE INDEX measurements_version ON measurements (model_id, version, id);
-- The last three spare a sparkline the table (a generated column would need it again).
CREATE INDEX measurements_series
    ON measurements (model_id, check_name, metric, version, segment, moment, id, run_id, value, verdict);

CREATE TABLE measured (
    version_hash TEXT NOT NULL,
    data TEXT NOT NULL,
    metrics TEXT NOT NULL,
    payload BLOB NOT NULL,
    at TEXT NOT NULL,
    UNIQUE (version_hash, metrics, data)
) STRICT;
CREATE INDEX measured_at ON measured (at);

CREATE TABLE sites (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    path TEXT NOT NULL,
    created TEXT NOT NULL
) STRICT;

CREATE TABLE production (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    site_id INTEGER NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number >= 1),
    champion INTEGER,
    challenger INTEGER,
    share REAL NOT NULL CHECK (share BETWEEN 0 AND 1),
    shadows TEXT NOT NULL CHECK (json_valid(shadows)),
    fallback TEXT NOT NULL CHECK (json_valid(fallback)),
    limits TEXT NOT NULL CHECK (json_valid(limits)),
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    forced INTEGER NOT NULL CHECK (forced IN (0, 1)),
    undoes INTEGER,
    published TEXT,
    UNIQUE (model_id, site_id, number),
    FOREIGN KEY (model_id, champion) REFERENCES versions (model_id, number),
    FOREIGN KEY (model_id, challenger) REFERENCES versions (model_id, number),
    FOREIGN KEY (model_id, site_id, undoes) REFERENCES production (model_id, site_id, number)
) STRICT;
CREATE INDEX production_site ON production (site_id);
CREATE INDEX production_champion ON production (model_id, champion);
CREATE INDEX production_challenger ON production (model_id, challenger);

CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action <> ''),
    model_id INTEGER REFERENCES models (id) ON DELETE SET NULL,
    model_name TEXT,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL CHECK (json_valid(detail)),
    undo TEXT CHECK (undo IS NULL OR json_valid(undo)),
    undone_by INTEGER REFERENCES journal (id)
) STRICT;
CREATE INDEX journal_model ON journal (model_id, id);
CREATE INDEX journal_undoable ON journal (id) WHERE undo IS NOT NULL AND undone_by IS NULL;
CREATE INDEX journal_undone_by ON journal (undone_by) WHERE undone_by IS NOT NULL;

CREATE TABLE cases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    version INTEGER,
    kind TEXT NOT NULL CHECK (kind IN ('golden', 'behavioural')),
    input TEXT NOT NULL CHECK (json_valid(input)),
    expect TEXT NOT NULL CHECK (json_valid(expect)),
    origin TEXT NOT NULL CHECK (origin IN ('sampled', 'contrived', 'incident')),
    note TEXT NOT NULL,
    blocking INTEGER NOT NULL CHECK (blocking IN (0, 1)),
    created TEXT NOT NULL,
    looked TEXT NOT NULL,
    removed TEXT,
    FOREIGN KEY (model_id, version) REFERENCES versions (model_id, number) ON DELETE CASCADE,
    CHECK ((kind = 'golden') = (version IS NOT NULL))
) STRICT;
CREATE INDEX cases_model ON cases (model_id, kind, version, id);
CREATE INDEX cases_version ON cases (model_id, version, id);

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER REFERENCES models (id) ON DELETE CASCADE,
    subject TEXT NOT NULL CHECK (subject <> ''),
    severity TEXT NOT NULL CHECK (severity IN ('warn', 'fail')),
    message TEXT NOT NULL,
    run_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
    opened TEXT NOT NULL,
    closed TEXT,
    seen TEXT NOT NULL,
    acknowledged TEXT,
    acknowledged_by TEXT,
    snoozed_until TEXT,
    notified TEXT
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts (subject) WHERE closed IS NULL;
CREATE INDEX alerts_model ON alerts (model_id, id);
CREATE INDEX alerts_run ON alerts (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE mutes (
    model_id INTEGER PRIMARY KEY REFERENCES models (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    who TEXT NOT NULL
) STRICT;

CREATE TABLE notify_targets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL CHECK (url <> ''),
    model_id INTEGER REFERENCES models (id) ON DELETE CASCADE,
    severity TEXT NOT NULL CHECK (severity IN ('warn', 'fail')),
    created TEXT NOT NULL
) STRICT;
CREATE INDEX notify_targets_model ON notify_targets (model_id);

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id INTEGER NOT NULL REFERENCES notify_targets (id) ON DELETE CASCADE,
    alert_id INTEGER REFERENCES alerts (id) ON DELETE SET NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_try TEXT,
    sent TEXT,
    error TEXT
) STRICT;
CREATE INDEX deliveries_due ON deliveries (next_try) WHERE sent IS NULL AND next_try IS NOT NULL;
CREATE INDEX deliveries_target ON deliveries (target_id, id);
CREATE INDEX deliveries_alert ON deliveries (alert_id) WHERE alert_id IS NOT NULL;

CREATE TABLE source_files (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    size INTEGER NOT NULL CHECK (size >= 0),
    modified INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    UNIQUE (source, path)
) STRICT;

CREATE TABLE source_partitions (
    file_id INTEGER NOT NULL REFERENCES source_files (id) ON DELETE CASCADE,
    place INTEGER NOT NULL CHECK (place >= 0),
    label TEXT NOT NULL,
    since TEXT,
    until TEXT,
    row_count INTEGER NOT NULL CHECK (row_count >= 0),
    labelled INTEGER NOT NULL CHECK (labelled BETWEEN 0 AND row_count),
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (file_id, place),
    UNIQUE (file_id, label)
) STRICT;

CREATE TABLE leases (
    name TEXT PRIMARY KEY CHECK (name <> ''),
    holder TEXT NOT NULL,
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    until TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
    key TEXT PRIMARY KEY CHECK (key <> ''),
    value TEXT NOT NULL CHECK (json_valid(value))
) STRICT;

INSERT INTO sites (name, path, created)
VALUES ('local', 'production/local', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
"""


def take(database: Database) -> None:
    """Make the tables; nearly all have rules that only SQL can say."""
    for statement in statements(SQL):
        database.execute(statement)
