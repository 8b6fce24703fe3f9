"""The questions of actions: swap and roll back with what changes, times with the next five, limits, names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from core import actions
from core.actions import Action
from core.wording import data_day
from incumbent.errors import IncumbentError
from store.records import JournalEntry, ProductionRevision, Version
from tui.dialogs import Question
from tui.glyphs import verdict
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
}


def dialog(panel: Panel, action: Action, chosen: Selection, given: dict[str, Any]) -> Question:
    """The question that an action asks first."""
    if action.id in ("production.swap", "production.rollback"):
        return SwapDialog(panel, action, chosen, given)
    if action.id == "schedule.set":
        return TimesDialog(panel, action, chosen, given)
    if action.id == "require.set":
        return LimitsDialog(panel, action, chosen, given)
    return ActionDialog(panel, action, chosen, given)


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


class SwapDialog(ActionDialog):
    """Swap or roll back: which version for which, what stands behind, what the checks said."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "force", "force", show=False)]

    def __init__(self, panel: Panel, action: Action, chosen: Selection, given: dict[str, Any]) -> None:
        super().__init__(panel, action, chosen, given)
        self.title_of_dialog = f"{action.label} of {chosen.model} at site {chosen.site}"
        self._can_force = action.id == "production.swap"
        self._force = False
        self.yes = "swap it" if action.id == "production.swap" else "roll it back"

    def compose_details(self) -> ComposeResult:
        try:
            lines = self._changes()
        except IncumbentError as error:
            lines = [Text(error.message, style="red")]
        yield Static(Text("\n").join(lines), id="changes")

    def compose_question(self) -> ComposeResult:
        yield from self.compose_details()
        yield from self.compose_entry("reason")
        if self._can_force:
            yield Static(self._force_line(), id="force")

    def answer(self) -> dict[str, Any] | str:
        found = super().answer()
        if isinstance(found, dict) and self._can_force:
            found["force"] = self._force
        return found

    def same_as(self) -> str:
        return super().same_as() + (" --force" if self._force else "")

    def action_force(self) -> None:
        """Swap although a case fails, or not."""
        if self._can_force:
            self._force = not self._force
            self.query_one("#force", Static).update(self._force_line())
            self.changed()

    def _force_line(self) -> Text:
        mark = "[x]" if self._force else "[ ]"
        return Text.assemble(("f", "bold"), f"  {mark} force: although a case fails; the journal says so")

    def _changes(self) -> list[Text]:
        store, model, site = self._owner.store, self._chosen.model or "", self._chosen.site
        live = store.production.live(model, site)
        target = self._chosen.version
        if self._action.id == "production.rollback":
            target = _before(list(store.production.history(model, site).rows), live)
        versions = {v.number: v for v in store.versions.list(model, include_archived=True)}
        lines = [
            _changed("champion", _named(live.champion if live else None, versions), _named(target, versions))
        ]
        chain = ", ".join([*(f"v{n}" for n in (live.fallback if live else ()) if n != target), "baseline"])
        lines.append(Text.assemble(("fallback   ", "dim"), chain))
        if target is not None:
            lines += self._verdicts(model, target)
        return lines

    def _verdicts(self, model: str, target: int) -> list[Text]:
        line = Text("checks     ", style="dim")
        for kind in ("regression", "backtest", "nowtest"):
            last = self._owner.store.runs.last(model, kind)
            glyph, style = verdict(_verdict_of((last.result if last else None) or {}, target))
            line.append(f"{kind} ", "default").append(f"{glyph}  ", style)
        return [line]


class TimesDialog(ActionDialog):
    """Cron fields, with the next five times that they name."""

    def default(self, name: str) -> str:
        return self._chosen.schedule.cron if self._chosen.schedule else ""

    def compose_question(self) -> ComposeResult:
        yield Static(Text("minute hour day month weekday, in the workspace's time zone", style="dim"))
        yield from self.compose_entry("cron")
        yield Static(id="next-times")

    def on_mount(self) -> None:
        self.query_one("#entry-cron").focus()
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

    def on_mount(self) -> None:
        self.query_one("#entry-metric").focus()

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
        yield Static(Text(f"{entry.action}   {entry.subject}"))
        yield Static(Text(f"done by {entry.who}, {when:%a %d %b %H:%M}", style="dim"))


def _subject(action: Action, chosen: Selection) -> str:
    if "run" in action.needs and chosen.run:
        return f"{chosen.run.id}: {chosen.run.kind} of {chosen.run.model}"
    if "alert" in action.needs and chosen.alert:
        return chosen.alert.subject
    if "check" in action.needs and chosen.schedule:
        return f"of {chosen.schedule.check}, {chosen.model}"
    if "version" in action.needs:
        return f"v{chosen.version} of {chosen.model}"
    return chosen.model or ""


def _named(number: int | None, versions: dict[int, Version]) -> str:
    if number is None:
        return "nothing"
    version = versions.get(number)
    trained = f" (to {data_day(version.trained_until)})" if version and version.trained_until else ""
    return f"v{number}{trained}"


def _changed(what: str, before: str, after: str) -> Text:
    return Text.assemble((f"{what:<11}", "dim"), before, ("  →  ", "bold"), (after, "bold"))


def _before(history: list[ProductionRevision], live: ProductionRevision | None) -> int | None:
    if live is None:
        return None
    return next((r.champion for r in history if r.number < live.number and r.champion != live.champion), None)


def _verdict_of(result: Mapping[str, Any], version: int) -> Any:
    """The verdict that a run's document has for a version."""
    judged = [v for v in result.get("versions", ()) if v.get("version") == version]
    if judged:
        return judged[0].get("verdict")
    return result.get("verdict") if result.get("version") == version else None


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _number(text: str) -> float | None:
    return float(text) if text else None
