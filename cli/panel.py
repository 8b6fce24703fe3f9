"""``incumbent`` alone: the panel on a terminal, a summary elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

from cli import exits, narration
from cli.output import print_table, print_text
from incumbent.errors import IncumbentError


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
            narration.note("or look around first: `incumbent demo`")
        return exits.of_error(error)


def _summary(workspace: object) -> int:
    from core import status
    from core.workspace import Workspace

    assert isinstance(workspace, Workspace)
    found = status.overview(workspace)
    if not found.models:
        print_text(f"{found.workspace} has no model yet: `incumbent model apply SPEC.toml` or `incumbent adopt`")
        return exits.DONE
    print_table(
        ["MODEL", "SERVES", "VERDICT", "METRIC", "VALUE", "NEEDS"],
        [
            (m.model, m.serves, m.verdict, m.need.metric if m.need else m.metric, m.need.shown if m.need else None,
             m.need.limits if m.need else None)
            for m in found.models
        ],
    )  # fmt: skip
    return exits.DONE
