"""Live traffic, from the prediction log: how much, how fast, by whom, and why not by the champion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.text import Text

from core.wording import figure
from tui.findings.bars import block
from tui.findings.production import milliseconds
from tui.glyphs import sparkline

if TYPE_CHECKING:
    from core.traffic.summary import HourTraffic, Summary

_HOURS = 24


def traffic_text(traffic: Summary | None, width: int) -> Text:
    """Figures of the last day, its hours, versions and reasons."""
    if traffic is None or not (traffic.predictions or traffic.versions):
        return _nothing(traffic)
    text = Text()
    _figures(text, traffic)
    _hours(text, traffic)
    text.append("\n who answered\n", "bold")
    most = max((v.predictions for v in traffic.versions), default=1)
    cells = max(8, min(30, width - 60))
    for version in traffic.versions:
        name = "baseline or rules" if version.version is None else f"v{version.version}"
        text.append(f"   {name:<18}{version.route:<11}")
        text.append(
            block(version.predictions, most, cells), "green" if version.route == "champion" else "cyan"
        )
        text.append(f"{version.predictions:>10,}")
        text.append(f"   p99 {milliseconds(version.p99)}\n" if version.p99 is not None else "\n", "dim")
    if traffic.reasons:
        text.append("\n why not the model that was meant\n", "bold")
        for reason, count in traffic.reasons[:12]:
            text.append(f"   {count:>8,}  ").append(f"{reason}\n")
    for problem in traffic.problems:
        text.append(f" ! {problem}\n", "yellow")
    return text


def _nothing(traffic: Summary | None) -> Text:
    text = Text(" no prediction was logged in the last day\n\n", style="dim")
    text.append(" software that predicts logs by itself: incumbent.open(FOLDER).predict(row)\n", "dim")
    for problem in traffic.problems if traffic is not None else ():
        text.append(f" ! {problem}\n", "yellow")
    return text


def _figures(text: Text, traffic: Summary) -> None:
    share = traffic.fallbacks / traffic.predictions if traffic.predictions else 0.0
    text.append(f" {traffic.predictions:,}", "bold").append(" predictions in a day")
    if traffic.rate is not None:
        text.append(f", {figure(traffic.rate.mean)} a second, at most {traffic.rate.peak:,.0f}")
    if traffic.p50 is not None and traffic.p99 is not None:
        text.append(f"; p50 {milliseconds(traffic.p50)}, p99 {milliseconds(traffic.p99)}")
    text.append("\n")
    style = "bold yellow" if traffic.fallbacks else "dim"
    text.append(f" {traffic.fallbacks:,} by the chain behind ({share:.2%})", style)
    text.append(f"; {traffic.lost:,} could not be logged\n" if traffic.lost else "\n", "yellow")


def _hours(text: Text, traffic: Summary) -> None:
    hours = _every_hour(traffic.hours, traffic.until)
    rows: tuple[tuple[str, Sequence[float | None], str], ...] = (
        ("predictions", [float(h.predictions) if h else 0.0 for h in hours], "{:,.0f} an hour at most"),
        ("fallbacks", [float(h.fallbacks) if h else 0.0 for h in hours], "{:,.0f}"),
        ("p99, ms", [h.p99 * 1000 if h and h.p99 is not None else None for h in hours], "{:.2g} at most"),
    )
    text.append(f"\n {'24 hours to now':<16}\n", "bold")
    for name, values, words in rows:
        highest: float = max((value for value in values if value is not None), default=0.0)
        drawn = sparkline(values, _HOURS) if highest else ""
        text.append(f"   {name:<13}", "dim").append(f"{drawn:<{_HOURS}}", "cyan")
        text.append(f"  {words.format(highest)}\n" if highest else "  none\n", "dim")


def _every_hour(hours: Sequence[HourTraffic], until: datetime) -> list[HourTraffic | None]:
    """The last hours, oldest first; None where nothing was predicted."""
    known = {hour.at: hour for hour in hours}
    last = until.replace(minute=0, second=0, microsecond=0)
    return [known.get(last - timedelta(hours=back)) for back in reversed(range(_HOURS))]
