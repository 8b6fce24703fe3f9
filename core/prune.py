"""``prune``: what a workspace no longer needs, and nothing else.

Bundles and slices that belong to no version, run logs, sent messages and documents of runs that are older
than a limit. Measurements, verdicts, versions and the journal stay for ever; so does the document of the last
run of each check, which screens show.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.present import present
from core.timeline.durations import Duration
from core.workspace import Workspace
from incumbent.errors import RefusedError

if TYPE_CHECKING:
    from store import Store

OLDER_THAN = "1y"


def prune(
    workspace: Workspace,
    older_than: str = OLDER_THAN,
    dry_run: bool = False,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Delete what is not needed any more.

    Parameters
    ----------
    older_than : str
        Age from which logs, messages, measured slices and documents of runs go: ``90d``, ``1y``.
    dry_run : bool
        Only say what would go.

    Returns
    -------
    dict
        ``before`` (the moment), ``dry_run``, and how many of each: ``bundles``, ``refits`` (of walk-forward),
        ``logs``, ``results``, ``messages``, ``slices``; ``bytes`` of the files among them.

    Raises
    ------
    RefusedError
        While something runs.
    UsageError
        For an age that is none.
    """
    from store.clock import text

    before = Duration.parse(older_than).before(now or present())
    with workspace.store() as store:
        from core.runs import sweep_store

        sweep_store(store)
        if store.runs.active():
            raise RefusedError(
                "something runs in this workspace", hint="wait for it: `incumbent run list` shows what"
            )
        files = {
            "bundles": _orphans(workspace.bundles, store),
            "refits": _older(workspace.cache / "walk-forward", before),
            "logs": _older(workspace.logs, before),
        }
        found: dict[str, Any] = {"before": text(before), "dry_run": dry_run}
        found |= {name: len(paths) for name, paths in files.items()}
        found["bytes"] = sum(_size(path) for paths in files.values() for path in paths)
        with store.transaction():
            found["results"] = store.runs.prune_results(text(before), dry_run)
            found["messages"] = store.notify.prune(text(before), dry_run)
            found["slices"] = store.measured.prune(text(before), dry_run)
        if not dry_run:
            for path in (path for paths in files.values() for path in paths):
                _delete(path)
    return found


def _orphans(folder: Path, store: Store) -> list[Path]:
    known = store.versions.hashes()
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and path.name not in known]


def _older(folder: Path, before: datetime) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if path.stat().st_mtime < before.timestamp()]


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(file.stat().st_size for file in files)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
