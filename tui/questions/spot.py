"""A weak spot becomes a case, or a rule: what would bind or answer is shown before anybody says yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from core import actions
from core.cases.weak_spots import NOT_TOLD
from core.production_limits import setting
from core.rules import condition, rule_of
from incumbent.errors import IncumbentError
from tui.confirm import ActionDialog
from tui.questions.production import ProductionEdit
from tui.questions.swap import told

if TYPE_CHECKING:
    from core.actions import Action
    from tui.app import Panel
    from tui.selection import Selection


class SpotCaseDialog(ActionDialog):
    """The row, what must hold of it, and a note: by default what the edge test said."""

    def compose_question(self) -> ComposeResult:
        spot = self._chosen.spot
        assert spot is not None
        found = spot.document
        yield Static(Text(f"{found['column'] or 'the whole row'}, {found['kind']}: {found['reason']}"))
        yield from self.compose_entry("expect")
        yield from self.compose_entry("note")

    def answer(self) -> dict[str, Any] | str:
        try:
            expect = dict(setting(each) for each in self.typed("expect").split())
        except IncumbentError as error:
            return f"{error.message}: write label=1, or min=0 max=9"
        spot = self._chosen.spot
        if not expect and spot is not None and spot.document["kind"] in NOT_TOLD:
            return "what it should answer is not told by this kind of spot: write label=1, or min=0 max=9"
        note = self.typed("note")
        return {**({"note": note} if note else {}), **({"expect": expect} if expect else {})}

    def same_as(self) -> str:
        given = {**self._given, "note": self.typed("note")}
        options = [f"--{name} {value}" for name, _, value in _pairs(self.typed("expect"))]
        return " ".join([actions.command(self._action, given), *options])


class RuleDialog(ProductionEdit):
    """A condition and a fixed answer: instead of the model, or where no version has answered."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "first", "first", show=False)]

    def __init__(self, panel: Panel, action: Action, chosen: Selection, given: dict[str, Any]) -> None:
        super().__init__(panel, action, chosen, given)
        self._first = True

    def compose_entries(self) -> ComposeResult:
        yield Static(Text("rows that the condition holds for get this answer, and no model is asked"),
                     id="meant")  # fmt: skip
        yield from self.compose_entry("when", self._suggested())
        yield from self.compose_entry("answer")
        yield Static(self._first_line(), id="first")

    def difference(self) -> Text:
        standing = len(self._live.limits.get("rules") or ()) if self._live else 0
        rule = self._rule()
        order = "before the model" if self._first else "after every version"
        after = f"when {rule['when']} answer {rule['answer']!r}, {order}"
        rules = f"{standing} rule{'' if standing == 1 else 's'}"
        return Text("\n").join(
            [told("now", rules), told("then", Text(f"{rules} and: {after}", style="bold"))]
        )

    def wanted(self) -> dict[str, Any]:
        rule = self._rule()
        return {"when": rule["when"], "answer": rule["answer"], "first": self._first}

    def words(self) -> list[str]:
        return ["--first"] if self._first else []

    def same_as(self) -> str:
        if not self.is_mounted:
            return super().same_as()
        self._given = {
            **self._given,
            "when": self.typed("when") or "…",
            "answer": self.typed("answer") or "…",
        }
        return super().same_as()

    def action_first(self) -> None:
        """Ask it before the model, or only where no version has answered."""
        self._first = not self._first
        self.query_one("#first", Static).update(self._first_line())
        self.changed()

    def _first_line(self) -> Text:
        mark = "[x]" if self._first else "[ ]"
        return Text.assemble(
            ("f", "bold"), f"  {mark} before the model; else only where no version has answered"
        )

    def _rule(self) -> dict[str, Any]:
        return rule_of(self.typed("when"), self.typed("answer"), self._first, "")

    def _suggested(self) -> str:
        spot = self._chosen.spot
        if spot is None or not isinstance(spot.document["row"], dict):
            return ""
        column, row = spot.document["column"], spot.document["row"]
        return condition(column, row[column], spot.document["kind"]) if column in row else ""


def _pairs(typed: str) -> list[tuple[str, str, str]]:
    return [each.partition("=") for each in typed.split() if "=" in each]
