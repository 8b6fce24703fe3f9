"""Sites: named places where predictions are made, each with its own production configuration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from core.person import person
from core.reaching import away
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from store.records import Site


def listing(workspace: Workspace) -> list[dict[str, Any]]:
    """The sites, with what each runs."""
    with workspace.store() as store:
        live = store.production.all_live()
        return [
            {
                "name": site.name,
                "path": site.path,
                "created": site.created,
                "models": {r.model: r.champion for r in live if r.site == site.name},
            }
            for site in store.sites.list()
        ]


def add(workspace: Workspace, name: str, path: str | Path, who: str | None = None) -> Site:
    """Name a folder (local, mounted, synchronised) as a site.

    Raises
    ------
    UsageError
        For a name of no use, no path, a path that is a file, or a folder that is another site's, holds it or
        lies in it.
    RefusedError
        For a name that is taken.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise UsageError(f"{name!r} is no name for a site", hint="letters, digits, '-', '_' and '.'")
    if not str(path).strip():
        raise UsageError("no folder is named", hint="--path DIR: the folder that the site reads")
    folder = workspace.path(Path(path).expanduser() if Path(path).is_absolute() else Path.cwd() / path)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, not a folder", hint="name the folder that the site reads")
    with workspace.store() as store, store.transaction():
        known = store.sites.list()
        _need_own(workspace, folder, [site for site in known if site.name != name])
        site = store.sites.add(name, workspace.relative(folder))
        store.journal.add(
            who or person(), "site.add", name, undo={"action": "site.remove", "arguments": {"name": name}}
        )
        return site


def _need_own(workspace: Workspace, folder: Path, others: list[Site]) -> None:
    """Refuse a folder in which a model's files would lie among those of another site, or of the workspace."""
    if folder.is_relative_to(workspace.marker):
        raise UsageError(f"{folder} is where the workspace keeps its own files", hint="name another folder")
    for site in others:
        theirs = workspace.path(site.path)
        if folder == theirs:
            raise UsageError(
                f"{folder} is the folder of {site.name}", hint="two sites cannot share one folder"
            )
        if folder.is_relative_to(theirs) or theirs.is_relative_to(folder):
            how = "lies in" if folder.is_relative_to(theirs) else "holds"
            raise UsageError(
                f"{folder} {how} the folder of {site.name}, {theirs}", hint="name a folder beside it"
            )


def remove(workspace: Workspace, name: str, lost: bool = False, who: str | None = None) -> None:
    """Forget a site; its files stay.

    Parameters
    ----------
    lost : bool
        Although models are in production there: its folder is away and will not come back. What it ran is
        kept in the journal.

    Raises
    ------
    RefusedError
        For ``local``, while a model is in production there (``lost``: while its folder can be reached), or
        while a trial runs there.
    """
    with workspace.store() as store, store.transaction():
        site = store.sites.get(name)
        if name == "local":
            raise RefusedError("the site 'local' is where this workspace itself predicts: it stays")
        tried = [trial for trial in store.trials.running() if name in trial.sites]
        if tried:
            raise RefusedError(
                f"v{tried[0].version} of {tried[0].model} is on trial at {name}",
                hint=f"`incumbent trial stop {tried[0].model} --version {tried[0].version}` first",
            )
        live = [r for r in store.production.all_live(name) if r.champion is not None]
        serving = [r.model for r in live]
        if lost and away(workspace, store, name) is None:
            raise RefusedError(f"the folder of {name} can be reached: it is not lost", hint=f"{site.path}")
        if serving and not lost:
            raise RefusedError(
                f"{', '.join(serving)} {'is' if len(serving) == 1 else 'are'} in production at {name}",
                hint="a site that serves is not forgotten, its history would go with it; one whose folder is "
                "lost for good: --lost",
            )
        store.sites.remove(name)
        store.journal.add(
            who or person(),
            "site.remove",
            name,
            detail={
                "lost": lost,
                "ran": {r.model: {"champion": r.champion, "revision": r.number} for r in live},
            },
            undo={"action": "site.add", "arguments": {"name": name, "path": str(workspace.path(site.path))}},
        )
