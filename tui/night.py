"""The night shift: what happened in the last week, what comes, and when."""

from __future__ import annotations

import socket
from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from core import night, schedules
from core.leases import keeper_of, role_of, since_of
from core.night import Night, NightLine
from core.present import present
from core.runs.handlers import title
from core.wording import age, clock_time, kind_word
from incumbent.errors import IncumbentError
from store.records import Lease, Run
from tui.glyphs import STATES, outcome, verdict
from tui.model_rows import moment
from tui.place import Place
from tui.selection import Selection
from tui.widgets.line import Line, Rule
from tui.widgets.table import Cell, Column, Row, Table

if TYPE_CHECKING:
    from store import Store


class Seen(NamedTuple):
    """The week, who keeps the night, and how many runs are at work and wait."""

    night: Night
    keeper: Lease | None
    working: int
    waiting: int


class NightPlace(Place):
    """A line for each model and check, a cell for each day."""

    id_of_place = "night"
    hints = (
        ("enter", "evidence"),
        ("r r", "run now"),
        ("a", "pause"),
        ("i", "edit times"),
        ("x d", "remove"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "pause_schedule", "pause or resume", show=False),
        Binding("i", "app.do('schedule.set')", "edit", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._night: Night | None = None

    def compose_body(self) -> ComposeResult:
        with Vertical(classes="pane", id="upper"):
            yield Line(id="keeper")
            yield Table(*_columns(()), id="week")
        with Vertical(classes="pane", id="lower"):
            yield Rule(id="about")
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="said")

    def fetch(self, store: Store) -> Seen:
        active = store.runs.active()
        working = sum(run.state == "running" for run in active)
        keeper = keeper_of(store, present())
        return Seen(night.what_happened(self.panel.workspace), keeper, working, len(active) - working)

    def show(self, seen: Seen) -> None:
        data = self._night = seen.night
        self.query_one("#keeper", Line).say(_kept(seen.keeper), _at_work(seen.working, seen.waiting))
        table = self.query_one("#week", Table)
        table.set_columns(*_columns(data.days))
        table.show_rows([_row(line) for line in data.lines])
        self.moved()

    def moved(self) -> None:
        line = self._current()
        if line is None:
            self.query_one("#about", Rule).say("")
            empty = ' nothing runs by itself yet: incumbent schedule set MODEL nowtest "0 2 * * *"'
            self.query_one("#said", Static).update(Text(empty if self._night else "", style="dim"))
            return
        self.query_one("#about", Rule).say(f"{title(line.check)} of {line.model}")
        self.query_one("#said", Static).update(self._told(line))

    def _told(self, line: NightLine) -> Text:
        text = Text()
        last = line.last
        if last is not None:
            word, style = outcome(last)
            text.append(f" {word}", style).append(
                f"  {_moment(last)}{' late' if last.late else ''}: {last.note or last.error or last.why}\n"
            )
        if line.planned is None:
            return text.append(" it has no schedule: it was asked for by hand\n", "dim")
        schedule = line.planned.schedule
        text.append(f"\n times      {schedule.cron}", "bold")
        text.append("   paused: a lets it ring again\n" if schedule.paused else "\n", "yellow")
        try:
            zone = schedules.zone_set(self.panel.workspace)
            times = schedules.next_times(self.panel.workspace, schedule.cron)
        except IncumbentError as error:
            return text.append(f" {error.message}\n", "red")
        if zone is not None:
            text.append(f" {'':<11}on the clock of {zone}; all others are this machine's\n", "dim")
        shown = [f"{due.astimezone():%a %d %b %H:%M}" for due in times]
        text.append(" next five  ", "dim").append(f"{', '.join(shown[:2])},\n")
        return text.append(f"{'':<12}{', '.join(shown[2:])}\n")

    def _current(self) -> NightLine | None:
        row = self.query_one("#week", Table).current
        return None if row is None else row.data

    def selection(self) -> Selection:
        line = self._current()
        if line is None:
            return Selection()
        schedule = line.planned.schedule if line.planned else None
        return Selection(model=line.model, schedule=schedule)

    def action_pause_schedule(self) -> None:
        """Pause the schedule, or let it ring again."""
        schedule = self.selection().schedule
        self.panel.action_do("schedule.resume" if schedule and schedule.paused else "schedule.pause")

    def open_row(self, table: Table, row: Row) -> None:
        line: NightLine = row.data
        if line.last is not None:
            self.panel.open_run(line.last.id)


def _kept(keeper: Lease | None) -> Text:
    """Who rings the schedules, and since when."""
    if keeper is None:
        said = "nobody rings yet: this panel takes it over in a moment, while it is open"
        return Text.assemble((" ! ", "yellow"), said)
    role = role_of(keeper)
    text = Text.assemble((" ✓ ", "green"), f"a {role} rings")
    where = "" if keeper.host == socket.gethostname() else f" on {keeper.host}"
    text.append(f", pid {keeper.pid}{where}", "dim")
    if role == "panel":
        return text.append("; without a panel: incumbent daemon install", "dim")
    return text.append(f", since {moment(since_of(keeper))}", "dim")


def _at_work(working: int, waiting: int) -> Text:
    told = [f"{working} at work"] * bool(working) + [f"{waiting} waiting"] * bool(waiting)
    return Text(f"{', '.join(told)} ", "cyan")


def _columns(days: tuple[date, ...]) -> tuple[Column, ...]:
    week = tuple(Column(f"{day:%a}", 3) for day in days)
    return (
        Column("MODEL", 10),
        Column("CHECK", 10),
        *week,
        Column("LAST", 16),
        Column("NEXT", 9),
        Column("IN", 6, right=True, shown_from=100),
        Column("WHAT IT FOUND", 20, grow=True, shown_from=100),
    )


def _row(line: NightLine) -> Row:
    days = [_day(run) for run in line.days]
    last = line.last
    when, left = _next(line)
    found = (last.note or last.error or "") if last else ""
    cells = (Cell(line.model), Cell(kind_word(line.check)), *days, _last(last), when, left, Cell(found))
    return Row(f"{line.model} {line.check}", cells, line)


def _last(run: Run | None) -> Cell:
    if run is None:
        return Cell("never", "dim", "")
    word, style = outcome(run)
    return Cell(f"{_moment(run)} {word}{' late' if run.late else ''}", style, run.queued)


def _day(run: Run | None) -> Cell:
    if run is None:
        return Cell("", "dim")
    late = "↑" if run.late else ""
    if run.state == "done":
        word, style = verdict(run.verdict)
        return Cell(f"{word[0]}{late}", style)
    glyph, style = STATES[run.state]
    return Cell(f"{glyph}{late}", style)


def _next(line: NightLine) -> tuple[Cell, Cell]:
    if line.planned is None:
        return Cell("–", "dim"), Cell("", "dim")
    if line.planned.next is None:
        return Cell("paused", "yellow"), Cell("")
    now = datetime.now().astimezone()
    left = (line.planned.next - now).total_seconds()
    return Cell(clock_time(line.planned.next, now), "", str(line.planned.next)), Cell(age(left), "dim", left)


def _moment(run: Run) -> str:
    written = run.finished or run.started or run.queued
    return clock_time(datetime.fromisoformat(written), datetime.now().astimezone())
