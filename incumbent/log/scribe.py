"""The scribe: a process that writes the log for the workers of a service, so that they need not.

It serves a connection for each log of each worker (:mod:`incumbent.log.channel`), and answers when what it
was given is committed; all that it holds is what it has not answered yet. Workers of one model write one
file. It ends when nobody is left who could give it anything: the keeper of the service is gone, and every
connection closed.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import sqlite3
import threading
from pathlib import Path

from incumbent.log.channel import Answer, receive, send
from incumbent.log.folder import Folder
from incumbent.log.packing import unpack

log = logging.getLogger("incumbent")

#: Seconds between two looks, once the keeper is gone, whether somebody is still connected.
_LOOK = 0.1


class _Warnings(logging.Handler):
    """Keeps what each thread says: whoever gave it the work shall say it, as the scribe has no voice."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self._said.__dict__.setdefault("messages", []).append(record.getMessage())

    def taken(self) -> "list[str]":
        """What this thread has said since it was last asked."""
        messages: "list[str]" = self._said.__dict__.pop("messages", [])
        return messages


class _Shared:
    """A log's folder, and the connections that use it."""

    def __init__(self, path: str) -> None:
        self.folder = Folder(Path(path))
        self.lock = threading.Lock()
        self.users = 0


class Scribe:
    """Serves until nobody is left.

    Parameters
    ----------
    listening : socket
    keeper : socket
        The other end of it is closed when the keeper is gone.
    """

    def __init__(self, listening: socket.socket, keeper: socket.socket) -> None:
        self._listening = listening
        self._keeper = keeper
        self._folders: "dict[str, _Shared]" = {}
        self._connections = 0
        self._lock = threading.Lock()
        self._warnings = _Warnings()
        log.addHandler(self._warnings)
        log.propagate = False

    def run(self) -> None:
        """Serve; returns when all that was given is written."""
        kept = True
        while True:
            watched = [self._listening, self._keeper] if kept else [self._listening]
            ready, _, _ = select.select(watched, [], [], None if kept else _LOOK)
            if self._keeper in ready:
                kept = False
            if self._listening in ready:
                self._welcome()
            elif not kept and not self._connections:
                return

    def _welcome(self) -> None:
        try:
            connection, _ = self._listening.accept()
        except OSError:  # whoever it was is gone again
            return
        connection.setblocking(True)
        with self._lock:
            self._connections += 1
        threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        used: "set[str]" = set()
        try:
            while True:
                self._serve_one(connection, used)
        except (EOFError, OSError):
            pass  # a worker that has closed its log, or is gone
        finally:
            connection.close()
            for path in used:
                self._leave(path)
            with self._lock:
                self._connections -= 1

    def _serve_one(self, connection: socket.socket, used: "set[str]") -> None:
        request, packed = receive(connection)
        shared = self._enter(request.folder, used)
        written, dropped, failed = 0, 0, None
        items = unpack(packed, request.names)
        del packed
        with shared.lock:
            try:
                written, dropped = shared.folder.append(items, request.settings, request.lost)
            except (sqlite3.Error, OSError) as error:
                failed = str(error)
        send(connection, Answer(written, dropped, failed, self._warnings.taken()))

    def _enter(self, path: str, used: "set[str]") -> _Shared:
        with self._lock:
            shared = self._folders.setdefault(path, _Shared(path))
            if path not in used:
                used.add(path)
                shared.users += 1
            return shared

    def _leave(self, path: str) -> None:
        """The file of a log that nobody writes any more is let go."""
        with self._lock:
            shared = self._folders[path]
            shared.users -= 1
            if not shared.users:
                del self._folders[path]
                shared.folder.close()


def main(listening: int, keeper: int) -> None:
    """Serve on a socket that listens, until the other end of another one is closed."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # workers have still to write what waits
    if hasattr(os, "SCHED_BATCH"):
        try:  # whoever answers requests goes first when it wakes up
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        except OSError:
            pass
    Scribe(socket.socket(fileno=listening), socket.socket(fileno=keeper)).run()
