"""A version against the champion on the same rows (rule 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.metrics import resolve
from core.spec import ModelSpec
from core.statistics.combine import combine, paired_difference
from core.statistics.estimate import Estimate
from store.records import Requirement

Pairs = Sequence[tuple[Mapping[str, Estimate], Mapping[str, Estimate]]]


def compare(
    spec: ModelSpec, requirements: Sequence[Requirement], pairs: Pairs, known: bool
) -> dict[str, Any]:
    """Differences of every metric, version minus champion, on the slices that count for both.

    Returns
    -------
    dict
        ``{METRIC: {"difference", "low", "high", "n", "better"}}``; ``better`` is True where the whole
        interval lies beyond the smallest improvement worth having (for the primary metric), False where it lies on the
        other side, None where it cannot be told.
    """
    names = [n for n in dict.fromkeys(k for mine, _ in pairs for k in mine) if "\t" not in n]
    found: dict[str, Any] = {}
    for name in names:
        if name == "refused" or resolve(name).kind == "count":
            continue
        parts = [paired_difference(mine[name], theirs[name]) for mine, theirs in pairs if name in theirs]
        estimate = combine(parts)
        worth = (spec.worth or 0.0) if name == spec.metric else 0.0
        found[name] = {
            "difference": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "n": estimate.n,
            "better": _better(resolve(name).direction, estimate, worth) if known else None,
        }
        if estimate.reason:
            found[name]["reason"] = estimate.reason
    return found


def _better(direction: str, estimate: Estimate, worth: float) -> bool | None:
    if direction not in ("higher", "lower") or estimate.low is None or estimate.high is None:
        return None
    low, high = (estimate.low, estimate.high) if direction == "higher" else (-estimate.high, -estimate.low)
    if low > worth:
        return True
    return False if high < 0 else None
