"""``incumbent schedule``: what runs by itself, and when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table, print_text

if TYPE_CHECKING:
    from store.records import Schedule

app = group("What runs by itself, and when.")

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]
Check = Annotated[str, typer.Argument(metavar="CHECK", help="backtest, nowtest, regression, train, …")]


@command(app, "list")
def list_schedules(
    context: Context,
    model: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="Only this model's.")] = None,
) -> Answer:
    """The schedules, and when each is due next."""
    from core import schedules

    rows = [planned.document() for planned in schedules.list_schedules(context.workspace, model)]
    if not rows:
        return Answer(
            rows, 'Nothing is scheduled. For example: incumbent schedule set MODEL nowtest "0 2 * * *"'
        )
    zone = schedules.zone_set(context.workspace)
    return Answer(rows, lambda: _print(rows, zone))


@command(app, "set")
def set_schedule(
    context: Context,
    model: Model,
    check: Check,
    cron: Annotated[str, typer.Argument(metavar='"CRON"', help='Five fields: "0 2 * * *" is daily at two.')],
) -> Answer:
    """Let a check run by itself; setting it again changes it."""
    from core import schedules

    row = schedules.set_schedule(context.workspace, model, check, cron).document()
    said = f"{check} of {model}: {row['cron']}, next {_shown(row['next'])}"
    return Answer(row, "\n".join((said, *_two_clocks(schedules.zone_set(context.workspace)))))


@command(app, "pause")
def pause(context: Context, model: Model, check: Check) -> Answer:
    """Let a schedule ring no more, until it is resumed."""
    from core import schedules

    paused = schedules.pause(context.workspace, model, check)
    return Answer(_document(paused), f"{check} of {model} is paused")


@command(app, "resume")
def resume(context: Context, model: Model, check: Check) -> Answer:
    """Let a paused schedule ring again; what fell into the pause stays undone."""
    from core import schedules

    resumed = schedules.resume(context.workspace, model, check)
    return Answer(_document(resumed), f"{check} of {model} rings again: {resumed.cron}")


@command(app, "run")
def run_now(context: Context, model: Model, check: Check) -> Answer:
    """Queue what a schedule does, now, beside its times."""
    from core import runs, schedules, worker

    queued = schedules.run_now(context.workspace, model, check)
    worker.start(context.workspace)
    return Answer(
        runs.document(queued), f"run {queued.id} is queued. Follow it: incumbent run follow {queued.id}"
    )


@command(app, "remove")
def remove(context: Context, model: Model, check: Check) -> Answer:
    """Forget a schedule; its runs stay."""
    from core import schedules

    removed = schedules.remove(context.workspace, model, check)
    return Answer({**_document(removed), "removed": True}, f"{check} of {model} is scheduled no more")


def _document(schedule: Schedule) -> dict[str, Any]:
    from core.schedules import Planned

    return Planned(schedule, None).document()


def _shown(moment: str | None) -> str:
    """A moment in this machine's zone, to the minute.

    Examples
    --------
    >>> _shown(None)
    'never: it is paused'
    """
    if moment is None:
        return "never: it is paused"
    return f"{datetime.fromisoformat(moment).astimezone():%a %d %b %H:%M}"


def _print(rows: list[dict[str, Any]], zone: str | None) -> None:
    shown = [
        [r["model"], r["check"], r["cron"], "paused" if r["paused"] else _shown(r["next"])] for r in rows
    ]
    print_table(["MODEL", "CHECK", "TIMES", "NEXT"], shown)
    for line in _two_clocks(zone):
        print_text(line)


def _two_clocks(zone: str | None) -> list[str]:
    """What is to be said where schedules are read in a zone that was set."""
    return [] if zone is None else [f"times are {zone}'s, what is next is shown on this machine's clock"]
