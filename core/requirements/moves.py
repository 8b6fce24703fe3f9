"""One move of the ratchet: what a requirement becomes, why, and what history would have failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.metrics import Metric
from core.statistics.estimate import Estimate
from core.statistics.limits import judge
from core.statistics.ratchet import Rise, rise, usual_step
from store.records import Requirement

if TYPE_CHECKING:
    from core.checks.setup import Setup
    from core.requirements.windows import PastWindows
    from core.statistics.suggest import Suggestion

#: Windows that would have failed, told with their values.
MOST_TOLD = 12


@dataclass(frozen=True)
class Basis:
    """What all moves after one swap rest on.

    Parameters
    ----------
    windows : PastWindows
        Of both champions.
    pairs : sequence of (mapping, mapping)
        Estimates of the champion and of the one before on the same rows, partition by partition.
    before, after : int
        The champions.
    limits : int
        Requirements that share the budget of false alarms.
    step : float or None
        As a person gave it.
    """

    setup: Setup
    windows: PastWindows
    pairs: Sequence[tuple[Mapping[str, Estimate], Mapping[str, Estimate]]]
    before: int
    after: int
    limits: int
    step: float | None


@dataclass(frozen=True)
class Move:
    """A requirement that rises.

    Parameters
    ----------
    asked : Requirement
        The one that it follows from; on another metric where it is raised on the skill.
    metric : Metric
        What is raised.
    standing : Requirement or None
        What stood on that metric.
    start, after : Requirement
        What was asked of it, or what the version before would have kept, and what is asked now.
    rises : mapping of str to Rise
        By limit: ``min``, ``max``, ``mean``.
    history : mapping
        What past windows would have failed.
    """

    asked: Requirement
    metric: Metric
    standing: Requirement | None
    start: Requirement
    after: Requirement
    rises: Mapping[str, Rise]
    history: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """The move as plain data."""
        first = next(iter(self.rises.values()))
        gain = {**first.gain.document(), "step": first.step}
        return {
            "metric": self.after.metric,
            "segment": self.after.segment,
            "of": self.asked.metric,
            "new": self.standing is None,
            "from": _limits(self.start),
            "to": _limits(self.after),
            "gain": gain,
            "reason": first.reason,
            "history": dict(self.history),
        }


def _limits(requirement: Requirement) -> dict[str, float | None]:
    return {name: getattr(requirement, name) for name in ("min", "max", "mean")}


def move_of(basis: Basis, asked: Requirement, metric: Metric, standing: Requirement | None) -> Move | str:
    """How a requirement rises after a swap; a sentence where it stays as it is.

    Parameters
    ----------
    asked : Requirement
    metric : Metric
        On which it is raised: its own, or the skill.
    standing : Requirement or None
        What stands on that metric.
    """
    name = metric.name if standing is None else standing.metric
    keys = _keys(basis, asked, name)
    if not keys:
        return "neither champion was measured on it"
    start = standing or _start(basis, asked, metric, name, keys)
    if start is None:
        return f"the champions have too short a past to say what they kept of {metric.name}"
    kept = _kept(basis, basis.after, metric, keys)
    rises = {
        which: _rise(basis, metric, keys, which, limit, kept)
        for which, limit in _own_limits(start, metric).items()
    }
    if not rises:
        return "it has no limit that could rise"
    moved = {which: r for which, r in rises.items() if r.to is not None}
    if not moved:
        return next(iter(rises.values())).reason
    after = _with_limits(start, {which: r.to for which, r in moved.items()})
    return Move(
        asked, metric, standing, start, _consistent(after, metric), moved, _history(basis, after, keys)
    )


def _with_limits(start: Requirement, to: Mapping[str, float | None]) -> Requirement:
    return replace(
        start, min=to.get("min", start.min), max=to.get("max", start.max), mean=to.get("mean", start.mean)
    )


def _keys(basis: Basis, asked: Requirement, name: str) -> list[str]:
    from core.checks.judging import keys_of
    from core.statistics.suggest import enough

    binding = replace(asked, metric=name)
    return [
        key
        for key in keys_of(binding, basis.windows.keys(basis.after))
        if asked.segment is None or enough(basis.windows.judged(basis.after, key))
    ]


def _own_limits(start: Requirement, metric: Metric) -> dict[str, float]:
    names = ("min" if metric.direction == "higher" else "max", "mean")
    return {name: value for name in names if (value := getattr(start, name)) is not None}


def _start(
    basis: Basis, asked: Requirement, metric: Metric, name: str, keys: Sequence[str]
) -> Requirement | None:
    """What both champions would have kept of a metric that nothing binds yet."""
    from core.statistics.suggest import loosest

    kept = [_kept(basis, version, metric, keys) for version in (basis.before, basis.after)]
    sure = [suggestion for suggestion in kept if suggestion is not None]
    if len(sure) < len(kept):
        return None
    made = loosest(metric.name, sure)
    return replace(
        asked, id=0, metric=name, min=made.min, max=made.max, range=None,
        mean=None if asked.mean is None else made.mean,
    )  # fmt: skip


def _kept(basis: Basis, version: int, metric: Metric, keys: Sequence[str]) -> Suggestion | None:
    """What a version would itself keep, by its own past windows; None where they are too few."""
    from core.statistics.suggest import enough, loosest, suggest

    series = [basis.windows.judged(version, key) for key in keys]
    if not series or not all(map(enough, series)):
        return None
    alpha = basis.windows.alpha(basis.limits + len(keys))
    return loosest(metric.name, [suggest(metric.name, metric, [e for _, e in s], alpha) for s in series])


def _rise(
    basis: Basis, metric: Metric, keys: Sequence[str], which: str, limit: float, kept: Suggestion | None
) -> Rise:
    """The rise of one limit; of several values of a column, the smallest."""
    from core.checks.comparing import gain_of

    ceiling = None if kept is None else getattr(kept, which)
    step = basis.step or _step(basis, metric, keys, limit)
    rises = [rise(metric, limit, gain_of(metric, key, basis.pairs), ceiling, step) for key in keys]
    stays = next((r for r in rises if r.to is None), None)
    sign = 1.0 if metric.direction == "higher" else -1.0
    return stays or min(rises, key=lambda r: sign * (r.to or 0.0))


def _step(basis: Basis, metric: Metric, keys: Sequence[str], limit: float) -> float:
    spec = basis.setup.spec
    if spec.worth and basis.setup.metric(spec.metric) == metric:
        return spec.worth
    values = [e.value for key in keys for _, e in basis.windows.of(basis.before, key) if e.value is not None]
    if not values:
        values = [
            e.value for key in keys for _, e in basis.windows.of(basis.after, key) if e.value is not None
        ]
    usual = sorted(values)[len(values) // 2] if values else limit
    return usual_step(limit, usual) or 1e-6


def _consistent(after: Requirement, metric: Metric) -> Requirement:
    """A mean is at least as strict as the limit of a window."""
    if after.mean is None:
        return after
    if metric.direction == "higher" and after.min is not None:
        return replace(after, mean=max(after.mean, after.min))
    if metric.direction == "lower" and after.max is not None:
        return replace(after, mean=min(after.mean, after.max))
    return after


def _history(basis: Basis, after: Requirement, keys: Sequence[str]) -> dict[str, Any]:
    """What the past windows of both champions would have failed under the new limits."""
    return {
        "version": _looked_back(basis.windows, basis.after, after, keys),
        "before": _looked_back(basis.windows, basis.before, after, keys),
    }


def _looked_back(
    windows: PastWindows, version: int, after: Requirement, keys: Sequence[str]
) -> dict[str, Any]:
    seen: set[str] = set()
    told = []
    for key in keys:
        previous: list[bool] = []
        for label, estimate in windows.of(version, key):
            found = judge(key.replace("\t", " of "), estimate, after, previous=previous)
            seen.add(label)
            if found.cause in ("inside", "reaches", "breach", "third breach", "beyond"):
                previous.append(found.breach)
            if found.breach:
                told.append(
                    {
                        "window": label,
                        "value": estimate.value,
                        "verdict": found.verdict,
                        "reason": found.reason,
                    }
                )
    return {
        "version": version,
        "windows": len(seen),
        "breached": len({t["window"] for t in told}),
        "failed": len({t["window"] for t in told if t["verdict"] == "fail"}),
        "which": told[-MOST_TOLD:],
    }
