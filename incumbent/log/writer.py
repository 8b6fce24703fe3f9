"""The thread of a process that sees to it that its part of the log is written, at most every half second.

It writes itself or, where the process has a scribe (:mod:`incumbent.log.channel`), has that write. While the
scribe cannot be reached or does not keep up, it writes itself, into a file of its own.
"""

from __future__ import annotations

import atexit
import logging
import sqlite3
import sys
import threading
import time
import weakref
from collections import deque
from pathlib import Path
from typing import Sequence, Union

from incumbent.log.channel import Channel, Unreachable
from incumbent.log.entries import Batch, Item, rows_of
from incumbent.log.folder import Appended, Folder
from incumbent.log.packing import PackedBatch, pack_batch, unpack
from incumbent.log.settings import Settings

log = logging.getLogger("incumbent")

#: Seconds from one commit until the next is begun: with the writing itself, a killed process loses half a
#: second at most.
INTERVAL = 0.3
#: Rows that wait in memory at most; further ones are dropped, and counted.
MOST_WAITING = 100_000
#: The same while nothing can be written: a folder that never takes a log must not fill the memory.
MOST_WHILE_FAILING = 20_000
#: Rows of one transaction at most: other processes read between them.
MOST_AT_ONCE = 20_000
#: With so many rows waiting beside those that are being written, a process does not wait for the scribe.
BEHIND = 20_000
#: Seconds until a folder that does not take the log is tried again: doubled up to the second number.
RETRY, RETRY_MOST = 0.5, 15.0

#: What waits: all of it is packed where there is a scribe, nothing otherwise.
Waiting = Union[Item, bytes]


