"""Whether an estimate is precise enough to be judged, and what is missing (rule 2). Imports nothing heavy."""

from __future__ import annotations

import math

from core.statistics.estimate import Estimate
from core.statistics.wording import number, plural

#: Fewer blocks than this say too little about their own spread.
FEWEST_BLOCKS = 6
#: Units whose blocks follow each other in time.
TIMELY = ("week", "day", "hour")
#: Fewer rows of the rarer class than this, and a classification metric rests on single rows.
FEWEST_RARER = 10


def shortage(estimate: Estimate, margin: float | None = None) -> str:
    """What an estimate lacks to be judged, and how much more it needs; empty if nothing.

    Parameters
    ----------
    estimate : Estimate
    margin : float or None
        The widest half-interval that will do.

    Examples
    --------
    >>> shortage(Estimate(0.7, None, None, n=40, blocks=4, unit="day"))
    '4 days are too few, 2 more days are needed'
    >>> shortage(Estimate(0.7, 0.6, 0.8, n=400, blocks=20, unit="day", rarer=90), margin=0.05)
    'its interval is ±0.10 and the margin ±0.05, about 60 more days (1,200 rows) are needed'
    """
    if estimate.blocks < FEWEST_BLOCKS:
        more = FEWEST_BLOCKS - estimate.blocks
        have = plural(estimate.blocks, estimate.unit)
        few = "is" if estimate.blocks == 1 else "are"
        need = "is" if more == 1 else "are"
        return f"{have} {few} too few, {more} more {estimate.unit}{'' if more == 1 else 's'} {need} needed"
    if estimate.rarer is not None and estimate.rarer < FEWEST_RARER:
        have = plural(estimate.rarer, "row")
        if not estimate.rarer:
            return f"no row of the rarer class, {FEWEST_RARER} are needed"
        more = math.ceil(estimate.n * (FEWEST_RARER / estimate.rarer - 1))
        return f"{have} of the rarer class, {FEWEST_RARER} are needed: about {plural(more, 'more row')}"
    width = estimate.width
    if width is None:
        return "" if estimate.extreme else estimate.reason or "it has no interval"
    if margin is not None and width > margin:
        growth = (width / margin) ** 2 - 1
        rows = math.ceil(round(estimate.n * growth, 6))
        blocks = math.ceil(round(estimate.blocks * growth, 6))
        need = plural(rows, "more row")
        if estimate.unit != "row":
            need = f"{plural(blocks, f'more {estimate.unit}')} ({plural(rows, 'row')})"
        return f"its interval is ±{number(width, width)} and the margin ±{margin:g}, about {need} are needed"
    return ""
