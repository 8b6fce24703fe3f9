"""The process that keeps the night: ``incumbent daemon``.

APScheduler rings at the due times and every few seconds between; what is due is then computed from the store
(:mod:`core.ringer`), so APScheduler keeps nothing and nothing is lost with it. One daemon keeps the night of
a workspace, held by a lease; runs are executed by workers, which outlive it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from core import worker
from core.cron import Times
from core.leases import keeper_of, role_of, since_of
from core.present import present
from core.ringer import TICK_SECONDS, Ringer, Tick, described, ring
from core.schedules import list_schedules
from core.traffic import housekeeping
from incumbent.errors import IncumbentError, RefusedError, WorkError
from store.records import Delivery, Lease, Run, Schedule

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

__all__ = ["Ringer", "Status", "ring", "run", "run_once", "status"]

#: Told of everything that the daemon does, one plain document each.
Tell = Callable[[Mapping[str, Any]], None]

_ONCE_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Status:
    """Whether somebody keeps the night, and what is at work."""

    keeper: Lease | None
    role: str | None  # daemon or panel
    since: str | None
    running: tuple[Run, ...]
    queued: int
    next_model: str | None
    next_check: str | None
    next_at: datetime | None

    def document(self) -> dict[str, Any]:
        """What ``daemon status --json`` prints."""
        from store.clock import text

        keeper = self.keeper
        return {
            "alive": keeper is not None,
            "role": self.role,
            "pid": None if keeper is None else keeper.pid,
            "host": None if keeper is None else keeper.host,
            "since": self.since,
            "running": [
                {"run": r.id, "model": r.model, "check": r.kind, "progress": r.progress} for r in self.running
            ],
            "queued": self.queued,
            "next": None
            if self.next_at is None
            else {"model": self.next_model, "check": self.next_check, "at": text(self.next_at)},
        }


def status(workspace: Workspace, now: Callable[[], datetime] = present) -> Status:
    """Whether somebody keeps the night, what runs, and what is next."""
    moment = now()
    coming = [(plan.next, plan.schedule) for plan in list_schedules(workspace, now=moment) if plan.next]
    soonest = min(coming, key=lambda pair: pair[0], default=None)
    with workspace.store() as store:
        keeper = keeper_of(store, moment)
        active = store.runs.active()
    return Status(
        keeper,
        None if keeper is None else role_of(keeper),
        None if keeper is None else since_of(keeper),
        tuple(run for run in active if run.state == "running"),
        sum(run.state == "queued" for run in active),
        None if soonest is None else soonest[1].model,
        None if soonest is None else soonest[1].check,
        None if soonest is None else soonest[0],
    )


def run(
    workspace: Workspace,
    tell: Tell = lambda _event: None,
    stop: threading.Event | None = None,
    now: Callable[[], datetime] = present,
) -> None:
    """Keep the night until told to stop (SIGTERM, Ctrl-C, or the event).

    Parameters
    ----------
    tell : callable
        Told what happens: ``{"event": "started"}``, ``{"event": "rang", "run": 7, …}``, …

    Raises
    ------
    RefusedError
        If another daemon keeps the night of this workspace.
    """
    ended = stop or threading.Event()
    with _keeping(workspace, now) as ringer, _signals_set(ended):
        tell({"event": "started", "workspace": str(workspace.root)})
        shift = _Shift(ringer, tell, ended)
        shift.begin()
        try:
            ended.wait()
        finally:
            shift.end()
    tell({"event": "stopped"})


def run_once(
    workspace: Workspace, tell: Tell = lambda _event: None, now: Callable[[], datetime] = present
) -> tuple[Run, ...]:
    """Do everything that is due now: ring, wait for what is queued to be executed, send what is to be sent.

    It waits for the logs that come home and the look at trials, too: what they find is sent with the rest.

    Returns
    -------
    tuple of Run
        The runs that were rung, ended.

    Raises
    ------
    RefusedError
        If another daemon keeps the night of this workspace.
    WorkError
        If workers end without executing what is queued.
    """
    ended = threading.Event()
    with _keeping(workspace, now) as ringer, _signals_set(ended), workspace.store() as store:
        tick = ringer.tick()
        _tell_tick(tell, tick)
        _wait_for_workers(workspace, store, ringer, ended)
        while housekeeping.is_at_work() and not ended.wait(_ONCE_POLL_SECONDS):
            ringer.take()
        _tell_deliveries(tell, ringer.deliver())
        return tuple(store.runs.get(rung.id) for rung in tick.rung)


def _wait_for_workers(workspace: Workspace, store: Store, ringer: Ringer, ended: threading.Event) -> None:
    """Until nothing is queued or running and the workers have ended, or the event is set."""
    waiting = [run.id for run in store.runs.active()]
    starts = 0
    while (store.runs.active() or worker.has_started(workspace)) and not ended.wait(_ONCE_POLL_SECONDS):
        ringer.take()
        if not worker.has_started(workspace) and worker.start_if_needed(workspace, store):
            starts += 1
        if starts > len(waiting) + 3:
            raise WorkError(
                "workers end without executing what is queued", hint=f"see {workspace.logs / 'worker.log'}"
            )


@contextmanager
def _keeping(workspace: Workspace, now: Callable[[], datetime]) -> Iterator[Ringer]:
    """The ringer of the process that keeps the night; RefusedError where another daemon does."""
    ringer = Ringer(workspace, "daemon", now)
    try:
        keeper = ringer.take()
        if keeper is not None:
            raise RefusedError(
                f"the night of {workspace.root} is kept already, by {described(keeper)}",
                hint="end that one first; `incumbent daemon status` shows it",
            )
        yield ringer
    finally:
        ringer.close()


@contextmanager
def _signals_set(event: threading.Event) -> Iterator[None]:
    """While inside, SIGTERM and Ctrl-C set an event (where this is the main thread)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, lambda *_: event.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell_tick(tell: Tell, tick: Tick) -> None:
    if tick.logs:
        tell({"event": "logs and trials"})
    for rung in tick.rung:
        tell(
            {
                "event": "rang",
                "run": rung.id,
                "model": rung.model,
                "check": rung.kind,
                "due": rung.due,
                "late": rung.late,
            }
        )
    for swept in tick.swept:
        tell({"event": "interrupted", "run": swept.id, "model": swept.model, "check": swept.kind})


