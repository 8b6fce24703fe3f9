"""The log as the predictor holds it: writing costs microseconds, never waits and never raises."""

from __future__ import annotations

import os
import time
import weakref
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence, Tuple

from incumbent.columns import value_of
from incumbent.log.entries import Batch, OutcomeEntry, entry
from incumbent.log.gathering import PORTION
from incumbent.log.rows import QUICK, row_of
from incumbent.log.settings import Settings
from incumbent.log.writer import Writer, writers

_outcome = partial(tuple.__new__, OutcomeEntry)  # as entries are made
#: So many rows wait at most for the log's thread to make them; further ones are made by whoever predicts.
BEHIND = 256
#: Names of columns, and what takes their values out of a row.
_Form = Tuple[Tuple[str, ...], Optional[Callable[[Mapping[str, Any]], Tuple[Any, ...]]]]


class LogStatus(NamedTuple):
    """How a process's log is: rows written, waiting, dropped, and why it does not write now, if so."""

    written: int
    waiting: int
    dropped: int
    failing: "str | None"


class Log:
    """The prediction log of one model at one site, as one process writes it.

    Thread-safe; a forked child writes a file of its own. Use :meth:`open`.

    Examples
    --------
    >>> import tempfile, time
    >>> with tempfile.TemporaryDirectory() as folder, Log.open(folder) as log:
    ...     log.write("a-1", time.time_ns(), "F7", {"x": 2.0}, 1, [0.1, 0.9], 3, "champion", None, 2e-5)
    ...     log.outcome("a-1", 1)
    ...     log.flush(), log.status().written
    (True, 1)
    """

    def __init__(self, folder: Path, settings: Settings, columns: "tuple[str, ...] | None") -> None:
        self._folder = folder
        self._settings = settings
        self._columns = columns
        self._forgotten: "weakref.finalize[Any, Any] | None" = None
        self._begin()
        _logs.add(self)

    @classmethod
    def open(
        cls,
        folder: "str | Path",
        settings: "Settings | Mapping[str, Any] | None" = None,
        columns: "Sequence[str] | None" = None,
    ) -> "Log":
        """A log in a folder, which is made when the first prediction is written.

        Parameters
        ----------
        folder : path
            ``log`` in a model's published folder.
        settings : Settings or mapping, optional
            What is kept; a mapping is read by :meth:`Settings.of`.
        columns : sequence of str, optional
            The columns that versions read: no others are kept, but those that the settings name. None: all
            of a row's.
        """
        if not isinstance(settings, Settings):
            settings = Settings.of(settings or {})
        return cls(Path(folder), settings, None if columns is None else tuple(columns))

    def configure(self, settings: Settings, columns: "Sequence[str] | None") -> None:
        """Go on with other settings and columns, as a new revision has them."""
        self._settings, self._columns = settings, None if columns is None else tuple(columns)
        self._writer.settings = settings
        self._prepare()

    # -- writing

    def write(
        self,
        id: str,
        at_ns: int,
        key: Any,
        row: "Mapping[str, Any]",
        value: Any,
        scores: "Sequence[float] | None",
        version: "int | None",
        route: str,
        reason: "str | None",
        seconds: float,
        chance: "float | None" = None,
    ) -> None:
        """Log one prediction; never waits, never raises.

        Parameters
        ----------
        id : str
            Of the prediction, as the caller was told it. A shadow's answer has the id of the one that was
            given, so that an outcome belongs to both.
        at_ns : int
            Nanoseconds since 1970, UTC.
        key : object or None
        row : mapping
            As the caller gave it.
        value : object
            The answer: a number or a class.
        scores : sequence of float or None
            Probabilities in the order of the version's classes.
        version, route, reason : as in the prediction
        seconds : float
            The time that it took.
        chance : float, optional
            With which it was drawn that champion, challenger or control answers rows of this key.
        """
        writer = self._writer
        if writer.waiting >= writer.most:
            writer.drop(1)
            return
        try:
            names, get = self._form
            if get is None:
                names, values = self._all_of(row)
            else:
                try:
                    values = get(row)
                except (KeyError, IndexError, TypeError):  # an optional column is absent
                    values = tuple([value_of(row, name) for name in names])
            if reason is not None and self._private:
                reason = _without(reason, row, self._private)
            told = entry((
                id, at_ns, key if self._keeps_keys else None, version, route, reason, value, scores, seconds,
                chance, values, names,
            ))  # fmt: skip
            if QUICK or writer.rows or len(writer.queue) >= BEHIND:
                writer.rows.append(row_of(told))
            else:
                writer.queue.append(told)
            if not writer.awake:
                writer.wake()
            if len(writer.rows) >= PORTION:
                writer.gather()
        except Exception:  # whatever a row is made of: logging it must not fail its prediction
            writer.drop(1)

    def write_many(
        self,
        ids: "Sequence[str]",
        at_ns: int,
        keys: "Sequence[Any] | None",
        columns: "Mapping[str, Any]",
        values: "Sequence[Any]",
        scores: "Sequence[Any] | None",
        versions: "Sequence[int | None]",
        routes: "Sequence[str]",
        reasons: "Sequence[str | None] | None",
        seconds: float,
        chances: "Sequence[float | None] | None" = None,
    ) -> None:
        """Log the predictions of one call; never waits, never raises.

        Parameters
        ----------
        ids : sequence of str
            One a row, as everything below is where it is a sequence.
        columns : mapping of column name to array, :class:`incumbent.columns.Coded` or sequence
        scores : sequence of sequences of float (or None), or array of shape (rows, classes), or None
        seconds : float
            The time that one row took, on average.
        """
        writer = self._writer
        if writer.waiting >= writer.most:
            writer.drop(len(ids))
            return
        try:
            kept = self._settings.kept(tuple(columns) if self._columns is None else self._columns)
            own = {name: columns[name] for name in kept if name in columns}
            if reasons is not None and self._private and any(reasons):
                reasons = _reasons_without(reasons, columns, self._private)
            batch = Batch(
                ids, at_ns, keys if self._keeps_keys else None, own, values, scores, versions, routes,
                reasons, seconds, chances,
            )  # fmt: skip
            writer.add_many(batch)
        except Exception:  # as above
            writer.drop(len(ids))

    def outcome(self, id: "str | None", actual: Any, at_ns: "int | None" = None, *, key: Any = None) -> None:
        """Log what turned out to be true of a prediction, or with ``key`` of every prediction of a key.

        The last outcome of a prediction counts. An id that nobody knows is kept: its prediction may be in
        another process's file.
        """
        writer = self._writer
        if writer.waiting >= writer.most:
            writer.drop(1)
            return
        if key is not None and not self._keeps_keys:
            writer.drop(1)
            return
        told = (id, key, actual, time.time_ns() if at_ns is None else at_ns)
        try:
            writer.queue.append(_outcome(told))
            if not writer.awake:
                writer.wake()
        except Exception:  # as above; or no thread can be started any more, as the interpreter ends
            writer.drop(1)

    # -- life

    def status(self) -> LogStatus:
        """How it is going."""
        writer = self._writer
        return LogStatus(writer.written, writer.waiting, writer.dropped, writer.failing)

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until everything is in the files; False if that took longer than the time (seconds)."""
        return self._writer.flush(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Write what waits and let the file go; a later write begins another one."""
        writer = self._writer
        self._begin()
        writer.stop(timeout)

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _begin(self) -> None:
        self._writer = writer = Writer(self._folder, self._settings)
        if self._forgotten is not None:
            self._forgotten.detach()
        self._forgotten = weakref.finalize(self, writer.stop, 0.0)  # a log that nobody closed
        self._forgotten.atexit = False
        self._prepare()

    def _prepare(self) -> None:
        settings = self._settings
        self._private = settings.private
        self._keeps_keys = settings.keeps_keys
        self._form = self._made_form()
        #: Columns that it wants to see of every row: those that are kept, and those that must not be shown.
        self.wanted = (*self._form[0], *settings.private)

    def _made_form(self) -> "_Form":
        """Which columns are taken of a row, and how; None: all of them."""
        if self._columns is None:
            return (), None
        names = self._settings.kept(self._columns)
        return names, _getter(names)

    def _all_of(self, row: "Mapping[str, Any]") -> "tuple[tuple[str, ...], tuple[Any, ...]]":
        names = self._settings.kept(tuple(row))
        return names, tuple([value_of(row, name) for name in names])


