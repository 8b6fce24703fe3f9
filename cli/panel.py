"""``incumbent`` alone: the panel on a terminal, a summary elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cli import exits, narration
from cli.output import print_table, print_text
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
    from core import status

    found = status.overview(workspace)
    if not found.models:
        hint = "`incumbent model apply SPEC.toml`, or `incumbent adopt`"
        print_text(f"{found.workspace} has no model yet: {hint}")
        return exits.DONE
    rows = []
    for model in found.models:
        need = model.need
        asked = (need.metric, need.shown, need.limits) if need else (model.metric, None, None)
        rows.append((model.model, model.serves, model.verdict, *asked))
    print_table(["MODEL", "SERVES", "VERDICT", "METRIC", "VALUE", "NEEDS"], rows)
    for model in found.models:
        for _, sentence in model.sentences[:1]:
            print_text(f"  {model.model}: {sentence}")
    return exits.DONE
