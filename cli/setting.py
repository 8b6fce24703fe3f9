"""``incumbent setting``: what holds for the whole workspace."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table

app = group("What holds for the whole workspace.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="timezone, digest or workers.")]


@command(app, "list")
def list_settings(context: Context) -> Answer:
    """The settings, and what each does."""
    from core import settings

    rows = settings.listing(context.workspace)
    shown = [[r["name"], r["value"] or f"{r['default']} (default)", r["help"]] for r in rows]
    return Answer(rows, lambda: print_table(["SETTING", "VALUE", ""], shown))


@command(app, "set")
def set_setting(
    context: Context,
    name: Name,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Europe/Berlin, 07:30, 2, …")],
) -> Answer:
    """Set one; it holds at once."""
    from core import settings

    row = settings.change(context.workspace, name, value)
    return Answer(row, f"{name} is {row['value']} now")


@command(app, "unset")
def unset_setting(context: Context, name: Name) -> Answer:
    """Go back to the default."""
    from core import settings

    row = settings.change(context.workspace, name, None)
    return Answer(row, f"{name} is back at its default: {row['default']}")
