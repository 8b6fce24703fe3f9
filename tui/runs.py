"""Runs: what is at work, how far it is, what became of the rest; log and cancel."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from core.wording import age, clock_time, data_day, kind_word
from store.records import Run
from tui.evidence import run_text
from tui.glyphs import bar, outcome
from tui.place import Place
from tui.selection import Selection
from tui.widgets.line import Rule
from tui.widgets.table import Cell, Column, Row, Table

if TYPE_CHECKING:
    from store import Store

PAGE = 200
COLUMNS = (
    Column("RUN", 5, right=True),
    Column("MODEL", 10),
    Column("WHAT", 10),
    Column("STATE", 12),
    Column("STARTED", 9),
    Column("TOOK", 7, right=True, shown_from=100),
    Column("NOTE", 12, grow=True),
    Column("WHY", 20, shown_from=110),
    Column("WHO", 8, shown_from=110),
)


class Shown(NamedTuple):
    """The newest runs, and whether there are more."""

    runs: tuple[Run, ...]
    more: bool
    active: int


class RunsPlace(Place):
    """The queue and its history."""

    id_of_place = "runs"
    hints = (("enter", "evidence"), ("l", "log"), ("x c", "cancel"), ("o", "only active"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "log", "log", show=False),
        Binding("o", "only_active", "only active", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._wanted = PAGE
        self._only_active = False
        self._shown = Shown((), False, 0)

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="panes"):
            with Vertical(classes="pane", id="left"):
                yield Table(*COLUMNS, id="runs")
            with Vertical(classes="pane", id="evidence-pane"):
                yield Rule(id="about")
                with VerticalScroll(id="evidence", can_focus=False):
                    yield Static(id="said")

    def fetch(self, store: Store) -> Shown:
        active = store.runs.active()
        if self._only_active:
            return Shown(tuple(reversed(active)), False, len(active))
        page = store.runs.page(limit=self._wanted)
        return Shown(page.rows, page.after is not None, len(active))

    def show(self, data: Shown) -> None:
        self._shown = data
        self.query_one("#runs", Table).show_rows([_row(run) for run in data.runs])
        self.moved()

    def status(self) -> str:
        table = self.query_one("#runs", Table)
        if table.needle:
            return table.count
        more = f"{table.count} of more than {table.count}" if self._shown.more else table.count
        return f"{more}, {self._shown.active} active" if self._shown.active else more

    def on_table_end_reached(self, event: Table.EndReached) -> None:
        """Fetch the next page when the cursor stands on the last row."""
        if self._shown.more:
            self._wanted += PAGE
            self.read()

    def action_only_active(self) -> None:
        """Show only what is queued or running, or everything."""
        self._only_active = not self._only_active
        self.read()

    def moved(self) -> None:
        run = self._current()
        if run is None:
            empty = (
                "nothing is at work"
                if self._only_active
                else "nothing has run yet: r on a model runs a check"
            )
            self.query_one("#about", Rule).say("")
            self.query_one("#said", Static).update(Text(f" {empty}", style="dim"))
            return
        self.query_one("#about", Rule).say(f"run {run.id}")
        self.query_one("#said", Static).update(_told(run))

    def _current(self) -> Run | None:
        row = self.query_one("#runs", Table).current
        return None if row is None else row.data

    def selection(self) -> Selection:
        run = self._current()
        return Selection(run=run, model=run.model if run else None)

    def open_row(self, table: Table, row: Row) -> None:
        self.panel.open_run(row.data.id)

    def action_log(self) -> None:
        """The log of the run under the cursor."""
        run = self._current()
        if run is not None:
            self.panel.open_log(run)


def _row(run: Run) -> Row:
    word, style = outcome(run)
    if run.state == "running":
        word = f"▸ {bar(run.progress, 5)} {(run.progress or 0) * 100:3.0f}%"
        if run.cancel:
            word = "▸ stopping"
    return Row(
        str(run.id),
        (
            Cell(str(run.id), "", run.id),
            Cell(run.model or "–"),
            Cell(kind_word(run.kind)),
            Cell(word, style, f"{run.state} {run.verdict}"),
            Cell(_when(run.started), "", run.started or ""),
            Cell(took(run), "", run.started or ""),
            Cell(_note(run)),
            Cell(run.why + (" (late)" if run.late else "")),
            Cell(run.who),
        ),
        run,
    )


def took(run: Run) -> str:
    """How long it took, or how long it will yet take."""
    if run.state == "running":
        return "" if run.remaining is None else f"~{age(run.remaining)}"
    if run.started is None or run.finished is None:
        return ""
    seconds = (datetime.fromisoformat(run.finished) - datetime.fromisoformat(run.started)).total_seconds()
    return f"{seconds:.1f} s" if seconds < 10 else age(seconds)


def _when(written: str | None) -> str:
    return clock_time(datetime.fromisoformat(written), datetime.now().astimezone()) if written else ""


def _note(run: Run) -> str:
    if run.state == "running" and run.remaining is not None:
        return f"~{age(run.remaining)} left: {run.note}"
    said = run.error if run.state in ("failed", "interrupted") and run.error else run.note
    return f"as of {data_day(run.as_of)}: {said}" if run.as_of else said


def _told(run: Run) -> Text:
    """A run without its document: it is one key away."""
    text = run_text(run)
    if run.state == "running":
        left = f", about {age(run.remaining)} to go" if run.remaining is not None else ""
        progress = Text(f" {bar(run.progress, 30)} {(run.progress or 0) * 100:.0f} %{left}\n\n", style="cyan")
        return progress.append_text(text)
    return text
