"""A stress test: latency against load, memory, and how many workers the peak needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.report.blocks import Block, Cell, Facts, Figure, Findings, Paragraph, Section, table
from core.report.pictures import Line, Lines
from core.report.subject import Subject
from core.report.words import measured, short
from core.wording import figure

_QUANTILES = (("p50_ms", "half of them"), ("p95_ms", "95 of 100"), ("p99_ms", "99 of 100"))


def sections(subject: Subject) -> tuple[Section, ...]:
    """The load, then for each version latency, throughput, workers and memory."""
    load = subject.document.get("load") or {}
    facts = Facts(
        (
            ("Expected", f"{short(load.get('expected'))} predictions a second ({load.get('source', '')})"),
            ("Tested", f"{short(load.get('tested'))} a second, ×{short(load.get('factor'))}"),
        )
    )
    failed = tuple(
        Paragraph(f"v{f.get('version')}: {f.get('reason')}", f.get("severity"))
        for f in subject.document.get("failed") or ()
    )
    blocks: tuple[Block, ...] = (facts, Findings(failed)) if failed else (facts,)
    return (Section("The load", blocks), *(_version(subject, v) for v in subject.versions))


def _version(subject: Subject, version: Mapping[str, Any]) -> Section:
    title = f"Version {version.get('version')}"
    said = Findings((Paragraph(str(version.get("note") or ""), version.get("verdict")),))
    if not version.get("volume"):
        return Section(title, (said,))
    return Section(title, (said, *_latency(subject, version), *_figures(version), *_memory(version)))


def _latency(subject: Subject, version: Mapping[str, Any]) -> Iterator[Block]:
    ramp = [r for r in version.get("ramp") or () if r.get("p99_ms") is not None]
    if len(ramp) < 2:
        return
    lines = tuple(
        Line(name.removesuffix("_ms"), tuple((r["load"], r[name]) for r in ramp), name == "p50_ms")
        for name, _ in reversed(_QUANTILES)
    )
    limits = tuple(
        (f"{metric.removeprefix('latency_').removesuffix('_ms')} max {found.max:g}", found.max)
        for metric in (f"latency_{name}" for name, _ in _QUANTILES)
        if (found := subject.requirement(metric)) is not None and found.max is not None
    )
    marks = [("holds to here", version.get("holds_to")), ("breaks", version.get("breaks_at"))]
    last = ramp[-1]
    words = (
        f"Latency in milliseconds as the load of one worker grows from {figure(ramp[0]['load'])} to "
        f"{figure(last['load'])} predictions a second: p99 from {figure(ramp[0]['p99_ms'])} to "
        f"{figure(last['p99_ms'])} ms."
    )
    picture = Lines(
        "Latency against load", words, "predictions a second, one worker", "ms", lines, limits,
        tuple((name, at) for name, at in marks if at), logarithmic=True,
    )  # fmt: skip
    yield Figure((picture,), "Latency from arrival to answer as the load of one worker grows.")


def _figures(version: Mapping[str, Any]) -> Iterator[Block]:
    phases = [(name, version.get(key) or {}) for name, key in
              (("one by one", "single"), ("the load tested", "volume"), ("batches", "batch"))]  # fmt: skip
    rows: list[list[Cell | str]] = [
        [name, short(phase.get("n")), short(phase.get("load")), short(phase.get("throughput")),
         *(measured(phase.get(quantile)) for quantile, _ in _QUANTILES)]
        for name, phase in phases if phase
    ]  # fmt: skip
    headers = ("Phase", "Predictions", "Load a second", "Rows a second", "p50 ms", "p95 ms", "p99 ms")
    yield table("Latency and throughput, with 95 % intervals", headers, rows, (1, 2, 3, 4, 5, 6))
    workers, memory = version.get("workers") or {}, version.get("memory") or {}
    yield Facts(
        (
            ("Workers for what is expected", short(workers.get("expected"))),
            (f"Workers for ×{short(version.get('factor'))}", short(workers.get("tested"))),
            ("Latency holds to", _rate(version.get("holds_to"))),
            ("and breaks at", _rate(version.get("breaks_at"))),
            ("Errors", short(version.get("errors"))),
            ("Answered by the chain behind", short(version.get("fallbacks"))),
            ("Memory", f"{short(memory.get('end_mb'))} MB, grew by {short(memory.get('growth_mb'))} MB"),
        )
    )


def _rate(value: float | None) -> str:
    return "no load that was tried" if not value else f"{figure(value)} a second and worker"


def _memory(version: Mapping[str, Any]) -> Iterator[Block]:
    samples = [s for s in (version.get("memory") or {}).get("samples") or () if len(s) == 2]
    if len(samples) < 3:
        return
    points = tuple((float(count), float(size)) for count, size in samples)
    (_, begin), (made, end) = points[0], points[-1]
    words = f"Memory over {made:,.0f} predictions: {begin:.0f} to {end:.0f} MB."
    picture = Lines("Memory over the test", words, "predictions made", "MB", (Line("memory", points),))
    yield Figure(
        (picture,), "Memory of the process that predicts and of those that it starts, over the test."
    )
