"""Ringing: turning schedules that are due into runs, and minding what runs.

Due times are computed from the store at every tick, never remembered by a timer: whether the machine slept
for three nights, the daemon was off or the clock was changed, the next tick finds what was missed and queues
the latest of it once, marked late. Which process ticks does not matter, since a schedule and a due time make
one run at most; the lease ``night`` only saves several processes the trouble.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from core import notify, worker
from core.cron import Times, next_due
from core.leases import NIGHT, Hold, Role, role_of, since_of
from core.present import present, time_zone
from core.runs import sweep_store
from core.traffic import housekeeping
from incumbent.errors import IncumbentError
from store.records import Delivery, Lease, Run, Schedule

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: How long a night is kept that is not renewed. Renewing wakes whoever watches the store: it is done seldom.
LEASE_SECONDS = 180.0

#: Seconds between two ticks.
TICK_SECONDS = 20.0

#: A run that rings later than this after its time is marked late.
LATE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Tick:
    """What one tick did: nothing, if the night is another process's (``keeper``).

    ``logs``: a process was started that brings the logs home, or looks at trials.
    """

    keeper: Lease | None = None
    rung: tuple[Run, ...] = ()
    swept: tuple[Run, ...] = ()
    logs: bool = False


class Ringer:
    """Keeps the night for one process. Its methods may be called from any thread.

    Parameters
    ----------
    workspace : Workspace
    role : {"daemon", "panel"}
        A daemon takes the night over from a panel, a panel only rings while no daemon does.
    now : callable
        The wall clock.
    start_worker : callable
        Called with the workspace when something is queued.

    Examples
    --------
    In a thread of the panel: ``Ringer(workspace, "panel").mind(stop)``, which returns when the event ``stop``
    is set.
    """

    def __init__(
        self,
        workspace: Workspace,
        role: Role = "daemon",
        now: Callable[[], datetime] = present,
        start_worker: Callable[[Workspace], object] = worker.start,
    ) -> None:
        from store.clock import text

        self._workspace = workspace
        self._now = now
        self._start_worker = start_worker
        self._store = workspace.store()
        self._hold = Hold(self._store, NIGHT, LEASE_SECONDS, label=f"{role} {text(now())}")
        self._role = role
        self._one_at_a_time = threading.Lock()

    def take(self) -> Lease | None:
        """Take the night or keep it; if another process has it: its lease."""
        from store.clock import text

        moment = text(self._now())
        if self._hold.take(moment):
            return None
        other = self._store.leases.get(NIGHT, moment)
        if other is not None and self._role == "daemon" and role_of(other) == "panel":
            self._store.leases.release(NIGHT, other.holder)
            if self._hold.take(moment):
                return None
        return other

    def tick(self) -> Tick:
        """Take or keep the night, queue what is due, sweep what died, see that somebody works.

        Once a day the prediction logs come home, too.
        """
        with self._one_at_a_time:
            keeper = self.take()
            if keeper is not None:
                return Tick(keeper)
            swept = sweep_store(self._store)
            rung = ring(self._store, self._now())
            if self._store.runs.page(state="queued", limit=1).rows:
                self._start_worker(self._workspace)
            started = housekeeping.start_if_due(self._workspace, self._store, self._now())
            return Tick(None, rung, swept, started is not None)

    def deliver(self) -> tuple[Delivery, ...]:
        """Queue reminders and digests, and send what is due to be sent; what was tried."""
        return notify.post(self._store, self._now)

    def time_zone(self) -> tzinfo:
        """The zone of the night."""
        return time_zone(self._store)

    def schedules(self) -> tuple[Schedule, ...]:
        """The schedules that ring."""
        return tuple(schedule for schedule in self._store.schedules.list() if not schedule.paused)

    def mind(self, stop: threading.Event, on_trouble: Callable[[str], None] | None = None) -> None:
        """Tick and deliver until told to stop: what the panel does when there is no daemon."""
        while True:
            try:
                if self.tick().keeper is None:
                    self.deliver()
                if on_trouble is not None:
                    on_trouble("")  # what was wrong an hour ago is over
            except IncumbentError as error:  # a full disk tonight is no reason not to ring tomorrow
                if on_trouble is not None:
                    on_trouble(str(error))
            if stop.wait(TICK_SECONDS):
                break
        self.close()

    def close(self) -> None:
        """Give the night back."""
        self._hold.release()
        self._store.close()


def ring(store: Store, moment: datetime) -> tuple[Run, ...]:
    """Queue what is due at a moment, each schedule at most once, and late if it was missed.

    Returns
    -------
    tuple of Run
        What was queued now.
    """
    zone = time_zone(store)
    rung = (
        _ring(store, schedule, zone, moment) for schedule in store.schedules.list() if not schedule.paused
    )
    return tuple(run for run in rung if run is not None)


def _ring(store: Store, schedule: Schedule, zone: tzinfo, moment: datetime) -> Run | None:
    from store.clock import moment as read
    from store.clock import text

    since = read(schedule.last_due or schedule.created)
    if next_due(schedule.cron, zone, since) > moment:
        return None
    due = Times(schedule.cron, zone).latest(since, moment)
    if due is None:
        return None
    late = moment - due > LATE_AFTER
    return store.runs.enqueue_due(
        schedule, text(due), why="nightly", who="schedule", late=late, now=text(moment)
    )


def described(lease: Lease) -> str:
    """Who keeps the night, in words."""
    where = "" if lease.host == socket.gethostname() else f" on {lease.host}"
    return f"a {role_of(lease)} with pid {lease.pid}{where}, since {since_of(lease)}"