def _tell_deliveries(tell: Tell, tried: Sequence[Delivery]) -> None:
    for delivery in tried:
        event = "delivered" if delivery.sent else "not delivered"
        tell({"event": event, "delivery": delivery.id, "subject": delivery.subject, "error": delivery.error})


class _Shift:
    """APScheduler's part: it calls :meth:`tick` at every due time and every few seconds, and :meth:`post`."""

    def __init__(self, ringer: Ringer, tell: Tell, ended: threading.Event) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._ringer = ringer
        self._tell = tell
        self._ended = ended
        self._ticking, self._posting = threading.Lock(), threading.Lock()
        self._rings: tuple[tuple[int, str, str], ...] = ()
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )

    def begin(self) -> None:
        """Begin the shift."""
        at_once = present()
        for job in (self.tick, self.post):
            self._scheduler.add_job(
                job, "interval", seconds=TICK_SECONDS, next_run_time=at_once, id=job.__name__
            )
        self._scheduler.start()

    def end(self) -> None:
        """End it when what is under way has ended."""
        self._ended.set()
        # APScheduler holds its locks while it waits, and a tick under way may want them for its bells
        self._scheduler.shutdown(wait=False)
        with self._ticking, self._posting:
            pass

    def tick(self) -> None:
        """Ring what is due; give up if another daemon has taken the night while this machine slept."""
        with self._ticking:
            if not self._ended.is_set():
                self._tick()

    def post(self) -> None:
        """Send what is to be sent."""
        with self._posting:
            if not self._ended.is_set():
                self._post()

    def _tick(self) -> None:
        try:
            tick = self._ringer.tick()
            self._hang_bells()
        except IncumbentError as error:  # a full disk tonight is no reason not to ring tomorrow
            self._tell({"event": "trouble", "error": str(error)})
            return
        _tell_tick(self._tell, tick)
        if tick.keeper is not None:
            self._tell({"event": "replaced", "by": described(tick.keeper)})
            self._ended.set()

    def _post(self) -> None:
        try:
            sent = self._ringer.deliver()
        except IncumbentError as error:
            self._tell({"event": "trouble", "error": str(error)})
            return
        _tell_deliveries(self._tell, sent)

    def _hang_bells(self) -> None:
        """Let APScheduler ring at the times of the schedules as they are now."""
        zone, schedules = self._ringer.time_zone(), self._ringer.schedules()
        wanted = tuple((s.id, s.cron, str(zone)) for s in schedules)
        if wanted == self._rings:
            return
        for job in self._scheduler.get_jobs():
            if job.id.startswith("bell-"):
                job.remove()
        for schedule in schedules:
            self._scheduler.add_job(self.tick, _bell(schedule, zone), id=f"bell-{schedule.id}")
        self._rings = wanted


def _bell(schedule: Schedule, zone: tzinfo) -> Any:
    """A schedule as an APScheduler trigger."""
    from apscheduler.triggers.base import BaseTrigger

    class Bell(BaseTrigger):  # type: ignore[misc]  # the package has no types
        """The due times of one schedule."""

        times = Times(schedule.cron, zone)

        def get_next_fire_time(self, previous: datetime | None, moment: datetime) -> datetime | None:
            """The next due time."""
            return self.times.next(moment)

    return Bell()
