"""``incumbent backup``, ``restore`` and ``prune``: keeping a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import narration
from cli.app import group
from cli.command import Answer, Context, command
from cli.output import print_text
from cli.printing.times import day

app = group("Keeping a workspace.")


@command(app, "backup")
def backup(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, .zip by custom.")],
) -> Answer:
    """The store, the bundles and what is published, in one file, at one consistent moment."""
    from core.backup import backup as write

    with context.progress("backup") as progress:
        made = write(context.workspace, file, progress)
    _warn_of_damaged(made)
    size = made["bytes"] / 2**20
    text = f"{made['path']}: {_contents(made)}, {size:.1f} MiB\nNext: keep it on another disk"
    return Answer(made, text)


@command(app, "restore")
def restore(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `incumbent backup` wrote.")],
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where (default: here).")] = Path("."),
    force: Annotated[
        bool, typer.Option("--force", help="Replace the workspace that is there; it is moved aside.")
    ] = False,
) -> Answer:
    """Make a workspace of a backup; everything is compared with its hashes first."""
    from core.backup import restore as unpack

    with context.progress("restore") as progress:
        made = unpack(file, context.folder or folder, force, progress)
    _warn_of_damaged(made)
    text = f"{made['path']} is a workspace again: {_contents(made)}"
    if made["aside"]:
        text += f"\nwhat was there lies in {made['aside']}"
    return Answer(made, f"{text}\nNext: incumbent doctor --workspace {made['path']}")


@command(app, "prune")
def prune(
    context: Context,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="From which age on: 90d, 1y.")
    ] = "1y",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> Answer:
    """Delete what is not needed any more: strays, old logs, old messages, old documents of runs."""
    from core.prune import prune as clear

    found = clear(context.workspace, older_than, dry_run)
    return Answer(found, lambda: _print_pruned(found))


def _contents(made: dict[str, Any]) -> str:
    from core.statistics.wording import plural

    counts = [(made["models"], "model"), (made["versions"], "version"), (made["files"], "file")]
    return ", ".join(plural(*count) for count in counts)


def _warn_of_damaged(made: dict[str, Any]) -> None:
    if made["damaged"]:
        narration.say(f"{len(made['damaged'])} versions are without a sound bundle: see `incumbent doctor`")


def _print_pruned(found: dict[str, Any]) -> None:
    words = {
        "bundles": "bundles that belong to no version",
        "refits": "refits of walk-forward",
        "logs": "logs of runs",
        "results": "documents of runs (their verdicts and measurements stay)",
        "messages": "messages that were sent",
        "slices": "measured slices",
    }
    goes = [f"{found[key]:,} {text}" for key, text in words.items() if found[key]]
    if not goes:
        print_text(f"nothing is older than {day(found['before'])} or without an owner")
        return
    print_text("would go:" if found["dry_run"] else "gone:")
    for line in goes:
        print_text(f"  {line}")
    print_text(f"{found['bytes'] / 2**20:.1f} MiB of files")
