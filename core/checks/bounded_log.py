"""What a command prints, kept within bounds while it runs: its beginning and its end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

HEAD, TAIL = 1 << 20, 2 << 20
MOST = 5 << 20
_PIECE = 1 << 16


class BoundedLog:
    """The part of a log that a command fills, cut in its middle whenever it grows beyond :data:`MOST`.

    Nobody else writes to the log meanwhile, so nothing is lost while it is cut: what the command prints comes
    through a pipe.

    Parameters
    ----------
    path : Path
    began : int
        Where the command's own part begins; what stands before it is never touched.
    """

    def __init__(self, path: Path, began: int) -> None:
        self._path = path
        self._head = began + HEAD
        self._most = began + MOST
        self._left_out = 0
        self._marked = 0  # bytes of the line that says what is left out

    def fill(self, printed: IO[bytes]) -> None:
        """Append all that is printed, until whoever prints it closes its end."""
        with printed:
            while some := os.read(printed.fileno(), _PIECE):
                with open(self._path, "ab") as file:
                    file.write(some)
                self.cut()

    def cut(self) -> None:
        """Keep the first :data:`HEAD` and the last :data:`TAIL` bytes, and say what is left out."""
        if os.path.getsize(self._path) <= self._most:
            return
        with open(self._path, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(size - TAIL)
            tail = file.read()
            self._left_out += size - len(tail) - self._head - self._marked
            mark = f"\n… {self._left_out:,} bytes left out: it printed too much to be kept …\n".encode()
            file.truncate(self._head)
        self._marked = len(mark)
        with open(self._path, "ab") as file:
            file.write(mark + tail)
