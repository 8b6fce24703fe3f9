"""The scale of a plot: which values are shown, where they lie, which are named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: A difference below this is none: its tenth part could not be told from nothing.
_TINIEST = 1e-290


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high`` over so many dots, the highest on top."""

    low: float
    high: float
    dots: int

    def place(self, value: float) -> int:
        """The dot of a value, from the top; beyond the edges for values that are not shown."""
        return round((self.high - value) / (self.high - self.low) * (self.dots - 1))

    def shows(self, value: float) -> bool:
        """Whether a value lies on the plot."""
        return self.low <= value <= self.high

    def ticks(self, most: int) -> list[float]:
        """Round values to name, at most so many.

        >>> Scale(0.55, 0.74, 40).ticks(4)
        [0.55, 0.6, 0.65, 0.7]
        """
        step = _round_step((self.high - self.low) / max(1, most))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(at * step, 10) for at in range(first, last + 1)][: most + 1]


def fit(values: Sequence[float], limits: Sequence[float], dots: int) -> Scale:
    """A scale for the values, and for those limits that do not flatten them.

    >>> fit([1.0, 2.0], [3.0, 50.0], 10)
    Scale(low=0.9, high=3.1, dots=10)
    """
    low, high = min(values), max(values)
    span = (high - low) or abs(high) * 0.1
    if span < _TINIEST:
        span = 1.0
    for limit in limits:
        if low - 1.2 * span <= limit <= high + 1.2 * span:
            low, high = min(low, limit), max(high, limit)
    margin = ((high - low) or span) * 0.05
    return Scale(low - margin, high + margin, dots)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if rough <= power * factor * 1.000001)
