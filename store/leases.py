"""Leases: who, of all processes, does a thing that only one may do.

A lease is held until a moment, and renewed before it comes. A holder that died loses it by the clock alone.
"""

from __future__ import annotations

from store.clock import now as clock
from store.clock import shift
from store.database import Database
from store.records import Lease


class Leases:
    """Leases by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self, name: str, holder: str, pid: int, host: str, seconds: float, now: str | None = None
    ) -> bool:
        """Take a lease that is free, run out or one's own; whether it is now held.

        Parameters
        ----------
        name : str
            What it is for, such as ``night``.
        holder : str
            Text that no other process has.
        seconds : float
            How long it holds without being renewed.
        """
        present = now or clock()
        changed = self._database.run(
            """INSERT INTO leases (name, holder, pid, host, until) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET
                holder = excluded.holder, pid = excluded.pid, host = excluded.host, until = excluded.until
            WHERE leases.holder = excluded.holder OR leases.until <= ?""",
            (name, holder, pid, host, shift(present, seconds), present),
        )
        return bool(changed)

    def renew(self, name: str, holder: str, seconds: float, now: str | None = None) -> bool:
        """Hold a lease for longer; False if it has gone to another."""
        return bool(
            self._database.run(
                "UPDATE leases SET until = ? WHERE name = ? AND holder = ?",
                (shift(now or clock(), seconds), name, holder),
            )
        )

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; nothing happens if it is another's."""
        self._database.run("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder))

    def get(self, name: str, now: str | None = None) -> Lease | None:
        """Who holds a lease at this moment; None if nobody does."""
        row = self._database.first(
            "SELECT name, holder, pid, host, until FROM leases WHERE name = ? AND until > ?",
            (name, now or clock()),
        )
        return None if row is None else Lease(*row)

    def verify(self) -> tuple[str, ...]:
        """What is inconsistent, as sentences (a lease that has run out is not)."""
        return ()
