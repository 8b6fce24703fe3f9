"""Guard rails: a trial ends by itself where its version fails, or is slower, surely more often (rule 11).

They use the same intervals as the outcomes, on blocks of an hour, and share the trial's budget of errors: all
that a trial may decide wrongly, over its whole length, is :data:`core.trial.margins.BUDGET`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from core.statistics.confidence_sequence import Sequence
from core.statistics.wording import number
from core.trial.margins import ERRORS_ALPHA, LATENCY_ALPHA

if TYPE_CHECKING:
    from datetime import datetime

    from core.trial.observing import Observations

#: An answer is slow where it takes longer than the requirement on the latency, else than so many times what
#: 99 % of the champion's take.
SLOWER = 3.0
#: Seconds below which nothing is slow.
QUICK = 1e-3
#: Hours at which the guard rails' intervals are narrowest.
_TARGET = 48
HOUR = pd.Timedelta(hours=1)


def judge_guards(
    found: Observations, margins: Mapping[str, float], since: datetime, allowed: float | None
) -> list[dict[str, Any]]:
    """How errors and latency stand to their guard rails.

    Parameters
    ----------
    found : Observations
        All rows, with outcome or without.
    allowed : float or None
        Seconds that an answer may take, by the model's requirements.

    Returns
    -------
    list of dict
        ``guard``, ``verdict`` (``pass``, ``fail``, or ``thin``: too early to say), ``difference`` (the
        challenger's share less the champion's), ``low``, ``high``, ``margin``, ``reason``.
    """
    judged = []
    if "errors" in margins:
        judged.append(_judge(found, "failed", "errors", margins["errors"], since, ERRORS_ALPHA, "fail"))
    if "latency" in margins:
        slow = allowed if allowed is not None else _slow(found)
        words = f"take more than {number(slow * 1000)} ms"
        timed = _with(found, slow)
        judged.append(_judge(timed, "slow", "latency", margins["latency"], since, LATENCY_ALPHA, words))
    return judged


def _slow(found: Observations) -> float:
    """Seconds that are slow for this champion."""
    seconds = found.values("seconds", False)
    seconds = seconds[np.isfinite(seconds)]
    return max(QUICK, SLOWER * float(np.quantile(seconds, 0.99))) if len(seconds) else QUICK


def _with(found: Observations, limit: float) -> Observations:
    """The same rows, each with whether it was slow."""
    frame = found.frame.copy()
    prefixes = ("champion.", "challenger.") if found.paired else ("",)
    for prefix in prefixes:
        frame[f"{prefix}slow"] = (frame[f"{prefix}seconds"].astype(float) > limit).astype(float)
    return replace(found, frame=frame)


def _judge(
    found: Observations, column: str, name: str, margin: float, since: datetime, alpha: float, words: str
) -> dict[str, Any]:
    effect = found.effect(column, found.blocks(since, HOUR))
    interval = Sequence(alpha, _TARGET).interval(effect)
    ours, theirs = (_mean(found.values(column, challenger)) for challenger in (True, False))
    low, high = (None, None) if interval is None else (-interval[1], -interval[0])
    told = f"{_share(ours)} of the challenger's answers {words}, {_share(theirs)} of the champion's"
    verdict = "thin" if low is None else "fail" if low > margin else "pass"
    return {
        "guard": name,
        "verdict": verdict,
        "reason": "too early to say" if low is None else told,
        "difference": None if interval is None else -effect.value,
        "low": low,
        "high": high,
        "margin": margin,
    }


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0


def _share(value: float) -> str:
    """A share as per cent.

    Examples
    --------
    >>> _share(0.0), _share(0.0123), _share(1.0)
    ('0 %', '1.2 %', '100 %')
    """
    return f"{100 * value:.2g} %" if value < 0.995 else f"{100 * value:.0f} %"
