"""Numbered steps: taken once, whole or not at all, from the first schema with rows in it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from incumbent.errors import StoreError
from store import Store
from store.database import connect
from store.migrations import MIGRATIONS, Migration, migrate, schema_number
from store.migrations.script import statements

if TYPE_CHECKING:
    from sqlite_utils import Database

FIRST = (Path(__file__).parent / "first_schema_rows.sql").read_text("utf-8")


@pytest.fixture
def first(tmp_path: Path) -> sqlite3.Connection:
    """A store of the first schema with rows in it."""
    path = tmp_path / "store.db"
    path.touch()
    connection = connect(path)
    migrate(connection, MIGRATIONS[:1], release="0.1.0")
    for statement in statements(FIRST):
        connection.execute(statement)
    return connection


def test_numbers_are_a_sequence() -> None:
    assert [m.number for m in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_rows_of_the_first_schema_are_read_today(first: sqlite3.Connection, tmp_path: Path) -> None:
    first.close()
    with Store.open(tmp_path / "store.db") as store:
        assert store.verify() == ()
        assert [m.name for m in store.models.list()] == ["flights"]
        assert store.models.revision("flights").document == {"metric": "roc_auc"}
        assert store.versions.get("flights", 1).hash == "abc"
        assert store.runs.get(1).verdict == "pass"
        assert [m.value for m in store.measurements.of_run(1)] == [0.71]
        assert store.production.all_live()[0].champion == 1
        assert store.overview()[0].trend[0].value == 0.71


def test_every_table_is_strict(first: sqlite3.Connection) -> None:
    loose = [
        row["name"]
        for row in first.execute(
            "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        )
        if not row["strict"] and not row["name"].startswith("sqlite_")
    ]
    assert loose == []


def test_every_foreign_key_has_an_index_to_cascade_by(first: sqlite3.Connection) -> None:
    tables = [r[0] for r in first.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        leading = {
            first.execute(
                f"SELECT name FROM pragma_index_info('{index['name']}') WHERE seqno = 0"
            ).fetchone()[0]
            for index in first.execute(f"PRAGMA index_list('{table}')")
        }
        keys = {
            row["from"] for row in first.execute(f"PRAGMA foreign_key_list('{table}')") if row["seq"] == 0
        }
        primary = {r["name"] for r in first.execute(f"PRAGMA table_info('{table}')") if r["pk"] == 1}
        assert keys <= leading | primary, table


def add_notes(database: Database) -> None:
    database.execute("ALTER TABLE models ADD COLUMN note TEXT NOT NULL DEFAULT ''")


def fail_half_way(database: Database) -> None:
    database.create_table("extra", {"a": int}, pk="a", strict=True)
    database.execute("INSERT INTO nowhere VALUES (1)")


def test_a_further_step_is_taken_once_and_remembered(first: sqlite3.Connection) -> None:
    further = (
        *MIGRATIONS[:1],
        Migration(2, "notes", add_notes),
    )
    assert migrate(first, further, release="0.2.0") == [2]
    assert migrate(first, further, release="0.3.0") == []
    assert first.execute("SELECT note FROM models").fetchall()[0][0] == ""
    taken = [tuple(r) for r in first.execute("SELECT number, name, release FROM migrations ORDER BY number")]
    assert taken == [(1, "first", "0.1.0"), (2, "notes", "0.2.0")]


def test_a_step_that_fails_leaves_nothing(first: sqlite3.Connection) -> None:
    broken = (
        *MIGRATIONS[:1],
        Migration(2, "broken", fail_half_way),
    )
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(first, broken)
    assert schema_number(first) == 1
    assert first.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'").fetchone()[0] == 0


def test_an_older_store_is_brought_up_whoever_opens_it(first: sqlite3.Connection, tmp_path: Path) -> None:
    first.close()
    path = tmp_path / "store.db"
    script = (
        "import sys; from store import Store\n"
        "with Store.open(sys.argv[1]) as store: print([f.kind for f in store.search('nightly')])\n"
        "print({'sqlite_utils', 'pandas', 'numpy'} & set(sys.modules))"
    )
    openers = [
        subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [opener.communicate(timeout=60)[0] for opener in openers] == ["['run']\nset()\n"] * 3
    with Store.open(path) as store:
        assert store._database.value("PRAGMA user_version") == len(MIGRATIONS)
        assert store._database.value("SELECT count(*) FROM migrations") == len(MIGRATIONS)
        assert store.verify() == ()


def test_an_older_store_that_cannot_be_brought_up_stays_as_it_is(
    first: sqlite3.Connection, tmp_path: Path
) -> None:
    first.execute("CREATE TABLE runs_fts (in_the_way TEXT)")
    with pytest.raises(StoreError, match=r"could not be brought .*store\.db .*runs_fts"):
        Store.open(tmp_path / "store.db")
    assert schema_number(first) == 1


@pytest.mark.slow
def test_processes_that_open_at_once_make_one_store(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    script = "import sys; from store import Store; Store.open(sys.argv[1], create=True).close()"
    workers = [
        subprocess.Popen([sys.executable, "-c", script, path], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    complaints = [worker.communicate(timeout=60)[1] for worker in workers]
    assert complaints == [""] * 4
    with Store.open(path) as store:
        assert store.verify() == ()
        assert store._database.value("SELECT count(*) FROM migrations") == len(MIGRATIONS)


def test_an_interrupted_making_is_seen_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()
    connection = connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("CREATE TABLE models (id INTEGER)")
    connection.close()
    with pytest.raises(StoreError, match="is empty"):
        Store.open(path)
    with Store.open(path, create=True) as store:
        assert store.models.list() == ()
