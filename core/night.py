"""What the night shift did and will do: one line for each model and check, one cell for each day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from core.present import present, time_zone
from core.runs import CHECKS
from core.schedules import Planned, planned
from store.records import Run, Schedule

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


@dataclass(frozen=True)
class NightLine:
    """A check of a model over the last days.

    ``days`` has one entry for each of :attr:`Night.days`: that day's last run, None where there was none.
    """

    model: str
    check: str
    planned: Planned | None
    days: tuple[Run | None, ...]
    last: Run | None


@dataclass(frozen=True)
class Night:
    """The table of the night screen."""

    days: tuple[date, ...]
    lines: tuple[NightLine, ...]


def what_happened(workspace: Workspace, days: int = 7, now: datetime | None = None) -> Night:
    """The outcomes of the last days, today included, in the workspace's time zone.

    Runs that pretended to be at another moment are history, not nights, and are left out; a run that was late
    stands on the day for which it was due.
    """
    moment = now or present()
    with workspace.store() as store:
        zone = time_zone(store)
        today = moment.astimezone(zone).date()
        shown = tuple(today - timedelta(days=back) for back in reversed(range(days)))
        schedules = {(s.model, s.check): s for s in store.schedules.list()}
        by_line: dict[tuple[str, str], list[Run]] = {key: [] for key in schedules}
        for run in _recent(store, shown[0], zone):
            if run.model is None or run.as_of is not None:
                continue
            if run.kind in CHECKS or (run.model, run.kind) in schedules:
                by_line.setdefault((run.model, run.kind), []).append(run)
        lines = tuple(
            _line(key, schedules.get(key), by_line[key], shown, zone, moment) for key in sorted(by_line)
        )
    return Night(shown, lines)


def day_of(run: Run, zone: tzinfo) -> date:
    """The day to which a run belongs: for which it was due, else on which it was queued."""
    return datetime.fromisoformat(run.due or run.queued).astimezone(zone).date()


def _recent(store: Store, first_day: date, zone: tzinfo) -> Iterable[Run]:
    """Runs from a day on, newest first."""
    after: str | None = None
    while True:
        page = store.runs.page(after=after)
        for run in page.rows:
            if datetime.fromisoformat(run.queued).astimezone(zone).date() < first_day:
                return
            yield run
        if page.after is None:
            return
        after = page.after


def _line(
    key: tuple[str, str],
    schedule: Schedule | None,
    runs: Sequence[Run],
    shown: Sequence[date],
    zone: tzinfo,
    moment: datetime,
) -> NightLine:
    model, check = key
    latest: dict[date, Run] = {}
    for run in runs:  # newest first
        latest.setdefault(day_of(run, zone), run)
    plan = None if schedule is None else planned(schedule, zone, moment)
    return NightLine(model, check, plan, tuple(latest.get(day) for day in shown), runs[0] if runs else None)
