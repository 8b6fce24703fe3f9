"""What is known of a model's versions, as the documents that the command line prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.workspace import Workspace
from incumbent.errors import RefusedError
from incumbent.files import copy_tree
from store.records import ProductionRevision, Version

if TYPE_CHECKING:
    from store import Store


def list_versions(workspace: Workspace, model: str, include_archived: bool = False) -> list[dict[str, Any]]:
    """A model's versions, newest first, the baseline (version 0) last: ``version list``."""
    with workspace.store() as store:
        live = _live(store, model)
        versions = store.versions.list(model, include_archived, include_baseline=True)
        return [_line(version, state_of(version, live)) for version in versions]


def show(workspace: Workspace, model: str, number: int) -> dict[str, Any]:
    """One version with its lineage: ``version show``.

    Raises
    ------
    BundleError
        Where its bundle is missing or damaged.
    """
    with workspace.store() as store:
        version = store.versions.get(model, number)
        state = state_of(version, _live(store, model))
    bundle = workspace.bundle(version.hash)
    manifest = bundle.manifest.document()
    return {
        **document_of(version),
        "state": state,
        "created": version.created,
        "archived": version.archived,
        "tried": manifest["tried"],
        "input": manifest["input"],
        "output": manifest["output"],
        "lineage": bundle.lineage(),
        "path": workspace.relative(bundle.path),
    }


def document_of(version: Version) -> dict[str, Any]:
    """What ``version train``, ``register`` and ``show`` have in common."""
    agreement = dict(version.agreement)
    return {
        "model": version.model,
        "version": version.number,
        "hash": version.hash,
        "algorithm": version.algorithm,
        "agreement": {"max_difference": None, "rows": 0, **agreement},
        "trained": _trained(version),
        "parameters": dict(version.parameters),
        "run": version.run,
        "origin": version.origin,
        "why": version.why,
    }


def _trained(version: Version) -> dict[str, Any]:
    return {
        "since": version.trained_since,
        "until": version.trained_until,
        "rows": version.trained_rows,
        "touched_until": version.touched_until,
        "held_out": None if version.held_out is None else dict(version.held_out),
    }


def _line(version: Version, state: str) -> dict[str, Any]:
    return {
        "id": version.number,
        "version": version.number,
        "state": state,
        "algorithm": version.algorithm,
        "origin": version.origin,
        "created": version.created,
        "trained": _trained(version),
        "parameters": dict(version.parameters),
        "agreement": dict(version.agreement),
        "hash": version.hash,
        "why": version.why,
    }


def state_of(version: Version, live: tuple[ProductionRevision, ...]) -> str:
    """``champion``, ``challenger``, ``shadow``, ``baseline``, ``archived`` or ``candidate``."""
    if any(r.champion == version.number for r in live):
        return "champion"
    if any(r.challenger == version.number for r in live):
        return "challenger"
    if any(version.number in r.shadows for r in live):
        return "shadow"
    if version.archived is not None:
        return "archived"
    return "baseline" if version.number == 0 else "candidate"


def _live(store: Store, model: str) -> tuple[ProductionRevision, ...]:
    return tuple(r for r in store.production.all_live() if r.model == model)


def archive(workspace: Workspace, model: str, number: int, who: str) -> dict[str, Any]:
    """Take a version out of daily listings and checks; its bundle stays.

    Raises
    ------
    RefusedError
        While it serves at a site.
    """
    with workspace.store() as store, store.transaction():
        version = store.versions.get(model, number)
        serving = [r.site for r in _live(store, model) if _serves(r, number)]
        if serving:
            raise RefusedError(
                f"version {number} of {model} is in production at {', '.join(serving)}",
                hint=f"swap it out first: incumbent production swap {model} N",
            )
        if version.archived is None:
            undo = {"action": "version.unarchive", "arguments": {"model": model, "version": number}}
            store.journal.add(who, "version.archive", f"version {number}", model=model, undo=undo)
        return document_of(store.versions.archive(model, number)) | {"state": "archived"}


def _serves(revision: ProductionRevision, number: int) -> bool:
    return number in revision.versions


def unarchive(workspace: Workspace, model: str, number: int, who: str) -> dict[str, Any]:
    """Bring an archived version back."""
    with workspace.store() as store, store.transaction():
        if store.versions.get(model, number).archived is not None:
            store.journal.add(who, "version.unarchive", f"version {number}", model=model)
        version = store.versions.unarchive(model, number)
        return document_of(version) | {"state": state_of(version, _live(store, model))}


def export(workspace: Workspace, model: str, number: int, folder: str | Path) -> dict[str, Any]:
    """Copy a version's bundle, verified, to a new folder: ``version export``.

    Raises
    ------
    RefusedError
        Where the folder holds something already.
    """
    with workspace.store() as store:
        version = store.versions.get(model, number)
    target = Path(folder).expanduser().absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RefusedError(f"there is something at {target} already", hint="name a new folder")
    bundle = workspace.bundle(version.hash)
    if target.exists():
        target.rmdir()
    copy_tree(bundle.path, target)
    return {"model": model, "version": number, "hash": version.hash, "path": str(target)}
