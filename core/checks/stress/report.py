"""What a stress test leaves: its document, its verdict, and the measurements that history keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.checks.stress.figures import Figure, latency_figures, throughput_figure
from core.checks.stress.judging import Fault, Required, faults, judge, latency_limits
from core.checks.stress.load import Load
from core.checks.stress.memory import Memory, memory_of
from core.checks.stress.queueing import workers_needed
from core.checks.whole import figure, speaker
from core.runs import Outcome
from core.statistics.limits import worst
from incumbent.fitting.stress import quantile
from store.records import Measurement, Requirement, Verdict, Version

if TYPE_CHECKING:
    from core.runs import RunContext


@dataclass(frozen=True)
class Measured:
    """What the load said of one version.

    Parameters
    ----------
    alone : mapping
        Latencies of single rows as fast as they go: ``p50``, ``p95``, ``p99``.
    throughput : Figure
        Predictions a second of one worker, one by one.
    volume : mapping
        Latencies under the load asked for, from the moment of arrival.
    load : float
        What one worker got of it, a second.
    workers : mapping
        How many ``expected`` and ``tested`` need; None where no number keeps the latency.
    raw : mapping
        The measurement itself (:mod:`incumbent.fitting.stress`).
    """

    alone: Mapping[str, Figure]
    throughput: Figure
    volume: Mapping[str, Figure]
    load: float
    memory: Memory
    workers: Mapping[str, int | None]
    raw: Mapping[str, Any]

    @classmethod
    def of(cls, load: Load, raw: Mapping[str, Any], limits: Mapping[float, float]) -> Measured:
        """Figures from a measurement."""
        single, volume = raw["single"], raw["volume"]
        service = 1.0 / raw["capacity"]
        ordered = sorted(single["latencies"])
        alone = {share: quantile(ordered, share) * 1e-9 for share in limits}
        seconds = {share: most / 1000 for share, most in limits.items()}
        rates = {"expected": load.expected, "tested": load.tested}
        return cls(
            latency_figures(single["latencies"]),
            throughput_figure(single["latencies"], single["answered"], single["seconds"]),
            latency_figures(volume["latencies"]),
            raw["load"],
            memory_of(raw["memory"], raw["soak"]),
            {name: workers_needed(rate, service, seconds, alone) for name, rate in rates.items()},
            raw,
        )

    @property
    def figures(self) -> dict[str, Figure]:
        """By the names of the metrics."""
        latencies = {f"latency_{which}_ms": figure for which, figure in self.volume.items()}
        return {**latencies, "throughput": self.throughput}

    @property
    def holds_to(self) -> float | None:
        """The highest load that was kept up with within the limits, before the first that was not."""
        kept = [step["load"] for step in self.raw["ramp"] if step["keeps"]]
        return max(kept, default=None)

    @property
    def breaks_at(self) -> float | None:
        """The first load that was not; None where all were kept up with."""
        return next((step["load"] for step in self.raw["ramp"] if not step["keeps"]), None)

    def document(self) -> dict[str, Any]:
        batch = self.raw["batch"]
        listed = latency_figures(batch["latencies"])
        return {
            "single": {
                "n": len(self.raw["single"]["latencies"]),
                "throughput": self.throughput.document(),
                **_named(self.alone),
            },
            "batch": {
                "size": batch["size"],
                "n": len(batch["latencies"]),
                "throughput": batch["answered"] / batch["seconds"],
                **_named(listed),
            },
            "volume": {
                "load": self.load,
                "n": len(self.raw["volume"]["latencies"]),
                "split_over": self.raw["workers"],
                **_named(self.volume),
            },
            "ramp": list(self.raw["ramp"]),
            "holds_to": self.holds_to,
            "breaks_at": self.breaks_at,
            "workers": dict(self.workers),
            "memory": {**self.memory.document(), "samples": _thinned(self.raw["memory"])},
            "errors": sum(self.raw[phase]["errors"] for phase in ("single", "batch", "volume")),
            "fallbacks": sum(self.raw[phase]["fallbacks"] for phase in ("single", "batch", "volume")),
        }


_NOTHING: dict[str, Any] = dict.fromkeys(
    ("single", "batch", "volume", "ramp", "holds_to", "breaks_at", "workers", "memory", "errors", "fallbacks")
)


def _named(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {f"{which}_ms": figure.document() for which, figure in figures.items()}


def _thinned(samples: Mapping[str, Sequence[int]], most: int = 60) -> list[list[float]]:
    """Predictions and MB, for a picture."""
    pairs = list(zip(samples["predictions"], samples["bytes"], strict=True))
    step = max(1, -(-len(pairs) // most))
    return [[count, round(size / 2**20, 2)] for count, size in pairs[::step]]


@dataclass(frozen=True)
class Tested:
    """One version after its stress test; ``measured`` is None where it could not be carried through."""

    version: Version
    measured: Measured | None
    required: tuple[Required, ...]
    faults: tuple[Fault, ...]

    @classmethod
    def broken(cls, version: Version, why: str) -> Tested:
        """A version that did not get through."""
        return cls(version, None, (), (Fault("fail", "broken", why),))

    @classmethod
    def of(
        cls, version: Version, load: Load, raw: Mapping[str, Any], requirements: Sequence[Requirement]
    ) -> Tested:
        """A version and its measurement, judged."""
        measured = Measured.of(load, raw, latency_limits(requirements))
        required = judge(requirements, measured.figures)
        found = [
            *faults(raw),
            *(Fault(r.verdict, r.metric, r.reason) for r in required if r.verdict in ("fail", "warn")),
        ]
        memory = measured.memory
        if memory.grows:
            reason = (
                f"memory grows with every prediction: {memory.leak_kb:.3g} kB for a thousand, "
                f"{memory.start_mb:.0f} to {memory.end_mb:.0f} MB"
            )
            found.append(Fault("warn", "memory", reason))
        return cls(version, measured, tuple(required), tuple(found))

    @property
    def verdict(self) -> Verdict:
        return worst(["pass", *(fault.severity for fault in self.faults)]) or "pass"

    @property
    def note(self) -> str:
        """The outcome in one line."""
        if self.faults:
            return min(self.faults, key=lambda fault: fault.severity != "fail").reason
        assert self.measured is not None
        p99 = self.measured.volume["p99"].value
        words = f"p99 {p99:.3g} ms at {self.measured.load:.4g} a second and worker"
        needed = self.measured.workers["expected"]
        return f"{words}; {needed} {'worker' if needed == 1 else 'workers'} for what is expected"

    def document(self, load: Load) -> dict[str, Any]:
        return {
            "version": self.version.number,
            "verdict": self.verdict,
            "note": self.note,
            "passed": sum(r.verdict == "pass" for r in self.required),
            "failed": [fault.document(self.version.number) for fault in self.faults],
            "factor": load.factor,
            "requirements": [r.document() for r in self.required],
            **(_NOTHING if self.measured is None else self.measured.document()),
        }


def conclude(context: RunContext, load: Load, tested: Sequence[Tested]) -> Outcome:
    """The outcome of a stress run: the champion's verdict, or the worst of those that were named."""
    model = str(context.run.model)
    verdict, main = speaker(context, tested)
    versions = [each.document(load) for each in tested]
    result = {
        "check": "stress",
        "model": model,
        "version": main.version.number,
        "verdict": verdict,
        "load": load.document(),
        "passed": sum(version["passed"] for version in versions),
        "failed": [failed for version in versions for failed in version["failed"]],
        "requirements": [r.document() for r in main.required],
        "versions": versions,
    }
    rows = tuple(row for each in tested for row in _measurements(context, each))
    return Outcome(verdict, f"v{main.version.number}: {main.note}", result, rows)


def _measurements(context: RunContext, tested: Tested) -> Iterator[Measurement]:
    if tested.measured is None:
        return
    verdicts = {r.metric: (r.verdict, r.reason) for r in tested.required}
    for metric, found in tested.measured.figures.items():
        verdict, reason = verdicts.get(metric, (None, None))
        yield figure(
            context,
            tested.version,
            metric,
            found.value,
            found.n,
            low=found.low,
            high=found.high,
            verdict=verdict,
            reason=reason,
        )
