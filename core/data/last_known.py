"""The last known label: what the naive forecast of a row says, known strictly before the row (no look-ahead).

The naive forecast repeats the last observation (Hyndman & Athanasopoulos, *Forecasting: Principles and
Practice*, section 5.2). With labels that come late it is the newest one that had arrived at the row's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.timeline import Duration

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A month of a label delay counts as its longest, so that no label is known too soon.
_LONGEST_MONTH = 31 * 86_400


def last_known_name(target: str) -> str:
    """The column that a source offers beside its own: ``minutes (last known)``."""
    return f"{target} (last known)"


def last_known(
    times: NDArray[np.int64],
    label_times: NDArray[np.int64],
    labels: NDArray[np.float64],
    delay: Duration | None,
) -> NDArray[np.float64]:
    """The newest label that was known at each row's time.

    Parameters
    ----------
    times : ndarray, shape (rows,)
        Of the rows, in microseconds.
    label_times : ndarray, shape (labelled rows,)
        Of the rows whose labels these are, in order.
    labels : ndarray, shape (labelled rows,)
    delay : Duration or None
        A label is known this long after its row; without a delay, after its row's moment has passed.

    Returns
    -------
    ndarray, shape (rows,)
        NaN where no label was known.

    Examples
    --------
    >>> hours = np.arange(4) * 3_600_000_000
    >>> last_known(hours, hours, np.array([5.0, 6.0, 7.0, 8.0]), None)
    array([nan,  5.,  6.,  7.])
    >>> last_known(hours, hours, np.array([5.0, 6.0, 7.0, 8.0]), Duration.parse("2h"))
    array([nan, nan,  5.,  6.])
    """
    if delay is None:
        places = np.searchsorted(label_times, times, side="left") - 1
    else:
        wait = (delay.months * _LONGEST_MONTH + delay.seconds) * 1_000_000
        places = np.searchsorted(label_times, times - wait, side="right") - 1
    found = np.full(len(times), np.nan)
    some = places >= 0
    found[some] = labels[places[some]]
    return found
