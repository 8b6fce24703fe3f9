"""How many workers there should be: more as soon as those there are busy, fewer after a calm while."""

from __future__ import annotations

from typing import Sequence

#: Share of its time that a worker is at work.
BUSY, CALM = 0.75, 0.5
#: Seconds of calm before a worker is let go, and between two that are added.
PATIENCE = 30.0
SETTLING = 2.0


class Scale:
    """The number of workers, as the load has it.

    Parameters
    ----------
    least, most : int
    patience : float
        Seconds of calm before a worker is let go.

    Examples
    --------
    >>> scale = Scale(1, 4)
    >>> scale.wanted([0.9], now=10.0), scale.wanted([0.9], now=11.0), scale.wanted([0.9, 0.8], now=12.0)
    (2, 2, 3)
    """

    def __init__(self, least: int, most: int, patience: float = PATIENCE) -> None:
        self._least = least
        self._most = most
        self._patience = patience
        self._count = least
        self._changed = float("-inf")
        self._calm_since: "float | None" = None

    def wanted(self, busy: "Sequence[float]", now: float) -> int:
        """How many workers there should be.

        Parameters
        ----------
        busy : sequence of float
            Of each worker, the share of its time that it is at work.
        now : float
            Seconds of a clock that does not go back.
        """
        if not busy:
            return self._count
        load = sum(busy)
        if load / len(busy) > BUSY:
            self._calm_since = None
            if now - self._changed >= SETTLING and self._count < self._most:
                self._set(self._count + 1, now)
        elif self._count > self._least and load / (self._count - 1) < CALM:
            if self._calm_since is None:
                self._calm_since = now
            elif now - self._calm_since >= self._patience:
                self._set(self._count - 1, now)
        else:
            self._calm_since = None
        return self._count

    def _set(self, count: int, now: float) -> None:
        self._count = count
        self._changed = now
        self._calm_since = None


def excess(own: float, connections: "Sequence[float]") -> int:
    """How many connections a worker has too many, where others are far below their share.

    Connections stay where they were accepted, so a worker that is added would wait for new ones: those that
    are too many are closed with their next answer, and come again.

    Examples
    --------
    >>> excess(64, [64, 0]), excess(36, [36, 28])
    (32, 0)
    """
    if len(connections) < 2:
        return 0
    fair = sum(connections) / len(connections)
    return int(own - fair) if own > 1.25 * fair + 1 else 0


class Work:
    """The share of its time that this thread is at work, or waits for a processor.

    Linux tells both; elsewhere it is the processor time alone.
    """

    def __init__(self) -> None:
        self._at = self._now()

    def share(self) -> float:
        """Since the last time this was asked."""
        (used, then), self._at = self._at, self._now()
        return min(1.0, (self._at[0] - used) / max(self._at[1] - then, 1e-3))

    @staticmethod
    def _now() -> "tuple[float, float]":
        import time

        try:
            with open("/proc/thread-self/schedstat") as stream:
                ran, waited, _ = stream.read().split()
            return (int(ran) + int(waited)) * 1e-9, time.monotonic()
        except (OSError, ValueError):
            return time.thread_time(), time.monotonic()
