"""``incumbent daemon``: the process that rings the schedules. Without a subcommand it keeps the night."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from cli import narration, output
from cli.app import Group
from cli.command import (
    Answer,
    Context,
    DebugOption,
    JsonOption,
    WorkspaceOption,
    command,
    finish,
    standing,
)
from cli.output import print_text
from cli.printing.times import minute

app = typer.Typer(cls=Group, rich_markup_mode=None, add_completion=False)


@app.callback(invoke_without_command=True)
def daemon(
    ctx: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Do what is due now, wait for it, and end (for cron).")
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Keep the night: ring the schedules until told to stop (Ctrl-C)."""
    if ctx.invoked_subcommand is None:
        context = standing(ctx, workspace, json, debug)
        raise typer.Exit(finish(context, lambda: _keep(context, once)))


def _keep(context: Context, once: bool) -> Answer:
    from core import daemon as keeper

    tell = _teller(context.as_json)
    if not once:
        keeper.run(context.workspace, tell)
        return Answer(lines=()) if context.as_json else Answer()
    told: list[Mapping[str, Any]] = []

    def noted(event: Mapping[str, Any]) -> None:
        told.append(event)
        tell(event)

    ended = keeper.run_once(context.workspace, noted)
    for run in ended:
        tell(
            {"event": "ended", "run": run.id, "model": run.model, "check": run.kind, "state": run.state,
             "verdict": run.verdict}
        )  # fmt: skip
    if not told:
        return Answer({"event": "nothing due"}, "nothing was due")
    return Answer(lines=()) if context.as_json else Answer()


def _teller(as_json: bool) -> Callable[[Mapping[str, Any]], None]:
    if as_json:
        return output.print_json_line
    return lambda event: narration.say(_words(event))


def _words(event: Mapping[str, Any]) -> str:
    """An event as a line of the daemon's log.

    Examples
    --------
    >>> _words({"event": "rang", "run": 7, "model": "flights", "check": "nowtest", "late": False})
    'rang: run 7, model flights, check nowtest'
    """
    rest = {k: v for k, v in event.items() if k != "event" and v not in (None, False)}
    told = ", ".join(
        f"{k} {v if isinstance(v, str | int | float) else json.dumps(v)}" for k, v in rest.items()
    )
    return f"{event['event']}: {told}" if told else str(event["event"])


@command(app, "status")
def status(context: Context) -> Answer:
    """Whether somebody keeps the night, what is at work, and what is next."""
    from core import daemon as keeper

    found = keeper.status(context.workspace).document()
    return Answer(found, lambda: _print_status(found))


@command(app, "install")
def install(context: Context) -> Answer:
    """Write a unit for systemd or launchd that keeps the night of this workspace."""
    from core import service

    made = service.install(context.workspace)
    return Answer(made.document(), f"{made.path} is written. Start it:\n  {made.command}")


@command(app, "uninstall")
def uninstall(context: Context) -> Answer:
    """Remove that unit."""
    from core import service

    gone = service.uninstall(context.workspace)
    return Answer(gone.document(), f"{gone.path} is removed. Stop what still runs:\n  {gone.command}")


def _print_status(found: dict[str, Any]) -> None:
    if found["alive"]:
        print_text(
            f"a {found['role']} keeps the night since {minute(found['since'])}: "
            f"pid {found['pid']} on {found['host']}"
        )
    else:
        print_text("nobody keeps the night. Start a keeper: incumbent daemon, or incumbent daemon install")
    for run in found["running"]:
        done = "" if run["progress"] is None else f", {run['progress']:.0%}"
        print_text(f"run {run['run']}: {run['check']} of {run['model']}{done}")
    if found["queued"]:
        print_text(f"{found['queued']} queued")
    coming = found["next"]
    if coming is not None:
        print_text(f"next: {coming['check']} of {coming['model']} at {minute(coming['at'])}")