class Writer:
    """What stands behind a :class:`incumbent.log.Log`, for one process.

    Parameters
    ----------
    folder : Path
    settings : Settings
    names : sequence of tuple of str
        What packed entries that wait have instead of their names is a place in it.

    Attributes
    ----------
    queue : deque
        What waits. Whoever appends looks at :attr:`awake` afterwards and calls :meth:`wake` if it is False.
    packs : bool
        Whether what waits has to be packed (:mod:`incumbent.log.packing`).
    dropped : int
        Rows that were dropped, told of in a file or not yet.
    """

    def __init__(self, folder: Path, settings: Settings, names: "Sequence[tuple[str, ...]]" = ()) -> None:
        self.folder = folder
        self.settings = settings
        self._names = names
        self._channel = Channel.open()
        self.packs = self._channel is not None
        self.queue: "deque[Waiting]" = deque()
        self.awake = False
        self.most = MOST_WAITING
        self.written = 0
        self.dropped = 0
        self.failing: "str | None" = None
        self.writing = threading.Lock()  # held while a file is written, so that a fork never cuts one
        self.batched = 0  # rows beyond the first of each batch that waits
        self._untold = 0
        self._starting = threading.Lock()
        self._event = threading.Event()
        self._thread: "threading.Thread | None" = None
        self._ending = False
        self._own = Folder(folder)
        self._retry = RETRY
        writers.add(self)

    # -- called by any thread

    def wake(self) -> None:
        """See that the thread runs and looks at the queue."""
        if self._thread is None:
            with self._starting:
                if self._thread is None and not self._ending:
                    thread = threading.Thread(target=self._run, name="incumbent log", daemon=True)
                    thread.start()
                    self._thread = thread
                    _flushed_by_multiprocessing(self)
        self._event.set()

    def add_batch(self, batch: Batch) -> None:
        """Take many predictions at once."""
        waiting = pack_batch(batch) if self.packs else batch
        with self._starting:
            self.batched += len(batch.ids) - 1
        self.queue.append(waiting)
        if not self.awake:
            self.wake()

    def drop(self, count: int) -> None:
        """Count rows that could not be taken."""
        self.dropped += count
        self._untold += count

    def flush(self, timeout: float) -> bool:
        """Wait until all that waits is written; False if it is not within the time."""
        until = time.monotonic() + timeout
        if self.queue:
            self.wake()
        while self.queue or self.writing.locked():
            self._event.set()
            if time.monotonic() >= until:
                return False
            time.sleep(0.005)
        return True

    def stop(self, timeout: float) -> None:
        """Write what waits, as far as it can be written within the time, and end the thread."""
        if self.queue:
            self.flush(timeout)
        self._ending = True
        self._event.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    # -- the thread

    def _run(self) -> None:
        while True:
            self.awake = False
            if not self.queue:
                if self._ending:
                    break
                self._event.wait()
            self._event.clear()
            self.awake = True
            if not self._ending:
                self._event.wait(self._retry if self.failing else INTERVAL)
                self._event.clear()
            waiting = len(self.queue)  # what comes meanwhile waits for the next time
            while waiting > 0 and (written := self._write()):
                waiting -= written
            if self.failing and self._ending:
                break
        with self.writing:
            self._close()

    def _write(self) -> int:
        """Write some of what waits; how many it were, 0 where it did not work."""
        with self.writing:
            taken, rows = self._take()
            lost = self._untold
            try:
                written, dropped = self._append(taken, lost)
            except (sqlite3.Error, OSError) as error:
                self.queue.extendleft(reversed(taken))
                self._failed(error)
                return 0
            except Exception as error:  # this thread must not end while others write
                log.warning("%s: %d predictions cannot be logged: %r", self.folder, rows, error)
                written, dropped = 0, rows
            self.written += written
            self._untold -= lost
            with self._starting:
                self.batched -= rows - len(taken)
            if dropped:
                self.drop(dropped)
            self._recovered()
        return len(taken)

    def _take(self) -> "tuple[list[Waiting], int]":
        """What is written together, and how many rows that is."""
        queue = self.queue
        count = min(len(queue), MOST_AT_ONCE)
        if not self.batched:  # so none of these is a batch, which is counted before it comes
            return [queue.popleft() for _ in range(count)], count
        taken: "list[Waiting]" = []
        rows = 0
        while queue and rows < MOST_AT_ONCE:
            taken.append(queue.popleft())
            rows += _rows(taken[-1])
        return taken, rows

    def _append(self, taken: "list[Waiting]", lost: int) -> Appended:
        if self._channel is None:
            return self._own.append(taken, self.settings, lost)  # type: ignore[arg-type]
        packed = b"".join(taken)  # type: ignore[arg-type]
        if len(self.queue) <= BEHIND:
            try:
                done, warnings = self._channel.append(self.folder, self.settings, lost, self._names, packed)
            except Unreachable:
                pass
            else:
                for warning in warnings:
                    log.warning("%s", warning)
                self._own.close()
                return done
        return self._own.append(unpack(packed, self._names), self.settings, lost)

    def _close(self) -> None:
        self._own.close()
        if self._channel is not None:
            self._channel.close()

    def _failed(self, error: Exception) -> None:
        if self.failing is None:
            log.warning(
                "%s: predictions cannot be logged (%s); answers go on, rows wait in memory",
                self.folder,
                error,
            )
            self._retry = RETRY
        else:
            self._retry = min(RETRY_MOST, self._retry * 2)
        self.failing = str(error)
        self.most = MOST_WHILE_FAILING

    def _recovered(self) -> None:
        if self.failing is not None:
            log.warning("%s: predictions are logged again; %d were dropped", self.folder, self.dropped)
            self.failing = None
            self.most = MOST_WAITING


#: Those that may have something to write when this process ends: a running thread keeps its own.
writers: "weakref.WeakSet[Writer]" = weakref.WeakSet()


@atexit.register
def _flush_all() -> None:
    for writer in list(writers):
        writer.flush(2.0)


def _rows(waiting: Waiting) -> int:
    if isinstance(waiting, bytes):
        return waiting.rows if isinstance(waiting, PackedBatch) else 1
    return rows_of(waiting)


def _flushed_by_multiprocessing(writer: Writer) -> None:
    """Children of multiprocessing may end without ``atexit``: they have a list of their own."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        own = weakref.ref(writer)
        util.Finalize(writer, lambda: (found := own()) and found.flush(2.0), exitpriority=10)
