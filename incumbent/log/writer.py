"""What waits to be written in a process, and the thread that writes it, at most half a second later."""

from __future__ import annotations

import atexit
import logging
import sqlite3
import sys
import threading
import time
import weakref
from collections import deque
from itertools import islice
from pathlib import Path

from incumbent.log.entries import Batch, Row
from incumbent.log.folder import Folder
from incumbent.log.gathering import MANY, PORTION, Gathered, Item, count_of, gathered, rows_of
from incumbent.log.settings import Settings

log = logging.getLogger("incumbent")

#: Seconds from one commit until the next is begun: with the writing itself, a killed process loses half a
#: second at most.
INTERVAL = 0.2
#: Rows that wait in memory at most; further ones are dropped, and counted.
MOST_WAITING = 100_000
#: The same while nothing can be written: a folder that never takes a log must not fill the memory.
MOST_WHILE_FAILING = 20_000
#: Rows of one transaction at most: other processes read between them.
MOST_AT_ONCE = 20_000
#: Seconds until a folder that does not take the log is tried again: doubled up to the second number.
RETRY, RETRY_MOST = 0.5, 15.0


class Writer:
    """What stands behind a :class:`incumbent.log.Log`, for one process.

    Parameters
    ----------
    folder : Path
    settings : Settings

    Attributes
    ----------
    rows, queue : deque
        What waits: predictions that are ready to be written, and everything else. Whoever appends looks at
        :attr:`awake` afterwards and calls :meth:`wake` if it is False, and :meth:`gather` if there are
        :data:`PORTION` rows.
    dropped : int
        Rows that were dropped, told of in a file or not yet.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings
        self.rows: "deque[Row]" = deque()
        self.queue: "deque[Item]" = deque()
        self.awake = False
        self.most = MOST_WAITING
        self.written = 0
        self.dropped = 0
        self.failing: "str | None" = None
        self.writing = threading.Lock()  # held while a file is written, so that a fork never cuts one
        self._more = 0  # rows beyond the first of each item in the queue, or just being written
        self._taken = 0  # items that are just being written
        self._untold = 0
        self._counting = threading.Lock()
        self._gathering = threading.Lock()
        self._starting = threading.Lock()
        self._event = threading.Event()
        self._thread: "threading.Thread | None" = None
        self._ending = False
        self._files = Folder(folder)
        self._retry = RETRY
        writers.add(self)

    # -- called by any thread

    def wake(self) -> None:
        """See that the thread runs and looks at the queue."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    thread = threading.Thread(target=self._run, name="incumbent log", daemon=True)
                    thread.start()
                    self._thread = thread
                    _flushed_by_multiprocessing(self)
        self._event.set()

    @property
    def waiting(self) -> int:
        """Rows that wait, or are just being written."""
        return len(self.rows) + len(self.queue) + self._taken + self._more

    @property
    def _is_busy(self) -> bool:
        """Whether rows are on their way into the file; its stages are looked at in their order."""
        return bool(self.rows or self._gathering.locked() or self.queue or self.writing.locked())

    def gather(self, wait: bool = False) -> None:
        """Put rows together: a portion of those that are ready, while nobody else does or, to ``wait``, all.

        Whoever has made the last row does it for all, in the time of a few predictions: a thread that did it
        would need Python's lock, and keep it while the processor is away from it.
        """
        if not self._gathering.acquire(blocking=wait):
            return
        try:
            while self.rows:
                some = [self.rows.popleft() for _ in range(min(PORTION, len(self.rows)))]
                for ready in self._gathered(some):
                    self.add(ready)
                if not wait:
                    return
        finally:
            self._gathering.release()

    def _gathered(self, rows: "list[Row]") -> "list[Gathered]":
        try:
            return [gathered(rows, self.settings.share)]
        except Exception as error:  # one of them is made of what nobody foresaw: the others must not suffer
            if len(rows) > 1:
                return [ready for row in rows for ready in self._gathered([row])]
            log.warning("%s: a prediction cannot be logged: %r", self.folder, error)
            self.drop(1)
            return []

    def add(self, ready: Gathered) -> None:
        """Take rows that are ready."""
        with self._counting:
            self._more += ready.rows - 1
        self.queue.append(ready)
        if not self.awake:
            self.wake()

    def add_many(self, batch: Batch) -> None:
        """Make the rows of many predictions, in the thread of whoever made these.

        So nobody predicts faster than rows are made: what a killed process loses stays small.
        """
        failed: "list[Exception]" = []
        made = 0
        try:
            rows = rows_of(batch.entries(), failed)
            while some := list(islice(rows, MANY)):
                made += len(some)
                if len(some) < PORTION:
                    self.rows.extend(some)
                else:
                    for ready in self._gathered(some):
                        self.add(ready)
                if len(self.rows) >= PORTION:
                    self.gather()
                if not self.awake:
                    self.wake()
                if self.failing and self.waiting >= self.most:
                    break
        except Exception as error:  # its columns are of what nobody foresaw
            failed.append(error)
        left = len(batch.ids) - made
        if left:
            self.drop(left)
        if failed:
            log.warning("%s: %d predictions cannot be logged: %r", self.folder, left, failed[0])

    def drop(self, count: int) -> None:
        """Count rows that could not be taken."""
        self.dropped += count
        self._untold += count

    def flush(self, timeout: float) -> bool:
        """Wait until all that waits is written; False if it is not within the time."""
        until = time.monotonic() + timeout
        if self.waiting:
            self.wake()
        while self._is_busy:
            self._event.set()
            if time.monotonic() >= until:
                return False
            time.sleep(0.005)
        return True

    def stop(self, timeout: float) -> None:
        """Write what waits, as far as it can be written within the time, and end the thread."""
        self.flush(timeout)
        self._ending = True
        self._event.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def end(self) -> None:
        """Write what waits before the process ends, as far as it can be written in a moment."""
        if not self.flush(2.0) and self.failing and not self._ending:
            self.tell_of_loss()

    def tell_of_loss(self) -> None:
        """Say how much waits in vain."""
        log.warning("%s: rows that are lost: %d (%s)", self.folder, self.waiting, self.failing)

    # -- the thread

    def _run(self) -> None:
        while True:
            self._go_on()
            with self._starting:
                if not self.waiting or self.failing:
                    self._thread = None  # whoever had this writer before it was stopped may still wake it
                    return

    def _go_on(self) -> None:
        """Write whatever comes until it is stopped, and let the file go."""
        while True:
            self.awake = False
            if not self.waiting:
                if self._ending:
                    break
                self._event.wait()
            self._event.clear()
            self.awake = True
            if not self._ending:
                self._event.wait(self._retry if self.failing else INTERVAL)
                self._event.clear()
            self.gather(wait=True)
            waiting = len(self.queue)  # what comes meanwhile waits for the next time
            while waiting > 0 and (written := self._write()):
                waiting -= written
            if self.failing and self._ending:
                self.awake = False
                self.tell_of_loss()
                break
        with self.writing:
            self._files.close()

    def _write(self) -> int:
        """Write some of what waits; how many it were, 0 where it did not work."""
        with self.writing:
            taken, rows = self._take()
            lost = self._untold
            try:
                written, dropped = self._files.append(taken, self.settings, lost)
            except (sqlite3.Error, OSError) as error:
                self._taken = 0
                self.queue.extendleft(reversed(taken))
                self._failed(error)
                return 0
            except Exception as error:  # this thread must not end while others write
                log.warning("%s: %d predictions cannot be logged: %r", self.folder, rows, error)
                written, dropped = 0, rows
            self.written += written
            self._untold -= lost
            with self._counting:
                self._more -= rows - len(taken)
            self._taken = 0
            if dropped:
                self.drop(dropped)
            self._recovered()
        return len(taken)

    def _take(self) -> "tuple[list[Item], int]":
        """What is written together, and how many rows that is."""
        taken: "list[Item]" = []
        rows = 0
        while self.queue and rows < MOST_AT_ONCE:
            self._taken += 1
            taken.append(self.queue.popleft())
            rows += count_of(taken[-1])
        return taken, rows

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
        writer.end()


def _flushed_by_multiprocessing(writer: Writer) -> None:
    """Children of multiprocessing may end without ``atexit``: they have a list of their own."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(writer, _end, (weakref.ref(writer),), exitpriority=10)


def _end(own: "weakref.ref[Writer]") -> None:
    writer = own()
    if writer is not None:
        writer.end()
