"""The workspace itself: its store, its disk, the environment that it runs in."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
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
    """Whether there is room for the next night."""
    free = shutil.disk_usage(workspace.root).free
    if free < TIGHT:
        message = f"{free / 2**20:,.0f} MiB are free on the disk of {workspace.root}"
        hint = f"make room; {workspace.cache} may be emptied while nothing runs"
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
