"""Requirements: what is asked, where it stands, how far from its limit, and all that it ever was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from core.wording import requirement_words
from store.records import Requirement
from tui import model_rows
from tui.glyphs import verdict
from tui.model_rows import moment
from tui.tabs.base import ModelData, Shown, Tab
from tui.widgets.table import Row

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


class RequirementsTab(Tab):
    """A line a requirement."""

    id = "requirements"
    title = "Needs"
    columns = model_rows.REQUIREMENTS
    empty = "nothing is promised yet: r s suggests what the history supports, i sets one"
    hints = (("i", "set"), ("r s", "suggest"), ("r k", "ratchet"), ("x u", "take away"))

    def fetch(self, workspace: Workspace, store: Store, data: ModelData) -> Shown:
        live = store.requirements.live(data.name)
        history = store.requirements.history(data.name)
        return Shown(tuple(model_rows.requirement_row(r, data.status) for r in live), found=history)

    def about(self, data: ModelData, row: Row, width: int) -> tuple[str, Text]:
        requirement: Requirement = row.data
        text = Text()
        need = model_rows.need_of(requirement, data.status)
        if need is not None and need.value is not None:
            word, style = verdict(need.verdict)
            text.append(f"{word}", style).append(f"  {model_rows.room_words(requirement, need)}\n")
        else:
            text.append("no now-test has measured it yet: r n\n", "dim")
        text.append("\nWhat it was\n", "bold")
        place = (requirement.metric, requirement.segment)
        same = [r for r in data.shown.found if (r.metric, r.segment) == place]
        for each in same[:20]:
            what = "taken away" if each.removed else requirement_words(each)
            text.append(f"{moment(each.since):<13}", "dim").append(what)
            text.append(f"  {each.who}{f': {each.why}' if each.why else ''}\n", "dim")
        text.append("\nr s suggests limits; r k raises them after a swap; both show first\n", "dim")
        return requirement_words(requirement), text
