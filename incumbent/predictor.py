"""The predictor: what software that makes predictions holds in its hand.

    >>> import incumbent                                             # doctest: +SKIP
    >>> flights = incumbent.open("production/local/flights")         # doctest: +SKIP
    >>> flights.predict({"distance": 1400, "carrier": "UA"}).value   # doctest: +SKIP
    0

A well-formed row always gets an answer: from the champion, else along the fallback chain, and last from the
baseline, whose numbers lie in the configuration itself. A malformed row is the caller's error
(``InputError``, which is a ``ValueError``). A new revision is picked up by itself, between two predictions,
never within one.
"""

from __future__ import annotations

import itertools
import logging
import math
import os
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from incumbent.bundle import Bundle
from incumbent.errors import BundleError, IncumbentError, InputError
from incumbent.production import Baseline, Configuration, Link, bundle_path, read
from incumbent.schema import InputSchema

log = logging.getLogger("incumbent")

#: Seconds between two looks at the pointer; a new revision is live within this time.
RELOAD_SECONDS = 0.5
#: Seconds until files that did not load are tried again (a synchronised folder may bring them later).
RETRY_SECONDS = 30.0


class Prediction(NamedTuple):
    """One answer.

    ``value`` is a number or a class, ``probabilities`` one a class (None where the model has none),
    ``version`` the version that answered (None: the baseline), ``route`` ``champion``, ``fallback`` or
    ``baseline``, ``reason`` why it was not the champion, ``id`` names the prediction for its outcome.
    """

    value: Any
    probabilities: "dict[str, float] | None"
    version: "int | None"
    route: str
    reason: "str | None"
    id: str

    def document(self) -> "dict[str, Any]":
        """Plain data, as ``incumbent predict`` prints it."""
        return {
            "id": self.id,
            "value": self.value,
            "probabilities": self.probabilities,
            "version": self.version,
            "route": self.route,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class _Live:
    """One configuration with its bundles open; replaced whole."""

    configuration: Configuration
    chain: "tuple[tuple[str, Link, Bundle], ...]"  # route, link, bundle: champion first
    problems: "tuple[str, ...]"
    stamp: "tuple[int, int, int]"
    loaded: float  # time.monotonic()


class Predictor:
    """Predictions from a published folder. Thread-safe; survives ``fork``.

    Parameters
    ----------
    folder : str or Path
        The model's folder at a site, e.g. ``production/local/flights``.
    """

    def __init__(self, folder: "str | Path") -> None:
        self.folder = Path(folder)
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._live = self._load()
        self._new_ids()
        if hasattr(os, "register_at_fork"):
            renewed = weakref.WeakMethod(self._after_fork)
            os.register_at_fork(after_in_child=lambda: (method := renewed()) and method())

    @classmethod
    def open(cls, folder: "str | Path") -> "Predictor":
        """The predictor of a published folder.

        Raises
        ------
        WorkError
            Where nothing is published.
        BundleError
            Where the configuration, or every link of it, is damaged.
        """
        return cls(folder)

    @property
    def configuration(self) -> Configuration:
        """What is live."""
        return self._current().configuration

    @property
    def input(self) -> InputSchema:
        """The columns that the champion reads (where it does not load: the next in the chain)."""
        chain = self._current().chain
        return chain[0][2].input if chain else InputSchema(())

    @property
    def problems(self) -> "tuple[str, ...]":
        """What is wrong with the published files: skipped bundles, a revision that does not load."""
        return self._current().problems

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
        reason: "str | None" = None
        for position, (route, link, bundle) in enumerate(live.chain):
            try:
                scores = bundle.predict_row(row)
            except InputError as error:
                if position == 0:
                    raise
                reason = _because(reason, f"version {link.version}: {error.message}")
                continue
            except Exception as error:
                reason = _because(reason, f"version {link.version}: {type(error).__name__}: {error}")
                continue
            if _finite(scores):
                return self._answer(bundle, scores, link.version, route, reason)
            reason = _because(reason, f"version {link.version} has no answer for this row")
        if not live.chain and not isinstance(row, Mapping):
            raise InputError(f"a row is a mapping of column names to values, not {type(row).__name__}")
        return self._from_baseline(live.configuration.baseline, reason or "no version could be loaded")

    def predict_many(self, rows: Any) -> "list[Prediction]":
        """Predict many rows.

        Parameters
        ----------
        rows : sequence of mappings, mapping of columns, or a DataFrame
            A DataFrame of pandas, or of any library whose columns turn into numpy arrays.

        Raises
        ------
        InputError
            Naming the column at fault; for a sequence of mappings, the row's position too.
        """
        live = self._current()
        columns, count = _as_columns(rows, live)
        answers: "list[Prediction | None]" = [None] * count
        reasons: "list[str | None]" = [None] * count
        open_rows: "Sequence[int]" = range(count)
        for via in live.chain:
            if not open_rows:
                break
            open_rows = self._answer_many(columns, open_rows, via, answers, reasons)
        for at in open_rows:
            answers[at] = self._from_baseline(
                live.configuration.baseline, reasons[at] or "no version could be loaded"
            )
        return answers  # type: ignore[return-value]

    def _answer_many(
        self,
        columns: "Mapping[str, Any]",
        open_rows: "Sequence[int]",
        via: "tuple[str, Link, Bundle]",
        answers: "list[Prediction | None]",
        reasons: "list[str | None]",
    ) -> "Sequence[int]":
        """Let one link answer the rows that are open; returns those still open."""
        import numpy as np

        from incumbent.columns import take

        route, link, bundle = via
        try:
            checked = bundle.input.check_columns(columns)
            if len(open_rows) < len(answers):
                checked = take(checked, np.asarray(open_rows))
            scores = np.asarray(bundle.algorithm().predict(checked, len(open_rows)))
        except Exception as error:
            for at in open_rows:
                reasons[at] = _because(
                    reasons[at], f"version {link.version}: {type(error).__name__}: {error}"
                )
            return open_rows
        matrix = scores.reshape(len(open_rows), -1)
        sound = np.isfinite(matrix).all(axis=1)
        listed = matrix.tolist()
        left = []
        for i, at in enumerate(open_rows):
            if sound[i]:
                answers[at] = self._answer(bundle, listed[i], link.version, route, reasons[at])
            else:
                reasons[at] = _because(reasons[at], f"version {link.version} has no answer for this row")
                left.append(at)
        return left

    def _answer(
        self, bundle: Bundle, scores: "Sequence[float]", version: int, route: str, reason: "str | None"
    ) -> Prediction:
        output = bundle.output
        probabilities = dict(zip(bundle.labels, scores)) if output.scores == "probabilities" else None
        return Prediction(output.decide_row(scores), probabilities, version, route, reason, self._next_id())

    def _from_baseline(self, baseline: "Baseline | None", reason: str) -> Prediction:
        if baseline is None:
            raise BundleError(
                f"no version of {self.folder.name} can answer: {reason}",
                hint="`incumbent doctor` says which files are damaged; publish again or roll back",
            )
        probabilities = dict(zip(map(str, baseline.classes), baseline.probabilities)) or None
        return Prediction(baseline.value, probabilities, None, "baseline", reason, self._next_id())

    # -- identity of predictions

    def _new_ids(self) -> None:
        self._prefix = os.urandom(6).hex()
        self._counter = itertools.count()

    def _next_id(self) -> str:
        return f"{self._prefix}-{next(self._counter):x}"

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        self._new_ids()

    # -- revisions

    def _current(self) -> _Live:
        now = time.monotonic()
        if now - self._looked >= RELOAD_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._looked = now
                live = self._live
                retry = bool(live.problems) and now - live.loaded >= RETRY_SECONDS
                if retry or _stamp(self.folder) != live.stamp:
                    self._reload()
            finally:
                self._lock.release()
        return self._live

    def _reload(self) -> None:
        try:
            self._live = self._load(self._live)
        except (IncumbentError, OSError) as error:  # keep what works; say so
            kept = self._live
            problem = f"a new revision does not load, the old one stays: {error}"
            if problem not in kept.problems:
                log.error("%s: %s", self.folder, problem)
            problems = tuple(dict.fromkeys((*kept.problems, problem)))
            stamp, now = _stamp(self.folder), time.monotonic()
            self._live = _Live(kept.configuration, kept.chain, problems, stamp, now)

    def _load(self, before: "_Live | None" = None) -> _Live:
        stamp = _stamp(self.folder)
        configuration = read(self.folder)
        opened = {link: bundle for _, link, bundle in before.chain} if before else {}
        chain: "list[tuple[str, Link, Bundle]]" = []
        problems: "list[str]" = []
        links = [configuration.champion, *configuration.fallback]
        for position, link in enumerate(links):
            if link is None:
                continue
            try:
                bundle = opened.get(link) or self._open(link, configuration)
            except (IncumbentError, OSError) as error:
                problems.append(f"version {link.version} is skipped: {error}")
                if before is None or problems[-1] not in before.problems:
                    log.error("%s: %s", self.folder, problems[-1])
                continue
            chain.append(("champion" if position == 0 else "fallback", link, bundle))
        if not chain and configuration.baseline is None:
            raise BundleError("; ".join(problems) or f"{self.folder} names no version")
        return _Live(configuration, tuple(chain), tuple(problems), stamp, time.monotonic())

    def _open(self, link: Link, configuration: Configuration) -> Bundle:
        path = bundle_path(self.folder, link)
        bundle = Bundle.open(path, expect=link.hash, trusted=configuration.trusted)
        bundle.algorithm()  # made now: an unreadable one is skipped, and the first caller does not wait
        return bundle


def _stamp(folder: Path) -> "tuple[int, int, int]":
    try:
        found = os.stat(folder / "current.json")
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _finite(scores: "Sequence[float]") -> bool:
    return all(map(math.isfinite, scores))


def _because(before: "str | None", now: str) -> str:
    return f"{before}; {now}" if before else now


def _as_columns(rows: Any, live: _Live) -> "tuple[Mapping[str, Any], int]":
    """Rows in any accepted form as columns and their count; what the first of the chain reads is checked."""
    if isinstance(rows, Mapping):
        columns = {str(name): _sequence(str(name), values) for name, values in rows.items()}
        count = len(next(iter(columns.values()), ()))
    elif hasattr(rows, "columns") and hasattr(rows, "__getitem__"):
        columns, count = {str(name): _series(rows[name]) for name in rows.columns}, len(rows)
    else:
        listed = list(rows) if isinstance(rows, Iterable) else [rows]
        columns, count = _listed(listed, live), len(listed)
    if not live.chain:
        return columns, count
    checked = live.chain[0][2].input.check_columns(columns)
    return {**columns, **checked}, len(next(iter(checked.values()), ())) if checked else count


def _sequence(name: str, values: Any) -> Any:
    if isinstance(values, str) or not hasattr(values, "__len__"):
        raise InputError(
            f"column {name!r} is a sequence of values, not {type(values).__name__}",
            hint="`predict` takes a single row",
        )
    return _series(values) if hasattr(values, "dtype") and hasattr(values, "to_list") else values


def _listed(rows: "Sequence[Any]", live: _Live) -> "dict[str, Any]":
    """Rows as the columns that the chain reads, those that every row has."""
    for at, row in enumerate(rows):
        try:
            if live.chain:
                live.chain[0][2].input.check_row(row)
            elif not isinstance(row, Mapping):
                raise InputError(f"a row is a mapping of column names to values, not {type(row).__name__}")
        except InputError as error:
            raise InputError(f"row {at}: {error.message}", error.hint) from None
    names = dict.fromkeys(name for _, _, bundle in live.chain for name in bundle.input.names)
    return {name: [row[name] for row in rows] for name in names if all(name in row for row in rows)}


def _series(series: Any) -> Any:
    """One column of a data frame as a numpy array or a list, nulls as None or NaN."""
    kind = str(getattr(series, "dtype", "")).lower()
    if kind.startswith(("int", "uint", "float", "bool", "datetime64[")) and "," not in kind:
        array = series.to_numpy()
        if array.dtype.kind in "iufbM":
            return array
    missing = series.isna() if hasattr(series, "isna") else series.is_null()
    return [None if gone else value for value, gone in zip(series.to_list(), missing.to_list())]
