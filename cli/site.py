"""``incumbent site``: places where predictions are made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_table

app = group("Places where predictions are made.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The site's name.")]


@command(app, "add")
def add(
    context: Context,
    name: Name,
    path: Annotated[Path, typer.Option(metavar="DIR", help="Its folder: local, mounted or synchronised.")],
) -> Answer:
    """Name a folder as a site."""
    from core import sites

    site = sites.add(context.workspace, name, path)
    document = {"name": site.name, "path": site.path, "created": site.created}
    return Answer(
        document, f"{site.name}: {site.path}\nNext: incumbent production publish MODEL --site {site.name}"
    )


@command(app, "list")
def list_sites(context: Context) -> Answer:
    """The sites, and what each runs."""
    from core import sites

    rows = sites.listing(context.workspace)
    shown = [
        [r["name"], r["path"], ", ".join(f"{m} v{n}" for m, n in r["models"].items()) or None] for r in rows
    ]
    return Answer(rows, lambda: print_table(["SITE", "PATH", "RUNS"], shown))


@command(app, "remove")
def remove(
    context: Context,
    name: Name,
    lost: Annotated[
        bool, typer.Option("--lost", help="Although it serves: its folder is away and will not come back.")
    ] = False,
) -> Answer:
    """Forget a site; its files stay."""
    from core import sites

    sites.remove(context.workspace, name, lost=lost)
    return Answer({"name": name, "removed": True}, f"{name} is forgotten; its files stay")
