"""What can still be said, and saved, where the store does not open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.doctor.finding import Finding, problem
from core.doctor.house import disk, distributions
from incumbent.errors import IncumbentError, StoreError

if TYPE_CHECKING:
    from core.workspace import Workspace


_BACKUP = "`incumbent restore FILE --force` takes the last backup; what is there is moved aside, not deleted"


def without_store(workspace: Workspace, error: StoreError) -> Iterable[Finding]:
    """The store's own trouble, what of the rest is whole, and the way back."""
    yield problem("store", error, "" if error.hint else _BACKUP)
    yield from _bundles(workspace)
    yield from _published(workspace)
    yield from disk(workspace)
    yield from distributions(workspace)


def _bundles(workspace: Workspace) -> Iterable[Finding]:
    """How many bundles are as they were made: their folders carry their hashes as names."""
    from incumbent.bundle import Bundle

    folders = (
        sorted(p for p in workspace.bundles.iterdir() if p.is_dir()) if workspace.bundles.is_dir() else []
    )
    damaged = []
    for folder in folders:
        try:
            Bundle.open(folder, expect=folder.name)
        except IncumbentError as error:
            damaged.append(Finding(f"bundle {folder.name[:12]}", "problem", error.message, error.hint))
    yield from damaged
    whole = f"{len(folders) - len(damaged)} of {len(folders)} bundles are whole"
    yield Finding("bundles", "notice", whole, f"keep {workspace.bundles}: versions are in it")


def _published(workspace: Workspace) -> Iterable[Finding]:
    """Which models go on answering: who predicts needs no store."""
    from incumbent.production import read

    for folder in sorted(path.parent for path in workspace.root.glob("production/*/*/current.json")):
        subject = f"{folder.name} at {folder.parent.name}"
        try:
            champion = read(folder).champion
        except IncumbentError as error:
            yield Finding(subject, "problem", error.message, error.hint)
            continue
        served = "the rest of its chain" if champion is None else f"v{champion.version}"
        yield Finding(subject, "notice", f"goes on answering with {served}")
