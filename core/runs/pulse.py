"""The heartbeat of a run: says that it lives, how far it is, and listens for a wish to stop."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Literal

from incumbent.errors import StoreError

if TYPE_CHECKING:
    from core.runs.context import Progress
    from store import Store

#: Seconds between two heartbeats.
BEAT_SECONDS = 2.0


class Pulse:
    """Writes heartbeats from a thread of its own while a run works.

    Parameters
    ----------
    store : Store
        Where the run's row is.
    run_id : int
    on_progress : callable, optional
        Also told of every report, in the thread that reports.
    on_trouble : callable, optional
        Told, in one line, when a heartbeat could not be written.
    seconds : float
        Time between two heartbeats.
    within : Pulse, optional
        Of the run that this one is a part of: when that is to stop, so is this.
    """

    def __init__(
        self,
        store: Store,
        run_id: int,
        on_progress: Progress | None = None,
        on_trouble: Callable[[str], None] | None = None,
        seconds: float = BEAT_SECONDS,
        within: Pulse | None = None,
    ) -> None:
        self._within = within
        self._store = store
        self._run_id = run_id
        self._on_progress = on_progress
        self._on_trouble = on_trouble
        self._seconds = seconds
        self._fraction: float | None = None
        self._note = ""
        self._started = time.monotonic()
        self._ended = threading.Event()
        self._stop: Literal["", "cancelled", "interrupted"] = ""
        self._thread = threading.Thread(target=self._beat, name=f"pulse of run {run_id}", daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether the run was asked to stop, or the one that it is a part of."""
        self._hear()
        return self._stop != ""

    @property
    def stopped_as(self) -> Literal["cancelled", "interrupted"]:
        """The state of a run that stopped because it was asked to."""
        self._hear()
        return self._stop or "interrupted"

    @property
    def reason(self) -> str:
        """Who asked it to stop, for people."""
        return {"": "", "cancelled": "cancelled by a person", "interrupted": "its process was told to end"}[
            self._stop
        ]

    def stop(self, as_state: Literal["cancelled", "interrupted"]) -> None:
        """Ask the run to stop; the first wish counts."""
        self._stop = self._stop or as_state

    def _hear(self) -> None:
        if self._within is not None and self._within.stopping:
            self.stop(self._within.stopped_as)

    def report(self, fraction: float | None, note: str) -> None:
        """Remember how far the run is; the next heartbeat writes it."""
        self._fraction = None if fraction is None else min(max(float(fraction), 0.0), 1.0)
        self._note = note
        if self._on_progress is not None:
            self._on_progress(self._fraction, note)

    def remaining(self) -> float | None:
        """Estimated seconds to go, from the share done so far; None while nothing is known."""
        return remaining_seconds(time.monotonic() - self._started, self._fraction)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def beat(self) -> None:
        """Write one heartbeat and take up a cancel request."""
        try:
            asked = self._store.runs.heartbeat(self._run_id, self._fraction, self._note, self.remaining())
        except StoreError as trouble:
            if self._on_trouble is not None:
                self._on_trouble(f"heartbeat not written: {trouble}")
            return
        if asked:
            self.stop("cancelled")

    def _beat(self) -> None:
        while not self._ended.wait(self._seconds):
            self.beat()


def remaining_seconds(elapsed: float, fraction: float | None) -> float | None:
    """Seconds to go if the rest goes as fast as what is done.

    Examples
    --------
    >>> remaining_seconds(30.0, 0.25)
    90.0
    >>> remaining_seconds(30.0, None) is None
    True
    """
    if not fraction:
        return None
    return elapsed * (1.0 - fraction) / fraction


@contextmanager
def listening_to_signals(pulse: Pulse) -> Iterator[None]:
    """While inside, SIGTERM and SIGHUP ask the run to stop, and so does Ctrl-C (a second one ends it).

    Signals reach the main thread only; in any other thread this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_end(_number: int, _frame: FrameType | None) -> None:
        pulse.stop("interrupted")

    def on_ctrl_c(_number: int, _frame: FrameType | None) -> None:
        if pulse.stopping:
            raise KeyboardInterrupt
        pulse.stop("cancelled")

    wanted = {signal.SIGTERM: on_end, signal.SIGHUP: on_end, signal.SIGINT: on_ctrl_c}
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
