"""Drift: every column of the latest window, the worst first, with both distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from store.records import Run
from tui.evidence import run_text
from tui.findings.drift import COLUMNS, column_rows, column_text, headline
from tui.tabs.base import ModelData, Shown, Tab
from tui.widgets.table import Row

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


class DriftTab(Tab):
    """A line a column."""

    id = "drift"
    title = "Drift"
    columns = COLUMNS
    empty = "the newest rows were never held against training: r d"
    hints = (("enter", "whole"), ("r d", "again"), ("s", "sort"))

    def fetch(self, workspace: Workspace, store: Store, data: ModelData) -> Shown:
        last: Run | None = store.runs.last(data.name, "drift")
        if last is None or not last.result:
            return Shown()
        return Shown(tuple(column_rows(last.result)), headline(last.result), found=last)

    def about(self, data: ModelData, row: Row, width: int) -> tuple[str, Text]:
        return str(row.data["column"]), column_text(row.data, width)

    def evidence(self, store: Store, data: ModelData, row: Row, width: int) -> tuple[str, Text] | None:
        if "statistics" in row.data:
            return f"drift › {row.data['column']}", column_text(row.data, width)
        run: Run = data.shown.found
        return f"drift, run {run.id}", run_text(run, width)
