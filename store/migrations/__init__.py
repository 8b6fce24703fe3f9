"""The store's schema, as numbered steps that are only ever appended.

``PRAGMA user_version`` holds the number of the last step taken, ``PRAGMA application_id`` says that the file
is a store of ours, and the table ``migrations`` remembers which release of Incumbent took each step. A step
and its number are one transaction, begun with ``BEGIN IMMEDIATE`` before the number is read: of two processes
that open an old store at once, the second finds the work done.

A step is a function of a ``sqlite_utils.Database`` around that transaction. sqlite-utils imports pandas where
it is installed (about a second), so it is imported only when a step is taken: here when a store is made, in a
process of its own (``python -m store.migrations``) when an older one is brought up, which may happen in the
panel.

To change the schema, write ``m0007_….py`` with a function ``take``, append it to :data:`MIGRATIONS`, and add
a test that starts from the schema before it, with rows in it. Never edit a step that has been released.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.clock import now
from store.migrations import (
    m0001_first,
    m0002_search,
    m0003_trials,
    m0004_inbox,
    m0005_held_out,
    m0006_repeats,
)

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x496E6375  # "Incu"


@dataclass(frozen=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    take: Callable[[Database], None]


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "first", m0001_first.take),
    Migration(2, "search", m0002_search.take),
    Migration(3, "trials", m0003_trials.take),
    Migration(4, "inbox", m0004_inbox.take),
    Migration(5, "held_out", m0005_held_out.take),
    Migration(6, "repeats", m0006_repeats.take),
)


def schema_number(connection: sqlite3.Connection) -> int:
    """The number of the last step that a file has taken (0: none)."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(
    connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS, release: str = ""
) -> list[int]:
    """Take the steps that a file has not taken yet.

    Parameters
    ----------
    connection : sqlite3.Connection
        In autocommit mode (``isolation_level=None``).
    migrations : sequence of Migration
        Numbered from 1 without a gap.
    release : str
        Which release of Incumbent takes them.

    Returns
    -------
    list of int
        The numbers of the steps taken now.
    """
    taken = []
    for migration in migrations:
        if migration.number > schema_number(connection) and _take(connection, migration, release):
            taken.append(migration.number)
    return taken


def _take(connection: sqlite3.Connection, migration: Migration, release: str) -> bool:
    import sqlite_utils

    # its plugins and its setting for triggers would outlive the step
    database = sqlite_utils.Database(connection, recursive_triggers=False, execute_plugins=False)
    connection.execute("BEGIN IMMEDIATE")
    try:
        fresh = migration.number > schema_number(connection)
        if fresh:
            migration.take(database)
            connection.execute(
                "INSERT INTO migrations (number, name, release, at) VALUES (?, ?, ?, ?)",
                (migration.number, migration.name, release, now()),
            )
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {migration.number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return fresh


def running_release() -> str:
    """The release of Incumbent that is running."""
    from importlib.metadata import PackageNotFoundError, version  # saves 10 ms where nothing migrates

    try:
        return version("incumbent")
    except PackageNotFoundError:  # a bare copy of the folders
        return "unknown"
