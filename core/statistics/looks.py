"""What one look may decide, where there are many: the error budget of challenges (rules 7 and 8).

A year of weekly challenges is 52 chances to crown a version that is no better. The chance of one false crown
in a year is spent over the looks, more on early ones, so that a maintainer who challenges four times a year
does not pay for fifty-two: look ``k`` may err with ``share(k) × YEARLY_ERROR``, and the shares of all looks
together are one. That is alpha-investing (Foster & Stine 2008), in the form that LORD takes while nothing has
been discovered (Javanmard & Montanari 2018), where it is a weighted Bonferroni bound: it holds however the
looks depend on one another, and looks at the same rows do.
"""

from __future__ import annotations

from core.statistics.comparison import YEARLY_ERROR
from incumbent.errors import UsageError

#: How fast the shares fall. Nearer to one spares late looks, further away early ones.
POWER = 1.2
#: Riemann's zeta of :data:`POWER`: what the shares would sum to without it.
_TOTAL = 5.591582441177753


def share(look: int) -> float:
    """The share of the budget that a look may spend.

    Parameters
    ----------
    look : int
        1 for the first look, 2 for the next; looks at the same rows and those of the past year are counted.

    Raises
    ------
    UsageError
        For a look before the first.

    Examples
    --------
    >>> round(share(1), 3), round(share(2), 3), round(share(52), 4)
    (0.179, 0.078, 0.0016)
    >>> sum(share(k) for k in range(1, 1000)) < 1
    True
    """
    if look < 1:
        raise UsageError(f"there is no look number {look}", hint="looks are counted from 1")
    return float(look**-POWER) / _TOTAL


def look_error(look: int, yearly: float = YEARLY_ERROR) -> float:
    """Chance that a look calls an equal challenger better (one side of its interval).

    Examples
    --------
    >>> round(look_error(1), 4), round(look_error(10), 5)
    (0.0089, 0.00056)
    """
    return yearly * share(look)


def confidence_at(look: int, yearly: float = YEARLY_ERROR) -> float:
    """Confidence of the two-sided interval that decides at a look.

    Examples
    --------
    >>> round(confidence_at(1), 3), round(confidence_at(52), 5)
    (0.982, 0.99984)
    """
    return 1 - 2 * look_error(look, yearly)
