"""The questions of actions: what is asked of all, times with the next five, limits of a metric, names."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from core import actions
from core.actions import Action
from incumbent.errors import IncumbentError
from store.records import JournalEntry
from tui.dialogs import Question
from tui.selection import Selection

if TYPE_CHECKING:
    from tui.app import Panel

#: What an answer is called, how it is labelled, and an example.
_ENTRIES = {
    "reason": ("why", "kept for ever"),
    "new": ("new name", ""),
    "duration": ("how long", "12h, 3d, 1 week; 0 lets it speak again"),
    "site": ("site", "one of `incumbent site list`"),
    "cron": ("times", "0 2 * * *"),
    "versions": ("versions", "e.g. 2 1"),
    "set": ("set", "LIMIT=VALUE"),
    "unset": ("unset", "LIMIT"),
    "note": ("note", "kept for ever; of a case: what the check said"),
    "share": ("share", "of the keys, e.g. 0.1; nothing: in shadow"),
    "days": ("days", "14; 0: for ever"),
    "when": ("when", "distance > 5000 and carrier == 'XX'"),
    "answer": ("answer", "a class of the model, or a number"),
    "expect": ("expects", "what did not hold; or label=1, min=0 max=9"),
}


#: Actions with a question of their own: where it is defined.
_QUESTIONS = {
    "production.swap": "tui.questions.swap:SwapDialog",
    "production.rollback": "tui.questions.swap:SwapDialog",
    "production.fallback": "tui.questions.production:FallbackDialog",
    "production.limits": "tui.questions.production:LimitsEditDialog",
    "production.rule": "tui.questions.spot:RuleDialog",
    "edge.case": "tui.questions.spot:SpotCaseDialog",
    "require.suggest": "tui.questions.requirements:SuggestDialog",
    "require.ratchet": "tui.questions.requirements:RatchetDialog",
    "case.accept": "tui.questions.cases:AcceptCasesDialog",
    "trial.accept": "tui.questions.swap:AcceptDialog",
    "trial.start": "tui.questions.trial:TrialDialog",
    "schedule.set": "tui.confirm:TimesDialog",
    "require.set": "tui.confirm:LimitsDialog",
}


def dialog(panel: Panel, action: Action, chosen: Selection, given: dict[str, Any]) -> Question:
    """The question that an action asks first."""
    module, _, name = _QUESTIONS.get(action.id, "tui.confirm:ActionDialog").partition(":")
    question: Question = getattr(import_module(module), name)(panel, action, chosen, given)
    return question


class ActionDialog(Question):
    """What an action would do, what it asks for, and the command that does the same."""

    def __init__(self, panel: Panel, action: Action, chosen: Selection, given: dict[str, Any]) -> None:
        super().__init__()
        self._owner = panel
        self._action = action
        self._chosen = chosen
        self._given = given
        self.title_of_dialog = f"{action.label} {_subject(action, chosen)}".strip()
        self.yes = action.label.lower()

    def compose_question(self) -> ComposeResult:
        yield Static(Text(self._action.help))
        yield from self.compose_details()
        for name in self._action.asks:
            yield from self.compose_entry(name)
        if self._action.danger == "irreversible":
            yield Static(
                Text(f"type {self._chosen.model} to confirm; this cannot be undone", style="bold red")
            )
            yield from self.compose_entry("name")

    def compose_details(self) -> ComposeResult:
        """What changes."""
        yield from ()

    def compose_entry(self, name: str, value: str = "") -> ComposeResult:
        """A labelled input."""
        label, example = _ENTRIES.get(name, (name, ""))
        with Horizontal(classes="entry"):
            yield Label(f"{label:<9}")
            yield Input(
                value=value or self.default(name), placeholder=example, id=f"entry-{name}", compact=True
            )

    def default(self, name: str) -> str:
        """What an input says at first."""
        return {"duration": "1d", "new": self._chosen.model or ""}.get(name, "")

    def typed(self, name: str) -> str:
        """What stands in an input."""
        if not self.is_mounted:
            return ""
        found = self.query(f"#entry-{name}")
        return found.first(Input).value.strip() if found else ""

    def answer(self) -> dict[str, Any] | str:
        if self._action.danger == "irreversible":
            typed = self.typed("name")
            return (
                {"confirmed": typed} if typed == self._chosen.model else f"type {self._chosen.model} exactly"
            )
        answers: dict[str, Any] = {name: self.typed(name) for name in self._action.asks}
        for name, text in answers.items():
            if not text:
                return "say why: it is kept with the revision" if name == "reason" else f"{name} is missing"
        return answers

    def same_as(self) -> str:
        typed: dict[str, Any] = {name: self.typed(name) or "…" for name in self._action.asks}
        return actions.command(self._action, {**self._given, **typed})


class TimesDialog(ActionDialog):
    """Cron fields, with the next five times that they name."""

    def default(self, name: str) -> str:
        return self._chosen.schedule.cron if self._chosen.schedule else ""

    def compose_question(self) -> ComposeResult:
        yield Static(Text("minute hour day month weekday, in the workspace's time zone", style="dim"))
        yield from self.compose_entry("cron")
        yield Static(id="next-times")

    def on_mount(self) -> None:
        self.changed()

    def changed(self) -> None:
        from core import schedules

        super().changed()
        try:
            times = schedules.next_times(self._owner.workspace, self.typed("cron"))
        except IncumbentError as error:
            self.query_one("#next-times", Static).update(Text(error.message, style="yellow"))
            return
        shown = "\n".join(f"  {moment:%a %d %b %Y %H:%M}" for moment in times)
        self.query_one("#next-times", Static).update(Text(f"next five times\n{shown}"))

    def answer(self) -> dict[str, Any] | str:
        from core import schedules

        try:
            schedules.next_times(self._owner.workspace, self.typed("cron"), 1)
        except IncumbentError as error:
            return error.message
        return {"cron": self.typed("cron")}


class LimitsDialog(ActionDialog):
    """A metric and what it must keep."""

    def compose_question(self) -> ComposeResult:
        asked = self._chosen.requirement
        low, high = asked.range if asked and asked.range else (None, None)
        values = {
            "metric": asked.metric if asked else "",
            "min": _text(asked.min if asked else None),
            "max": _text(asked.max if asked else None),
            "mean": _text(asked.mean if asked else None),
            "range": "" if low is None else f"{low:g} {high:g}",
            "segment": (asked.segment or "") if asked else "",
        }
        yield Static(Text("min, max and range hold for every window; mean for all together", style="dim"))
        for name, value in values.items():
            yield from self.compose_entry(name, value)
        yield from self.compose_entry("reason")

    def answer(self) -> dict[str, Any] | str:
        metric = self.typed("metric")
        if not metric:
            return "name a metric, as in scikit-learn: roc_auc, log_loss, mae, bias …"
        try:
            limits: dict[str, Any] = {n: _number(self.typed(n)) for n in ("min", "max", "mean")}
            pair = [float(part) for part in self.typed("range").replace(",", " ").split()]
        except ValueError as error:
            return f"not a number: {error}"
        if len(pair) not in (0, 2):
            return "a range is two numbers: lowest and highest"
        limits["range"] = tuple(pair) if pair else None
        return {
            "metric": metric, **limits, "segment": self.typed("segment") or None, "why": self.typed("reason"),
        }  # fmt: skip

    def same_as(self) -> str:
        words = ["incumbent require set", str(self._chosen.model)]
        if not self.is_mounted:
            return " ".join(words)
        words.append(self.typed("metric") or "METRIC")
        words += [
            f"--{n} {self.typed(n)}" for n in ("min", "max", "mean", "range", "segment") if self.typed(n)
        ]
        return " ".join(words)


class UndoDialog(Question):
    """What would be taken back."""

    title_of_dialog = "Undo"
    yes = "take it back"

    def __init__(self, entry: JournalEntry) -> None:
        super().__init__()
        self._entry = entry

    def compose_question(self) -> ComposeResult:
        entry = self._entry
        when = datetime.fromisoformat(entry.when).astimezone()
        label = next(
            (a.label for a in actions.ACTIONS if a.id == entry.action), entry.action.replace(".", " ")
        )
        yield Static(Text.assemble((label, "bold"), f"   {entry.subject}"))
        yield Static(Text(f"done by {entry.who}, {when:%a %d %b %H:%M}", style="dim"))


def _subject(action: Action, chosen: Selection) -> str:
    if "run" in action.needs and chosen.run:
        return f"{chosen.run.id}: {chosen.run.kind} of {chosen.run.model}"
    if "alert" in action.needs and chosen.alert:
        return chosen.alert.subject
    if "trial" in action.needs and chosen.trial:
        return f"of v{chosen.trial.version} of {chosen.model}"
    if "case" in action.needs and chosen.case:
        return f"{chosen.case.id} of {chosen.model}"
    if "check" in action.needs and chosen.schedule:
        return f"of {chosen.schedule.check}, {chosen.model}"
    if "version" in action.needs:
        return f"v{chosen.version} of {chosen.model}"
    named = action.label.endswith("model")  # "Archive the model flights", but "Set a requirement of flights"
    return (chosen.model or "") if named or not chosen.model else f"of {chosen.model}"


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _number(text: str) -> float | None:
    return float(text) if text else None
