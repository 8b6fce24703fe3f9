"""Slices measured once: the cache that makes a second back-test cheap.

A slice is taken again when the version's content, the slice's rows and the way of measuring are all equal;
their fingerprints are the key. What was found is opaque here. A run that dies keeps what it had put.
"""

from __future__ import annotations

from collections.abc import Iterable

from store.clock import now as clock
from store.database import Database
from store.records import Measured

Key = tuple[str, str, str]  # version hash, fingerprint of the data, fingerprint of the metrics


class MeasuredSlices:
    """Payloads by (version hash, data, metrics)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get_many(self, keys: Iterable[Key]) -> dict[Key, bytes]:
        """The payloads of those keys that are known."""
        found: dict[Key, bytes] = {}
        for key in keys:
            payload = self._database.value(
                "SELECT payload FROM measured WHERE version_hash = ? AND data = ? AND metrics = ?", key
            )
            if payload is not None:
                found[key] = payload
        return found

    def put_many(self, slices: Iterable[Measured], now: str | None = None) -> None:
        """Keep payloads, in one transaction; what was there of the same key is replaced."""
        present = now or clock()
        self._database.run_many(
            """INSERT INTO measured (version_hash, data, metrics, payload, at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (version_hash, metrics, data) 
                DO UPDATE SET payload = excluded.payload, at = excluded.at""",
            [(s.version_hash, s.data, s.metrics, s.payload, present) for s in slices],
        )

    def prune(self, before: str, dry_run: bool = False) -> int:
        """Forget what was put before a moment, and what belongs to no version; how many."""
        doomed = "FROM measured WHERE at < ? OR version_hash NOT IN (SELECT hash FROM versions)"
        if dry_run:
            return int(self._database.value(f"SELECT count(*) {doomed}", (before,)))
        return self._database.run(f"DELETE {doomed}", (before,))

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences (a cache cannot be)."""
        return ()
