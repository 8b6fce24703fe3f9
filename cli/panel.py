"""``incumbent`` alone: the panel on a terminal, a summary elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cli import exits, narration
from incumbent.errors import IncumbentError

if TYPE_CHECKING:
    from core.workspace import Workspace


def open_panel(workspace: Path | None = None) -> int:
    """Open the panel on a workspace; without a terminal, print how its models stand.

    Returns
    -------
    int
        The exit code.
    """
    from core.workspace import Workspace

    try:
        found = Workspace.find(explicit=workspace)
        if sys.stdin.isatty() and sys.stdout.isatty():
            from tui.app import run

            return run(found)
        return _summary(found)
    except IncumbentError as error:
        narration.error(error, as_json=False)
        if workspace is None:
            narration.say("  or look around first: `incumbent demo`")
        return exits.of_error(error)


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


def _summary(workspace: Workspace) -> int:
    from cli.printing.overview import print_overview
    from core.status import overview

    print_overview(overview(workspace))
    return exits.DONE
