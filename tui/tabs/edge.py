"""Weak spots: what an edge test found, a line a spot, to become a case or a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from store.records import Run
from tui.evidence import run_text
from tui.findings.edge import headline, spot_text
from tui.glyphs import STATES, bar, verdict
from tui.model_rows import moment
from tui.selection import WeakSpot
from tui.tabs.base import ModelData, Shown, Tab
from tui.widgets.table import Cell, Column, Row

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: Edge tests that can be stepped through.
_MOST = 20


class EdgeTab(Tab):
    """A line a weak spot of one edge test; ``w`` goes on to the test before."""

    id = "edge"
    title = "Edge"
    columns = (
        Column("VERDICT", 7),
        Column("V", 3, right=True),
        Column("COLUMN", 12),
        Column("WHAT WAS DONE", 16),
        Column("WHAT CAME OF IT", 20, grow=True),
        Column("ROWS", 4, right=True),
    )
    hints = (
        ("enter", "whole"),
        ("a", "make it a case"),
        ("x w", "a rule"),
        ("r e", "again"),
        ("w", "before"),
    )

    def __init__(self) -> None:
        self._at: dict[str, int] = {}  # model → how many edge tests back

    def fetch(self, workspace: Workspace, store: Store, data: ModelData) -> Shown:
        runs: tuple[Run, ...] = store.runs.page(data.name, kind="edge", limit=_MOST).rows
        active = next((run for run in runs if run.state in ("queued", "running")), None)
        ended = [run for run in runs if run.state == "done"]
        said = _at_work(active) if active else Text()
        if not ended:
            return Shown(headline=said)
        at = self._at.get(data.name, 0) % len(ended)
        run = store.runs.get(ended[at].id)
        document: Mapping[str, Any] = run.result or {}
        said.append_text(headline(document))
        line = f" run {run.id}, {moment(run.finished or run.queued)}, {run.why}"
        line += f"; {at + 1} of {len(ended)}: w shows the one before" if len(ended) > 1 else ""
        said.append(line, "dim")
        listed = enumerate(document.get("failed", ()), start=1)
        rows = tuple(_row(WeakSpot(run.id, entry, spot)) for entry, spot in listed)
        return Shown(rows, said, found=(run, len(ended)))

    def empty_text(self, data: ModelData) -> str:
        if data.shown.found is not None:
            return "no weak spot: every edge row holds. r e asks again, enter on Checks shows what was asked"
        return "no version was asked for rows that training never had: r e"

    def about(self, data: ModelData, row: Row, width: int) -> tuple[str, Text]:
        spot: WeakSpot = row.data
        text = spot_text(spot.document)
        text.append("\na makes it a case: it binds every version from then on\n", "dim")
        text.append("x w makes a rule of it: a fixed answer in production\n", "dim")
        return f"{spot.document['column'] or 'the whole row'}: {spot.document['kind']}", text

    def evidence(self, store: Store, data: ModelData, row: Row, width: int) -> tuple[str, Text] | None:
        run: Run = data.shown.found[0]
        return f"edge test, run {run.id}", run_text(run, width)

    def step(self, data: ModelData) -> bool:
        found = data.shown.found
        if not found or found[1] < 2:
            return False
        self._at[data.name] = self._at.get(data.name, 0) + 1
        return True


def _row(spot: WeakSpot) -> Row:
    found = spot.document
    word, style = verdict(found["severity"])
    cells = (
        Cell(word, style, found["severity"] != "fail"),
        Cell(str(found["version"]), "", found["version"]),
        Cell(found["column"] or "(whole row)"),
        Cell(found["kind"]),
        Cell(found["reason"]),
        Cell(str(1 + len(found["also"])), "dim", 1 + len(found["also"])),
    )
    return Row(str(spot.entry), cells, spot)


def _at_work(run: Run) -> Text:
    glyph, style = STATES[run.state]
    text = Text.assemble((f" {glyph} {run.state}", style), "  a new edge test  ")
    if run.state == "running":
        text.append(bar(run.progress, 20), "cyan").append(f" {run.progress or 0:.0%}")
    return text.append("\n")
