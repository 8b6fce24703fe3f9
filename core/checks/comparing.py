"""A version against the champion on the same rows (rule 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.checks.judging import keys_of
from core.checks.slices import REFUSED
from core.metrics import NO_CUSTOM, CustomMetrics, Metric, resolve
from core.spec import ModelSpec
from core.statistics.combine import combine, paired_difference
from core.statistics.comparison import Guard, overall_gain, paired_gain
from core.statistics.comparison import compare as decide
from core.statistics.estimate import Estimate
from core.statistics.jackknife import CONFIDENCE
from store.records import Requirement

Pairs = Sequence[tuple[Mapping[str, Estimate], Mapping[str, Estimate]]]


def compare(
    spec: ModelSpec,
    requirements: Sequence[Requirement],
    pairs: Pairs,
    known: bool,
    confidence: float = CONFIDENCE,
    custom: CustomMetrics = NO_CUSTOM,
) -> dict[str, Any]:
    """Differences of every metric, version minus champion, on the slices that count for both.

    Parameters
    ----------
    pairs : sequence of (mapping, mapping)
        Estimates of the version and of the champion, slice by slice.
    known : bool
        Whether it is known which rows shaped the two; else neither is ever called better.
    confidence : float
        Of the interval that decides the outcome. A challenge, whose word puts versions in production, asks
        for more than the 95 % of a table (:mod:`core.statistics.looks`).
    custom : CustomMetrics
        The model's own.

    Returns
    -------
    dict
        ``{METRIC: {"difference", "low", "high", "n", "better"}}``, and ``outcome`` and ``reason`` by the
        primary metric. ``better`` is True where the interval lies wholly beyond the smallest improvement
        worth having (of the primary metric; of others, beyond zero), False where it lies wholly on the other
        side, None where that cannot be told.
    """
    names = [n for n in dict.fromkeys(k for mine, _ in pairs for k in mine) if "\t" not in n and n != REFUSED]
    found: dict[str, Any] = {}
    for name in names:
        metric = resolve(name, custom)
        if metric.kind != "count":
            worth = (spec.worth or 0.0) if name == spec.metric else 0.0
            found[name] = _difference(metric, name, pairs, worth, known)
    gain = gain_of(resolve(spec.metric, custom), spec.metric, pairs)
    outcome = decide(
        spec.metric,
        gain,
        worth=spec.worth or 0.0,
        confidence=confidence,
        guards=_guards(spec, requirements, pairs, custom),
    )
    if not known and outcome.outcome == "better":
        return {**found, "outcome": "undecided", "reason": f"{outcome.reason}; {_UNKNOWN}"}
    return {**found, "outcome": outcome.outcome, "reason": outcome.reason}


_UNKNOWN = "but nobody knows which rows shaped these versions, so neither is called better"


def _difference(metric: Metric, name: str, pairs: Pairs, worth: float, known: bool) -> dict[str, Any]:
    parts = [paired_difference(mine[name], theirs[name]) for mine, theirs in pairs if name in theirs]
    estimate = combine(parts)
    document: dict[str, Any] = {
        "difference": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "better": _better(metric, name, pairs, worth) if known else None,
    }
    return {**document, "reason": estimate.reason} if estimate.reason else document


def gain_of(metric: Metric, key: str, pairs: Pairs) -> Estimate:
    """By how much a version is better than the other on a metric of all rows, or of a segment (``key``)."""
    return overall_gain([paired_gain(metric, m[key], t[key]) for m, t in pairs if key in m and key in t])


def _better(metric: Metric, name: str, pairs: Pairs, worth: float) -> bool | None:
    if metric.direction == "none":
        return None
    gain = gain_of(metric, name, pairs)
    if gain.low is None or gain.high is None:
        return None
    if gain.low > worth:
        return True
    return False if gain.high < 0 else None


def _guards(
    spec: ModelSpec, requirements: Sequence[Requirement], pairs: Pairs, custom: CustomMetrics
) -> list[Guard]:
    """Every other required metric and segment; one is hurt where it is worse by more than its own noise."""
    guards = []
    measured = list(dict.fromkeys(k for mine, _ in pairs for k in mine))
    for requirement in requirements:
        if requirement.segment is None and requirement.metric == spec.metric:
            continue
        metric = resolve(requirement.metric, custom)
        if metric.direction == "none":
            continue
        for key in keys_of(requirement, measured):
            gain = gain_of(metric, key, pairs)
            if gain.width is not None:
                guards.append(Guard(key.replace("\t", " of "), gain, gain.width))
    return guards
