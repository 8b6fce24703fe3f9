"""Files against what is remembered of them: bundles, and what sites publish."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core.doctor.finding import Finding, problem
from core.publishing import site_folder
from incumbent.errors import BundleError, IncumbentError, WorkError

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store
    from store.records import ProductionRevision


def bundles(workspace: Workspace, store: Store) -> Iterable[Finding]:
    """Whether every version's bundle is there, and as it was made."""
    for model in store.models.list(include_archived=True):
        for version in store.versions.list(model.name, include_archived=True, include_baseline=True):
            try:
                workspace.bundle(version.hash)
            except BundleError as error:
                hint = f"restore {workspace.relative(workspace.bundle_path(version.hash))} from a backup"
                yield problem(f"{model.name} v{version.number}", error, hint)
    known = store.versions.hashes()
    strays = [p.name for p in sorted(workspace.bundles.iterdir()) if p.is_dir() and p.name not in known]
    if strays:
        message = f"{len(strays)} folders in {workspace.relative(workspace.bundles)} belong to no version"
        yield Finding("bundles", "notice", message, "they may be deleted while nothing runs")


def published(workspace: Workspace, store: Store) -> Iterable[Finding]:
    """Whether every site has in place what the store says is live there."""
    for live in store.production.all_live():
        if live.champion is not None:
            yield from _site(workspace, store, live)


def _site(workspace: Workspace, store: Store, live: ProductionRevision) -> Iterable[Finding]:
    from incumbent.bundle import Bundle
    from incumbent.production import bundle_path, read

    subject = f"{live.model} at {live.site}"
    hint = f"put the files in place again: incumbent production publish {live.model} --site {live.site}"
    folder: Path = site_folder(workspace, store, live.model, live.site)
    try:
        found = read(folder)
    except WorkError as error:
        yield problem(subject, error, hint)
        return
    if found.revision != live.number:
        message = f"{folder} runs revision {found.revision}, the store says {live.number}"
        yield Finding(subject, "problem", message, hint)
    for link in found.links():
        try:
            Bundle.open(bundle_path(folder, link), expect=link.hash)
        except IncumbentError as error:
            yield problem(f"v{link.version} of {subject}", error, hint)
