"""``incumbent production``: what production runs."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.app import group
from cli.command import Answer, Context, command

app = group("What production runs: swap, roll back, publish.")


@command(app, "show")
def show(
    context: Context,
    model: Annotated[str, typer.Argument(metavar="MODEL")],
    site: Annotated[str, typer.Option(help="Where.")] = "local",
) -> Answer:
    """What a site runs for a model."""
    return Answer({"x": model}, f"x {site}")
