"""The workspace itself: its store, its disk, the environment that it runs in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core.doctor.finding import Finding

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: Free bytes below which runs are likely to fail, and below which it is worth knowing.
FULL, TIGHT = 100 * 2**20, 2**30


def house_store(workspace: Workspace, store: Store) -> Iterable[Finding]:
    """What the store finds wrong with itself."""
    for sentence in store.verify():
        yield Finding(
            "store", "problem", sentence, f"keep a copy of {workspace.store_path}, then report this"
        )


def disk(workspace: Workspace, store: Store | None = None) -> Iterable[Finding]:
    """Whether there is room for the next night, and at the sites for what they log."""
    yield from _room(workspace.root, f"make room; {workspace.cache} may be emptied while nothing runs")
    known = {_device(workspace.root), None}
    for place in [] if store is None else _written(workspace, store):
        device = _device(place)
        if device not in known:
            known.add(device)
            yield from _room(
                place, "make room: on a full disk no prediction is logged, and nothing is published"
            )


def _written(workspace: Workspace, store: Store) -> Iterable[Path]:
    """Folders of sites, and those that their processes write to."""
    from core.traffic.places import places

    for site in store.sites.list():
        yield workspace.path(site.path)
        for model in store.models.list():
            yield from (place.away for place in places(workspace, store, model.name, site.name))


def _device(path: Path) -> int | None:
    """The disk that a folder is on; None where there is no such folder, or it cannot be reached."""
    try:
        return os.stat(path).st_dev
    except OSError:
        return None


def _room(path: Path, hint: str) -> Iterable[Finding]:
    free = shutil.disk_usage(path).free
    if free < TIGHT:
        message = f"{free / 2**20:,.0f} MiB are free on the disk of {path}"
        yield Finding("disk", "problem" if free < FULL else "notice", message, hint)


def distributions(workspace: Workspace, store: Store | None = None) -> Iterable[Finding]:
    """The panel and the small runtime bring the same folder: never both in one environment."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        version("incumbent-runtime")
    except PackageNotFoundError:
        return
    yield Finding(
        "environment",
        "problem",
        "incumbent-runtime is installed beside incumbent: one overwrites files of the other",
        "pip uninstall incumbent-runtime, then reinstall incumbent",
    )
