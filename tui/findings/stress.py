"""Stress tests: a table of latencies, and the load curve up to where it breaks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from rich.text import Text

from core.wording import figure, interval
from tui.glyphs import verdict
from tui.widgets.canvas import Canvas

_CURVE_ROWS = 7
_AXIS = 9  # cells left of the curve


def stress_text(document: Mapping[str, Any], width: int) -> Text:
    """Verdict, what was asked, then each version: latencies, load curve, workers, memory."""
    word, style = verdict(document["verdict"])
    load = document["load"]
    text = Text.assemble((f" {word}", style), f"  expected {load['expected']:g} predictions a second ")
    text.append(f"({load['source']}); tested ×{load['factor']:g}\n", "dim")
    for failed in document["failed"]:
        shown, style = verdict(failed["severity"])
        text.append(f" {shown}", style).append(f"  v{failed['version']}: {failed['reason']}\n")
    for version in document["versions"]:
        text.append(f"\nv{version['version']}", "bold").append(f"   {version['note']}\n")
        if version["volume"] is not None:
            _latencies(text, version)
            text.append_text(load_curve(version["ramp"], width))
            _capacity(text, version)
    return text


def _latencies(text: Text, version: Mapping[str, Any]) -> None:
    text.append(f"\n   {'milliseconds':<16}{'p50':<19}{'p95':<19}p99\n", "dim")
    phases = (
        (f"{version['volume']['load']:,.4g} a second", version["volume"]),
        ("one by one", version["single"]),
        (f"batches of {version['batch']['size']}", version["batch"]),
    )
    for name, phase in phases:
        figures = [phase[f"{which}_ms"] for which in ("p50", "p95", "p99")]
        cells = "".join(f"{interval(f['value'], f.get('low'), f.get('high')):<19}" for f in figures)
        text.append(f"   {name:<16}", "dim").append(cells.rstrip() + "\n")


def _capacity(text: Text, version: Mapping[str, Any]) -> None:
    holds, breaks = version["holds_to"], version["breaks_at"]
    kept = f"to {holds:,.4g} a second" if holds else "at no load that was tried"
    broken = f", no more at {breaks:,.4g}" if breaks else ""
    single = version["single"]["throughput"]
    workers, memory = version["workers"], version["memory"]
    shown = [
        ("latency holds", kept + broken),
        ("one worker", f"{interval(single['value'], single['low'], single['high'])} a second one by one, "
                       f"{figure(version['batch']['throughput'])} rows in batches"),
        ("workers", f"{workers['expected'] or 'no number'} for what is expected, "
                    f"{workers['tested'] or 'no number'} for ×{version['factor']:g}"),
        ("memory", f"{memory['end_mb']:.0f} MB, {memory['growth_mb']:+.1f} MB over the test"),
        ("errors", f"{version['errors']}, {version['fallbacks']} answered by the chain behind"),
    ]  # fmt: skip
    for name, said in shown:
        text.append(f"   {name:<15}", "dim").append(f"{said}\n")


def load_curve(ramp: Sequence[Mapping[str, Any]], width: int) -> Text:
    """p99 and p50 over the load of one worker, on a logarithmic scale; a cross where it broke.

    Parameters
    ----------
    ramp : sequence of mapping
        Steps with ``load`` (predictions a second), ``p50_ms``, ``p99_ms`` and ``keeps``.
    """
    steps = [step for step in ramp if step.get("p99_ms") and step.get("p50_ms")]
    if len(steps) < 2:
        return Text()
    columns = max(20, min(width - _AXIS - 12, 80))
    logs = [math.log10(step[name]) for step in steps for name in ("p50_ms", "p99_ms")]
    low, high = min(logs), max(max(logs), min(logs) + 0.3)
    canvas = Canvas(columns, _CURVE_ROWS)
    most = max(step["load"] for step in steps)

    def place(step: Mapping[str, Any], name: str) -> tuple[int, int]:
        up = (math.log10(step[name]) - low) / (high - low)
        return round(step["load"] / most * (columns * 2 - 3)), round((1 - up) * (_CURVE_ROWS * 4 - 1))

    for name, style in (("p50_ms", "cyan"), ("p99_ms", "bold green")):
        points = [place(step, name) for step in steps]
        for one, other in pairwise(points):
            canvas.line(*one, *other, style)
    crosses = {(x // 2, y // 4) for step in steps if not step["keeps"] for x, y in [place(step, "p99_ms")]}
    text = Text("\n   p99 ", style="bold green", no_wrap=True)
    text.append("and p50", "cyan")
    text.append(" in ms by load, one worker; ✗ latency or queue breaks\n", "not bold dim")
    for row in range(_CURVE_ROWS):
        value = 10 ** (high - (high - low) * row / (_CURVE_ROWS - 1))
        text.append(f"{value:>{_AXIS - 2}.2g} ", "not bold dim").append("┤", "not bold dim")
        for column in range(columns):
            if (column, row) in crosses:
                text.append("✗", "bold red")
            else:
                text.append(canvas.character(column, row) or " ", canvas.style(column, row) or "not bold")
        text.append("\n")
    axis = f"0{most / 2:>{columns // 2},.0f}{most:>{columns - columns // 2 - 1},.0f} a second"
    return text.append(f"{'':<{_AXIS}}{axis}\n", "not bold dim")
