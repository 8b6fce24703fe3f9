"""Dialogs: a menu of one-key choices, and a frame for questions, in which nothing is done by Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from core.actions import Action
from tui.glyphs import cut
from tui.left_once import LeftOnce

#: A key, the action that it chooses, and why it cannot be done now.
Entry = tuple[str, Action, str]


#: Cells of a line of a menu, at 80 columns.
MENU_CELLS = 74


class Menu(LeftOnce[Action | None], ModalScreen[Action | None]):
    """Actions behind a prefix key. What cannot be done now is shown, and says why."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "cancel", show=False)]

    def __init__(self, title: str, entries: Callable[[], Sequence[Entry]]) -> None:
        super().__init__()
        self._title = title
        self._entries = entries

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -menu") as frame:
            frame.border_title = self._title
            yield Static(self._lines(), id="entries")

    def _lines(self) -> Text:
        lines, entries = Text(no_wrap=True), self._entries()
        room = max((len(action.label) for _, action, _ in entries), default=0) + 1
        for key, action, why_not in entries:
            lines.append(f" {key} ", "bold" if not why_not else "dim")
            lines.append(f"{action.label:<{room}}", "dim" if why_not else "")
            said = f"not now: {why_not}" if why_not else action.help
            lines.append(cut(said, MENU_CELLS - room - 3) + "\n", "dim")
        return lines.append("\n escape  nothing", "dim")

    def look_again(self) -> None:
        """What is selected has been read meanwhile: other things may be possible."""
        self.query_one("#entries", Static).update(self._lines())

    def on_key(self, event: events.Key) -> None:
        for key, action, why_not in self._entries():
            if event.character == key:
                event.stop()
                if why_not:
                    self.notify(f"{action.label}: {why_not}", severity="warning")
                else:
                    self.dismiss(action)
                return


class Question(LeftOnce[dict[str, Any] | None], ModalScreen[dict[str, Any] | None]):
    """A question. The first input is focused, or Cancel where nothing is to be typed.

    ``y`` says yes, Enter does not; in an input, Enter leaves the input. Letters leave no question that asks
    for text: what is typed on beside an input would reach the place behind it.

    A subclass composes its lines (``compose_question``) and says what yes means (``answer``).
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel", show=False),
        Binding("q,n", "no", "no", show=False),
        Binding("y", "yes", "yes", show=False),
    ]
    AUTO_FOCUS = "Input, #cancel"
    title_of_dialog = ""
    yes = "do it"

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as frame:
            frame.border_title = self.title_of_dialog
            yield from self.compose_question()
            yield Static(id="objection")
            yield Button("Cancel", id="cancel", compact=True)
            yield Static(self.footer(), id="same-as")

    def compose_question(self) -> ComposeResult:
        """What is asked."""
        raise NotImplementedError

    def answer(self) -> dict[str, Any] | str:
        """What yes means; a sentence where it is not acceptable yet."""
        return {}

    def same_as(self) -> str:
        """The command that does the same."""
        return ""

    def footer(self) -> Text:
        """How to say yes, and the command that does the same."""
        text = Text.assemble(("y", "bold"), f"  {self.yes}      ", ("escape", "bold"), "  leave it as it is")
        if self.is_mounted and isinstance(self.focused, Input):
            text = Text.assemble(
                *(("enter", "bold"), ", then ", ("y", "bold"), f"  {self.yes}   "),
                *(("escape", "bold"), "  leave it as it is"),
            )
        if command := self.same_as():
            text.append(f"\nsame as: {command}", "dim")
        return text

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in an input goes on: to the next input, or to Cancel; never to yes."""
        event.stop()
        self.focus_next()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.changed()

    def changed(self) -> None:
        """Something was typed."""
        self.query_one("#same-as", Static).update(self.footer())
        self.query_one("#objection", Static).update("")

    def on_descendant_focus(self) -> None:
        """Which keys do what depends on whether one types."""
        self.query_one("#same-as", Static).update(self.footer())

    def on_button_pressed(self) -> None:
        self.dismiss(None)

    def action_cancel(self) -> None:
        """Leave it as it is."""
        self.dismiss(None)

    def action_no(self) -> None:
        """Leave it as it is, where nothing is to be typed."""
        if not self.query(Input):
            self.dismiss(None)

    def action_yes(self) -> None:
        """Say yes, if what was typed is acceptable."""
        found = self.answer()
        if isinstance(found, str):
            self.query_one("#objection", Static).update(Text(found, style="yellow"))
            entry = next(iter(self.query(Input)), None)
            if entry is not None:
                entry.focus()
            return
        self.dismiss(found)
