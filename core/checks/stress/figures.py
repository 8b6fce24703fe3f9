"""From the latencies of a phase to figures with intervals."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.statistics.quantiles import student
from incumbent.fitting.stress import quantile

#: Consecutive pieces of a phase: latencies of one moment are alike, pieces hardly (batch means: Law,
#: "Simulation Modeling and Analysis", 5th ed. 2015, section 9.5.3).
BLOCKS = 10
#: Quantiles that are told, by the name that they have in metrics.
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Figure:
    """A value and its 95 % interval (the value itself where there was too little to say)."""

    value: float
    low: float
    high: float
    n: int

    def document(self) -> dict[str, Any]:
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def latency_figures(latencies: Sequence[int]) -> dict[str, Figure]:
    """Quantiles in milliseconds of latencies in nanoseconds, in the order in which they came."""
    return {which: _quantile_figure(latencies, share) for which, share in QUANTILES.items()}


def _quantile_figure(latencies: Sequence[int], share: float) -> Figure:
    value = quantile(sorted(latencies), share) * 1e-6
    pieces = [sorted(piece) for piece in _blocks(latencies)]
    return around(value, [quantile(piece, share) * 1e-6 for piece in pieces], len(latencies))


def throughput_figure(latencies: Sequence[int], answered: int, seconds: float) -> Figure:
    """Predictions a second of a phase that went as fast as it could."""
    value = answered / seconds
    share = answered / max(1, len(latencies))
    rates = [share * len(piece) / (sum(piece) * 1e-9) for piece in _blocks(latencies) if sum(piece)]
    return around(value, rates, len(latencies))


def around(value: float, pieces: Sequence[float], n: int) -> Figure:
    """A positive value with the interval that its values in consecutive pieces say, by Student's t.

    On a logarithmic scale: latencies are skewed, and a limit is broken by a factor, not by a difference.

    Examples
    --------
    >>> figure = around(5.0, [4.0, 5.0, 6.0, 5.0], 400)
    >>> round(figure.low, 3), round(figure.high, 3)
    (3.84, 6.511)
    """
    logs = [math.log(piece) for piece in pieces if piece > 0]
    if len(logs) < 3 or value <= 0:
        return Figure(value, value, value, n)
    mean = math.fsum(logs) / len(logs)
    deviation = math.sqrt(math.fsum((p - mean) ** 2 for p in logs) / (len(logs) - 1))
    factor = math.exp(student(0.975, len(logs) - 1) * deviation / math.sqrt(len(logs)))
    return Figure(value, value / factor, value * factor, n)


def _blocks(latencies: Sequence[int]) -> list[Sequence[int]]:
    count = min(BLOCKS, len(latencies) // 5)
    if count < 3:
        return []
    edges = [round(i * len(latencies) / count) for i in range(count + 1)]
    return [latencies[a:b] for a, b in itertools.pairwise(edges)]
