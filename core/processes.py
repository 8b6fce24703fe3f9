"""Other processes of this machine: which are alive, and since when the machine itself runs."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path


def process_lives(pid: int) -> bool:
    """Whether a process of this number exists on this machine, other than as a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # there, but somebody else's
        return True
    try:
        status = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        return status.rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):  # no such file system here
        return True


def boot_time() -> datetime | None:
    """When this machine was started, to a few seconds on the early side; None where it does not say."""
    try:
        lines = Path("/proc/stat").read_text("ascii").splitlines()
        seconds = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    except (OSError, StopIteration, ValueError):
        return None
    return datetime.fromtimestamp(seconds, UTC) - timedelta(seconds=10)
