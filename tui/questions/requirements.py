"""Suggested and raised requirements: worked out in a process of its own, shown before they are set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from core.wording import figure
from tui.questions.worked_out import WorkedOutDialog


class SuggestDialog(WorkedOutDialog):
    """Limits that the version kept, with the alarms that they would have cost."""

    handler = "core.requirements:suggest"

    def told(self, found: Sequence[Mapping[str, Any]]) -> Text:
        text = Text()
        for each in found:
            text.append(f"{each['metric']}", "bold").append(f"{_by(each)}  {_limits(each)}\n")
            alarms = each.get("false_alarms_a_year")
            if alarms is not None:
                text.append(
                    f"   {each.get('windows')} past windows, {each.get('breaches')} beyond it; ", "dim"
                )
                text.append(f"{alarms:.2g} false alarms a year\n", "dim")
        return text if found else Text("nothing can be suggested: every usual metric is bound already")

    def changes(self, found: Sequence[Mapping[str, Any]]) -> int:
        return len(found)


class RatchetDialog(WorkedOutDialog):
    """What may rise after the swap, what history would have failed, and what stays."""

    handler = "core.requirements:ratchet"

    def told(self, found: Mapping[str, Any]) -> Text:
        text = Text(f"v{found['before']} → v{found['version']}, revision {found['revision']}\n", style="dim")
        for move in found["moves"]:
            before = _limits(move["from"]) if move.get("from") else "nothing"
            after = _limits(move["to"])
            text.append(str(move["metric"]), "bold").append(f"{_by(move)}  {before}").append("  →  ", "bold")
            text.append(f"{after}\n", "bold")
            text.append(_history(move.get("history")), "dim")
        for kept in found["kept"]:
            text.append(f"{kept['metric']}{_by(kept)}  stays: {kept['reason']}\n", "dim")
        return text

    def changes(self, found: Mapping[str, Any]) -> int:
        return len(found["moves"])


def _by(each: Mapping[str, Any]) -> str:
    return f" by {each['segment']}" if each.get("segment") else ""


def _limits(asked: Mapping[str, Any]) -> str:
    parts = [f"≥ {figure(asked['min'])}"] if asked.get("min") is not None else []
    parts += [f"≤ {figure(asked['max'])}"] if asked.get("max") is not None else []
    if asked.get("range"):
        low, high = asked["range"]
        parts.append(f"{figure(low)} to {figure(high)}")
    parts += [f"mean {figure(asked['mean'])}"] if asked.get("mean") is not None else []
    return ", ".join(parts) or "–"


def _history(history: Mapping[str, Any] | None) -> str:
    """What past windows of the new champion would have failed."""
    seen = (history or {}).get("version")
    if not seen:
        return ""
    beyond, failed = seen["breached"], seen["failed"]
    return f"   of {seen['windows']} past windows {beyond} are beyond it, {failed} would fail\n"
