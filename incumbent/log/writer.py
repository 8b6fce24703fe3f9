"""The thread of a process that writes its part of the log, at most every half second."""

from __future__ import annotations

import atexit
import logging
import sqlite3
import sys
import threading
import time
import weakref
from collections import deque
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Iterator, Union

from incumbent.log.appender import Appender, FileMoved
from incumbent.log.entries import Batch, Entry, OutcomeEntry
from incumbent.log.file import file_day, new_name, today
from incumbent.log.pruning import prune
from incumbent.log.settings import Settings
from incumbent.log.tally import Tally

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
#: So many are written a few at a time; more than these have to be written quickly.
MOST_GENTLY = 5_000
#: A file that is larger is followed by another one.
FILE_BYTES = 128 << 20
#: Seconds until a folder that does not take the log is tried again: doubled up to the second number.
RETRY, RETRY_MOST = 0.5, 15.0

Item = Union[Entry, Batch, OutcomeEntry]


class Writer:
    """What stands behind a :class:`incumbent.log.Log`, for one process.

    Attributes
    ----------
    queue : deque
        What waits. Whoever appends looks at :attr:`awake` afterwards and calls :meth:`wake` if it is False.
    lost : int
        Rows that were dropped and not yet told of in a file; ``dropped`` counts all of them.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings
        self.queue: "deque[Item]" = deque()
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
        self._file: "Appender | None" = None
        self._next: "Path | None" = None  # the file that could not be made
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
        with self._starting:
            self.batched += len(batch.ids) - 1
        self.queue.append(batch)
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
            self._close_file()

    def _write(self) -> int:
        """Write some of what waits; how many it were, 0 where it did not work."""
        with self.writing:
            taken = self._take()
            try:
                self._append(taken)
            except (sqlite3.Error, OSError) as error:
                self.queue.extendleft(reversed(taken))
                self._failed(error)
                return 0
            except Exception:  # one of them is made of what nobody foresaw: the others must not suffer
                self._append_one_by_one(taken)
            self._recovered()
        return len(taken)

    def _append_one_by_one(self, taken: "list[Item]") -> None:
        for item in taken:
            try:
                self._append([item])
            except Exception as error:
                log.warning("%s: a prediction cannot be logged: %r", self.folder, error)
                self.drop(_rows(item))

    def _take(self) -> "list[Item]":
        taken: "list[Item]" = []
        rows = 0
        while self.queue and rows < MOST_AT_ONCE:
            item = self.queue.popleft()
            rows += _rows(item)
            taken.append(item)
        return taken

    def _append(self, taken: "list[Item]") -> None:
        try:
            self._append_to(self._open_file(), taken)
        except FileMoved:
            self._close_file()
            self._append_to(self._open_file(), taken)

    def _append_to(self, file: Appender, taken: "list[Item]") -> None:
        tally, rows, untold = Tally(), sum(map(_rows, taken)), self._untold
        outcomes = [item for item in taken if isinstance(item, OutcomeEntry)]
        lost = (time.time_ns(), untold) if untold else ()
        file.append(self._kept(taken, tally), outcomes, tally, lost, gently=rows <= MOST_GENTLY)
        self._untold -= untold
        self.written += rows - len(outcomes)
        with self._starting:
            self.batched -= rows - len(taken)

    def _kept(self, taken: "list[Item]", tally: Tally) -> "Iterator[Entry]":
        """The predictions whose rows are kept; all of them are counted."""
        share = self.settings.share
        for item in taken:
            if isinstance(item, OutcomeEntry):
                continue
            for entry in item.entries() if isinstance(item, Batch) else (item,):
                tally.add(entry.at, entry.version, entry.route, entry.reason, entry.seconds)
                if share >= 1 or sampled(entry, share):
                    yield entry

    def _open_file(self) -> Appender:
        """The file to write: of this day (of a day to come, where the clock was set back less than a day)."""
        day = today()
        if self._file is not None and (day < self._file.day and not _days_apart(day, self._file.day)):
            day = self._file.day
        if self._file is not None and (self._file.day != day or self._file.size() > FILE_BYTES):
            self._close_file()
        if self._file is None:
            self.folder.mkdir(
                exist_ok=True
            )  # not its parents: the site is away, and comes back in their place
            _ignored_by_git(self.folder)
            if self._next is None or file_day(self._next) != day:
                self._next = self.folder / new_name(day)
            self._file = Appender(self._next)
            self._next = None
            prune(self.folder, self.settings, keep=self._file.path)
        return self._file

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

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
        if not isinstance(error, sqlite3.OperationalError) or self._file is None:
            self._close_file()  # a damaged file is left as it is, and another one begun

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


def _rows(item: Item) -> int:
    return len(item.ids) if isinstance(item, Batch) else 1


def _flushed_by_multiprocessing(writer: Writer) -> None:
    """Children of multiprocessing may end without ``atexit``: they have a list of their own."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        own = weakref.ref(writer)
        util.Finalize(writer, lambda: (found := own()) and found.flush(2.0), exitpriority=10)


def sampled(entry: Entry, share: float) -> bool:
    """Whether a prediction's row is among the share that is kept: the same for every prediction of a key."""
    of = entry.id if entry.key is None else entry.key
    digest = blake2b(str(of).encode("utf-8", "replace"), digest_size=8, person=b"incumbent log").digest()
    return int.from_bytes(digest, "little") < share * 2**64


def _days_apart(one: str, other: str) -> bool:
    return abs((date.fromisoformat(one) - date.fromisoformat(other)).days) > 1


def _ignored_by_git(folder: Path) -> None:
    """Published folders may be kept in git; logs are not."""
    path = folder / ".gitignore"
    if not path.exists():
        path.write_text("*\n", "utf-8")