def _getter(names: "tuple[str, ...]") -> "Callable[[Mapping[str, Any]], tuple[Any, ...]]":
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: tuple([value_of(row, name) for name in names])


def _without(reason: str, row: "Mapping[str, Any]", private: "frozenset[str]") -> str:
    """A reason without the values of private columns."""
    for name in private:
        value = value_of(row, name)
        if value is not None and str(value):
            reason = reason.replace(repr(value), "…").replace(str(value), "…")
    return reason


def _reasons_without(
    reasons: "Sequence[str | None]", columns: "Mapping[str, Any]", private: "frozenset[str]"
) -> "list[str | None]":
    shown = {
        name: columns[name].decode() if hasattr(columns[name], "decode") else columns[name]
        for name in private
        if name in columns
    }
    return [
        None if reason is None else _without(reason, {n: v[at] for n, v in shown.items()}, private)
        for at, reason in enumerate(reasons)
    ]


# -- every log of this process, for forks and for its end

_logs: "weakref.WeakSet[Log]" = weakref.WeakSet()
_held: "list[Writer]" = []


def _before_fork() -> None:
    for log in list(_logs):
        if log._writer.writing.acquire(timeout=1.0):
            _held.append(log._writer)


def _after_fork_in_parent() -> None:
    while _held:
        _held.pop().writing.release()


def _after_fork_in_child() -> None:
    """The child writes a file of its own; what waits is the parent's to write."""
    _left_to_parent.extend(log._writer for log in _logs)
    _held.clear()
    writers.clear()  # or this process waits, when it ends, for what only the parent writes
    for log in list(_logs):
        log._begin()


#: Writers of the process that this one was forked from: their files must not be closed here.
_left_to_parent: "list[Writer]" = []

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
