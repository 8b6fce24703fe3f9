"""Challenges: the verdict, the stages one by one, and the contest with whom it has to beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from core.wording import data_day, interval, kind_word
from store.records import Run
from tui.glyphs import CHALLENGED, STATES, bar, cut, verdict
from tui.widgets.table import Cell, Column, Row

STAGES = (
    Column("STAGE", 13),
    Column("VERDICT", 10),
    Column("WHY", 30, grow=True),
    Column("TOOK", 6, right=True),
    Column("RUN", 5, right=True),
)

#: stage → what it asks
ASKS = {
    "integrity": "are its files whole, does the algorithm agree with what was fitted, does anything leak?",
    "regression": "does every case that binds it hold?",
    "edge": "does it stand rows at and beyond the edges of training?",
    "stress": "does it keep its latency under many times the load?",
    "backtest": "does it keep what is required over the history, and does it beat the champion?",
    "nowtest": "does it hold on the newest labelled rows?",
    "requirements": "is every requirement kept, wherever it is measured?",
    "software": "does the software that uses it still pass its own tests?",
    "published": "do the cases hold once more through the files as published?",
}
_BETTER: dict[bool | None, tuple[str, str]] = {True: ("✓ better", "green"), False: ("✗ worse", "yellow")}


def stage_title(stage: str) -> str:
    """What people call a stage.

    >>> stage_title("nowtest"), stage_title("edge")
    ('now-test', 'edge')
    """
    return "as published" if stage == "published" else kind_word(stage)


def stage_word(stage: Mapping[str, Any]) -> tuple[str, str]:
    """Verdict of a stage, or how far it is; and its style."""
    if stage.get("verdict") == "skipped":
        return "– skipped", "dim"
    if stage.get("verdict"):
        return verdict(stage["verdict"])
    state = str(stage.get("state", "queued"))
    if state == "done":  # its verdict is told when the challenge is over
        return "· done", "dim"
    glyph, style = STATES.get(state, ("·", "dim"))
    return f"{glyph} {state if state != 'queued' else 'to come'}", style


def stage_row(stage: Mapping[str, Any]) -> Row:
    """One stage."""
    word, style = stage_word(stage)
    seconds = stage.get("seconds")
    cells = (
        Cell(stage_title(stage["stage"])),
        Cell(word, style),
        Cell(str(stage.get("reason") or ""), "" if stage.get("verdict") not in ("skipped", None) else "dim"),
        Cell("" if seconds is None else f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s", "dim",
             seconds or 0.0),
        Cell("" if stage.get("run") is None else str(stage["run"]), "dim", stage.get("run") or 0),
    )  # fmt: skip
    return Row(str(stage["stage"]), cells, stage)


def headline(run: Run) -> Text:
    """The verdict, or how far a challenge is that is not over."""
    number, result = run.arguments.get("version"), run.result
    if result is not None:
        word, style = CHALLENGED.get(result["verdict"], (str(result["verdict"]), ""))
        return Text.assemble(
            (f" {word}", style), f"  v{number}{_against(result)}: {cut(result['reason'], 110)}"
        )
    glyph, style = STATES[run.state]
    text = Text.assemble((f" {glyph} {run.state}", style), f"  v{number} is challenged  ")
    if run.state == "running":
        left = f", about {run.remaining:.0f} s to go" if run.remaining else ""
        text.append(bar(run.progress, 20), "cyan").append(f" {run.progress or 0:.0%}{left}\n   {run.note}")
    elif run.error or run.note:
        text.append(run.error or run.note)
    return text


def _against(result: Mapping[str, Any]) -> str:
    if result.get("opponent") is None:
        return ""
    return f" against {_name(result['opponent'])}"


def _name(version: int) -> str:
    return f"v{version}" if version else "the baseline"


def challenge_text(document: Mapping[str, Any], width: int) -> Text:
    """The whole challenge: verdict, stages with what they found, the contest metric by metric."""
    word, style = CHALLENGED.get(document["verdict"], (str(document["verdict"]), ""))
    text = Text.assemble((f" {word}", style), f"  v{document['version']}{_against(document)}\n")
    text.append(f" {document['reason']}\n\n")
    text.append_text(stages_text(document["stages"], width))
    if document.get("comparison"):
        text.append("\n").append_text(contest_text(document["comparison"]))
    return text


def stages_text(stages: Sequence[Mapping[str, Any]], width: int) -> Text:
    """A line a stage."""
    text = Text()
    for stage in stages:
        word, style = stage_word(stage)
        text.append(f" {stage_title(stage['stage']):<13}").append(f"{word:<11}", style)
        text.append(f"{stage.get('reason', '')}\n", "dim" if stage.get("verdict") == "pass" else "")
    return text


def contest_text(comparison: Mapping[str, Any]) -> Text:
    """Both on the same rows: what differs, with its interval."""
    text = Text()
    rows = comparison.get("rows") or {}
    since = f", {data_day(rows['since'])} to {data_day(rows['until'])}" if rows.get("since") else ""
    text.append(f"Beside {_name(comparison['opponent'])} on the same rows{since}\n", "bold")
    primary = str(comparison.get("metric", ""))
    found = {k: v for k, v in comparison.items() if isinstance(v, Mapping) and "difference" in v}
    for name in sorted(found, key=lambda n: n != primary):
        metric = found[name]
        if metric["difference"] is None:
            continue
        better = _BETTER.get(metric.get("better"), ("", ""))
        text.append(f" {name:<20}", "bold" if name == primary else "dim")
        text.append(f"{interval(metric['difference'], metric.get('low'), metric.get('high')):<28}")
        text.append(f"{better[0]}\n", better[1])
    if comparison.get("worth"):
        text.append(f" worth a swap from {comparison['worth']:g} on\n", "dim")
    return text


def stage_text(stage: Mapping[str, Any], width: int) -> Text:
    """One stage: what it asks, what came of it, its evidence."""
    word, style = stage_word(stage)
    text = Text.assemble((f"{word}", style), "\n")
    text.append(f"{ASKS.get(stage['stage'], '')}\n", "dim")
    if stage.get("reason"):
        text.append(f"\n{stage['reason']}\n")
    return text
