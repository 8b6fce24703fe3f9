"""What a trial may decide wrongly, and how much worse its guard rails let be. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping

from incumbent.errors import UsageError

#: Chance that any of a trial's decisions is false, however often one looks.
BUDGET = 0.05
#: Shares of it.
OUTCOMES_ALPHA, ERRORS_ALPHA, LATENCY_ALPHA, RATIO_ALPHA = 0.03, 0.008, 0.008, 0.004

#: Guard rail → how much more often than the champion's is let be, as a share of the rows (of outcomes: loss).
MARGINS: Mapping[str, float] = {"errors": 0.005, "latency": 0.01, "outcomes": 0.0}


def read_margins(asked: Mapping[str, float | None] | None, forever: bool) -> dict[str, float]:
    """The guard rails of a trial.

    Parameters
    ----------
    asked : mapping, optional
        Guard rail to margin (None: the usual one). By default all of them; ``outcomes`` not for a competitor
        for ever, who need not be better than the champion to keep it honest.

    Raises
    ------
    UsageError
        For a guard rail that there is not, or a margin that is no share.

    Examples
    --------
    >>> read_margins({"errors": 0.02, "latency": None}, forever=False)
    {'errors': 0.02, 'latency': 0.01}
    >>> list(read_margins(None, forever=True))
    ['errors', 'latency']
    """
    if asked is None:
        return {name: margin for name, margin in MARGINS.items() if not (forever and name == "outcomes")}
    margins = {}
    for name, margin in asked.items():
        if name not in MARGINS:
            raise UsageError(f"{name!r} is no guard rail", hint=f"there are {', '.join(MARGINS)}")
        if margin is not None and not 0 <= margin < 1:
            raise UsageError(f"the margin of {name} is {margin:g}", hint="it is a share: 0 or more, below 1")
        margins[name] = MARGINS[name] if margin is None else float(margin)
    return margins
