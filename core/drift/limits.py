"""How large a statistic may be: as large as past windows make likely (rule 10).

Not a p-value of the rows, which would alarm every week: rows of a window move together. What counts is how
far windows of this length have lain from the training rows before, on a scale on which they are close to
normal; the limit is a one-sided prediction limit for one more window (Hahn, Meeker & Escobar 2017, section
4.8).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.drift.gates import FEWEST_ROWS, Gate
from core.statistics.quantiles import student

Floats = NDArray[np.float64]
Statistics = Mapping[str, float | int | None]
Basis = Literal["past windows", "default", "spec"]

#: With fewer past windows the default sizes apply.
FEWEST_WINDOWS = 6
#: A past window so many robust deviations from the others was an incident, and is left out …
INCIDENT = 6.0
#: … as long as no more of them were.
MOST_INCIDENTS = 0.10


@dataclass(frozen=True)
class Limit:
    """How large one statistic may be.

    Parameters
    ----------
    high : float
        Above it is drift.
    low : float or None
        Below it, too (signed statistics).
    basis : str
        What it rests on.
    windows : int
        How many past windows.
    """

    high: float
    low: float | None
    basis: Basis
    windows: int

    def broken(self, value: float) -> bool:
        """Whether a value lies beyond."""
        return value > self.high or (self.low is not None and value < self.low)


@dataclass(frozen=True)
class Past:
    """One statistic in past windows.

    Parameters
    ----------
    values : sequence of float
        Made comparable with the present window: of a window of its size.
    season : sequence of float
        Those of a year ago, which a limit is never below.
    chance : float
        The part of ``values`` and ``season`` that is chance, and not in the value that is judged.
    before : float
        Of changes of a share, the share in the training rows.
    """

    values: Sequence[float]
    season: Sequence[float] = ()
    chance: float = 0.0
    before: float = 0.0


def limit_for(gate: Gate, past: Past, alpha: float, rows: int, given: float | None = None) -> Limit:
    """The limit of one statistic.

    Parameters
    ----------
    past : Past
    alpha : float
        Chance that a window like those of the past is beyond.
    rows : int
        Of the window that is judged.
    given : float, optional
        What the spec says; then nothing else counts.

    Examples
    --------
    >>> from core.drift.gates import PSI
    >>> limit_for(PSI, Past([0.01, 0.02, 0.015, 0.012, 0.022, 0.017, 0.01, 0.02]), 0.001, 1000).high < 0.2
    True
    >>> limit_for(PSI, Past([]), 0.001, 1000)
    Limit(high=0.25, low=None, basis='default', windows=0)
    """
    floor = max(gate.floor, FEWEST_ROWS / max(rows, 1) if gate.rows else 0.0)
    if given is not None:
        return _limit(gate, given, -given, "spec", len(past.values))
    if len(past.values) < FEWEST_WINDOWS:
        size = max(gate.default, floor)
        return _limit(gate, size, -size, "default", len(past.values))
    values = without_incidents(gate.forward(np.asarray(past.values, dtype=np.float64) + past.before))
    low, high = prediction_limits(values, alpha, both=gate.signed)
    ends = [float(end) for end in gate.backward(np.array([low, high])) - past.before]
    high = max(floor, max([ends[1], *past.season]) - past.chance)
    low = min(-floor, min([ends[0], *past.season]))
    return _limit(gate, high, low, "past windows", len(past.values))


def _limit(gate: Gate, high: float, low: float, basis: Basis, windows: int) -> Limit:
    return Limit(high, low if gate.signed else None, basis, windows)


def prediction_limits(values: Floats, alpha: float, *, both: bool) -> tuple[float, float]:
    """Limits for one more value of a nearly normal variable: each (or, of both, each with half of ``alpha``).

    One degree of freedom less than for a normal one: neighbouring windows resemble each other a little, and
    the scale is only nearly right.

    Examples
    --------
    >>> low, high = prediction_limits(np.array([1.0, 2.0, 3.0, 2.0, 2.0]), 0.05, both=True)
    >>> round(low, 3), round(high, 3)
    (-0.465, 4.465)
    """
    count = len(values)
    if count < 3:
        return -math.inf, math.inf
    spread = float(values.std(ddof=1)) * math.sqrt(1 + 1 / count)
    reach = student(1 - (alpha / 2 if both else alpha), count - 2) * spread
    return float(values.mean()) - reach, float(values.mean()) + reach


def without_incidents(values: Floats) -> Floats:
    """Values without those that lie far from all others, if they are few: a past outage is no custom.

    Examples
    --------
    >>> calm = [1.0, 1.1, 0.9, 1.0, 1.2, 0.8, 1.1, 0.9, 1.0, 1.1]
    >>> without_incidents(np.array([*calm, 9.0])).tolist() == calm
    True
    """
    middle = np.median(values)
    spread = 1.4826 * np.median(np.abs(values - middle))
    far = np.abs(values - middle) > INCIDENT * spread
    return values[~far] if spread > 0 and far.sum() <= MOST_INCIDENTS * len(values) else values


def comparable(gate: Gate, now: Statistics, then: Statistics, shrunk: float = 1.0) -> float | None:
    """A past window's value of a statistic, as a window of the present size would have shown it.

    Parameters
    ----------
    shrunk : float
        By how much a window that training has seen lies closer to the training rows than another; 1 for
        other windows.
    """
    value = then.get(gate.statistic)
    if value is None or (gate.unseen and shrunk != 1.0):
        return None
    if gate.statistic != "psi":
        return float(value)
    corrected = float(value) * shrunk
    rows_now, rows_then = now.get("rows") or 1, then.get("rows") or 1
    wider = max(1.0, rows_then / rows_now)  # chance is larger in a smaller window
    return max(corrected * wider + float(now.get("psi_bias") or 0.0), 0.0)
