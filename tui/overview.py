"""The overview: the models, worst first, and what there is to say about the selected one."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.table import Table as Grid
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Static

from core import status
from core.status import Challenger, ModelStatus, Need, Overview
from core.wording import clock_time, figure, interval, short_age
from incumbent.errors import IncumbentError
from store.records import Trial
from tui.glyphs import CHALLENGED, sparkline, verdict
from tui.place import Place
from tui.selection import Selection
from tui.welcome import NO_MODEL
from tui.widgets.line import Line, Rule
from tui.widgets.table import Cell, Column, Row, Table

if TYPE_CHECKING:
    from core.history import Picture
    from store import Store

#: Challenges that are looked through for that of a model's best challenger.
_CHALLENGES = 20
#: From this size on there is a picture below what is said of a model.
_WIDE, _TALL = 100, 30
#: A glyph, its style, a sentence.
Sentence = tuple[str, str, str]

COLUMNS = (
    Column("MODEL", 11, grow=True),
    Column("SERVES", 10),
    Column("METRIC", 9),
    Column("VALUE", 6, right=True),
    Column("NEEDS", 8),
    Column("LAST 10", 10),
    Column("NOW-TEST", 10),
    Column("CHECKS", 6, right=True),
    Column("ALERTS", 6, right=True, shown_from=100),
    Column("RUNS", 5, right=True, shown_from=100),
    Column("INBOX", 5, right=True, shown_from=100),
)


class Seen(NamedTuple):
    """What the overview shows: the models, who beat whose champion, what waits, what is tried out."""

    overview: Overview
    better: dict[str, tuple[Challenger, ...]]
    inbox: dict[str, int] = {}  # noqa: RUF012 - never changed
    trials: tuple[Trial, ...] = ()
    challenged: dict[str, str] = {}  # noqa: RUF012 - model → what a challenge said of its best challenger

    def more(self, model: ModelStatus) -> tuple[Sentence, ...]:
        """Lines about a model beyond its verdicts."""
        told: list[Sentence] = []
        if model.forced:
            told.append(("!", "bold yellow", f"v{model.champion} was FORCED past its gate: {model.forced}"))
        for trial in self.trials:
            if trial.model == model.model:
                said = (trial.standing or {}).get("reason", "the night will look at it")
                told.append(("◐", "cyan", f"v{trial.version} is tried out ({trial.mode}): {said}"))
        if count := self.inbox.get(model.model):
            wait = "1 surprising row waits" if count == 1 else f"{count} surprising rows wait"
            told.append(("→", "bold", f"{wait} in the inbox: enter, Inbox"))
        return tuple(told)


class Pictured(Message):
    """A thread has read the history of the model under the cursor."""

    def __init__(self, key: tuple[object, ...], picture: Picture) -> None:
        super().__init__()
        self.key = key
        self.picture = picture


class OverviewPlace(Place):
    """All models at one glance."""

    id_of_place = "overview"
    hints = (("enter", "open"), ("r", "run"), ("x", "with care"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "app.do('alert.acknowledge')", "acknowledge", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._seen: Seen | None = None
        self._told: tuple[object, ...] | None = None  # what the detail says
        self._pictured: tuple[object, ...] | None = None  # what the picture is of
        self._better: dict[str, tuple[int | None, tuple[Challenger, ...]]] = {}

    def compose_body(self) -> ComposeResult:
        yield Line(id="news")
        yield Rule()
        yield Table(*COLUMNS, id="models")
        yield Rule(id="about")
        with VerticalScroll(id="detail", can_focus=False):
            yield Static(id="said")

    def on_mount(self) -> None:
        self.read_at_once()
        super().on_mount()
        self.call_after_refresh(self.read)

    def fetch_first(self, store: Store) -> Seen:
        return Seen(status.read(self.panel.workspace, store), {})

    def fetch(self, store: Store) -> Seen:
        seen = status.read(self.panel.workspace, store)
        # a challenge is decided by a back-test: only models whose last one is new are looked at again
        for model in seen.models:
            last = next((check.run for check in model.checks if check.kind == "backtest"), None)
            if self._better.get(model.model, (None, ()))[0] != last:
                self._better[model.model] = (last, status.better_versions(store, model.model))
        better = {name: found for name, (_, found) in self._better.items()}
        said = {name: challenged(store, name, found[-1].version) for name, found in better.items() if found}
        return Seen(seen, better, store.inbox.counts(), store.trials.running(), said)

    def show(self, data: Seen) -> None:
        self._seen = data
        now = datetime.now().astimezone()
        since = clock_time(datetime.fromisoformat(data.overview.news.since), now)
        waiting = sum(bool(found) for found in data.better.values())
        told = [f"{waiting} candidate{'s wait' if waiting > 1 else ' waits'}"] if waiting else []
        rows = sum(data.inbox.values())
        told += [f"{rows} in the inbox"] if rows else []
        news = data.overview.news
        # what waits comes first; on a narrow screen the checks that are well are left out, then all checks
        room = self.size.width - len(f" Since {since}: ") - sum(len(part) + 2 for part in told)
        spoken = next((s for s in (news.sentence, news.short) if len(s) <= room), news.shortest)
        self.query_one("#news", Line).say(f" Since {since}: {'; '.join([*told, spoken])}")
        self.query_one("#models", Table).show_rows(
            [_row(model, data.inbox.get(model.model, 0)) for model in data.overview.models]
        )
        self.moved()

    # -- the picture: only where there is room, and never before the first screen stands

    def on_resize(self) -> None:
        super().on_resize()
        self._pictured = None
        self._draw()

    def _draw(self) -> None:
        """Have the history of the model under the cursor read, if there is room for it."""
        model = self._current()
        room = self.size.width >= _WIDE and self.size.height >= _TALL
        champion = model.champion if room and self._ticket > 0 and model is not None else None
        self.set_class(champion is not None, "-pictured")
        for widget in self.query("#picture, #under"):
            widget.display = champion is not None
        if model is None or champion is None:
            return
        metric = model.need.metric if model.need else model.metric
        key = (model.model, metric, champion, model.nowtest.run if model.nowtest else None)
        if metric is not None and key != self._pictured:
            self._pictured = key
            read = partial(self._read_picture, key, model.model, metric, champion)
            self.run_worker(read, thread=True, exclusive=True, group="picture")

    def _read_picture(self, key: tuple[object, ...], model: str, metric: str, champion: int) -> None:
        from core import history

        try:
            picture = history.nowtest_picture(self.panel.store, model, metric, (champion,))
        except IncumbentError:  # the footer says what is wrong with the store
            return
        self.post_message(Pictured(key, picture))

    async def on_pictured(self, event: Pictured) -> None:
        from tui.widgets.plot import Drawing, Plot

        event.stop()
        if event.key != self._pictured:
            return
        if not self.query("#picture"):
            await self.query_one("#body").mount(Rule(id="under"), Plot(id="picture"))
        picture = event.picture
        versions = tuple(curve.version for curve in picture.curves)
        drawing = Drawing(picture, versions, next(iter(versions), None)) if picture.labels else None
        self.query_one("#picture", Plot).draw(drawing)
        words = f"{picture.metric}, now-tests" if drawing else "no now-test yet: r n"
        self.query_one("#under", Rule).say(words)

    def status(self) -> str:
        if self._seen is None:
            return ""
        seen, table = self._seen.overview, self.query_one("#models", Table)
        return f"{seen.well} of {len(seen.models)} ok" if not table.needle else table.count

    def moved(self) -> None:
        if self._seen is None:
            return
        model = self._current()
        if model is None:
            self._told = None
            empty = not self._seen.overview.models
            self._say("no models yet" if empty else "", NO_MODEL if empty else Text())
        else:
            better, said = self._seen.better.get(model.model, ()), self._seen.challenged.get(model.model, "")
            told = (model, better, self._seen.more(model), said)
            if told != self._told:
                self._told = told
                self._say(model.model, _told(*told))
        self._draw()

    def _say(self, title: str, told: Text | Grid) -> None:
        self.query_one("#about", Rule).say(title)
        self.query_one("#said", Static).update(told)

    def _current(self) -> ModelStatus | None:
        row = self.query_one("#models", Table).current
        return None if row is None else row.data

    def selection(self) -> Selection:
        model = self._current()
        if model is None:
            return Selection()
        alerts = self.panel.store.alerts.list(True, model.model) if model.alerts else ()
        alert = next((a for a in alerts if a.acknowledged is None), alerts[0] if alerts else None)
        return Selection(model=model.model, champion=model.champion, alert=alert, muted=model.muted)

    def open_row(self, table: Table, row: Row) -> None:
        self.panel.go("model", row.key)

    def leave(self) -> None:
        """There is nothing behind the overview."""


def challenged(store: Store, model: str, version: int) -> str:
    """What the last challenge of a version said; empty where it was not challenged lately."""
    for run in store.runs.page(model, kind="challenge", limit=_CHALLENGES).rows:
        if run.arguments.get("version") == version and run.state == "done":
            return str((store.runs.get(run.id).result or {}).get("verdict", ""))
    return ""


def _row(model: ModelStatus, inbox: int) -> Row:
    need = model.need
    nowtest = model.nowtest
    word, style = verdict(nowtest.verdict if nowtest else None)
    when = short_age(_seconds_since(nowtest.when)) if nowtest and nowtest.when else ""
    metric = need.metric if need else model.metric or ""
    worst, worst_style = verdict(model.verdict)
    name_style = worst_style if model.verdict in ("warn", "fail", "error") else ""
    return Row(
        model.model,
        (
            Cell(f"{worst[0]} {model.model}", name_style, model.model),
            Cell(model.serves) if model.champion is not None else Cell("nothing", "dim"),
            Cell(metric),
            _value(model, need),
            Cell(need.limits if need else "nothing", "" if need else "dim"),
            Cell(sparkline(model.trend, 10)),
            Cell(f"{word} {when}".strip(), style, word),
            Cell(f"{model.passed}/{len(model.checks)}", order=model.passed - len(model.checks)),
            _count(model.alerts, "yellow"),
            _count(model.active, "cyan"),
            _count(inbox, "cyan"),
        ),
        model,
    )


def _count(number: int, style: str) -> Cell:
    return Cell(str(number), style, number) if number else Cell("–", "dim", 0)


def _value(model: ModelStatus, need: Need | None) -> Cell:
    if need is not None and need.value is not None:
        style = verdict(need.verdict)[1] if need.verdict in ("fail", "warn") else ""
        return Cell(need.shown, style, need.value)
    last = next((value for value in reversed(model.trend) if value is not None), None)
    return Cell(figure(last), "", last if last is not None else float("-inf"))


def _seconds_since(moment: str) -> float:
    return (datetime.now().astimezone() - datetime.fromisoformat(moment)).total_seconds()


def _next_step(version: int, said: str) -> Text:
    """What to do about a version that is better: a challenge, or what its challenge said."""
    if said not in CHALLENGED:
        return Text(f"enter, then r c challenges v{version}, x s swaps to it")
    word, style = CHALLENGED[said]
    opens = said in ("better", "fit")
    then = "enter, then x s swaps to it" if opens else "enter, Challenge says why"
    return Text.assemble(f"v{version} was challenged: ", (word, style), f"; {then}")


def _told(
    model: ModelStatus, better: tuple[Challenger, ...], more: tuple[Sentence, ...], challenge: str
) -> Grid:
    """The verdict in words, with its evidence and what to do next."""
    lines = Grid.grid(padding=(0, 1))
    lines.add_column(width=2, justify="right")
    lines.add_column(ratio=1)
    for name, sentence in model.sentences[:4]:
        word, style = verdict(name)
        lines.add_row(Text(word[0] if name else "", style), Text(sentence))
    for glyph, style, said in more:
        lines.add_row(Text(glyph, style), Text(said))
    for found in better:
        shown = interval(found.difference, found.low, found.high)
        lines.add_row(
            Text("○", "cyan"), Text(f"v{found.version} is better on the same rows: {found.metric} {shown}")
        )
    if better:
        lines.add_row(Text("→", "bold"), _next_step(better[-1].version, challenge))
    elif model.advice:
        lines.add_row(Text("→", "bold"), Text.assemble(model.advice, (f"   {model.command}", "dim")))
    if model.muted:
        lines.add_row("", Text("muted: nothing of it notifies", "dim"))
    if not lines.row_count:
        lines.add_row("", Text("nothing is known of it yet", "dim"))
    return lines
