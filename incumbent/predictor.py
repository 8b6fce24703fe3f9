"""The predictor: what software that makes predictions holds in its hand.

::

    import incumbent
    flights = incumbent.open("production/local/flights")
    flights.predict({"distance": 1400, "carrier": "UA"}).value

A well-formed row always gets an answer: from the champion (or, for its share of the keys, the challenger),
else along the fallback chain, from rules, and last from the baseline, whose numbers lie in the configuration
itself. A malformed row is the caller's error (``InputError``, which is a ``ValueError``). Every prediction is
logged without making the caller wait. A new revision is picked up by itself, between two predictions, never
within one.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping

from incumbent.answering.loading import Loaded, load, stamp_of, takes_long
from incumbent.answering.shadows import Shadows
from incumbent.answering.table import Table, checked_rows
from incumbent.errors import IncumbentError, InputError, WorkError
from incumbent.log import Log, Settings
from incumbent.outcome import outcome_of
from incumbent.prediction import Prediction
from incumbent.production import Configuration
from incumbent.schema import InputSchema

if TYPE_CHECKING:
    from incumbent.answering.live import Answer, Live
    from incumbent.bundle import Bundle

log = logging.getLogger("incumbent")

#: Seconds between two looks at the pointer; a new revision is live within this time.
RELOAD_SECONDS = 0.5
#: Seconds until files that did not load are tried again (a synchronised folder may bring them later).
RETRY_SECONDS = 30.0
#: So few rows are predicted one by one by our own algorithms: as a table most take longer.
FEW = 8
#: The route of predictions that a caller asked one version for.
NAMED = "named"
#: Where the log lies in a published folder.
LOG = "log"


class Predictor:
    """Predictions from a published folder. Thread-safe; survives ``fork``; a context manager.

    Parameters
    ----------
    folder : str or Path
        The model's folder at a site, e.g. ``production/local/flights``.
    log : bool
        Whether predictions are logged (in ``log`` in the folder, as the configuration says).
    asleep : bool
        Start no child process before :meth:`wake`.
    """

    def __init__(self, folder: "str | Path", log: bool = True, asleep: bool = False) -> None:
        self.folder = Path(folder)
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._loaded = load(self.folder, asleep=asleep)
        self._live = self._loaded.live
        self._tried = self._looked
        self._late_problem = ""
        self._closed = False
        self._apart: "threading.Thread | None" = None
        self._log = Log.open(self.folder / LOG, *self._log_settings()) if log else None
        self._shadows = Shadows(self._log)
        self._new_ids()
        if hasattr(os, "register_at_fork"):
            renewed = weakref.WeakMethod(self._after_fork)
            os.register_at_fork(after_in_child=lambda: (method := renewed()) and method())

    @classmethod
    def open(cls, folder: "str | Path", log: bool = True) -> "Predictor":
        """The predictor of a published folder.

        Raises
        ------
        WorkError
            Where nothing is published.
        BundleError
            Where the configuration, or every link of it, is damaged.
        """
        return cls(folder, log)

    @property
    def configuration(self) -> Configuration:
        """What is live."""
        return self._current().configuration

    @property
    def input(self) -> InputSchema:
        """The columns that the champion reads (where it does not load: the next in the chain)."""
        return self._current().first or InputSchema(())

    @property
    def versions(self) -> "dict[int, Bundle]":
        """Every version that is open, the champion first."""
        return {link.version: link.bundle for link in self._current().links}

    @property
    def is_quick(self) -> bool:
        """Whether whoever may answer a row takes microseconds: nothing runs in a child process."""
        return self._current().is_quick

    @property
    def problems(self) -> "tuple[str, ...]":
        """What is wrong: skipped bundles, a revision that does not load, versions that are left alone, a log
        that cannot be written."""
        live = self._current()
        late = (self._late_problem,) if self._late_problem else ()
        broken = [
            f"version {link.version} is left alone: {link.breaker.last}"
            for link in live.links
            if link.breaker.state != "closed"
        ]
        failing = None if self._log is None else self._log.status().failing
        unlogged = (f"predictions cannot be logged: {failing}",) if failing else ()
        return tuple(dict.fromkeys((*live.problems, *late, *broken, *unlogged)))

    def status(self) -> "dict[str, Any]":
        """How it is going: the revision, every version and its breaker, shadows, the log, problems."""
        live = self._current()
        return {
            "model": live.configuration.model,
            "site": live.configuration.site,
            "revision": live.configuration.revision,
            "versions": [link.status() for link in live.links],
            "shadows": self._shadows.status(),
            "log": None if self._log is None else self._log.status()._asdict(),
            "problems": list(self.problems),
        }

    # -- predicting

    def predict(self, row: "Mapping[str, Any]") -> Prediction:
        """Predict one row.

        Parameters
        ----------
        row : mapping
            Column name to value; None for a value that is not known. Further columns are ignored.

        Raises
        ------
        InputError
            (a ValueError) for a malformed row: not a mapping, a required column absent, text where a number
            must be.
        """
        live = self._current()
        began = time.perf_counter()
        id = f"{self._prefix}-{next(self._counter):x}"
        row = live.checked(row)
        answer = live.answer(row, id)
        seconds = time.perf_counter() - began
        self._write(live, id, row, answer, seconds)
        value, _, probabilities, version, route, reason, _ = answer
        return Prediction(value, probabilities, version, route, reason, id, seconds)

    def predict_many(self, rows: Any) -> "list[Prediction]":
        """Predict many rows: for each what :meth:`predict` would say.

        Parameters
        ----------
        rows : sequence of mappings, mapping of columns, or a DataFrame
            A DataFrame of pandas, or of any library whose columns turn into numpy arrays.

        Raises
        ------
        InputError
            Naming the column at fault; for a sequence of mappings, the row's position too.
        """
        return self._predict_many(self._current(), rows)

    def predict_version(self, version: int, rows: Any) -> "list[Prediction]":
        """Have many rows predicted by exactly one version, whatever its place in the configuration.

        The predictions are logged with the route ``named``; nothing but that version answers.

        Parameters
        ----------
        version : int
            The champion's, the challenger's, or one of the chain or of the shadows.
        rows : sequence of mappings, mapping of columns, or a DataFrame

        Raises
        ------
        InputError
            As :meth:`predict_many`, and where that version is not published.
        BundleError
            Where it has no answer.
        """
        return self._predict_many(self._current().only(version), rows, NAMED)

    def _predict_many(self, live: "Live", rows: Any, route: "str | None" = None) -> "list[Prediction]":
        began = time.perf_counter()
        few = isinstance(rows, (list, tuple)) and len(rows) <= FEW and live.is_ours
        if few:
            rows = checked_rows(rows, live.checked)
            ids = self._ids(len(rows))
            answers = [live.answer(row, id) for row, id in zip(rows, ids)]
        else:
            table = Table.of(rows, live.first, live.wanted)
            ids = self._ids(table.count)
            answers = live.answer_many(table, ids) if ids else []
        if not ids:
            return []
        if route is not None:
            answers = [answer._replace(route=route) for answer in answers]
        seconds = (time.perf_counter() - began) / len(ids)
        if few:
            for row, id, answer in zip(rows, ids, answers):
                self._write(live, id, row, answer, seconds)
        else:
            self._write_many(live, table, ids, answers, seconds)
        return [
            Prediction(a.value, a.probabilities, a.version, a.route, a.reason, id, seconds)
            for a, id in zip(answers, ids)
        ]

    async def apredict(self, row: "Mapping[str, Any]") -> Prediction:
        """:meth:`predict` for an event loop: at once where that takes microseconds, else in a thread."""
        if self._current().is_quick:
            return self.predict(row)
        import asyncio

        return await asyncio.to_thread(self.predict, row)

    async def apredict_many(self, rows: Any) -> "list[Prediction]":
        """:meth:`predict_many` for an event loop: in a thread."""
        import asyncio

        return await asyncio.to_thread(self.predict_many, rows)

    def outcome(self, prediction_id: str, actual: Any) -> None:
        """Say what turned out to be true of a prediction; logged, and joined to it by its id.

        Parameters
        ----------
        prediction_id : str
            :attr:`Prediction.id`; it may be another process's, or of long ago.
        actual : object
            A number or a class; of more than two classes also one that no version knows yet.

        Raises
        ------
        InputError
            For what is no number of a regression, or no class of the versions that are open here, and for
            what is no id.
        """
        if self._closed:
            raise self._is_closed()
        if not isinstance(prediction_id, str) or not prediction_id:
            raise InputError(
                f"{prediction_id!r:.60} is no id of a prediction", hint="keep the answer's `id` to tell it"
            )
        known = outcome_of(actual, (bundle.output for bundle in self.versions.values()))
        if self._log is not None:
            self._log.outcome(prediction_id, known)

    def _ids(self, count: int) -> "list[str]":
        return [f"{self._prefix}-{next(self._counter):x}" for _ in range(count)]

    def _write(
        self, live: "Live", id: str, row: "Mapping[str, Any]", answer: "Answer", seconds: float
    ) -> None:
        written = self._log
        if written is None and not live.shadows:
            return
        at_ns = time.time_ns()
        key = live.key_of(row)
        if written is not None:
            value, scores, _, version, route, reason, chance = answer
            written.write(id, at_ns, key, row, value, scores, version, route, reason, seconds, chance)
        if live.shadows:
            self._shadows.offer(live.shadows, id, at_ns, key, row)

    def _write_many(
        self, live: "Live", table: Table, ids: "list[str]", answers: "list[Answer]", seconds: float
    ) -> None:
        written = self._log
        if written is None and not live.shadows:
            return
        at_ns = time.time_ns()
        keys = None if live.key is None else table.keys(live.key)
        if written is not None:
            written.write_many(
                ids, at_ns, keys, table.noted(written.wanted), *_columns_of(answers), seconds,
                [a.chance for a in answers] if any(a.chance is not None for a in answers) else None,
            )  # fmt: skip
        if live.shadows:
            for at, id in enumerate(ids):
                self._shadows.offer(
                    live.shadows, id, at_ns, None if keys is None else keys[at], table.row(at)
                )

    # -- life

    def wake(self) -> None:
        """Start the child processes of versions that have none, as after a fork; the first row need not wait.

        They start at the same time. One that does not start is skipped like one that does not load.
        """
        waking = {key: each.guarded for key, each in self._loaded.opened.items() if each.guarded is not None}
        failed: "dict[tuple[Any, ...], Exception]" = {}

        def wake(key: "tuple[Any, ...]") -> None:
            try:
                waking[key].wake()
            except (IncumbentError, OSError) as error:
                failed[key] = error

        threads = [threading.Thread(target=wake, args=(key,), name="incumbent-wake") for key in waking]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed and not self._closed:
            self._reload(failed)

    @property
    def is_asleep(self) -> bool:
        """Whether child processes are still to be started."""
        return any(
            each.guarded is not None and each.guarded.is_asleep for each in self._loaded.opened.values()
        )

    def close(self) -> None:
        """Write what waits to be logged, end child processes and threads; harmless a second time."""
        if self._closed:
            return
        self._closed = True
        self._shadows.close()
        if self._log is not None:
            self._log.close()
        for link in self._live.links:
            if link.guarded is not None:
                link.guarded.close()

    def __enter__(self) -> "Predictor":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _new_ids(self) -> None:
        self._prefix = os.urandom(6).hex()
        self._counter = itertools.count()

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        self._apart = None
        self._new_ids()
        self._shadows.after_fork()
        for link in self._live.links:
            link.after_fork()

    def _is_closed(self) -> WorkError:
        return WorkError(f"the predictor of {self.folder} is closed", hint="open another one")

    # -- revisions

    def _current(self) -> "Live":
        now = time.monotonic()
        if now - self._looked >= RELOAD_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._looked = now
                troubled = bool(self._live.problems or self._late_problem)
                retry = troubled and now - self._tried >= RETRY_SECONDS
                if retry or stamp_of(self.folder) != self._loaded.stamp:
                    self._look_again()
            finally:
                self._lock.release()
        if self._closed:
            raise self._is_closed()
        return self._live

    def _look_again(self) -> None:
        """Load what is published now: at once, or in a thread where processes have to be started for it."""
        if self._apart is not None and self._apart.is_alive():
            return
        if takes_long(self.folder, self._loaded):
            self._apart = threading.Thread(target=self._reload, name="incumbent-reload", daemon=True)
            self._apart.start()
        else:
            self._reload()

    def _reload(self, failed: "dict[tuple[Any, ...], Exception] | None" = None) -> None:
        self._tried = time.monotonic()
        stamp = stamp_of(self.folder)
        try:
            self._take(load(self.folder, self._loaded, failed=failed))
        except (IncumbentError, OSError) as error:  # keep what works; say so
            problem = f"a new revision does not load, the old one stays: {error}"
            if problem != self._late_problem:
                log.error("%s: %s", self.folder, problem)
            self._late_problem = problem
            self._loaded = Loaded(self._live, stamp, self._loaded.opened)

    def _take(self, loaded: Loaded) -> None:
        """Go over to another configuration; answers under way finish with the old one."""
        if self._closed:
            return  # what was started for it ends with it
        self._loaded = loaded
        self._live = loaded.live
        self._late_problem = ""
        if self._log is not None:
            self._log.configure(*self._log_settings())

    def _log_settings(self) -> "tuple[Settings, tuple[str, ...]]":
        configuration = self._live.configuration
        return Settings.of(configuration.log, configuration.key), self._live.columns


def _columns_of(answers: "list[Answer]") -> "tuple[list[Any], list[Any], list[Any], list[Any], list[Any]]":
    """Values, scores, versions, routes and reasons of many answers."""
    return (
        [a.value for a in answers],
        [a.scores for a in answers],
        [a.version for a in answers],
        [a.route for a in answers],
        [a.reason for a in answers],
    )


__all__ = ["LOG", "NAMED", "RELOAD_SECONDS", "RETRY_SECONDS", "Prediction", "Predictor"]
