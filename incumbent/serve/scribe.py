"""The process that writes the log of a service: its keeper starts it, looks after it, and lets it end."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from incumbent.log import channel

log = logging.getLogger("incumbent")

_ROOT = str(Path(__file__).resolve().parents[2])
_START = (
    "import sys; sys.path[0] = {root!r}; from incumbent.log.scribe import main; main({listening}, {keeper})"
)
#: Seconds that it has to end when every worker has.
_FAREWELL = 10.0
#: Seconds from the start of one to that of the next, doubled up to the second number until one lives so long.
_RETRY, _RETRY_MOST = 1.0, 60.0


class KeptScribe:
    """A scribe (:mod:`incumbent.log.scribe`) as long as the block lasts, for logs that are opened in it.

    Where none can be had, processes write their logs themselves.

    Parameters
    ----------
    address : Path
        Of the socket that it listens at, in a folder that nobody else can enter.
    """

    def __init__(self, address: Path) -> None:
        self._address = address
        self._keeper = os.getpid()
        self._process: "subprocess.Popen[bytes] | None" = None
        self._line: "socket.socket | None" = None  # whoever lives holds its end of it
        self._is_used = False
        self._started = 0.0
        self._retry = _RETRY
        self._due: "float | None" = None  # when one that has ended is replaced

    def __enter__(self) -> "KeptScribe":
        self._start()
        if self._line is not None:
            self._is_used = True
            channel.through(str(self._address))
        return self

    def __exit__(self, *raised: object) -> None:
        """Let it end, and wait until it has; in a forked process, nothing."""
        if os.getpid() != self._keeper:
            return
        channel.through(None)
        self._let_go()
        if self._process is not None:
            try:
                self._process.wait(_FAREWELL)
            except subprocess.TimeoutExpired:
                log.warning("the process that writes the log has not ended yet")

    def look(self) -> None:
        """Start another one where it has ended."""
        if not (self._is_used and self._has_ended()):
            return
        now = time.monotonic()
        if self._due is None:  # it has just ended
            if now - self._started > _RETRY_MOST:
                self._retry = _RETRY
            self._due = self._started + self._retry
            self._retry = min(_RETRY_MOST, 2 * self._retry)
        if now < self._due:
            return  # workers write meanwhile
        self._due = None
        log.warning("the process that writes the log has ended; another one is started")
        self._let_go()
        self._start()

    def _start(self) -> None:
        self._started = time.monotonic()
        if self._process is not None:
            self._process.poll()  # whoever waits for any child may have been told of its end already
        try:
            self._address.unlink(missing_ok=True)
            self._line, theirs = socket.socketpair()
            self._line.setblocking(False)
            with socket.socket(socket.AF_UNIX) as listening, theirs:
                listening.bind(str(self._address))
                listening.listen(128)
                descriptors = listening.fileno(), theirs.fileno()
                start = _START.format(root=_ROOT, listening=descriptors[0], keeper=descriptors[1])
                self._process = subprocess.Popen(
                    [sys.executable, "-c", start],
                    pass_fds=descriptors,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl+C is for the service, which has still to write
                )
        except OSError as error:
            log.warning("workers write the log themselves: %s", error)
            self._let_go()

    def _has_ended(self) -> bool:
        if self._line is None:
            return True
        try:
            return not self._line.recv(1)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _let_go(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
