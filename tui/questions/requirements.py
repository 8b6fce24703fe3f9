"""Suggested and raised requirements: worked out in a process of its own, shown before they are set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from core import errand
from core.wording import figure
from incumbent.errors import IncumbentError
from tui.confirm import ActionDialog


class WorkedOutDialog(ActionDialog):
    """A question whose answer has to be worked out first: it appears when it is there."""

    handler: ClassVar[str]

    def compose_question(self) -> ComposeResult:
        yield Static(Text(self._action.help))
        yield Static(Text("working out what would change …", style="dim"), id="worked-out")

    def on_mount(self) -> None:
        self._found: Any = None
        self.run_worker(self._work_out, thread=True, exclusive=True, group="working-out")

    def _work_out(self) -> None:
        try:
            found = errand.send(self.handler, self._owner.workspace, {"model": self._chosen.model})
        except IncumbentError as error:
            self.app.call_from_thread(self._show, None, Text(error.message, style="yellow"))
        else:
            self.app.call_from_thread(self._show, found, self.told(found))

    def _show(self, found: Any, said: Text) -> None:
        self._found = found
        if self.is_mounted:
            self.query_one("#worked-out", Static).update(said)

    def told(self, found: Any) -> Text:
        """What was worked out."""
        raise NotImplementedError

    def changes(self, found: Any) -> int:
        """How many requirements would change."""
        raise NotImplementedError

    def answer(self) -> dict[str, Any] | str:
        if self._found is None:
            return "it is not worked out yet, or cannot be"
        return {} if self.changes(self._found) else "there is nothing to set"


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


def _history(history: Any) -> str:
    if isinstance(history, Mapping):
        words = ", ".join(
            f"{k.replace('_', ' ')} {figure(v) if isinstance(v, float) else v}" for k, v in history.items()
        )
        return f"   {words}\n" if words else ""
    if isinstance(history, Sequence) and not isinstance(history, str):
        return f"   {len(history)} past windows would have failed\n"
    return f"   {history}\n" if history else ""
