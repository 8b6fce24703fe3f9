"""Cases: what every version must answer, how old each is, and which want to be looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from core.cases.age import due_since
from tui import model_rows
from tui.evidence import case_text
from tui.tabs.base import ModelData, Shown, Tab
from tui.widgets.table import Row

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


class CasesTab(Tab):
    """A line a case."""

    id = "cases"
    title = "Cases"
    columns = model_rows.CASES
    empty = "there is no case yet: incumbent case add, or a surprising row of the inbox"
    hints = (
        ("enter", "whole"),
        ("r g", "run them"),
        ("a", "looked at"),
        ("x k", "accept"),
        ("x d", "remove"),
    )

    def fetch(self, workspace: Workspace, store: Store, data: ModelData) -> Shown:
        page = store.cases.page(data.name)
        due = store.cases.not_looked_at_since(due_since(), data.name).get(data.name, 0)
        said = Text()
        if due:
            said.append(f" ! nobody has looked at {due} of them for a quarter: a after a look", "yellow")
        # those that people wrote before those that versions brought along
        cases = sorted(page.rows, key=lambda case: case.kind == "golden")
        return Shown(tuple(map(model_rows.case_row, cases)), said, page.after is not None)

    def about(self, data: ModelData, row: Row, width: int) -> tuple[str, Text]:
        return f"case {row.key}", case_text(row.data)

    def evidence(self, store: Store, data: ModelData, row: Row, width: int) -> tuple[str, Text] | None:
        return f"case {row.key}", case_text(row.data)
