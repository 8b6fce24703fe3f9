"""The job ``stress``: load on a published folder, as one worker of production would feel it.

Five phases within the seconds that are given: single rows as fast as they go (what one worker can do),
batches, the load that was asked for, rising loads until the latency breaks, and equal pieces of work between
which the memory is looked at (:mod:`incumbent.fitting.soak`). Loads are open: rows arrive
when they arrive, whether or not the one before has been answered, and a latency counts from the moment of
arrival. A closed loop would wait with its next question while the model is slow, and so leave out exactly the
latencies that matter ("coordinated omission": Tene, "How NOT to Measure Latency", 2013).
"""

from __future__ import annotations

import random
import time
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from incumbent.fitting.jobs import Progress
from incumbent.fitting.resident import Resident
from incumbent.fitting.soak import PIECES, soak
from incumbent.fitting.targets import HttpTarget, PredictorTarget, Target
from incumbent.fitting.values import read_value

#: Shares of the time.
_SINGLE, _BATCH, _VOLUME, _RAMP, _SOAK = 0.15, 0.1, 0.3, 0.3, 0.1
#: Of what one worker can do at most, no more is asked of it than this.
MOST_UTILISATION = 0.7
#: Loads of the last phase, as shares of what one worker can do.
RAMP = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2)
BATCH_SIZE = 100
#: Predictions that the load asked for should make, so that a 99 % quantile is known.
ENOUGH = 1_000
#: Share of the arrivals that may wait at the end of a load that is kept up with.
MOST_BACKLOG = 0.05
MOST_KEPT = 200_000  # latencies of a phase
_MOST_MESSAGES = 5
_NANO = 1e-9


@dataclass
class Tally:
    """What one phase saw: latencies in nanoseconds, in order, and what went wrong."""

    latencies: "array[int]" = field(default_factory=lambda: array("q"))  # 8 bytes each: no leak of its own
    answered: int = 0
    seconds: float = 0.0
    errors: int = 0
    fallbacks: int = 0
    backlog: int = 0  # arrivals that were still waiting at the end
    messages: "Counter[str]" = field(default_factory=Counter)

    def document(self) -> "dict[str, Any]":
        return {
            "latencies": self.latencies[:MOST_KEPT].tolist(),
            "answered": self.answered,
            "seconds": self.seconds,
            "errors": self.errors,
            "fallbacks": self.fallbacks,
            "backlog": self.backlog,
            "messages": dict(self.messages.most_common(_MOST_MESSAGES)),
        }


