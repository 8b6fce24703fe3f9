"""The folder of a log as one process writes it: a file, and another one when its day is over."""

from __future__ import annotations

import logging
import sqlite3
import time
from datetime import date
from itertools import groupby, islice
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence

from incumbent.log.appender import Appender, FileMoved
from incumbent.log.entries import Entry, OutcomeEntry
from incumbent.log.file import file_day, new_name, today
from incumbent.log.gathering import MANY, Gathered, Item, Portion, count_of, gathered, rows_of
from incumbent.log.pruning import prune
from incumbent.log.settings import Settings
from incumbent.log.tally import Tally

log = logging.getLogger("incumbent")

#: Rows are made ready so few at a time, with a pause (seconds) between.
FEW, PAUSE = 32, 1e-3
#: Seconds after which it is :data:`MANY` at a time: a pause takes longer where others are at work.
PATIENCE = 0.05
#: A file that is larger is followed by another one.
FILE_BYTES = 128 << 20


class Appended(NamedTuple):
    """What became of some items: predictions that are in the file, rows of which nothing could be made."""

    written: int
    dropped: int


class Folder:
    """Writes into a log's folder. Not for use from several threads at once.

    Parameters
    ----------
    path : Path
        It is made when the first row is written; its parents are not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: "Appender | None" = None
        self._next: "Path | None" = None  # the file that could not be made

    def append(self, items: "Sequence[Item]", settings: Settings, lost: int = 0) -> Appended:
        """Add predictions and outcomes.

        Parameters
        ----------
        items : sequence of Item
        settings : Settings
        lost : int
            Rows that were dropped before, which the file shall tell of.

        Raises
        ------
        sqlite3.Error, OSError
            Where none of them could be written.
        """
        try:
            try:
                return self._append(items, settings, lost)
            except (sqlite3.Error, OSError):
                raise
            except Exception:  # one of them is made of what nobody foresaw: the others must not suffer
                return self._append_one_by_one(items, settings, lost)
        except (sqlite3.Error, OSError) as error:
            if not isinstance(error, sqlite3.OperationalError):
                self.close()  # a damaged file is left as it is, and another one begun
            raise

    def close(self) -> None:
        """Let the file go; what comes later is written to another one."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append_one_by_one(self, items: "Sequence[Item]", settings: Settings, lost: int) -> Appended:
        written = dropped = 0
        for item in items:
            try:
                done = self._append([item], settings, lost)
                lost = 0
            except Exception as error:
                done = self._dropped(count_of(item), error)
            written, dropped = written + done.written, dropped + done.dropped
        return Appended(written, dropped)

    def _dropped(self, count: int, error: Exception) -> Appended:
        log.warning("%s: %d predictions cannot be logged: %r", self.path, count, error)
        return Appended(0, count)

    def _append(self, items: "Sequence[Item]", settings: Settings, lost: int) -> Appended:
        try:
            return self._append_to(self._open_file(settings), items, settings, lost)
        except FileMoved:
            self.close()
            return self._append_to(self._open_file(settings), items, settings, lost)

    def _append_to(self, file: Appender, items: "Sequence[Item]", settings: Settings, lost: int) -> Appended:
        outcomes = [item for item in items if isinstance(item, OutcomeEntry)]
        told = (time.time_ns(), lost) if lost else ()
        tally, count = Tally(), 0
        portions: "list[Portion]" = []
        failed: "list[Exception]" = []
        for ready in _ready(items, settings.share, failed):
            tally.update(ready.tally)
            portions += ready.portions
            count += ready.rows
        file.append(portions, outcomes, tally, told)
        if failed:
            self._dropped(len(failed), failed[0])
        return Appended(count, len(failed))

    def _open_file(self, settings: Settings) -> Appender:
        """The file to write: of this day (of a day to come, where the clock was set back less than a day)."""
        day = today()
        if self._file is not None and (day < self._file.day and not _days_apart(day, self._file.day)):
            day = self._file.day
        if self._file is not None and (self._file.day != day or self._file.size() > FILE_BYTES):
            self.close()
        if self._file is None:
            self.path.mkdir(exist_ok=True)  # not its parents: the site is away, and comes back in their place
            _ignored_by_git(self.path)
            if self._next is None or file_day(self._next) != day:
                self._next = self.path / new_name(day)
            self._file = Appender(self._next)
            self._next = None
            prune(self.path, settings, keep=self._file.path)
        return self._file


def _ready(items: "Sequence[Item]", share: float, failed: "list[Exception]") -> "Iterator[Gathered]":
    """Predictions, ready to be written.

    Whoever makes them ready has Python's lock, and nobody else: few are made so a few at a time, so that a
    prediction waits a fraction of a millisecond.
    """
    gently, until = True, time.monotonic() + PATIENCE
    for is_gathered, some in groupby(items, key=lambda item: isinstance(item, Gathered)):
        if is_gathered:
            yield from some  # type: ignore[misc]
            continue
        rows = rows_of((item for item in some if isinstance(item, Entry)), failed)
        while made := list(islice(rows, FEW if gently else MANY)):
            yield gathered(made, share)
            if gently and len(made) == FEW:
                time.sleep(PAUSE)
                gently = time.monotonic() < until


def _days_apart(one: str, other: str) -> bool:
    return abs((date.fromisoformat(one) - date.fromisoformat(other)).days) > 1


def _ignored_by_git(folder: Path) -> None:
    """Published folders may be kept in git; logs are not."""
    path = folder / ".gitignore"
    if not path.exists():
        path.write_text("*\n", "utf-8")
