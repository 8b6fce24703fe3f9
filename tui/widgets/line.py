"""One line of text with a left and a right part, never wrapped."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from tui.glyphs import cut, split


class Line(Widget):
    """A line; drawn again only when what it says changes."""

    DEFAULT_CSS = "Line { height: 1; width: 1fr; }"
    can_focus = False

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._left, self._right = Text(), Text()

    def say(self, left: Text | str = "", right: Text | str = "") -> None:
        """Show this."""
        sides = tuple(side if isinstance(side, Text) else Text(side) for side in (left, right))
        if sides != (self._left, self._right):
            self._left, self._right = sides
            self.refresh()

    def render(self) -> Text:
        return split(self._left, self._right, self.size.width)

    @property
    def text(self) -> str:
        """What it says, for tests and for copying."""
        return f"{self._left.plain} {self._right.plain}".strip()


class Rule(Widget):
    """A horizontal rule, with a title in it where it has one."""

    DEFAULT_CSS = "Rule { height: 1; width: 1fr; }"
    can_focus = False

    def __init__(self, title: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = title

    def say(self, title: str) -> None:
        """Show another title."""
        if title != self._title:
            self._title = title
            self.refresh()

    def render(self) -> Text:
        width = self.size.width
        if not self._title:
            return Text("─" * width, style="dim", no_wrap=True)
        title = f" {cut(self._title, width - 4)} "
        line = Text(no_wrap=True)
        line.append("─", style="dim").append(title, style="bold")
        return line.append("─" * max(0, width - line.cell_len), style="dim")
