"""What every place has: title, places, footer, a filter, data that a thread reads and a message brings."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from core.wording import age
from incumbent.errors import IncumbentError
from tui.keys import PLACES
from tui.selection import Selection
from tui.widgets.line import Line
from tui.widgets.table import Row, Table

if TYPE_CHECKING:
    from textual.widgets import DataTable, Input

    from core.actions import Action
    from store import Store
    from tui.app import Panel

#: After so long, ages and what is counted by the clock are read anew, though the store has not changed.
_WHILE_SECONDS = 30.0
#: From then on it is said how old what is shown is: the panel reads each minute what is live.
_OLD_SECONDS = 120.0


class Fetched(Message):
    """A thread has read what a place shows."""

    def __init__(self, ticket: int, data: Any) -> None:
        super().__init__()
        self.ticket = ticket
        self.data = data

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Fetched)


class FetchFailed(Message):
    """A thread could not read it."""

    def __init__(self, ticket: int, error: IncumbentError) -> None:
        super().__init__()
        self.ticket = ticket
        self.error = error


class Place(Screen[None]):
    """One of the places. A subclass says what to read (``fetch``, in a thread) and how to show it."""

    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012 - as the base class has it
        (0, "-one"),
        (100, "-two"),
        (150, "-three"),
    ]
    AUTO_FOCUS = "Table"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", show=False),
        Binding("escape", "back", "back", show=False),
        Binding("R", "reload", "read again", show=False),
        Binding("z", "zoom", "zoom", show=False),
        Binding("y", "copy", "copy", show=False),
        Binding("e", "export", "export", show=False),
    ]
    id_of_place: ClassVar[str] = ""
    #: what the footer offers: pairs of key and word
    hints: ClassVar[tuple[tuple[str, str], ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._ticket = 0
        self._seen_version: int | None = None
        self._read_at: float | None = None
        self._filter_bar: Input | None = None
        self.trouble = ""

    @property
    def panel(self) -> Panel:
        """The app."""
        return self.app  # type: ignore[return-value]

    # -- what a subclass says

    def compose_body(self) -> ComposeResult:
        """The widgets between title and footer."""
        raise NotImplementedError

    def fetch(self, store: Store) -> Any:
        """Read what is shown; called in a thread, touches no widget."""
        raise NotImplementedError

    def fetch_first(self, store: Store) -> Any:
        """What :meth:`read_at_once` reads: the part of :meth:`fetch` that takes no time."""
        return self.fetch(store)

    def show(self, data: Any) -> None:
        """Show what was read."""
        raise NotImplementedError

    def selection(self) -> Selection:
        """What actions apply to."""
        return Selection()

    def after(self, action: Action, result: Any) -> None:
        """An action that was asked for here has been done."""

    def crumbs(self) -> str:
        """Where one is, after the name of the program."""
        return {name: title for name, title, _ in PLACES}[self.id_of_place]

    def status(self) -> str:
        """What the footer says on the right: counts."""
        table = self.focused_table()
        return table.count if table is not None else ""

    # -- the frame

    def compose(self) -> ComposeResult:
        yield Line(id="title")
        yield Line(id="places")
        with Vertical(id="body"):
            yield from self.compose_body()
        yield Line(id="footer")

    def on_mount(self) -> None:
        self.say_frame()

    def on_screen_resume(self) -> None:
        self.say_frame()
        self.look()

    def on_resize(self) -> None:
        self.say_frame()

    def say_frame(self) -> None:
        """Write title, places and footer; only what changed is drawn."""
        lines = {line.id: line for line in self.query_children(Line)}
        if not self.is_mounted or not {"title", "places", "footer"} <= lines.keys():
            return  # it is being put up, or taken down
        title = Text.assemble((" Incumbent", "bold"), " › ", self.crumbs())
        night = self.panel.night_words()
        # a long name leaves half of the line to the night; long trouble of the night leaves the name alone
        night.truncate(max(self.size.width // 2, self.size.width - title.cell_len - 2), overflow="ellipsis")
        lines["title"].say(title, night)
        lines["places"].say(self._places())
        state = self._state()
        state.truncate(max(1, self.size.width - 9), overflow="ellipsis")  # the key of the help stays
        lines["footer"].say(self._hints(self.size.width - state.cell_len - 1), state)

    def _places(self) -> Text:
        line = Text(no_wrap=True)
        for name, title, key in PLACES:
            line.append("─ ", "dim")
            style = "bold reverse" if name == self.id_of_place else ""
            line.append(f"{key} {title}", style).append(" ")
        return line.append("─" * max(0, self.size.width - line.cell_len - 1), "dim")

    def _hints(self, room: int) -> Text:
        """As many hints as there is room for; the help key stays."""
        last = Text.assemble(("?", "bold"), (" help", "dim"))
        line = Text(" ", no_wrap=True)
        for key, word in (*self.hints, ("/", "filter"), (":", "do anything")):
            more = Text.assemble((key, "bold"), (f" {word}  ", "dim"))
            if line.cell_len + more.cell_len + last.cell_len <= room:
                line.append_text(more)
        return line.append_text(last)

    def _state(self) -> Text:
        words = [self.status()]
        if self.trouble:
            words = [self.trouble]
        elif self.panel.paused:
            words.append("refresh paused")
        if self._read_at is not None:
            old = time.monotonic() - self._read_at
            words.append("as of now" if old < _OLD_SECONDS and not self.trouble else f"{age(old)} old")
        return Text(
            " · ".join(word for word in words if word) + " ", style="bold red" if self.trouble else ""
        )

    # -- reading

    def look(self) -> None:
        """Read again if the store has changed since this place last read it, or that was a while ago."""
        old = self._read_at is not None and time.monotonic() - self._read_at >= _WHILE_SECONDS
        if old or self.panel.seen_version != self._seen_version:
            self.read()

    def read(self) -> None:
        """Read in a thread; of several that are under way, the last one counts."""
        self._ticket += 1
        self._seen_version = self.panel.seen_version
        ticket = self._ticket

        def work() -> None:
            try:
                found = self.fetch(self.panel.store)
            except IncumbentError as error:
                self.post_message(FetchFailed(ticket, error))
            else:
                self.post_message(Fetched(ticket, found))

        self.run_worker(work, thread=True, exclusive=True, group="read")

    def read_at_once(self) -> None:
        """Read before anything is painted, so that the first picture is whole. For what is read quickly."""
        self._seen_version = self.panel.seen_version
        try:
            found = self.fetch_first(self.panel.store)
        except IncumbentError as error:
            self.trouble = error.message
        else:
            self._read_at = time.monotonic()
            self.show(found)

    def on_fetched(self, event: Fetched) -> None:
        event.stop()
        if event.ticket == self._ticket:
            self._read_at, self.trouble = time.monotonic(), ""
            with self.app.batch_update():
                self.show(event.data)
                self.say_frame()
            self.panel.shown_again()

    def on_fetch_failed(self, event: FetchFailed) -> None:
        event.stop()
        if event.ticket == self._ticket:
            self.trouble = event.error.message
            self.say_frame()

    def action_reload(self) -> None:
        """Read again, whether the store says that it changed or not."""
        self.read()

    # -- tables, filter, focus

    def focused_table(self) -> Table | None:
        """The table in focus, else the first that is shown."""
        focused = self.focused
        if isinstance(focused, Table):
            return focused
        return next((table for table in self.query(Table) if table.is_on_screen), None)

    def on_table_changed(self, event: Table.Changed) -> None:
        self.say_frame()

    def on_data_table_row_highlighted(self) -> None:
        self.moved()

    def moved(self) -> None:
        """The cursor stands on another row."""

    def open_row(self, table: Table, row: Row) -> None:
        """Enter on a row, or a click."""

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """A click on the row under the cursor; Enter comes straight from the table."""
        table = event.data_table
        if isinstance(table, Table) and table.current is not None and self.is_active:
            self.open_row(table, table.current)

    def action_filter(self) -> None:
        """Filter the table in focus as one types."""
        from textual.widgets import Input  # only wanted here: the first screen is up sooner without it

        table = self.focused_table()
        if table is None or self._filter_bar is not None:
            return
        self._filtered = table
        entry = Input(table.needle, placeholder="filter", id="filter", compact=True)
        self._filter_bar = entry
        self.mount(entry, before="#footer")
        entry.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self._filter_bar:
            self._filtered.filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is self._filter_bar:
            self._close_filter()

    def _close_filter(self) -> None:
        if self._filter_bar is not None:
            self._filter_bar.remove()
            self._filter_bar = None
        self._filtered.focus()

    def action_back(self) -> None:
        """Close the filter, unzoom, or go back."""
        if self._filter_bar is not None:
            self._filtered.filter("")
            self._close_filter()
            return
        table = self.focused_table()
        if table is not None and table.needle:
            table.filter("")
        elif self.has_class("-zoomed"):
            self.action_zoom()
        else:
            self.leave()

    def leave(self) -> None:
        """Back from a place is the overview."""
        self.panel.go("overview")

    def panes(self) -> Iterable[Widget]:
        """What can be zoomed."""
        return self.query(".pane")

    def action_zoom(self) -> None:
        """Show only the pane in focus, or all again."""
        focused = self.focused
        pane = next((p for p in self.panes() if focused is not None and focused in p.walk_children()), None)
        if pane is None:
            return
        zoomed = not self.has_class("-zoomed")
        self.set_class(zoomed, "-zoomed")
        for each in self.panes():
            each.set_class(zoomed and each is pane, "-alone")

    # -- copy and export

    def text_of_row(self) -> str:
        """The row under the cursor, for copying."""
        table = self.focused_table()
        row = table.current if table is not None else None
        return "" if row is None else "\t".join(cell.text for cell in row.cells)

    def action_copy(self) -> None:
        """Copy the row under the cursor."""
        self.panel.copy(self.text_of_row())

    def action_export(self) -> None:
        """Write the table in focus to a file."""
        table = self.focused_table()
        if table is not None:
            self.panel.export_table(table, self.id_of_place)
