"""Checks: the latest word of each kind, how old it is, and how it is run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from core import actions
from core.runs.handlers import CHECKS, title
from core.wording import short_age
from store.records import Run, Schedule
from tui.evidence import run_text
from tui.glyphs import STATES, outcome, verdict
from tui.model_rows import moment
from tui.tabs.base import ModelData, Shown, Tab
from tui.widgets.table import Cell, Column, Row

if TYPE_CHECKING:
    from core.status import CheckStatus
    from core.workspace import Workspace
    from store import Store

#: Earlier runs that are listed about a check.
_EARLIER = 8
_ORDER = ("nowtest", "backtest", "regression", "edge", "stress", "drift", "software", "challenge")
_NOTHING = "never run"


class Check(NamedTuple):
    """One kind of check: its last word, what is under way, earlier runs, when it runs by itself."""

    kind: str
    last: CheckStatus | None
    active: Run | None
    earlier: tuple[Run, ...]
    schedule: Schedule | None


class ChecksTab(Tab):
    """A line a check."""

    id = "checks"
    title = "Checks"
    columns = (
        Column("CHECK", 16),
        Column("VERDICT", 9),
        Column("AGE", 4, right=True),
        Column("WHAT IT FOUND", 20, grow=True),
        Column("RUN IT", 6),
    )
    hints = (("enter", "evidence"), ("r", "run"))

    def fetch(self, workspace: Workspace, store: Store, data: ModelData) -> Shown:
        known = {check.kind: check for check in data.status.checks}
        active = [run for run in store.runs.active() if run.model == data.name]
        schedules = {s.check: s for s in store.schedules.list(data.name)}
        checks = [
            Check(
                kind,
                known.get(kind),
                next((run for run in active if run.kind == kind), None),
                store.runs.page(data.name, kind=kind, limit=_EARLIER).rows,
                schedules.get(kind),
            )
            for kind in dict.fromkeys([*_ORDER, *CHECKS])
        ]
        return Shown(tuple(map(_row, checks)))

    def about(self, data: ModelData, row: Row, width: int) -> tuple[str, Text]:
        check: Check = row.data
        action = actions.find(f"check.{check.kind}")
        text = Text(f"{action.help}\n", style="dim")
        if check.schedule is not None:
            paused = ", paused" if check.schedule.paused else ""
            text.append(f"by itself at {check.schedule.cron}{paused}\n", "dim")
        if not check.earlier:
            key = f"{action.key} runs it" if action.key else "run it"
            return title(check.kind), text.append(f"\n{_NOTHING}: {key}, or\n{_command(action, data)}\n")
        text.append("\n")
        for run in check.earlier:
            word, style = outcome(run)
            when = run.as_of[:10] if run.as_of else moment(run.finished or run.queued)
            text.append(f"{word:<9}", style).append(f"{when:<13}", "dim")
            text.append(f"{run.note or run.error or run.why}\n")
        return title(check.kind), text

    def evidence(self, store: Store, data: ModelData, row: Row, width: int) -> tuple[str, Text] | None:
        check: Check = row.data
        number = check.last.run if check.last else check.earlier[0].id if check.earlier else None
        if number is None:
            return None
        return f"{title(check.kind)}, run {number}", run_text(store.runs.get(number), width)


def _row(check: Check) -> Row:
    last, active = check.last, check.active
    word, style = verdict(last.verdict if last else None)
    if active is not None:
        word, style = f"{STATES[active.state][0]} {_progress(active)}", STATES[active.state][1]
    seconds = _age(last.when) if last and last.when else None
    note = active.note if active is not None and active.note else last.note if last else _NOTHING
    cells = (
        Cell(title(check.kind)),
        Cell(word, style),
        Cell("" if seconds is None else short_age(seconds), "dim", seconds if seconds is not None else 1e18),
        Cell(note, "" if last or active else "dim"),
        Cell(actions.find(f"check.{check.kind}").key, "bold"),
    )
    return Row(check.kind, cells, check)


def _progress(run: Run) -> str:
    return "queued" if run.state == "queued" else f"{run.progress or 0:.0%}"


def _age(moment: str) -> float:
    return (datetime.now().astimezone() - datetime.fromisoformat(moment)).total_seconds()


def _command(action: actions.Action, data: ModelData) -> str:
    return actions.command(action, {"model": data.name, "version": data.status.shown})
