"""When checks run by themselves: what a person sets and pauses, and a sensible night to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from core.cron import Times
from core.person import person
from core.present import present, time_zone
from core.runs import known_kind, schedulable, submit, title
from incumbent.errors import UsageError
from store.records import Run, Schedule

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: The night that a model begins with: check, minutes after two o'clock, days.
DEFAULT_NIGHT: tuple[tuple[str, int, str], ...] = (
    ("nowtest", 0, "*"),
    ("drift", 10, "*"),
    ("regression", 15, "*"),
    ("backtest", 30, "sun"),
)

_NIGHT_HOUR = 2
_STAGGER_MINUTES = 5


@dataclass(frozen=True)
class Planned:
    """A schedule and when it is due next (None while it is paused)."""

    schedule: Schedule
    next: datetime | None

    def document(self) -> dict[str, Any]:
        """What ``schedule list --json`` prints of it."""
        from store.clock import text

        schedule = self.schedule
        return {
            "id": schedule.id,
            "model": schedule.model,
            "check": schedule.check,
            "cron": schedule.cron,
            "paused": schedule.paused,
            "next": None if self.next is None else text(self.next),
            "last_due": schedule.last_due,
            "arguments": dict(schedule.arguments),
        }


def set_schedule(
    workspace: Workspace,
    model: str,
    check: str,
    cron: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    who: str | None = None,
    now: datetime | None = None,
) -> Planned:
    """Let a check of a model run by itself; setting it again changes it.

    Parameters
    ----------
    cron : str
        Five fields, in the workspace's time zone: ``"0 2 * * *"`` is daily at two.
    arguments : mapping, optional
        What each run is given.

    Raises
    ------
    UsageError
        If there is no such model or check, or the times make no sense.
    """
    from store.clock import text

    moment = now or present()
    with workspace.store() as store, store.transaction():
        times = Times(cron, time_zone(store))
        before = store.schedules.find(model, known_kind(check) if arguments else schedulable(check))
        made = store.schedules.set(model, check, " ".join(cron.split()), arguments, now=text(moment))
        made = store.schedules.touch_due(
            made.id, text(moment)
        )  # what new times name before now was never promised
        store.journal.add(
            who or person(), "schedule.set", f"{title(check)} of {model}: {made.cron}", model=model,
            detail={"check": check, "cron": made.cron}, undo=_undo_of_setting(made, before), now=text(moment),
        )  # fmt: skip
        return Planned(made, None if made.paused else times.next(moment))


def list_schedules(
    workspace: Workspace, model: str | None = None, now: datetime | None = None
) -> tuple[Planned, ...]:
    """All schedules (of a model), by model and check, with their next times."""
    moment = now or present()
    with workspace.store() as store:
        if model is not None:
            store.models.get(model)
        zone = time_zone(store)
        return tuple(planned(schedule, zone, moment) for schedule in store.schedules.list(model))


def zone_set(workspace: Workspace) -> str | None:
    """The zone in which schedules are read, where it was set: else it is this machine's."""
    with workspace.store() as store:
        found: str | None = store.settings.get("timezone")
    return found


def planned(schedule: Schedule, zone: tzinfo, moment: datetime) -> Planned:
    """A schedule with its next time."""
    return Planned(schedule, None if schedule.paused else Times(schedule.cron, zone).next(moment))


def next_times(
    workspace: Workspace, cron: str, n: int = 5, now: datetime | None = None
) -> tuple[datetime, ...]:
    """The next times that a cron expression names, in the workspace's time zone: a look before setting it."""
    with workspace.store() as store:
        zone = time_zone(store)
    return tuple(due.astimezone(zone) for due in Times(cron, zone).take(n, now or present()))


def pause(workspace: Workspace, model: str, check: str, who: str | None = None) -> Schedule:
    """Let a schedule ring no more, until it is resumed."""
    with workspace.store() as store, store.transaction():
        paused = store.schedules.pause(existing(store, model, check).id)
        _note(store, "schedule.pause", paused, who, undone_by="schedule.resume")
        return paused


def resume(workspace: Workspace, model: str, check: str, who: str | None = None) -> Schedule:
    """Let a paused schedule ring again, from its next time on: what fell into the pause stays undone."""
    from store.clock import now

    with workspace.store() as store, store.transaction():
        found = existing(store, model, check)
        store.schedules.touch_due(found.id, now())
        resumed = store.schedules.resume(found.id)
        _note(store, "schedule.resume", resumed, who, undone_by="schedule.pause")
        return resumed


def remove(workspace: Workspace, model: str, check: str, who: str | None = None) -> Schedule:
    """Forget a schedule; its runs stay."""
    with workspace.store() as store, store.transaction():
        found = existing(store, model, check)
        store.schedules.remove(found.id)
        _note(store, "schedule.remove", found, who, undone_by="schedule.set")
        return found


def run_now(workspace: Workspace, model: str, check: str, who: str | None = None) -> Run:
    """Queue what a schedule does, now, beside its times."""
    with workspace.store() as store:
        found = existing(store, model, check)
    return submit(workspace, model, check, found.arguments, why="schedule, asked for by hand", who=who)


def default_night(workspace: Workspace, model: str, who: str | None = None) -> tuple[Planned, ...]:
    """Set the night that a model begins with: now-test, drift and regression daily, back-test on Sundays.

    Models are staggered by a few minutes. What is scheduled already stays as it is.

    Returns
    -------
    tuple of Planned
        What was set now.
    """
    with workspace.store() as store:
        there = store.schedules.list()
    others = {schedule.model for schedule in there} - {model}
    taken = {schedule.check for schedule in there if schedule.model == model}
    made = []
    for check, minutes, days in DEFAULT_NIGHT:
        hour, minute = divmod(_NIGHT_HOUR * 60 + minutes + _STAGGER_MINUTES * len(others), 60)
        if check not in taken:
            made.append(set_schedule(workspace, model, check, f"{minute} {hour % 24} * * {days}", who=who))
    return tuple(made)


def existing(store: Store, model: str, check: str) -> Schedule:
    """The schedule of a check that must be there."""
    store.models.get(model)
    found = store.schedules.find(model, known_kind(check))
    if found is None:
        raise UsageError(
            f"the {title(check)} of {model} has no schedule",
            hint=f'set one with `incumbent schedule set {model} {check} "0 2 * * *"`',
        )
    return found


def _undo_of_setting(made: Schedule, before: Schedule | None) -> dict[str, Any]:
    named = {"model": made.model, "check": made.check}
    if before is None:
        return {"action": "schedule.remove", "arguments": named}
    return {"action": "schedule.set", "arguments": named | _times(before)}


def _times(schedule: Schedule) -> dict[str, Any]:
    return {"cron": schedule.cron, "arguments": dict(schedule.arguments)}


def _note(store: Store, action: str, schedule: Schedule, who: str | None, undone_by: str) -> None:
    named = {"model": schedule.model, "check": schedule.check}
    arguments = named | _times(schedule) if undone_by == "schedule.set" else named
    store.journal.add(
        who or person(), action, f"{title(schedule.check)} of {schedule.model}", model=schedule.model,
        detail=named, undo={"action": undone_by, "arguments": arguments},
    )  # fmt: skip
