"""The challenge: its stages, live while it runs; the verdict first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from store.records import Run
from tui.evidence import document_text, run_text
from tui.findings.challenge import (
    STAGES,
    contest_text,
    headline,
    stage_row,
    stage_text,
    stage_title,
)
from tui.model_rows import moment
from tui.tabs.base import ModelData, Shown, Tab
from tui.widgets.table import Row

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: Challenges that can be stepped through.
_MOST = 50


class ChallengeTab(Tab):
    """The stages of one challenge; ``w`` goes on to the one before."""

    id = "challenge"
    title = "Challenge"
    columns = STAGES
    empty = "no version has been challenged yet: choose one on Versions, then r c"
    hints = (("enter", "evidence"), ("w", "the one before"), ("x s", "swap"), ("r c", "again"))

    def __init__(self) -> None:
        self._at: dict[str, int] = {}  # model → how many challenges back

    def fetch(self, workspace: Workspace, store: Store, data: ModelData) -> Shown:
        from core.challenge.following import stages_of
        from core.challenge.gate import gate

        runs: tuple[Run, ...] = store.runs.page(data.name, kind="challenge", limit=_MOST).rows
        if not runs:
            return Shown(found=())
        at = self._at.get(data.name, 0) % len(runs)
        run = store.runs.get(runs[at].id)
        stages = stages_of(store, run)
        said = headline(run)
        line = f"\n run {run.id}, {moment(run.finished or run.started or run.queued)}, by {run.who}"
        line += f"; {at + 1} of {len(runs)}: w shows the one before" if len(runs) > 1 else ""
        said.append(line, "dim")
        number = run.arguments.get("version")
        if run.result is not None and at == 0 and number is not None:
            stands = gate(workspace, store, data.name, number, look_at_data=False)
            if stands.stale:
                said.append(f"\n ! old: {stands.stale} since; r c challenges it again", "yellow")
        return Shown(tuple(map(stage_row, stages)), said, found=(run, len(runs)))

    def about(self, data: ModelData, row: Row, width: int) -> tuple[str, Text]:
        stage = row.data
        text = stage_text(stage, width)
        found = data.shown.found
        comparison = (found[0].result or {}).get("comparison") if found else None
        if stage["stage"] == "backtest" and comparison:
            text.append("\n").append_text(contest_text(comparison))
        elif stage.get("evidence"):
            text.append("\n").append_text(document_text(stage["evidence"]))
        return stage_title(stage["stage"]), text

    def evidence(self, store: Store, data: ModelData, row: Row, width: int) -> tuple[str, Text] | None:
        stage = row.data
        title, text = self.about(data, row, width)
        if stage.get("run") is not None:
            text.append("\n").append_text(run_text(store.runs.get(stage["run"]), width))
        return f"challenge › {title}", text

    def step(self, data: ModelData) -> bool:
        found = data.shown.found
        if not found or found[1] < 2:
            return False
        self._at[data.name] = self._at.get(data.name, 0) + 1
        return True

    def version(self, data: ModelData) -> int | None:
        found = data.shown.found
        return found[0].arguments.get("version") if found else None
