"""The memory that processes occupy, with all that they have started, while they work."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, Iterator

_PROCESSES = Path("/proc")
_SECONDS = 0.1  # between two looks


def resident_bytes(process: "int | None" = None) -> int:
    """What a process and its descendants occupy now: a version may run in a child of whoever is asked.

    Where the system has no ``/proc`` (macOS), the most that this process alone ever occupied.

    Parameters
    ----------
    process : int, optional
        This one by default.
    """
    if not (_PROCESSES / "self" / "statm").exists():
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    own = os.getpid() if process is None else process
    return sum(_bytes(each) for each in (own, *_descendants(own)))


def _bytes(process: int) -> int:
    import resource

    try:
        pages = int((_PROCESSES / str(process) / "statm").read_text("ascii").split()[1])
    except (OSError, IndexError):  # it has ended meanwhile
        return 0
    return pages * resource.getpagesize()


def _descendants(process: int) -> "Iterator[int]":
    for listed in (_PROCESSES / str(process) / "task").glob("*/children"):
        try:
            children = listed.read_text("ascii").split()
        except OSError:
            continue
        for child in children:
            yield int(child)
            yield from _descendants(int(child))


class Resident:
    """Memory after so many predictions, looked at ten times a second.

    Parameters
    ----------
    process : int, optional
        Whose: of this process, and of those that it has started, by default.
    """

    def __init__(self, process: "int | None" = None) -> None:
        self._process = process
        self._count = 0
        self._next = 0.0
        self._samples: "list[tuple[int, int]]" = []

    def after(self, predictions: int) -> None:
        """So many more predictions have been made."""
        self._count += predictions
        if time.monotonic() >= self._next:
            self.sample()

    def sample(self) -> "tuple[int, int]":
        """Look now: predictions made so far, and bytes."""
        found = self._count, resident_bytes(self._process)
        self._samples.append(found)
        self._next = time.monotonic() + _SECONDS
        return found

    def document(self) -> "dict[str, Any]":
        """The looks since the beginning: predictions made, and bytes."""
        self.sample()
        return {
            "predictions": [count for count, _ in self._samples],
            "bytes": [size for _, size in self._samples],
        }
