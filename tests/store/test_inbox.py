"""The inbox: one entry for what is the same, decisions that last, and a store from before it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from incumbent.errors import UsageError
from store import Store
from store.database import connect
from store.migrations import MIGRATIONS, migrate
from store.migrations.script import statements
from store.records import Surprise

FIRST = (Path(__file__).parent / "first_schema_rows.sql").read_text("utf-8")


def surprise(fold: str, size: float, count: int = 1, source: str = "log") -> Surprise:
    return Surprise("outside", fold, source, {"x": size}, {}, None, "far", size, count)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store.open(tmp_path / "store.db", create=True)
    opened.models.apply("late", {"target": "x"}, who="ada")
    return opened


def test_a_store_from_before_the_inbox_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch()
    connection: sqlite3.Connection = connect(path)
    migrate(connection, MIGRATIONS[:1], release="0.1.0")
    for statement in statements(FIRST):
        connection.execute(statement)
    migrate(connection, MIGRATIONS[:3], release="0.2.0")
    connection.close()
    with Store.open(path) as opened:
        assert opened.inbox.keep("flights", [surprise("a", 1.0)], 5) == 1
        assert opened.inbox.counts() == {"flights": 1} and opened.verify() == ()


def test_rows_of_the_log_count_on_and_those_of_history_do_not(store: Store) -> None:
    found = [surprise("a", 1.0, 3), surprise("a", 1.0, 3, "history")]
    assert (store.inbox.keep("late", found, 5), store.inbox.keep("late", found, 5)) == (2, 0)
    assert {e.source: e.count for e in store.inbox.list("late")} == {"log": 6, "history": 3}


def test_the_most_surprising_row_shows_an_entry(store: Store) -> None:
    for size in (1.0, 3.0, 2.0):
        store.inbox.keep("late", [surprise("a", size)], 5)
    (entry,) = store.inbox.list("late")
    assert (entry.row, entry.surprise, entry.count) == ({"x": 3.0}, 3.0, 3)


def test_few_entries_wait_and_decided_ones_take_no_place(store: Store) -> None:
    store.inbox.keep("late", [surprise(str(n), float(n)) for n in range(6)], 3)
    waiting = store.inbox.list("late")
    assert [e.surprise for e in waiting] == [5.0, 4.0, 3.0]
    store.inbox.decide(waiting[0].id, "dismissed", "ada")
    store.inbox.keep("late", [surprise(str(n), float(n)) for n in range(6)], 3)
    assert [e.surprise for e in store.inbox.list("late")] == [4.0, 3.0, 2.0]
    assert store.inbox.get(waiting[0].id).state == "dismissed"
    assert store.inbox.reopen(waiting[0].id).decided is None
    with pytest.raises(UsageError, match="no entry 99"):
        store.inbox.get(99)
