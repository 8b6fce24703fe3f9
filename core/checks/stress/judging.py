"""What a stress test says of the requirements on latency and throughput, and what else went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.checks.stress.figures import Figure
from core.metrics import resolve
from core.statistics.wording import number
from incumbent.errors import UsageError
from store.records import Requirement, Verdict

#: Metrics that are measured here, by their canonical names.
MEASURED = ("latency_p50_ms", "latency_p95_ms", "latency_p99_ms", "throughput")


@dataclass(frozen=True)
class Required:
    """One requirement and what was measured."""

    metric: str
    verdict: Verdict
    reason: str
    figure: Figure

    def document(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "verdict": self.verdict,
            "reason": self.reason,
            **self.figure.document(),
        }


@dataclass(frozen=True)
class Fault:
    """Something that went wrong under load."""

    severity: Literal["fail", "warn"]
    kind: str
    reason: str

    def document(self, version: int) -> dict[str, Any]:
        return {"case": None, "version": version, **vars(self)}


def operational(requirements: Sequence[Requirement]) -> list[Requirement]:
    """The requirements that a stress test judges; those of a segment it cannot."""
    return [r for r in requirements if r.segment is None and _canonical(r.metric) in MEASURED]


def latency_limits(requirements: Sequence[Requirement]) -> dict[float, float]:
    """The most that quantiles of the latency may be: share to milliseconds, the strictest of several."""
    found: dict[float, float] = {}
    for requirement in operational(requirements):
        name = _canonical(requirement.metric)
        _, most = _bounds(requirement)
        if name.startswith("latency_") and most is not None:
            share = float(name.split("_")[1][1:]) / 100
            found[share] = min(most, found.get(share, most))
    return found


def judge(requirements: Sequence[Requirement], figures: Mapping[str, Figure]) -> list[Required]:
    """Judge what was measured, strictly: a value beyond its limit fails, unless its interval reaches back.

    Parameters
    ----------
    requirements : sequence of Requirement
    figures : mapping
        By canonical name.
    """
    return [
        _judged(r, figures[_canonical(r.metric)])
        for r in operational(requirements)
        if _canonical(r.metric) in figures
    ]


def _judged(requirement: Requirement, figure: Figure) -> Required:
    least, most = _bounds(requirement)
    name = requirement.metric
    shown = f"{name} {_shown(figure)}"
    if most is not None and figure.value > most:
        verdict: Verdict = "fail" if figure.low > most else "warn"
        return Required(name, verdict, f"{shown} is above {most:g}{_hedge(verdict)}", figure)
    if least is not None and figure.value < least:
        verdict = "fail" if figure.high < least else "warn"
        return Required(name, verdict, f"{shown} is below {least:g}{_hedge(verdict)}", figure)
    bounds = ((word, bound) for word, bound in (("above", least), ("below", most)) if bound is not None)
    kept = " and ".join(f"{word} {bound:g}" for word, bound in bounds)
    return Required(name, "pass", f"{shown} is {kept}", figure)


def _hedge(verdict: str) -> str:
    return ", but its interval reaches back" if verdict == "warn" else ""


def _shown(figure: Figure) -> str:
    spread = (figure.high - figure.low) / 2
    return f"{number(figure.value, spread)} [{number(figure.low, spread)}, {number(figure.high, spread)}]"


def _bounds(requirement: Requirement) -> tuple[float | None, float | None]:
    """Lowest and highest value; a ``mean`` binds the one value that there is, on its worse side."""
    least, most = requirement.range or (None, None)
    if resolve(requirement.metric).direction == "lower":
        leasts, mosts = [least, requirement.min], [most, requirement.max, requirement.mean]
    else:
        leasts, mosts = [least, requirement.min, requirement.mean], [most, requirement.max]
    return (
        max((v for v in leasts if v is not None), default=None),
        min((v for v in mosts if v is not None), default=None),
    )


def _canonical(metric: str) -> str:
    try:
        return resolve(metric).name
    except UsageError:  # a metric of the model's own: never measured here
        return metric


def faults(measured: Mapping[str, Any]) -> Iterator[Fault]:
    """What went wrong in the phases of a measurement, besides what is required."""
    phases = [measured[name] for name in ("single", "batch", "volume")]
    errors = sum(phase["errors"] for phase in phases)
    if errors:
        messages = {message: None for phase in phases for message in phase["messages"]}
        yield Fault("fail", "errors", f"{errors} predictions failed: {'; '.join(list(messages)[:3])}")
    fallbacks = sum(phase["fallbacks"] for phase in phases)
    if fallbacks:
        yield Fault("warn", "fallback", f"{fallbacks} rows were answered by another than the champion")
