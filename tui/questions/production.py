"""Edits of what production does: the difference is shown as one types, before anybody says yes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from core.production_limits import edited, flat, setting
from incumbent.answering.limits import read_limits
from incumbent.errors import IncumbentError
from store.records import ProductionRevision
from tui.confirm import ActionDialog
from tui.questions.swap import changed

if TYPE_CHECKING:
    from core.actions import Action
    from tui.app import Panel
    from tui.selection import Selection


class ProductionEdit(ActionDialog):
    """An edit of one model at one site."""

    def __init__(self, panel: Panel, action: Action, chosen: Selection, given: dict[str, Any]) -> None:
        super().__init__(panel, action, chosen, given)
        self.title_of_dialog = f"{action.label} of {chosen.model} at site {chosen.site}"
        self._live: ProductionRevision | None = panel.store.production.live(chosen.model or "", chosen.site)

    def compose_question(self) -> ComposeResult:
        yield from self.compose_entries()
        yield Static(id="difference")
        yield from self.compose_entry("reason")

    def compose_entries(self) -> ComposeResult:
        """What is asked before the reason."""
        raise NotImplementedError

    def difference(self) -> Text:
        """What would be different; IncumbentError where what was typed makes no sense."""
        raise NotImplementedError

    def wanted(self) -> dict[str, Any]:
        """The arguments that were typed; IncumbentError where they make no sense."""
        raise NotImplementedError

    def words(self) -> list[str]:
        """What was typed, as the command line has it."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.changed()

    def changed(self) -> None:
        super().changed()
        try:
            said = self.difference()
        except IncumbentError as error:
            said = Text(error.message, style="yellow")
        self.query_one("#difference", Static).update(said)

    def answer(self) -> dict[str, Any] | str:
        try:
            found = self.wanted()
        except IncumbentError as error:
            return error.message
        reason = self.typed("reason")
        return {**found, "reason": reason} if reason else "say why: it is kept with the revision"

    def same_as(self) -> str:
        command = super().same_as()
        if not self.is_mounted:
            return command
        head, reason, said = command.partition(" --reason")
        return " ".join([head, *self.words()]) + reason + said


class FallbackDialog(ProductionEdit):
    """Which versions answer, in this order, where the champion cannot."""

    def compose_entries(self) -> ComposeResult:
        yield Static(Text("versions in the order in which they are asked; the baseline is always last"))
        standing = self._live.fallback if self._live else ()
        yield from self.compose_entry("versions", " ".join(str(n) for n in standing))

    def difference(self) -> Text:
        before = self._live.fallback if self._live else ()
        return changed("fallback", self._chain(before), self._chain(self._numbers()))

    def wanted(self) -> dict[str, Any]:
        return {"versions": list(self._numbers())}

    def words(self) -> list[str]:
        return [str(number) for number in self._numbers_or_none()]

    def _numbers(self) -> tuple[int, ...]:
        from incumbent.errors import UsageError

        words = self.typed("versions").replace(",", " ").replace("v", "").split()
        unreadable = [word for word in words if not word.isdigit()]
        if unreadable:
            raise UsageError(f"{unreadable[0]!r} is no version: versions are numbers")
        known = {v.number for v in self._owner.store.versions.list(self._chosen.model or "")}
        if unknown := [word for word in words if int(word) not in known]:
            raise UsageError(f"there is no version {unknown[0]}, or it is archived")
        if self._live is not None and str(self._live.champion) in words:
            raise UsageError(f"v{self._live.champion} is the champion: it cannot stand in for itself")
        return tuple(dict.fromkeys(int(word) for word in words))

    def _numbers_or_none(self) -> tuple[int, ...]:
        try:
            return self._numbers()
        except IncumbentError:
            return ()

    def _chain(self, numbers: Sequence[Any]) -> str:
        rules = ["rules"] if self._live is not None and self._live.limits.get("rules") else []
        return ", ".join([*(f"v{n}" for n in numbers), *rules, "baseline"])


class LimitsEditDialog(ProductionEdit):
    """Input policy, budgets of time and memory, what a failed now-test does."""

    def compose_entries(self) -> ComposeResult:
        examples = "timeout_ms=500  columns.distance.out_of_range=clip  on_failed_nowtest=fallback"
        yield Static(Text(f"separated by spaces, e.g. {examples}", style="dim"))
        yield from self.compose_entry("set")
        yield from self.compose_entry("unset")

    def difference(self) -> Text:
        before = self._before()
        after = self._after()
        _, mistakes = read_limits(after)
        if mistakes:
            return Text("\n".join(mistakes), style="yellow")
        was, now = dict(flat(before)), dict(flat(after))
        names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
        if not names:
            listed = "\n".join(f"{name} {_shown(value)}" for name, value in sorted(was.items()))
            return Text(f"set now: {listed or 'nothing, all is as by default'}", style="dim")
        return Text("\n").join(
            Text.assemble(
                f"{name}  ", _shown(was.get(name)), ("  →  ", "bold"), (_shown(now.get(name)), "bold")
            )
            for name in names
        )

    def wanted(self) -> dict[str, Any]:
        from incumbent.errors import UsageError

        after = self._after()
        _, mistakes = read_limits(after)
        if mistakes:
            raise UsageError(mistakes[0])
        if after == self._before():
            raise UsageError("nothing would be different")
        return {"changes": self._changes(), "unset": self.typed("unset").split()}

    def words(self) -> list[str]:
        import shlex

        sets = [f"--set {shlex.quote(each)}" for each in self.typed("set").split()]
        return sets + [f"--unset {shlex.quote(each)}" for each in self.typed("unset").split()]

    def _before(self) -> dict[str, Any]:
        limits: Mapping[str, Any] = self._live.limits if self._live else {}
        found: dict[str, Any] = json.loads(json.dumps(dict(limits)))
        return found

    def _after(self) -> dict[str, Any]:
        return edited(self._before(), self._changes(), self.typed("unset").split())

    def _changes(self) -> dict[str, Any]:
        return dict(setting(each) for each in self.typed("set").split())


def _shown(value: Any) -> str:
    return "default" if value is None else value if isinstance(value, str) else json.dumps(value)
