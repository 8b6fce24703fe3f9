"""The journal: who did what to the model, when, and whether it can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from store.records import JournalEntry
from tui import model_rows
from tui.evidence import document_text, written
from tui.tabs.base import ModelData, Shown, Tab
from tui.widgets.table import Row

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


class JournalTab(Tab):
    """A line a deed."""

    id = "journal"
    title = "Journal"
    columns = model_rows.JOURNAL
    empty = "nothing has been done to this model yet"
    hints = (("enter", "whole"), ("u", "undo the last"))

    def fetch(self, workspace: Workspace, store: Store, data: ModelData) -> Shown:
        page = store.journal.page(data.name)
        return Shown(tuple(map(model_rows.journal_row, page.rows)), more=page.after is not None)

    def about(self, data: ModelData, row: Row, width: int) -> tuple[str, Text]:
        entry: JournalEntry = row.data
        return entry.action, document_text(dict(entry.detail))

    def evidence(self, store: Store, data: ModelData, row: Row, width: int) -> tuple[str, Text] | None:
        entry: JournalEntry = row.data
        told = {
            "when": written(entry.when),
            "who": entry.who,
            "action": entry.action,
            "subject": entry.subject,
            "detail": dict(entry.detail),
            "undo": dict(entry.undo or {}),
        }
        return f"journal {entry.id}", document_text(told)
