"""Holding something that only one process may hold: the night, a worker's place.

A lease ends by itself when it is not renewed; where its process is known to be gone (same machine, no such
process) it is taken over at once, so that a crash does not cost a night.
"""

from __future__ import annotations

import os
import socket
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from core.processes import process_lives

if TYPE_CHECKING:
    from store import Store
    from store.records import Lease


Role = Literal["daemon", "panel"]

#: The lease of the process that rings schedules.
NIGHT = "night"


class Hold:
    """One process's claim to a named lease.

    Parameters
    ----------
    store : Store
    name : str
        ``night``, ``worker-1``, …
    seconds : float
        How long it lasts without being renewed.
    label : str
        What stands before the random part of the holder's name.
    """

    def __init__(self, store: Store, name: str, seconds: float, label: str = "process") -> None:
        self._store = store
        self._seconds = seconds
        self.name = name
        self.holder = f"{label} {uuid.uuid4().hex}"

    def take(self, now: str | None = None) -> bool:
        """Take it, or keep it where this process has it: for another while, once half of it is over."""
        from store.clock import now as clock
        from store.clock import shift

        present = self._store.leases.get(self.name, now)
        if present is not None and present.holder == self.holder:
            if present.until > shift(now or clock(), self._seconds / 2):
                return True
        elif present is not None and is_abandoned(present):
            self._store.leases.release(self.name, present.holder)
        return self._store.leases.take(
            self.name, self.holder, os.getpid(), socket.gethostname(), self._seconds, now=now
        )

    def renew(self, now: str | None = None) -> bool:
        """Keep it for another while; False where somebody else has it by now."""
        return self._store.leases.renew(self.name, self.holder, self._seconds, now=now)

    def release(self) -> None:
        """Give it back; harmless where it is not held."""
        self._store.leases.release(self.name, self.holder)


def is_abandoned(lease: Lease) -> bool:
    """Whether the process that holds a lease is known to be gone."""
    return lease.host == socket.gethostname() and not process_lives(lease.pid)


def holder_of(store: Store, name: str, now: str) -> Lease | None:
    """Who holds a lease now: None where nobody does, or where its process is gone."""
    lease = store.leases.get(name, now)
    return None if lease is None or is_abandoned(lease) else lease


def role_of(lease: Lease) -> Role:
    """What kind of process keeps the night."""
    return "panel" if lease.holder.startswith("panel ") else "daemon"


def since_of(lease: Lease) -> str:
    """Since when it does."""
    return lease.holder.split(" ")[1]


def keeper_of(store: Store, moment: datetime) -> Lease | None:
    """Who keeps the night now; None where nobody does."""
    from store.clock import text

    return holder_of(store, NIGHT, text(moment))
