"""Numbers as people read them: as many digits as the interval supports."""

from __future__ import annotations

import math

from core.statistics.estimate import Estimate

#: Below this, differences are those of floats.
_NOISE = 1e-12


def number(value: float, spread: float | None = None) -> str:
    """A number with two digits of its uncertainty, or four significant ones without any.

    Parameters
    ----------
    value : float
    spread : float or None
        Half the width of its interval.

    Examples
    --------
    >>> number(0.64123, 0.0213), number(12345.678, 40.0), number(0.64123)
    ('0.641', '12346', '0.6412')

    What differs by less than sums of floats do is nothing:

    >>> number(-2e-16, 3e-16), number(-0.0001, 0.02)
    ('0', '0.000')
    """
    if spread is None or not math.isfinite(spread) or spread <= 0:
        return f"{value:.4g}"
    if spread < _NOISE and abs(value) < _NOISE:
        return "0"
    decimals = min(12, max(0, 1 - math.floor(math.log10(spread))))
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def with_interval(estimate: Estimate) -> str:
    """The value, and its interval where it has one.

    Examples
    --------
    >>> with_interval(Estimate(0.6412, 0.62, 0.6624, n=100))
    '0.641 [0.620, 0.662]'
    """
    if estimate.value is None:
        return "no value"
    spread = estimate.width
    text = number(estimate.value, spread)
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} [{number(estimate.low, spread)}, {number(estimate.high, spread)}]"


def plural(count: int, unit: str) -> str:
    """A count with its unit.

    Examples
    --------
    >>> plural(1, "day"), plural(3, "day")
    ('1 day', '3 days')
    """
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"
