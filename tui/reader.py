"""A screen of text to read: evidence, a comparison, help, a log that may be followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.left_once import LeftOnce
from tui.widgets.line import Line, Rule

if TYPE_CHECKING:
    from tui.app import Panel


class Reader(LeftOnce[None]):
    """Text on a screen of its own.

    Parameters
    ----------
    title : str
    text : Text
    again : callable, optional
        Reads the text anew, in a thread, each second: for a log of a run that is not over.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "back", show=False),
        Binding("j,down", "down", "down", show=False),
        Binding("k,up", "up", "up", show=False),
        Binding("ctrl+d,pagedown", "page_down", "page down", show=False),
        Binding("ctrl+u,pageup", "page_up", "page up", show=False),
        Binding("g,home", "first", "first", show=False),
        Binding("G,end", "last", "last", show=False),
        Binding("y", "copy", "copy", show=False),
        Binding("e", "export", "export", show=False),
    ]

    def __init__(self, title: str, text: Text, again: Callable[[], Text] | None = None) -> None:
        super().__init__()
        self._heading = title
        self._text = text
        self._again = again

    def compose(self) -> ComposeResult:
        yield Line(id="title")
        yield Rule()
        with VerticalScroll(id="page"):
            yield Static(self._text, id="text")
        yield Line(id="footer")

    def on_mount(self) -> None:
        self.query_one("#title", Line).say(Text.assemble((" Incumbent", "bold"), " › ", self._heading))
        hints = Text.assemble((" escape", "bold"), " back  ", ("j k g G", "bold"), " move  ",
                              ("y", "bold"), " copy  ", ("e", "bold"), " export")  # fmt: skip
        self.query_one("#footer", Line).say(hints, "following " if self._again else "")
        self._page.focus()
        if self._again is not None:
            self._page.scroll_end(animate=False)
            self.set_interval(1.0, self._follow)

    def _follow(self) -> None:
        self.run_worker(self._read, thread=True, exclusive=True, group="log")

    def _read(self) -> None:
        assert self._again is not None
        text = self._again()
        self.app.call_from_thread(self._show, text)

    def _show(self, text: Text) -> None:
        if text.plain == self._text.plain:
            return
        at_end = self._page.scroll_offset.y >= self._page.max_scroll_y
        self._text = text
        self.query_one("#text", Static).update(text)
        if at_end:
            self._page.scroll_end(animate=False)

    @property
    def _page(self) -> VerticalScroll:
        return self.query_one("#page", VerticalScroll)

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)

    def action_down(self) -> None:
        """A line down."""
        self._page.scroll_down(animate=False)

    def action_up(self) -> None:
        """A line up."""
        self._page.scroll_up(animate=False)

    def action_page_down(self) -> None:
        """A page down."""
        self._page.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """A page up."""
        self._page.scroll_page_up(animate=False)

    def action_first(self) -> None:
        """To the beginning."""
        self._page.scroll_home(animate=False)

    def action_last(self) -> None:
        """To the end."""
        self._page.scroll_end(animate=False)

    def action_copy(self) -> None:
        """Copy the whole text."""
        cast("Panel", self.app).copy(self._text.plain)

    def action_export(self) -> None:
        """Write the text to a file."""
        cast("Panel", self.app).export_text(
            self._text.plain, self._heading.replace(" › ", "-").replace(" ", "-")
        )
