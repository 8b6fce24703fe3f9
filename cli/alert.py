"""``incumbent alert``: what is wrong until a better verdict says otherwise."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table
from cli.printing.times import day, minute

app = group("What is wrong until a better verdict.")

Number = Annotated[int, typer.Argument(metavar="ID", help="The alert's number.")]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")]


@command(app, "list")
def list_alerts(
    context: Context,
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="Only this model's.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
) -> Answer:
    """The open alerts, newest first."""
    from core import alerts

    found = alerts.list_alerts(context.workspace, not all_, model)
    silent = alerts.muted(context.workspace)
    rows = [{**asdict(alert), "muted": alert.model in silent} for alert in found]
    if not rows:
        return Answer(rows, "No alert is open." if not all_ else "There was never an alert.")
    return Answer(rows, lambda: _print(rows))


@command(app, "ack")
def acknowledge(
    context: Context,
    alert: Number,
    undo: Annotated[bool, typer.Option("--undo", help="Take it back.")] = False,
) -> Answer:
    """Say that somebody knows: it stays open and notifies no more."""
    from core import alerts

    if undo:
        return Answer(asdict(alerts.unacknowledge(context.workspace, alert)), f"alert {alert} notifies again")
    found = alerts.acknowledge(context.workspace, alert)
    return Answer(asdict(found), f"alert {alert} is acknowledged by {found.acknowledged_by}: {found.message}")


@command(app, "snooze")
def snooze(
    context: Context,
    alert: Number,
    duration: Annotated[str, typer.Argument(metavar="[DURATION]", help="12h, 3d, 1w; 0 ends it.")] = "1d",
) -> Answer:
    """Let an alert be silent for a while."""
    from core import alerts

    found = alerts.snooze(context.workspace, alert, duration)
    until = minute(found.snoozed_until)
    return Answer(
        asdict(found), f"alert {alert} " + (f"is silent until {until}" if until else "speaks again")
    )


@command(app, "mute")
def mute(
    context: Context,
    model: Model,
    undo: Annotated[bool, typer.Option("--undo", help="Let it notify again.")] = False,
) -> Answer:
    """Let nothing of a model notify; its alerts still open and close."""
    from core import alerts

    if undo:
        return _unmuted(context, model)
    alerts.mute(context.workspace, model)
    return Answer(
        {"model": model, "muted": True}, f"{model} is muted (unmute it: incumbent alert unmute {model})"
    )


@command(app, "unmute")
def unmute(context: Context, model: Model) -> Answer:
    """Let a muted model notify again."""
    return _unmuted(context, model)


def _unmuted(context: Context, model: str) -> Answer:
    from core import alerts

    alerts.unmute(context.workspace, model)
    return Answer({"model": model, "muted": False}, f"{model} notifies again")


def _print(rows: list[dict[str, Any]]) -> None:
    print_table(
        ["ID", "SEVERITY", "MODEL", "OPENED", "STATE", "MESSAGE"],
        [[r["id"], r["severity"], r["model"], minute(r["opened"]), _state(r), r["message"]] for r in rows],
        right=[0],
    )


def _state(row: dict[str, Any]) -> str:
    if row["closed"]:
        return f"closed {day(row['closed'])}"
    if row["acknowledged"]:
        return f"known to {row['acknowledged_by']}"
    if row["muted"]:
        return "muted"
    return f"silent to {minute(row['snoozed_until'])}" if row["snoozed_until"] else "open"