def stress(job: Mapping[str, Any], progress: Progress) -> "dict[str, Any]":
    """Put a published folder under load.

    Parameters
    ----------
    job : mapping
        ``production`` (the folder), ``rows`` (that the champion can answer), ``load`` (predictions a second
        that all workers together get), ``seconds`` (in all), ``limits`` (quantile, such as ``0.99``, to
        milliseconds), ``url`` (where the folder is served, to ask over HTTP), ``process`` (that serves it).
    progress : callable

    Returns
    -------
    dict
        ``capacity`` (predictions a second that one worker can do), ``workers`` that the load was divided by,
        the phases ``single``, ``batch``, ``volume`` and ``ramp``, ``memory`` all along, and ``soak``: memory
        between equal pieces of work at the end.
    """
    rows = [read_value(row) for row in job["rows"]]
    target = HttpTarget(job["url"]) if job.get("url") else PredictorTarget(job["production"])
    worker = Worker(target, rows, job.get("process"))
    seconds = float(job["seconds"])
    worker.closed(0.05 * seconds)  # warm: what is made with the first prediction is no load
    worker.memory.sample()
    progress(0.05, "single rows")
    single = worker.closed(_SINGLE * seconds)
    capacity = max(single.answered / single.seconds, 1e-3)
    progress(0.2, "batches")
    batch = worker.closed(_BATCH * seconds, BATCH_SIZE)
    workers = max(1, -(-float(job["load"]) // (MOST_UTILISATION * capacity)))
    load = float(job["load"]) / workers
    load = max(load, min(MOST_UTILISATION * capacity / 2, ENOUGH / (_VOLUME * seconds)))
    progress(0.3, f"{load:.4g} predictions a second")
    volume = worker.open(load, _VOLUME * seconds)
    ramp = list(_ramp(worker, capacity, _RAMP * seconds, job["limits"], progress))
    progress(0.95, "memory")
    pieces = worker.soak(max(1, round(capacity * _SOAK * seconds / PIECES)))
    return {
        "capacity": capacity,
        "workers": int(workers),
        "load": load,
        "single": single.document(),
        "batch": {**batch.document(), "size": BATCH_SIZE},
        "volume": volume.document(),
        "ramp": ramp,
        "memory": worker.memory.document(),
        "soak": {"predictions": [n for n, _ in pieces], "bytes": [size for _, size in pieces]},
    }


class Worker:
    """One thread that answers, one row or batch after the other.

    Parameters
    ----------
    process : int, optional
        Whose memory is looked at: of the process that serves, or this one.
    """

    def __init__(
        self, target: Target, rows: "Sequence[Mapping[str, Any]]", process: "int | None" = None
    ) -> None:
        self._target = target
        self._rows = rows
        self._at = 0
        self._random = random.Random(7)
        self.memory = Resident(process)

    def closed(self, seconds: float, size: int = 1) -> Tally:
        """As fast as it goes, at least once."""
        tally = Tally()
        start = time.perf_counter_ns()
        end = start + int(seconds / _NANO)
        now = start
        while now < end or not tally.latencies:
            self._send(tally, size, now)
            now = time.perf_counter_ns()
        tally.seconds = (now - start) * _NANO
        return tally

    def open(self, load: float, seconds: float) -> Tally:
        """Single rows that arrive at random moments (Poisson), so many a second on average.

        Whoever waits for an arrival wakes up late, on a busy machine by milliseconds. That is this load's
        fault and not the model's, so the arrivals are put off by as much; those that come while the model is
        at work are not.
        """
        tally = Tally()
        start = time.perf_counter_ns()
        end = start + int(seconds / _NANO)
        due = start
        while True:
            due += int(self._random.expovariate(load) / _NANO)
            if (due > end or time.perf_counter_ns() > end) and tally.latencies:
                tally.backlog = max(0, int((end - due) * _NANO * load))
                break
            if time.perf_counter_ns() < due:
                due = _wait_until(due)
            self._send(tally, 1, due)
        tally.seconds = (time.perf_counter_ns() - start) * _NANO
        return tally

    def soak(self, size: int) -> "list[tuple[int, int]]":
        """Memory between pieces of so many predictions, of which nothing is kept here."""
        return soak(self._ask_once, self.memory.sample, self._target.rest, size)

    def _ask_once(self) -> None:
        try:
            self._target.send(self._next(1))
        except Exception:  # the phases before have counted such
            pass
        self.memory.after(1)

    def _send(self, tally: Tally, size: int, arrived: int) -> None:
        try:
            tally.fallbacks += self._target.send(self._next(size))
            tally.answered += size
        except Exception as error:  # that is what is counted
            tally.errors += 1
            tally.messages[f"{type(error).__name__}: {error}"[:300]] += 1
        tally.latencies.append(time.perf_counter_ns() - arrived)
        self.memory.after(size)

    def _next(self, size: int) -> "Sequence[Mapping[str, Any]]":
        self._at = (self._at + 1) % len(self._rows)
        if size == 1:
            return (self._rows[self._at],)
        return [self._rows[(self._at + i) % len(self._rows)] for i in range(size)]


def _wait_until(due: int) -> int:
    """Sleep while there is time to, then look at the clock (a sleep is late by some 0.1 ms)."""
    while (now := time.perf_counter_ns()) < due:
        if due - now > 1_000_000:
            time.sleep((due - now - 500_000) * _NANO)
    return now


def _ramp(
    worker: Worker, capacity: float, seconds: float, limits: Mapping[str, float], progress: Progress
) -> "Sequence[dict[str, Any]]":
    """Rising loads until the latency breaks."""
    found = []
    for step, share in enumerate(RAMP):
        progress(0.6 + 0.35 * step / len(RAMP), f"{share:.0%} of what one worker can do")
        for _ in range(2):  # a busy machine breaks a load once; a load that breaks twice is too much
            tally = worker.open(share * capacity, seconds / len(RAMP))
            ordered = sorted(tally.latencies)
            keeps = _keeps(tally, ordered, limits)
            if keeps:
                break
        found.append({"share": share, "load": share * capacity, "keeps": keeps, **_quantiles(ordered)})
        if not keeps:
            break
    return found


def _keeps(tally: Tally, ordered: "Sequence[int]", limits: Mapping[str, float]) -> bool:
    """Whether a load was kept up with, within the limits."""
    within = all(quantile(ordered, float(share)) * 1e-6 <= most for share, most in limits.items())
    return within and not tally.errors and tally.backlog <= max(3, MOST_BACKLOG * len(ordered))


def _quantiles(ordered: "Sequence[int]") -> "dict[str, float]":
    return {f"p{int(100 * s)}_ms": quantile(ordered, s) * 1e-6 for s in (0.5, 0.95, 0.99)}


def quantile(ordered: "Sequence[int]", share: float) -> float:
    """The smallest value that so large a share of the values does not exceed (Hyndman & Fan 1996, type 1).

    Examples
    --------
    >>> quantile([1, 2, 3, 4], 0.5), quantile([1, 2, 3, 4], 0.99)
    (2, 4)
    """
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
