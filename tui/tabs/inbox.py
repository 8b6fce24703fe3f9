"""The inbox: surprising rows of production and of back-tests, to become cases or to be dismissed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from core.wording import data_time, figure
from store.records import InboxEntry
from tui.evidence import document_text
from tui.tabs.base import ModelData, Shown, Tab
from tui.widgets.table import Cell, Column, Row

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


class InboxTab(Tab):
    """A line an entry."""

    id = "inbox"
    title = "Inbox"
    columns = (
        Column("ENTRY", 5, right=True),
        Column("KIND", 8),
        Column("WHY IT IS HERE", 24, grow=True),
        Column("SAID", 6, right=True),
        Column("ACTUAL", 6, right=True),
        Column("SEEN", 4, right=True),
        Column("LAST", 10),
    )
    empty = "no surprising row waits; the night gathers them from the log and from back-tests"
    hints = (("a", "make it a case"), ("d", "dismiss"), ("u", "undo"), ("enter", "whole"))

    def fetch(self, workspace: Workspace, store: Store, data: ModelData) -> Shown:
        return Shown(tuple(map(_row, store.inbox.list(data.name))))

    def about(self, data: ModelData, row: Row, width: int) -> tuple[str, Text]:
        entry: InboxEntry = row.data
        text = Text(f"{entry.reason}\n\n")
        text.append("a makes it a case, with a note; d dismisses it\n\n", "dim")
        said = {k: v for k, v in entry.said.items() if v is not None}
        text.append_text(document_text({"said": said, "actual": entry.actual}))
        text.append("\nRow\n", "bold").append_text(document_text(entry.row))
        return f"entry {entry.id}", text

    def evidence(self, store: Store, data: ModelData, row: Row, width: int) -> tuple[str, Text] | None:
        entry: InboxEntry = row.data
        _, text = self.about(data, row, width)
        told = {"found in": entry.source, "times seen": entry.count, "first": entry.first, "last": entry.last}
        return f"inbox › entry {entry.id}", text.append("\n").append_text(document_text(told))


def _row(entry: InboxEntry) -> Row:
    cells = (
        Cell(str(entry.id), "", entry.id),
        Cell(entry.kind),
        Cell(entry.reason),
        Cell(_short(entry.said.get("value"))),
        Cell(_short(entry.actual)),
        Cell(f"{entry.count:,}", "", entry.count),
        Cell(data_time(entry.last)[:10], "dim", entry.last or ""),
    )
    return Row(str(entry.id), cells, entry)


def _short(value: object) -> str:
    if value is None:
        return "–"
    return figure(value) if isinstance(value, float) else str(value)
