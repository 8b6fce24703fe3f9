"""Limits that an unchanged model keeps (rule 4).

They are prediction limits for one future window (Hahn, Meeker & Escobar 2017, section 4.8), with the variance
between windows in them (random effects, Paule & Mandel 1982): a window differs from another by more than the
rows in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.metrics.catalogue import Metric
from core.statistics.estimate import Estimate
from core.statistics.quantiles import student
from core.statistics.scales import Scale, scale_for
from core.statistics.wording import number

#: Fewer past windows than this say too little about how windows differ.
FEWEST_WINDOWS = 4
#: Chance that the mean of as many windows again breaches its limit.
MEAN_ALPHA = 0.01


@dataclass(frozen=True)
class Suggestion:
    """Suggested limits of one metric.

    Parameters
    ----------
    min, max, mean : float or None
    range : pair of float or None
    alpha : float
        Chance that one window of an unchanged model breaches.
    windows : int
        Past windows that it rests on.
    breaches : int
        How many of them would have breached.
    explanation : str
        For people. Without limits, it says why.
    """

    min: float | None
    max: float | None
    range: tuple[float, float] | None
    mean: float | None
    alpha: float
    windows: int
    breaches: int
    explanation: str

    @property
    def limited(self) -> bool:
        """Whether there is a limit for a single window."""
        return self.min is not None or self.max is not None or self.range is not None

    def breached(self, value: float) -> bool:
        """Whether a value lies beyond the limits of a single window."""
        least, most = self.range or (self.min, self.max)
        return (least is not None and value < least) or (most is not None and value > most)

    def false_alarms(self, windows_a_year: float) -> float:
        """Alarms a year that the past windows would have raised."""
        return self.breaches / self.windows * windows_a_year if self.windows else 0.0


def suggest(
    name: str, metric: Metric, windows: Sequence[Estimate], alpha: float, alone: bool = False
) -> Suggestion:
    """Limits for the value of one future window, from past windows of about its size.

    Parameters
    ----------
    name : str
        The metric as the person wrote it.
    metric : Metric
        More is better: ``min``; less is better: ``max``; otherwise ``range``.
    windows : sequence of Estimate
        Out of sample, not overlapping, in any order; those without a value are left out.
    alpha : float
        From :func:`core.statistics.budget.look_alpha`.
    alone : bool
        Rows without any order, which make one window: another one would differ from it by its rows alone, so
        the limits are prediction limits for a second sample of its size.

    Examples
    --------
    >>> from core.metrics.catalogue import resolve
    >>> past = [Estimate(v, v - 0.02, v + 0.02, n=900) for v in (0.70, 0.69, 0.71, 0.70, 0.72, 0.68)]
    >>> found = suggest("roc_auc", resolve("roc_auc"), past, alpha=0.01)
    >>> found.min, found.mean
    (0.646, 0.671)
    """
    valued = [e for e in windows if e.value is not None]
    if alone and len(valued) == 1 and not _has_interval(valued[0]):
        text = f"{name}: the value has no interval to make a limit of ({valued[0].reason or 'none'})"
        return Suggestion(None, None, None, None, alpha, 1, 0, text)
    if len(valued) < (1 if alone else FEWEST_WINDOWS):
        have = f"{len(valued)} past window{'' if len(valued) == 1 else 's'}"
        text = f"{name}: {have} with a value, {FEWEST_WINDOWS} are needed to suggest a limit"
        return Suggestion(None, None, None, None, alpha, len(valued), 0, text)
    spread = _predict(metric, valued)
    tail = alpha / 2 if metric.direction in ("zero", "none") else alpha
    low, high = spread.window(tail)
    mean_low, mean_high = spread.mean(MEAN_ALPHA, len(valued))
    digits = _digits(high - low)
    low, high = _within_bounds(metric, *_outwards(low, high, digits))
    mean_low, mean_high = _within_bounds(metric, *_outwards(mean_low, mean_high, digits))
    lower, upper, both, mean = None, None, None, None
    if metric.direction == "higher":
        lower, mean = low, max(mean_low, low)
    elif metric.direction == "lower":
        upper, mean = high, min(mean_high, high)
    else:
        both = (low, high)
        mean = max(abs(mean_low), abs(mean_high)) if metric.direction == "zero" else None
    least, most = both if both is not None else (lower, upper)
    values = [e.value for e in valued if e.value is not None]
    breaches = sum((least is not None and v < least) or (most is not None and v > most) for v in values)
    text = _explain(name, spread, (least, most), alpha, breaches)
    return Suggestion(lower, upper, both, mean, alpha, len(valued), breaches, text)


def enough(windows: Sequence[tuple[str, Estimate]], alone: bool = False) -> bool:
    """Whether so many of these windows have a value that a limit can rest on them."""
    return sum(e.value is not None for _, e in windows) >= (1 if alone else FEWEST_WINDOWS)


def _has_interval(estimate: Estimate) -> bool:
    return estimate.low is not None and estimate.high is not None and estimate.low < estimate.high


def loosest(name: str, suggestions: Sequence[Suggestion]) -> Suggestion:
    """The limits that all of several series keep (the values of a column, each with limits of its own).

    Parameters
    ----------
    name : str
        What they bind together, for people.
    suggestions : sequence of Suggestion
        Not empty; of one metric, each with limits.

    Examples
    --------
    >>> one = Suggestion(0.60, None, None, 0.65, 0.01, 20, 0, "UA at least 0.60")
    >>> other = Suggestion(0.55, None, None, 0.66, 0.01, 12, 1, "B6 at least 0.55")
    >>> both = loosest("roc_auc by carrier", [one, other])
    >>> both.min, both.mean, both.breaches, both.explanation
    (0.55, 0.65, 1, 'roc_auc by carrier, 2 values, the loosest: B6 at least 0.55')
    """
    if len(suggestions) == 1:
        return suggestions[0]
    mins, maxs = [s.min for s in suggestions], [s.max for s in suggestions]
    means = [s.mean for s in suggestions if s.mean is not None]
    ranges = [s.range for s in suggestions if s.range is not None]
    lower = all(m is not None for m in mins)
    most = None if lower else max((m for m in maxs if m is not None), default=None)
    least = min((m for m in mins if m is not None), default=None) if lower else None
    both = (min(r[0] for r in ranges), max(r[1] for r in ranges)) if ranges else None
    mean = (min(means) if lower else max(means)) if means else None
    decides = next(s for s in suggestions if (s.min if lower else s.max) == (least if lower else most))
    words = f"{name}, {len(suggestions)} values, the loosest: {decides.explanation}"
    return Suggestion(
        least,
        most,
        both,
        mean,
        suggestions[0].alpha,
        max(s.windows for s in suggestions),
        sum(s.breaches for s in suggestions),
        words,
    )


@dataclass(frozen=True)
class _Spread:
    """Past windows on the scale where they are closest to normal."""

    scale: Scale
    centre: float
    between: float  # variance of what a window's value is about
    within: float  # variance of a window's value about that
    of_centre: float  # variance of the centre
    count: int
    degrees: float  # of freedom that the variances have

    def _ends(self, variance: float, alpha: float) -> tuple[float, float]:
        reach = student(1 - alpha, self.degrees) * math.sqrt(variance)
        low, high = self.scale.backward(np.array([self.centre - reach, self.centre + reach]))
        return float(low), float(high)

    def window(self, alpha: float) -> tuple[float, float]:
        return self._ends(self.between + self.within + self.of_centre, alpha)

    def mean(self, alpha: float, windows: int) -> tuple[float, float]:
        return self._ends((self.between + self.within) / windows + self.of_centre, alpha)


def _predict(metric: Metric, windows: Sequence[Estimate]) -> _Spread:
    values = np.array([e.value for e in windows], dtype=np.float64)
    scale = scale_for(metric.bounds, float(values[0]), values)
    centred = scale.forward(values)
    variances = _within(windows, scale)
    between = between_variance(centred, variances)
    weights = 1 / (variances + between) if between + variances.min() > 0 else np.ones(len(values))
    centre = float(weights @ centred / weights.sum())
    within = float(np.median(variances))
    of_centre = float(weights**2 @ (variances + between) / weights.sum() ** 2)
    degrees: float = len(values) - 1
    if not degrees:
        degrees = math.inf if windows[0].degrees is None else windows[0].degrees
    return _Spread(scale, centre, between, within, of_centre, len(values), degrees)


def _within(windows: Sequence[Estimate], scale: Scale) -> NDArray[np.float64]:
    """Variance of each window's own value, on the scale; the others' median where it has no interval."""
    known = np.full(len(windows), np.nan)
    for i, e in enumerate(windows):
        if e.low is None or e.high is None:
            continue
        ends = np.array([e.low, e.high])
        with np.errstate(divide="ignore", invalid="ignore"):  # an end on the metric's bound
            low, high = scale.forward(ends)
        if not (math.isfinite(low) and math.isfinite(high)):
            continue
        quantile = student(0.975, e.degrees if e.degrees is not None else math.inf)
        known[i] = ((high - low) / 2 / quantile) ** 2
    if np.isnan(known).all():
        return np.zeros(len(windows))
    return np.where(np.isnan(known), np.nanmedian(known), known)


def between_variance(values: NDArray[np.float64], variances: NDArray[np.float64]) -> float:
    """Variance between windows, beyond that within them (Paule & Mandel 1982).

    The value at which the weighted squares around the weighted mean are as many as there are degrees of
    freedom; 0 if even that is too much.

    Parameters
    ----------
    values, variances : ndarray, shape (windows,)

    Examples
    --------
    >>> round(between_variance(np.array([1.0, 2.0, 3.0]), np.full(3, 0.25)), 6)
    0.75
    """

    def excess(between: float) -> float:
        weights = 1 / np.maximum(variances + between, 1e-300)
        centre = weights @ values / weights.sum()
        return float(weights @ (values - centre) ** 2) - (len(values) - 1)

    if np.ptp(values) == 0 or excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, len(values) * float(np.ptp(values) ** 2)
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


def _digits(width: float) -> int:
    """Decimals that show three digits of the distance between two limits."""
    if width <= 0 or not math.isfinite(width):
        return 6
    return min(12, max(0, 2 - math.floor(math.log10(width))))


def _outwards(low: float, high: float, digits: int) -> tuple[float, float]:
    unit = 10.0**digits
    return round(math.floor(low * unit) / unit, digits), round(math.ceil(high * unit) / unit, digits)


def _within_bounds(metric: Metric, low: float, high: float) -> tuple[float, float]:
    """No limit lies beyond what the metric can be."""
    lowest, highest = metric.bounds
    return (
        low if lowest is None else max(low, lowest),
        high if highest is None else min(high, highest),
    )


def _explain(
    name: str, spread: _Spread, limits: tuple[float | None, float | None], alpha: float, breaches: int
) -> str:
    low, high = limits
    if low is not None and high is not None:
        what = f"between {low:g} and {high:g}"
    else:
        what = f"at least {low:g}" if low is not None else f"at most {high:g}"
    middle = float(spread.scale.backward(np.array([spread.centre]))[0])
    total = spread.between + spread.within
    share = spread.between / total if total > 0 else 0.0
    if spread.count == 1:
        return (
            f"{name} {what}: it is {number(middle)} on the rows that count; as many rows again break "
            f"this with a chance of {alpha:.2%} if nothing has changed"
        )
    return (
        f"{name} {what}: {spread.count} past windows centre on {number(middle)}, "
        f"{share:.0%} of their variance is between windows; "
        f"one window of an unchanged model breaches with a chance of {alpha:.2%}, "
        f"{breaches} of the past ones would have"
    )
