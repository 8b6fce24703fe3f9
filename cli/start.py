"""``incumbent init``, ``demo`` and ``adopt``: how it begins."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_text

app = group("How it begins.")


@command(app, "init")
def init(
    context: Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where (default: here).")] = Path("."),
) -> Answer:
    """Make a workspace here; harmless where there is one."""
    from core.workspace import MARKER, Workspace

    existed = (folder.expanduser() / MARKER).is_dir()
    workspace = Workspace.create(folder)
    document = {"path": str(workspace.root), "created": not existed}
    if existed:
        return Answer(document, f"{workspace.root} is a workspace already")
    text = (
        f"{workspace.root} is a workspace now. Next:\n"
        "  incumbent adopt MODEL_FILE DATA    take in a fitted model that you have\n"
        "  incumbent model apply SPEC.toml    or describe one, and train it\n"
        "  incumbent                          the panel"
    )
    return Answer(document, text)


@command(app, "demo")
def demo(
    context: Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where (default: ./demo).")] = Path("demo"),
    no_panel: Annotated[bool, typer.Option("--no-panel", help="Print what was made instead.")] = False,
) -> Answer:
    """A workspace on a year of real flights; opens the panel on it."""
    from core.demo import make

    with context.progress("demo") as progress:
        made = make(folder, progress)
    if no_panel or context.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Answer(made, lambda: _print_demo(made))
    from cli.panel import open_panel

    return Answer(made, lambda: None, exit=open_panel(folder))


def _print_demo(made: dict[str, Any]) -> None:
    for model in made["models"]:
        print_text(
            f"{model['model']}: {model['versions']} versions, v{model['champion']} in production, "
            f"{model['requirements']} requirements"
        )
        for kind, check in model["checks"].items():
            print_text(f"  {kind:<11}{check['verdict'] or '–':<6}{check['note']}")
        for alert in model["alerts"]:
            print_text(f"  alert      {alert}")
    place = made["path"]
    print_text(
        f"\nIt is all in {place}. Look at it:\n"
        f"  incumbent --workspace {place}\n"
        f"  incumbent check backtest flights --workspace {place}\n"
        f"  incumbent version diff flights 1 3 --workspace {place}\n"
        f"  incumbent check nowtest air_time --as-of 2013-09-01 --workspace {place}\n"
        f"  incumbent production swap air_time 2 --reason 'it knows the summer' --workspace {place}"
    )
