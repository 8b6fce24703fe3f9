"""Shadows: versions that predict after the answer has been returned, to be compared later.

Rows wait in a bounded queue for one background thread. When it is full they are dropped and counted: a shadow
cannot slow an answer, and what it raises is counted, not seen by callers. Its answers are logged with the
route ``shadow`` and the id of the prediction that was given.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Sequence

from incumbent.answering.link import Refusal, VersionLink

if TYPE_CHECKING:
    from incumbent.log import Log

log = logging.getLogger("incumbent")

#: Rows that may wait.
MOST_WAITING = 10_000
#: Seconds that the thread lets rows gather, so that it seldom takes turns with the caller.
GATHER = 0.02
#: Seconds that it sleeps after each row: a caller who waits for the interpreter has it then, and not only
#: after the 5 ms for which Python lets a busy thread keep it.
YIELD = 5e-5


class Waiting(NamedTuple):
    """A row that shadows have yet to answer."""

    shadows: "tuple[VersionLink, ...]"
    id: str
    at_ns: int
    key: Any
    row: Mapping[str, Any]


class Shadows:
    """The queue and its thread, for one predictor.

    Parameters
    ----------
    written : Log, optional
        Where answers go.
    """

    def __init__(self, written: "Log | None") -> None:
        self._log = written
        self._begin()

    def offer(
        self, shadows: "tuple[VersionLink, ...]", id: str, at_ns: int, key: Any, row: Mapping[str, Any]
    ) -> None:
        """Let shadows answer a row later; dropped where too many wait."""
        queue = self._work.queue
        if len(queue) >= MOST_WAITING:
            self._work.dropped += 1
            return
        queue.append(Waiting(shadows, id, at_ns, key, dict(row)))
        if not self._work.awake.is_set():
            self._wake()

    def status(self) -> "dict[str, int]":
        """Rows answered, waiting and dropped, and answers that failed."""
        work = self._work
        return {
            "answered": work.answered,
            "waiting": len(work.queue) + work.busy,
            "dropped": work.dropped,
            "failed": work.failed,
        }

    def drain(self, timeout: float) -> bool:
        """Wait until nothing waits; False where it still does when the time (seconds) is up."""
        until = time.monotonic() + timeout
        while (self._work.queue or self._work.busy) and time.monotonic() < until:
            self._work.idle.wait(min(0.05, timeout))
        return not (self._work.queue or self._work.busy)

    def close(self, timeout: float = 1.0) -> None:
        """Give what waits a moment, then end the thread."""
        if self._thread is not None:
            self.drain(timeout)
        self._end()

    def after_fork(self) -> None:
        """In a forked child: what waits is the parent's."""
        self._end.detach()
        self._begin()

    def _begin(self) -> None:
        self._work = _Work(self._log)
        self._thread: "threading.Thread | None" = None
        self._starting = threading.Lock()
        self._end = weakref.finalize(self, _Work.stop, self._work)

    def _wake(self) -> None:
        self._work.awake.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None and not self._work.stopped:
                    self._thread = threading.Thread(
                        target=self._work.run, name="incumbent-shadows", daemon=True
                    )
                    self._thread.start()


class _Work:
    """What the thread does; it knows nothing of the predictor, which may be dropped."""

    def __init__(self, written: "Log | None") -> None:
        self.queue: "deque[Waiting]" = deque()
        self.awake = threading.Event()
        self.idle = threading.Event()
        self.busy = 0
        self.answered = self.dropped = self.failed = 0
        self.stopped = False
        self._log = written

    def stop(self) -> None:
        """End the thread as soon as it is done with its row."""
        self.stopped = True
        self.queue.clear()
        self.awake.set()

    def run(self) -> None:
        """Answer rows until told to stop."""
        while not self.stopped:
            self.awake.wait()
            time.sleep(GATHER)
            self.awake.clear()
            while self.queue and not self.stopped:
                self.busy, waiting = 1, self.queue.popleft()
                for shadow in waiting.shadows:
                    self._answer(shadow, waiting)
                self.busy = 0
                time.sleep(YIELD)
            self.idle.set()
            self.idle.clear()

    def _answer(self, shadow: VersionLink, waiting: Waiting) -> None:
        try:
            began = time.perf_counter()
            scores = shadow.row(waiting.row)
            seconds = time.perf_counter() - began
            if isinstance(scores, Refusal):
                self.failed += 1
                value, known, reason = None, None, scores.reason
            else:
                value, known, reason = shadow.decide(scores), scores, None
                self.answered += 1
            self._write(shadow, waiting, value, known, reason, seconds)
        except Exception as error:
            self.failed += 1
            log.warning("version %s, a shadow, failed: %s: %s", shadow.version, type(error).__name__, error)

    def _write(
        self,
        shadow: VersionLink,
        waiting: Waiting,
        value: Any,
        scores: "Sequence[float] | None",
        reason: "str | None",
        seconds: float,
    ) -> None:
        if self._log is not None and not self.stopped:  # a log that is closed would begin another file
            self._log.write(
                waiting.id, waiting.at_ns, waiting.key, waiting.row, value, scores, shadow.version, "shadow",
                reason, seconds,
            )  # fmt: skip


__all__ = ["GATHER", "MOST_WAITING", "Shadows", "Waiting"]
