"""The early warning: the loss has risen, though every limit still holds (rule 3; Podkopaev & Ramdas 2022).

What is compared is the loss of each day (or whatever the blocks are) since the version was made: the first
ones are the baseline, the later ones are watched.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from core.statistics.packing import BlockSeries
from core.statistics.sequential import Watch, watch

#: The first so many blocks are what later ones are compared with.
BASELINE_BLOCKS = 60
#: With fewer after them there is nothing to watch.
FEWEST_RECENT = 7


def watch_losses(series: Iterable[BlockSeries]) -> Watch | None:
    """Watch the losses of a version over its history.

    Parameters
    ----------
    series : iterable of BlockSeries
        Of slices of one history; what two slices hold of one block is taken together.

    Returns
    -------
    Watch or None
        None where the history is too short.

    Examples
    --------
    >>> days = tuple(f"2013-{m:02d}-{d:02d}" for m in (1, 2, 3, 4) for d in range(1, 29))
    >>> calm = np.tile([0.19, 0.2, 0.21, 0.2], 28)
    >>> risen = np.concatenate([calm[:84], calm[84:] + 0.03])
    >>> [watch_losses([BlockSeries(days, losses, np.ones(112))]).rising for losses in (calm, risen)]
    [False, True]
    """
    losses: dict[str, tuple[float, float]] = {}
    for part in series:
        for label, value, size in zip(part.labels, part.values.tolist(), part.sizes.tolist(), strict=True):
            summed, rows = losses.get(label, (0.0, 0.0))
            losses[label] = summed + value * size, rows + size
    ordered = np.array([summed / rows for _, (summed, rows) in sorted(losses.items()) if rows > 0])
    baseline = min(BASELINE_BLOCKS, len(ordered) // 2)
    if len(ordered) - baseline < FEWEST_RECENT:
        return None
    return watch(ordered[:baseline], ordered[baseline:])
