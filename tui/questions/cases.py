"""Changed expectations in bulk: each difference is shown before any is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from tui.questions.worked_out import WorkedOutDialog

#: Differences that are listed; the others are counted.
_MOST = 12


class AcceptCasesDialog(WorkedOutDialog):
    """What failed cases expect, and what they would expect: what the champion answers."""

    handler = "core.cases:accept"
    keywords = {"apply": False}  # noqa: RUF012 - as the base class has it

    def told(self, found: Mapping[str, Any]) -> Text:
        text = Text()
        for change in found["changes"][:_MOST]:
            text.append(f"case {change['case']}  ", "bold").append(f"{change['from']}")
            text.append("  →  ", "bold").append(f"{change['to']}", "bold").append(
                f"  {change['note']}\n", "dim"
            )
        if (more := len(found["changes"]) - _MOST) > 0:
            text.append(f"and {more} more\n", "dim")
        for kept in found["kept"][:_MOST]:
            what = "what the cases measure together" if kept["case"] is None else f"case {kept['case']}"
            text.append(f"{what} stays: {kept['reason']}\n", "dim")
        return text if found["changes"] or found["kept"] else Text("every case passes: nothing would change")

    def changes(self, found: Mapping[str, Any]) -> int:
        return len(found["changes"])
