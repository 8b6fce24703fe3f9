"""The ratchet: by how much a limit may rise after a better version was put in production (rule 9).

Three brakes keep it from ratcheting on noise. It moves by no more than the lower end of the paired 95 %
interval of the gain, after a swap whose challenge has paid for its look. That end must clear a step. And no
limit rises above what the version in production would itself keep, by the prediction limits of suggestions
(rule 4): so an unchanged model stays within its budget of false alarms however often the ratchet is asked,
even where equals are swapped for one another (simulated).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.metrics.metric import Metric
from core.statistics.estimate import Estimate
from core.statistics.precision import shortage
from core.statistics.wording import number

#: Without a step of its own, a limit rises by this share of its distance from what was usual, or not at all.
STEP_SHARE = 0.1


@dataclass(frozen=True)
class Rise:
    """What becomes of one limit.

    Parameters
    ----------
    to : float or None
        The new limit; None where it stays.
    gain : Estimate
        By how much the version is better, with its 95 % interval.
    step : float
        What the lower end of the gain had to clear.
    reason : str
        One sentence for people.
    """

    to: float | None
    gain: Estimate
    step: float
    reason: str


def usual_step(limit: float, usual: float) -> float:
    """The step of a limit that nobody gave one: a tenth of the room between it and the usual value.

    Examples
    --------
    >>> round(usual_step(0.65, 0.70), 6)
    0.005
    """
    return STEP_SHARE * abs(usual - limit)


def rise(metric: Metric, limit: float, gain: Estimate, ceiling: float | None, step: float) -> Rise:
    """Raise a limit by what a better version has surely gained, if that clears a step.

    Parameters
    ----------
    metric : Metric
        More or less of it is better.
    limit : float
        The least (or most) that is asked now.
    gain : Estimate
        Of the version in production over the one before, on the same rows: above zero is better.
    ceiling : float or None
        What the version in production would itself keep; None where its past is too short to say.
    step : float
        The smallest rise that is worth a change, above zero.

    Examples
    --------
    >>> from core.metrics.catalogue import resolve
    >>> gain = Estimate(0.03, 0.02, 0.04, n=9000, blocks=60, unit="day", degrees=59.0)
    >>> found = rise(resolve("roc_auc"), 0.65, gain, ceiling=0.69, step=0.005)
    >>> found.to
    0.67
    >>> rise(resolve("roc_auc"), 0.65, gain, ceiling=0.652, step=0.005).reason
    'the version in production would itself keep no more than 0.6520'
    """
    if gain.value is None:
        return Rise(None, gain, step, f"the gain cannot be told: {gain.reason or 'it has no value'}")
    short = shortage(gain)
    if short or gain.low is None:
        return Rise(None, gain, step, f"the gain cannot be told: {short or gain.reason}")
    if gain.low <= step:
        told = (
            f"it is surely better by {number(gain.low, step)}" if gain.low > 0 else "it is not surely better"
        )
        return Rise(None, gain, step, f"{told}, and the step is {number(step, step)}")
    if ceiling is None:
        return Rise(None, gain, step, "the version in production has too short a past to say what it keeps")
    sign = 1.0 if metric.direction == "higher" else -1.0
    to = sign * _down(min(sign * limit + gain.low, sign * ceiling), step)
    if sign * (to - limit) < 0.5 * step:
        kept = number(ceiling, step)
        return Rise(None, gain, step, f"the version in production would itself keep no more than {kept}")
    return Rise(to, gain, step, f"better by {number(gain.value, step)}, surely by {number(gain.low, step)}")


def _down(value: float, step: float) -> float:
    """Rounded down to a tenth of a step, so that a limit is one that people can read."""
    digits = max(0, 1 - math.floor(math.log10(step))) if step > 0 else 6
    unit = 10.0**digits
    return round(math.floor(value * unit + 1e-9) / unit, digits)
