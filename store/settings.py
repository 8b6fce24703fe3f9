"""Settings of the workspace: a few named values (night policy, trusted types, time zone), each plain data."""

from __future__ import annotations

from typing import Any

from store.database import Database
from store.packing import pack, unpack


class Settings:
    """Values by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: Any = None) -> Any:
        """A value; the default where none is set."""
        row = self._database.first("SELECT value FROM settings WHERE key = ?", (key,))
        return default if row is None else unpack(row["value"])

    def set(self, key: str, value: Any) -> None:
        """Set a value (plain data; None is a value)."""
        self._database.run(
            "INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, pack(value)),
        )

    def unset(self, key: str) -> None:
        """Go back to the default."""
        self._database.run("DELETE FROM settings WHERE key = ?", (key,))

    def all(self) -> dict[str, Any]:
        """Every value that is set, by key."""
        rows = self._database.rows("SELECT key, value FROM settings ORDER BY key")
        return {row["key"]: unpack(row["value"]) for row in rows}

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences."""
        return ()
