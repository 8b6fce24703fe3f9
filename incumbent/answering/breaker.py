"""A circuit breaker: a link that keeps failing is left alone for a while (Nygard, *Release It!*, 2007).

Closed, every row may ask the link. After so many failures in a row it opens: nobody waits for it any more.
After the pause one row is let through; if it is answered the breaker closes, else the pause begins again.
"""

from __future__ import annotations

import threading
import time


class Breaker:
    """Counts failures in a row and says whether a link may be asked.

    Parameters
    ----------
    failures : int
        In a row, until it opens.
    pause : float
        Seconds until it probes.

    Examples
    --------
    >>> breaker = Breaker(failures=2, pause=60.0)
    >>> breaker.failed("no room"); breaker.failed("no room")
    >>> breaker.state, breaker.allows()
    ('open', False)
    >>> breaker.succeeded()
    >>> breaker.state, breaker.allows()
    ('closed', True)
    """

    def __init__(self, failures: int = 5, pause: float = 30.0) -> None:
        self.failures = failures
        self.pause = pause
        self.count = 0  # failures in a row; zero is all that the common path looks at
        self.last = ""
        self._probe_at: "float | None" = None  # time.monotonic(); None while closed
        self._probing = False
        self._lock = threading.Lock()

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``probing``."""
        if self._probe_at is None:
            return "closed"
        return "probing" if self._probing else "open"

    def allows(self) -> bool:
        """Whether the link may be asked now; open and past the pause, one caller is told yes."""
        if self._probe_at is None:
            return True
        with self._lock:
            now = time.monotonic()
            if self._probe_at is None:
                return True
            if now < self._probe_at:
                return False
            self._probe_at = now + self.pause  # a probe that never returns does not hold it open for ever
            self._probing = True
            return True

    def succeeded(self) -> None:
        """The link has answered."""
        with self._lock:
            self.count, self._probe_at, self._probing = 0, None, False

    def failed(self, why: str) -> None:
        """The link has failed."""
        with self._lock:
            self.count += 1
            self.last = why
            if self._probing or self.count >= self.failures:
                self._probe_at = time.monotonic() + self.pause
                self._probing = False

    def undecided(self) -> None:
        """The link was allowed but could not be asked: the next caller may probe."""
        with self._lock:
            if self._probing and self._probe_at is not None:
                self._probe_at, self._probing = time.monotonic(), False

    def after_fork(self) -> None:
        """In a forked child: a lock that another thread held would be held for ever."""
        self._lock = threading.Lock()
