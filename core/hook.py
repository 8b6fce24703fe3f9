"""The git hook: before a push, every model that serves has to pass its regression check.

The hook is a few lines of shell in git's own hooks folder (also where ``core.hooksPath`` says so). A hook
that is there already is kept beside it, asked first, and put back by ``uninstall``.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.workspace import MARKER, Workspace
from incumbent.errors import RefusedError, WorkError, reason_of
from incumbent.files import atomic_write

if TYPE_CHECKING:
    from store.records import Run

NAME = "pre-push"
KEPT = f"{NAME}.before-incumbent"
_OURS = "# incumbent: the regression check before a push (`incumbent hook uninstall` removes this)"


@dataclass(frozen=True)
class Hook:
    """Where the hook is, or would be.

    Parameters
    ----------
    path : Path
    installed : bool
        Whether it is there and ours.
    other : bool
        Whether somebody else's hook stands in its place.
    kept : bool
        Whether another hook is kept beside it and asked first.
    """

    path: Path
    installed: bool
    other: bool
    kept: bool

    def document(self) -> dict[str, Any]:
        """As ``hook status --json`` prints it."""
        return {"path": str(self.path), "installed": self.installed, "other": self.other, "kept": self.kept}


def status(workspace: Workspace) -> Hook:
    """Whether a push of the repository that holds the workspace is checked.

    Raises
    ------
    RefusedError
        Where the workspace is in no git repository.
    WorkError
        Where there is no git.
    """
    folder = _hooks(_top(workspace))
    path = folder / NAME
    text = path.read_text("utf-8", "replace") if path.is_file() else None
    ours = text is not None and _OURS in text
    return Hook(path, ours, text is not None and not ours, (folder / KEPT).exists())


def install(workspace: Workspace) -> Hook:
    """Write the hook; one that is there already is kept and asked first. Harmless a second time.

    Raises
    ------
    RefusedError
        Where the workspace is in no git repository, or a second foreign hook would be kept.
    WorkError
        Where the hook cannot be written.
    """
    found = status(workspace)
    if found.other and found.kept:
        raise RefusedError(
            f"{found.path} is not ours, and {KEPT} is kept from before",
            hint=f"make one hook of both, remove {KEPT}, then install again",
        )
    try:
        found.path.parent.mkdir(parents=True, exist_ok=True)
        if found.other:
            os.rename(found.path, found.path.with_name(KEPT))
        atomic_write(found.path, _script(workspace, _top(workspace)).encode())
        found.path.chmod(0o755)
    except OSError as error:
        raise WorkError(
            f"the hook cannot be written to {error.filename or found.path}: {error.strerror}",
            hint="mend the folder; nothing is checked before a push",
        ) from None
    return status(workspace)


def uninstall(workspace: Workspace) -> Hook:
    """Take the hook away, and put back what stood there before. Harmless where it is not ours."""
    found = status(workspace)
    if found.installed:
        found.path.unlink()
        if found.kept:
            os.rename(found.path.with_name(KEPT), found.path)
    return status(workspace)


def check_all(workspace: Workspace) -> list[Run]:
    """The regression check of every model that serves at ``local``, one after the other.

    Returns
    -------
    list of Run
        After they have ended, by name of the model.
    """
    from core.runs import run_here

    with workspace.store() as store:
        live = {r.model: r.champion for r in store.production.all_live("local") if r.champion is not None}
        serving = [m.name for m in store.models.list() if m.name in live]
    return [
        run_here(workspace, model, "regression", {"versions": [live[model]]}, why="before a push")
        for model in sorted(serving)
    ]


def _top(workspace: Workspace) -> Path:
    return Path(_git(workspace.root, "rev-parse", "--show-toplevel"))


def _hooks(top: Path) -> Path:
    """The folder of hooks; git runs them from the top of the work tree: a relative one counts from there."""
    return top / _git(top, "rev-parse", "--git-path", "hooks")


def _git(folder: Path, *arguments: str) -> str:
    try:
        ended = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WorkError(
            f"git cannot be run: {reason_of(error)}", hint="install git, or mend the path"
        ) from None
    if ended.returncode:
        raise RefusedError(
            f"{folder} is in no git work tree: {ended.stderr.strip() or 'git says no'}",
            hint="`git init` makes it one",
        )
    return ended.stdout.strip()


def _script(workspace: Workspace, top: Path) -> str:
    """The hook itself. The workspace is named from the top of the work tree where it lies inside."""
    folder = os.path.relpath(workspace.root, top)
    where = shlex.quote(folder if not folder.startswith("..") else str(workspace.root))
    python = shlex.quote(sys.executable)
    return f"""#!/bin/sh
{_OURS}
kept="$(dirname "$0")/{KEPT}"
if [ -x "$kept" ]; then
    "$kept" "$@" || exit $?
fi
if [ ! -d {where}/{MARKER} ]; then
    echo "incumbent: no workspace at" {where} "in this work tree, so nothing is checked" >&2
    exit 0
fi
if [ ! -x {python} ]; then
    echo "incumbent: {python} is gone; \\`incumbent hook install\\` again, or push with --no-verify" >&2
    exit 1
fi
exec {python} -P -m cli hook run --workspace {where} >&2
"""
