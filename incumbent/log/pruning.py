"""What a site deletes by itself, so that a log that nobody fetches does not fill its disk."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from pathlib import Path

from incumbent.log.file import file_day, log_files, remove, today
from incumbent.log.settings import Settings

log = logging.getLogger("incumbent")


def prune(folder: Path, settings: Settings, keep: "Path | None" = None) -> "list[Path]":
    """Delete closed days that are too old, then the oldest ones until the folder is small enough.

    Parameters
    ----------
    keep : Path, optional
        The file that is being written; files of today and yesterday stay too, somebody may be writing them.

    Returns
    -------
    list of Path
        What was deleted.
    """
    yesterday = (date.fromisoformat(today()) - timedelta(days=1)).isoformat()
    files = log_files(folder)
    closed = [path for path in files if path != keep and file_day(path) < yesterday]
    doomed = []
    if settings.keep_days is not None:
        oldest = (date.fromisoformat(today()) - timedelta(days=settings.keep_days)).isoformat()
        doomed = [path for path in closed if file_day(path) < oldest]
    if settings.size is not None:
        sizes = {path: _size(path) for path in files if path not in doomed}
        for path in closed:
            if sum(sizes.values()) <= settings.size:
                break
            if path in sizes:
                del sizes[path]
                doomed.append(path)
    for path in doomed:
        log.warning("%s is deleted: the limits of the log (age or size) are reached", path)
        remove(path)
    return doomed


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
