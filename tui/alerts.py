"""Alerts: what is wrong until a better verdict, who knows of it, and who could not be told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from store.records import Alert, Delivery
from tui.evidence import alert_text
from tui.glyphs import verdict
from tui.model_rows import moment
from tui.place import Place
from tui.selection import Selection
from tui.widgets.line import Line, Rule
from tui.widgets.table import Cell, Column, Row, Table

if TYPE_CHECKING:
    from store import Store

COLUMNS = (
    Column("HOW", 7),
    Column("ABOUT", 18),
    Column("WHAT", 20, grow=True),
    Column("SINCE", 9),
    Column("STATE", 12),
)


class Shown(NamedTuple):
    """Alerts, muted models, and what could not be delivered."""

    alerts: tuple[Alert, ...]
    more: bool
    muted: frozenset[str]
    failing: tuple[Delivery, ...]
    targets: int


class AlertsPlace(Place):
    """What is wrong."""

    id_of_place = "alerts"
    hints = (("enter", "evidence"), ("a", "acknowledge"), ("n", "snooze"), ("m", "mute"), ("o", "all"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "acknowledge", "acknowledge", show=False),
        Binding("n", "app.do('alert.snooze')", "snooze", show=False),
        Binding("m", "mute", "mute", show=False),
        Binding("o", "only_open", "open ones only, or all", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._only_open = True
        self._shown: Shown | None = None

    def compose_body(self) -> ComposeResult:
        with Vertical(classes="pane", id="upper"):
            yield Line(id="deliveries")
            yield Table(*COLUMNS, id="alerts")
        with Vertical(classes="pane", id="lower"):
            yield Rule(id="about")
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="said")

    def fetch(self, store: Store) -> Shown:
        page = store.alerts.page(self._only_open)
        unsent = store.notify.page(unsent_only=True, limit=50).rows
        failing = tuple(delivery for delivery in unsent if delivery.error)
        return Shown(
            page.rows, page.after is not None, store.alerts.muted(), failing, len(store.notify.targets())
        )

    def show(self, data: Shown) -> None:
        self._shown = data
        self.query_one("#deliveries", Line).say(_deliveries(data))
        self.query_one("#alerts", Table).show_rows([_row(alert, data.muted) for alert in data.alerts])
        self.moved()

    def status(self) -> str:
        table = self.query_one("#alerts", Table)
        kind = "open" if self._only_open else "in all"
        more = f"{table.count} of more than " if self._shown and self._shown.more and not table.needle else ""
        return f"{more}{table.count} {kind}"

    def moved(self) -> None:
        alert = self._current()
        if alert is None:
            calm = "all is well: no alert is open" if self._only_open else "there never was an alert"
            self.query_one("#about", Rule).say("")
            self.query_one("#said", Static).update(Text(f" ✓ {calm}" if self._shown else "", style="green"))
            return
        self.query_one("#about", Rule).say(alert.subject)
        self.query_one("#said", Static).update(alert_text(alert, None))

    def _current(self) -> Alert | None:
        row = self.query_one("#alerts", Table).current
        return None if row is None else row.data

    def selection(self) -> Selection:
        alert = self._current()
        muted = bool(self._shown and alert and alert.model in self._shown.muted)
        return Selection(alert=alert, model=alert.model if alert else None, muted=muted)

    def action_acknowledge(self) -> None:
        """Acknowledge, or take it back."""
        alert = self._current()
        known = alert is not None and alert.acknowledged is not None
        self.panel.action_do("alert.unacknowledge" if known else "alert.acknowledge")

    def action_mute(self) -> None:
        """Mute the model, or let it notify again."""
        self.panel.action_do("alert.unmute" if self.selection().muted else "alert.mute")

    def action_only_open(self) -> None:
        """Show open alerts only, or all."""
        self._only_open = not self._only_open
        self.read()

    def open_row(self, table: Table, row: Row) -> None:
        from tui.reader import Reader

        alert: Alert = row.data
        run = self.panel.store.runs.get(alert.run) if alert.run is not None else None
        self.app.push_screen(Reader(f"alert {alert.id}", alert_text(alert, run)))


def _row(alert: Alert, muted: frozenset[str]) -> Row:
    word, style = verdict(alert.severity)
    state, state_style = _state(alert, muted)
    return Row(
        str(alert.id),
        (
            Cell(word, style if alert.closed is None else "dim", alert.severity),
            Cell(alert.subject),
            Cell(alert.message),
            Cell(moment(alert.opened), "", alert.opened),
            Cell(state, state_style),
        ),
        alert,
    )


def _state(alert: Alert, muted: frozenset[str]) -> tuple[str, str]:
    if alert.closed is not None:
        return "closed", "dim"
    if alert.snoozed_until is not None and datetime.fromisoformat(alert.snoozed_until) > datetime.now(UTC):
        return "snoozed", "cyan"
    if alert.acknowledged is not None:
        return "acknowledged", "cyan"
    return ("muted", "dim") if alert.model in muted else ("open", "bold")


def _deliveries(data: Shown) -> Text:
    if data.failing:
        newest = data.failing[0]
        count = f"{len(data.failing)} notification{'s' if len(data.failing) > 1 else ''}"
        text = f" ! {count} could not be sent; the last: {newest.error}"
        return Text(text, style="yellow", no_wrap=True)
    if not data.targets:
        return Text(" nobody is told by mail: incumbent notify add URL", style="dim", no_wrap=True)
    count = f"{data.targets} target{'s' if data.targets > 1 else ''}"
    return Text(f" notifications go to {count}; none is failing", style="dim", no_wrap=True)
