"""From values to places on a picture, and the round values that an axis names."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

#: A difference below this is none: nobody could tell it from nothing.
_TINIEST = 1e-9


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high`` over the places from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Where a value lies; what is beyond lies a little outside.

        >>> Scale(0.0, 10.0, 0.0, 100.0).place(5.0), Scale(1.0, 100.0, 0.0, 100.0, True).place(10.0)
        (50.0, 50.0)
        """
        low, high, at = (self._on(v) for v in (self.low, self.high, value))
        share = min(1.05, max(-0.05, (at - low) / (high - low)))
        return self.start + share * (self.end - self.start)

    def _on(self, value: float) -> float:
        return math.log10(max(value, 1e-12)) if self.logarithmic else value

    def ticks(self, most: int = 5) -> list[float]:
        """Round values to name, about so many.

        >>> Scale(0.55, 0.74, 0, 1).ticks(4), Scale(0.2, 60.0, 0, 1, True).ticks()
        ([0.55, 0.6, 0.65, 0.7], [1.0, 10.0])
        """
        decades = self._decades() if self.logarithmic else []
        if len(decades) > 1:
            return decades
        step = _round_step((self.high - self.low) / max(1, most))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [float(f"{at * step:.14g}") for at in range(first, last + 1)]

    def _decades(self) -> list[float]:
        first, last = math.ceil(self._on(self.low) - 1e-9), math.floor(self._on(self.high) + 1e-9)
        return [10.0**power for power in range(first, last + 1)]


def fit(
    values: Iterable[float],
    start: float,
    end: float,
    also: Iterable[float] = (),
    reach: Iterable[float] = (),
    logarithmic: bool = False,
) -> Scale:
    """A scale for the values, for what else must be seen, and for the reach of intervals if it is not absurd.

    Parameters
    ----------
    also : iterable of float
        Limits: shown where they do not flatten the values.
    reach : iterable of float
        Ends of intervals: shown as far as one and a half times the spread of the values beyond them.

    Examples
    --------
    >>> scale = fit([1.0, 2.0], 0, 1, also=[3.0, 50.0], reach=[0.5, 9.0])
    >>> round(scale.low, 2), round(scale.high, 2)
    (0.3, 4.7)
    """
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    span = high - low
    if span < max(_TINIEST, 1e-9 * abs(high)):
        span = max(0.2 * abs(high), _TINIEST)
    room = 1.5 * span
    for value in also:
        if low - room <= value <= high + room:
            low, high = min(low, value), max(high, value)
    edges = [min(max(value, low - room), high + room) for value in reach if math.isfinite(value)]
    low, high = min([low, *edges]), max([high, *edges])
    if logarithmic:
        return Scale(max(low, 1e-9) / 1.3, max(high, 1e-9) * 1.3, start, end, True)
    margin = 0.05 * max(high - low, span)
    return Scale(low - margin, high + margin, start, end)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough or 1.0))
    return next(power * factor for factor in (1, 2, 5, 10) if rough <= power * factor * 1.000001)
