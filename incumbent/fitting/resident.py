"""The memory that this process occupies, while it works."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

_STATM = Path("/proc/self/statm")
_SECONDS = 0.1  # between two looks


def resident_bytes() -> int:
    """What this process occupies now (where the system does not say: the most that it ever did)."""
    import resource

    try:
        return int(_STATM.read_text("ascii").split()[1]) * resource.getpagesize()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


class Resident:
    """Memory after so many predictions, looked at ten times a second."""

    def __init__(self) -> None:
        self._count = 0
        self._next = 0.0
        self._samples: "list[tuple[int, int]]" = []

    def after(self, predictions: int) -> None:
        """So many more predictions have been made."""
        self._count += predictions
        if time.monotonic() >= self._next:
            self.sample(0)

    def sample(self, predictions: int) -> None:
        """Look now."""
        self._count += predictions
        self._samples.append((self._count, resident_bytes()))
        self._next = time.monotonic() + _SECONDS

    def document(self) -> "dict[str, Any]":
        """The looks since the beginning: predictions made, and bytes."""
        self.sample(0)
        return {
            "predictions": [count for count, _ in self._samples],
            "bytes": [size for _, size in self._samples],
        }
