"""The folder in which the workers of a service share their figures: it goes with whoever made it.

A keeper that is killed leaves its folder behind. Whoever lives holds a lock in it, which the system lets go
with the last process of a service, so that the next service that starts can tell and remove what is left.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

_PREFIX = "incumbent-serve-"
_LOCK = "keeper.lock"


@contextmanager
def shared_figures() -> "Iterator[Path]":
    """A folder for the figures of this process and those that it forks; removed when this process leaves."""
    remove_abandoned()
    folder, lock = _made()
    keeper = os.getpid()
    try:
        yield folder
    finally:
        if os.getpid() == keeper:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def remove_abandoned() -> None:
    """Remove the folders of this user's services of which no process lives."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if folder.lstat().st_uid != os.geteuid():
                continue
            lock = os.open(folder / _LOCK, os.O_RDWR)
        except OSError:  # gone meanwhile, or just begun
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)


def _made() -> "tuple[Path, int]":
    """A new folder and its lock, held. Another service may have removed it before it was locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / _LOCK).exists():
            return folder, lock
        os.close(lock)
