"""A version: how it did, what its last challenge said, where it comes from; one partition, all metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from core.history import Picture
from core.status import Challenger
from core.wording import data_day, held_out, interval
from store.records import Run, Version
from tui.findings.challenge import stage_title, stage_word
from tui.glyphs import CHALLENGED, padded
from tui.model_rows import agreement, moment


def version_text(
    version: Version,
    champion: int | None,
    pictures: Mapping[str, Picture],
    better: Challenger | None,
    challenge: Run | None,
) -> Text:
    """The answer first: whether it is better, what the challenge said, its figures; then where it comes from.

    Parameters
    ----------
    better : Challenger or None
        How it did against the champion on the same rows, where it is surely better.
    challenge : Run or None
        Its newest challenge, with the result.
    """
    text = Text()
    if challenge is not None:
        _challenge(text, challenge)
    elif version.number and version.number != champion:
        text.append(" · not challenged yet", "dim").append(": r c challenges it\n", "dim")
    if better is not None:
        shown = interval(better.difference, better.low, better.high)
        text.append(f" ✓ better than v{champion} on the same rows: ", "green")
        text.append(f"{better.metric} {shown}\n")
    if text.plain:
        text.append("\n")
    _measured(text, version.number, pictures)
    facts = {
        "trained": _trained(version),
        "rows": f"{version.trained_rows:,}" if version.trained_rows else "–",
        "made": f"{moment(version.created)}, {version.origin}" if version.created else version.origin,
        "runs as": f"{version.algorithm}, agrees {agreement(version)}",
        "why so": version.why,
        "parameters": ", ".join(f"{k} {v}" for k, v in version.parameters.items()) or "–",
        "hash": version.hash[:16],
    }
    for name, value in facts.items():
        if value:
            text.append(f" {name:<11}", "dim").append(f"{value}\n")
    return text


def _trained(version: Version) -> str:
    if version.trained_since is None and version.trained_until is None:
        if version.held_out is None:
            return "nobody knows on which rows"
        left_out = held_out(version.held_out)
        return f"without a time; {left_out}" if left_out else "on rows without a time"
    return f"{data_day(version.trained_since)} to {data_day(version.trained_until)}"


def _challenge(text: Text, run: Run) -> None:
    result = run.result or {}
    word, style = CHALLENGED.get(str(result.get("verdict")), (str(run.state), "dim"))
    text.append(f" {word}", style).append(f"  challenged {moment(run.finished or run.queued)}", "dim")
    text.append(f", run {run.id}\n", "dim")
    if reason := result.get("reason"):
        text.append(f"   {reason}\n")
    if stages := result.get("stages"):
        text.append("   ")
        for stage in stages:
            glyph, glyph_style = stage_word(stage)
            text.append(f"{stage_title(stage['stage'])} ", "dim").append(f"{glyph[0]}  ", glyph_style)
        text.append("\n")


def _measured(text: Text, number: int, pictures: Mapping[str, Picture]) -> None:
    for metric, picture in pictures.items():
        curve = picture.curve(number)
        if curve is not None and curve.overall is not None:
            whole = curve.overall
            text.append(f" {padded(metric, 20)}", "dim")
            text.append(f"{interval(whole.value, whole.low, whole.high)}\n")
    if pictures and text.plain.endswith("\n"):
        text.append("\n")


def partition_text(label: str, versions: Sequence[int], pictures: Mapping[str, Picture]) -> Text:
    """All metrics of one partition, version by version; of all that counted, where none is called so."""
    text = Text(f"{label}\n", style="bold")
    for number in versions:
        text.append(f"\n{f'v{number}' if number else 'baseline'}\n", "bold")
        for metric, picture in pictures.items():
            curve = picture.curve(number)
            points = dict(zip(picture.labels, curve.points, strict=True)) if curve else {}
            point = points.get(label) if label in points else (curve.overall if curve else None)
            if point is not None:
                text.append(f"  {padded(metric, 22)}", "not bold dim")
                text.append(f"{interval(point.value, point.low, point.high):<28}", "not bold")
                text.append(f"{point.n:>9,} rows  {point.reason or ''}\n", "not bold dim")
    return text
