"""``incumbent`` alone: the panel on a terminal, a summary elsewhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cli.command import Answer, Context, finish
from incumbent.errors import WorkError

if TYPE_CHECKING:
    from core.workspace import Workspace


def open_panel(workspace: Path | None = None, as_json: bool = False, debug: bool = False) -> int:
    """Open the panel on a workspace; without a terminal, or as JSON, print how its models stand.

    Returns
    -------
    int
        The exit code.
    """
    context = Context(workspace, as_json, debug)
    if not as_json and can_paint():
        return finish(context, lambda: Answer(exit=_panel(_found(context))))
    return finish(context, lambda: _summary(_found(context)))


def can_paint() -> bool:
    """Whether keys come from a terminal, and what is written goes to one that can move its cursor."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _found(context: Context) -> Workspace:
    """The workspace; a newcomer without one is told of the demo, too."""
    try:
        return context.workspace
    except WorkError as error:
        if context.folder is not None:
            raise
        raise WorkError(error.message, f"{error.hint}; to look around first: `incumbent demo`") from None


def _panel(workspace: Workspace) -> int:
    from tui.app import run

    return run(workspace)


def start_panel(workspace: str) -> int:
    """Open the panel in a process of its own, free of what making the workspace has loaded.

    Returns
    -------
    int
        The exit code.
    """
    import subprocess

    return subprocess.run(
        [sys.executable, "-P", "-m", "cli", "--workspace", workspace], check=False
    ).returncode


def _summary(workspace: Workspace) -> Answer:
    from cli.printing.overview import print_overview
    from core.status import overview

    found = overview(workspace)
    return Answer(found.document(), lambda: print_overview(found))
