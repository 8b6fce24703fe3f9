"""A dialog to choose several of a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import SelectionList, Static

from tui.left_once import LeftOnce


class Choose(LeftOnce[list[str] | None], ModalScreen[list[str] | None]):
    """Space chooses, Enter takes the choice, Escape leaves it as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "cancel", show=False),
        Binding("enter", "take", "take", show=False, priority=True),
        Binding("j", "down", "down", show=False),
        Binding("k", "up", "up", show=False),
    ]

    def __init__(self, title: str, entries: Sequence[tuple[str, str]], chosen: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._entries = entries
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as frame:
            frame.border_title = self._title
            yield SelectionList[str](*((label, key, key in self._chosen) for key, label in self._entries))
            yield Static("space choose · enter take · escape leave it")

    def action_take(self) -> None:
        """Take what is chosen, in the order of the list that was chosen before, then of the list."""
        chosen: list[str] = self.query_one(SelectionList).selected
        before = [key for key in self._chosen if key in chosen]
        self.dismiss([*before, *(key for key, _ in self._entries if key in chosen and key not in before)])

    def action_down(self) -> None:
        """Down."""
        self.query_one(SelectionList).action_cursor_down()

    def action_up(self) -> None:
        """Up."""
        self.query_one(SelectionList).action_cursor_up()
