"""One model: its versions, its history as a picture, its requirements, cases, lineage and journal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from core import history, status
from core.history import Picture
from core.wording import data_day, interval
from store.records import Case, InboxEntry, Requirement, Run, Version
from tui import model_rows
from tui.evidence import document_text
from tui.model_rows import state_of
from tui.place import Place
from tui.selection import Selection
from tui.tab_line import tab_line
from tui.tabs import ModelData, Shown, make_tabs
from tui.tabs.checks import Check
from tui.widgets.line import Line, Rule
from tui.widgets.plot import Drawing, Plot
from tui.widgets.table import Row, Table

if TYPE_CHECKING:
    from core.actions import Action
    from store import Store

#: id of a tab, its title
TABS = (
    ("versions", "Versions"),
    ("backtests", "Back-tests"),
    ("nowtests", "Now-tests"),
    ("checks", "Checks"),
    ("challenge", "Challenge"),
    ("drift", "Drift"),
    ("requirements", "Needs"),
    ("cases", "Cases"),
    ("inbox", "Inbox"),
    ("lineage", "Lineage"),
    ("journal", "Journal"),
)
_PLOTTED = ("backtests", "nowtests")
_COLUMNS = {"versions": model_rows.VERSIONS, "nowtests": model_rows.RUNS}


class ModelPlace(Place):
    """A model."""

    id_of_place = "model"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,left_square_bracket", "tab(-1)", "tab before", show=False, priority=True),
        Binding("right,right_square_bracket", "tab(1)", "next tab", show=False, priority=True),
        Binding("m", "metric", "metric", show=False),
        Binding("v", "lines", "lines", show=False),
        Binding("c", "app.do('version.diff')", "compare", show=False),
        Binding("i", "app.do('require.set')", "set a requirement", show=False),
        Binding("l", "log", "log", show=False),
        Binding("a", "decide", "make it a case; looked at", show=False),
        Binding("d", "dismiss_entry", "dismiss", show=False),
        Binding("w", "step", "the next of several", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.tab = "versions"
        self._data: ModelData | None = None
        self._metric: dict[str, str] = {}  # model → the metric that its plots show
        self._drawn: dict[str, tuple[int, ...]] = {}  # model → the versions that its plots show
        self._awaited: int | None = None  # the comparison that was asked for here
        self._tabs = make_tabs()

    @property
    def hints(self) -> tuple[tuple[str, str], ...]:  # type: ignore[override]
        """What the footer offers on this tab."""
        if self.tab in self._tabs:
            return (*self._tabs[self.tab].hints, ("← →", "tabs"))
        drawn = (("m", "metric"), ("v", "lines")) if self.tab in _PLOTTED else ()
        return (("← →", "tabs"), ("c", "compare"), ("x s", "swap"), *drawn, ("r", "run"))

    # -- frame

    def compose_body(self) -> ComposeResult:
        yield Line(id="tabs")
        with Horizontal(id="panes"):
            with Vertical(id="left", classes="pane"):
                yield Plot(id="plot")
                yield Rule(id="under")
                yield Static(id="headline")
                yield Table(*model_rows.VERSIONS, id="rows")
                with VerticalScroll(id="reading"):
                    yield Static(id="read")
            with Vertical(id="side", classes="pane"):
                yield Rule("versions")
                yield Table(*model_rows.VERSIONS_BESIDE, id="beside")
                yield Rule(id="about-title")
                with VerticalScroll(id="about-version", can_focus=False):
                    yield Static(id="about-text")

    def on_mount(self) -> None:
        super().on_mount()
        self._fit()

    def _fit(self) -> None:
        """Show the widgets of the tab."""
        plotted, read, told = self.tab in _PLOTTED, self.tab == "lineage", self.tab in self._tabs
        self.query_one("#plot").display = plotted
        self.query_one("#under").display = plotted
        self.query_one("#headline").display = told
        self.query_one("#rows").display = not read
        self.query_one("#reading").display = read
        self.query_one("#beside").display = self.tab != "versions" and not told
        self.set_class(self.tab == "versions" or told, "-versions")
        self.set_class(told, "-told")

    def crumbs(self) -> str:
        return self.panel.model or "Model"

    def on_screen_resume(self) -> None:
        if self._data is not None and self.panel.model not in (None, self._data.name):
            self._seen_version = None
        super().on_screen_resume()

    def action_tab(self, step: int) -> None:
        """Show another tab."""
        names = [name for name, _ in TABS]
        self.open_tab(names[(names.index(self.tab) + step) % len(names)])

    def open_tab(self, tab: str) -> None:
        """Show a tab."""
        self.tab = tab
        table = self.query_one("#rows", Table)
        table.filter("")
        table.marks.clear()
        table.show_rows(())
        if tab in self._tabs:
            table.set_columns(*self._tabs[tab].columns)
            self.query_one("#headline", Static).update("")
        elif tab in _COLUMNS:
            table.set_columns(*_COLUMNS[tab])
        self.query_one("#about-title", Rule).say("")
        self.query_one("#about-text", Static).update("")
        self._fit()
        self._say_tabs()
        (self.query_one("#reading") if tab == "lineage" else table).focus()
        self.read()

    # -- reading

    def fetch(self, store: Store) -> ModelData | None:
        name = self.panel.model or _first(store)
        if name is None:
            return None
        self.panel.model = name
        tab = self.tab
        seen = status.read(self.panel.workspace, store, name).models[0]
        found = ModelData(
            name,
            tab,
            seen,
            store.versions.list(name, include_archived=True, include_baseline=True),
            history.backtest_pictures(store, name),
            better=status.better_versions(store, name),
            trial=next(iter(store.trials.running(name)), None),
        )
        return replace(found, **self._of_tab(store, found))

    def _of_tab(self, store: Store, found: ModelData) -> dict[str, Any]:
        name = found.name
        if found.tab in self._tabs:
            return {"shown": self._tabs[found.tab].fetch(self.panel.workspace, store, found)}
        if found.tab == "nowtests":
            page = store.runs.page(name, "nowtest")
            picture = history.nowtest_picture(store, name, self._chosen_metric(found), self._versions(found))
            return {"shown": Shown(_rows(page.rows), more=page.after is not None), "nowtests": picture}
        if found.tab == "lineage":
            shown = self._version_in_focus(found)
            return {"lineage": history.lineage(self.panel.workspace, shown.hash) if shown else {}}
        return {}

    # -- showing

    def show(self, data: ModelData | None) -> None:
        if data is None or data.tab != self.tab:
            return
        self._data = data
        primary = next(iter(data.pictures.values()), None)
        champion = data.status.champion
        rows = [model_rows.version_row(v, champion, primary) for v in data.versions]
        beside = [model_rows.version_row(v, champion, primary, beside=True) for v in data.versions]
        self.query_one("#beside", Table).show_rows(beside)
        table = self.query_one("#rows", Table)
        if data.tab == "versions":
            table.show_rows(rows)
        elif data.tab == "backtests":
            self._show_partitions(data)
        else:
            table.show_rows(data.shown.rows)
        if data.tab in self._tabs:
            said = self._headline(data)
            self.query_one("#headline", Static).update(said)
            self.query_one("#headline").display = bool(said.plain)
        if data.tab == "lineage":
            self._show_lineage(data)
        self._plot()
        self._about()
        self._say_tabs()
        self._open_awaited()

    def _headline(self, data: ModelData) -> Text:
        if data.shown.rows:
            return data.shown.headline
        return Text(f" {self._tabs[data.tab].empty}", style="dim")

    def _show_partitions(self, data: ModelData) -> None:
        picture = data.pictures.get(self._chosen_metric(data))
        table, versions = self.query_one("#rows", Table), self._versions(data)
        table.set_columns(*model_rows.partition_columns(versions[:2]))
        table.show_rows(model_rows.partition_rows(picture, versions[:2]) if picture else ())

    def _show_lineage(self, data: ModelData) -> None:
        shown = self._version_in_focus(data)
        title = f"v{shown.number}: {shown.origin}, runs as {shown.algorithm}" if shown else "no version yet"
        body = document_text(data.lineage) if data.lineage else Text("its bundle tells nothing", style="dim")
        self.query_one("#read", Static).update(Text.assemble((f" {title}\n\n", "bold"), body))

    def _say_tabs(self) -> None:
        self.query_one("#tabs", Line).say(tab_line(TABS, self.tab, self.size.width))

    def _plot(self) -> None:
        data = self._data
        if data is None or data.tab not in _PLOTTED:
            return
        row = self.query_one("#rows", Table).current
        if data.tab == "backtests":
            picture, chosen = data.pictures.get(self._chosen_metric(data)), row.key if row else None
        else:
            run = row.data if row else None
            picture = data.nowtests
            chosen = (run.as_of or run.queued)[:10] if isinstance(run, Run) else None
        versions = self._versions(data)
        fore = data.status.champion if data.status.champion in versions else next(iter(versions), None)
        drawing = Drawing(picture, versions, fore, chosen) if picture and picture.labels else None
        self.query_one("#plot", Plot).draw(drawing)
        self.query_one("#under", Rule).say(_under(data, picture))

    def _about(self) -> None:
        """What is known of the version in focus, or of the line under the cursor."""
        data = self._data
        if data is not None and data.tab in self._tabs:
            self._about_row(data)
            return
        shown = self._version_in_focus(data) if data else None
        if data is None or shown is None:
            return
        self.query_one("#about-title", Rule).say(f"v{shown.number}")
        self.query_one("#about-text", Static).update(_version_text(shown, data))

    def _about_row(self, data: ModelData) -> None:
        row, pane = self.query_one("#rows", Table).current, self.query_one("#about-version")
        width = pane.size.width or self.size.width
        title, text = self._tabs[data.tab].about(data, row, width - 2) if row else ("", Text())
        self.query_one("#about-title", Rule).say(title)
        self.query_one("#about-text", Static).update(text)
        pane.scroll_home(animate=False)

    def moved(self) -> None:
        self._plot()
        self._about()

    def status(self) -> str:
        data, table = self._data, self.query_one("#rows", Table)
        if data is None or self.tab == "lineage":
            return ""
        more = f" of more than {table.count}" if data.shown.more and not table.needle else ""
        return f"{table.count}{more}"

    def leave(self) -> None:
        if self.tab == "lineage":
            self.open_tab("versions")
        else:
            super().leave()

    # -- plots

    def _chosen_metric(self, data: ModelData) -> str:
        known = list(data.pictures) or [data.status.metric or ""]
        need = data.status.need.metric if data.status.need else ""
        wanted = self._metric.get(data.name, need)
        return wanted if wanted in known else known[0]

    def _versions(self, data: ModelData) -> tuple[int, ...]:
        """Which versions are drawn: those that were chosen, else the champion and the best challengers."""
        if chosen := self._drawn.get(data.name):
            return chosen
        champion = data.status.champion
        better = [found.version for found in data.better]
        newest = [v.number for v in data.versions if v.number and v.archived is None]
        wanted = [n for n in (champion, *better, *newest) if n is not None]
        return tuple(dict.fromkeys(wanted))[:3]

    def action_metric(self) -> None:
        """Show the next metric."""
        data = self._data
        if data is None or not data.pictures:
            return
        names = list(data.pictures)
        at = names.index(self._chosen_metric(data))
        self._metric[data.name] = names[(at + 1) % len(names)]
        self.read()

    def action_lines(self) -> None:
        """Choose the versions that are drawn."""
        from tui.choosing import Choose

        data = self._data
        if data is None:
            return
        entries = [(str(v.number), f"v{v.number} {state_of(v, data.status.champion)}") for v in data.versions]

        def chosen(keys: list[str] | None) -> None:
            if keys:
                self._drawn[data.name] = tuple(int(key) for key in keys)
                self.read()

        self.app.push_screen(Choose("Lines", entries, [str(n) for n in self._versions(data)]), chosen)

    # -- what is selected, and what opens

    def _version_in_focus(self, data: ModelData | None) -> Version | None:
        if data is None:
            return None
        if data.tab in self._tabs:
            number = self._tabs[data.tab].version(data)
            wanted = data.status.shown if number is None else number
            return next((v for v in data.versions if v.number == wanted), None)
        table = self.query_one("#rows" if data.tab == "versions" else "#beside", Table)
        row = table.current
        if row is not None and isinstance(row.data, Version):
            return row.data
        return next((v for v in data.versions if v.number == data.status.shown), None)

    def selection(self) -> Selection:
        data = self._data
        if data is None or (self.panel.model is not None and data.name != self.panel.model):
            return Selection(model=self.panel.model)
        version = self._version_in_focus(data)
        table = self.query_one("#rows" if data.tab == "versions" else "#beside", Table)
        row = self.query_one("#rows", Table).current
        champion = data.status.champion
        record = row.data if row is not None else None
        return Selection(
            model=data.name,
            version=version.number if version else None,
            versions=_pair([r.data.number for r in table.marked], version, champion),
            champion=champion,
            archived=version is not None and version.archived is not None,
            requirement=record if isinstance(record, Requirement) else None,
            run=_run_of(record),
            case=record if isinstance(record, Case) else None,
            entry=record if isinstance(record, InboxEntry) else None,
            trial=data.trial,
            muted=data.status.muted,
        )

    def open_row(self, table: Table, row: Row) -> None:
        from tui.reader import Reader

        data = self._data
        if data is None:
            return
        if isinstance(row.data, Version):
            self.open_tab("lineage")
        elif data.tab == "requirements":
            self.panel.action_do("require.set")
        elif data.tab in self._tabs:
            found = self._tabs[data.tab].evidence(self.panel.store, data, row, self.size.width - 6)
            if found is not None:
                self.app.push_screen(Reader(f"{data.name} › {found[0]}", found[1]))
        elif isinstance(row.data, Run):
            self.panel.open_run(row.data.id, data.name)
        elif data.tab == "backtests":
            self._open_partition(data, row.key)

    def _open_partition(self, data: ModelData, label: str) -> None:
        """All metrics of one partition, version by version."""
        from tui.reader import Reader

        text = Text(f"{label}\n\n", style="bold")
        for number in self._versions(data):
            text.append(f"v{number}\n", "bold")
            for metric, picture in data.pictures.items():
                curve = picture.curve(number)
                points = dict(zip(picture.labels, curve.points, strict=True)) if curve else {}
                point = points.get(label) if label in points else (curve.overall if curve else None)
                if point is not None:
                    text.append(f"  {metric:<22}", "not bold dim")
                    text.append(f"{interval(point.value, point.low, point.high):<28}", "not bold")
                    text.append(f"{point.n:>9,} rows  {point.reason or ''}\n", "not bold dim")
        self.app.push_screen(Reader(f"{data.name} › {label}", text))

    def action_step(self) -> None:
        """Show the next of several: the challenge before."""
        if self._data is not None and self.tab in self._tabs and self._tabs[self.tab].step(self._data):
            self.read()

    def action_decide(self) -> None:
        """Make an entry of the inbox a case, or say that a case was looked at."""
        if self.tab in ("inbox", "cases"):
            self.panel.action_do("inbox.accept" if self.tab == "inbox" else "case.review")

    def action_dismiss_entry(self) -> None:
        """Leave an entry of the inbox alone for ever."""
        if self.tab == "inbox":
            self.panel.action_do("inbox.dismiss")

    def action_log(self) -> None:
        """The log of the run under the cursor."""
        run = self.selection().run
        if run is not None:
            self.panel.open_log(run)

    # -- comparisons are made by a worker, and open when they are ready

    def after(self, action: Action, result: Any) -> None:
        if action.id == "version.diff" and isinstance(result, Run):
            self._awaited = result.id

    def _open_awaited(self) -> None:
        if self._awaited is None:
            return
        run = self.panel.store.runs.get(self._awaited)
        if run.state in ("queued", "running"):
            return
        self._awaited = None
        if self.app.screen is self:
            from tui.evidence import run_text
            from tui.reader import Reader

            self.app.push_screen(Reader(f"{run.model} › comparison", run_text(run)))


def _run_of(record: object) -> Run | None:
    """The run that a line stands for: its own, or that of a check at work."""
    if isinstance(record, Check):
        return record.active or next(iter(record.earlier), None)
    return record if isinstance(record, Run) else None


def _first(store: Store) -> str | None:
    models = store.models.list()
    return models[0].name if models else None


def _rows(runs: tuple[Run, ...]) -> tuple[Row, ...]:
    return tuple(model_rows.run_row(run) for run in runs)


def _pair(marked: list[int], version: Version | None, champion: int | None) -> tuple[int, ...]:
    """The two versions that would be compared: the marked ones, else the one in focus and the champion."""
    if len(marked) >= 2:
        return tuple(marked)
    other = marked[0] if marked else champion
    if version is None or other is None or version.number == other:
        return tuple(marked)
    return (other, version.number)


def _under(data: ModelData, picture: Picture | None) -> str:
    if picture is None or not picture.labels:
        return "never back-tested yet: r b" if data.tab == "backtests" else "no now-test yet: r n"
    kind = "back-test" if data.tab == "backtests" else "now-tests"
    return f"{picture.metric} in the last {kind}" if data.tab == "backtests" else f"{picture.metric}, {kind}"


def _version_text(version: Version, data: ModelData) -> Text:
    text = Text()
    facts = {
        "trained": f"{data_day(version.trained_since)} to {data_day(version.trained_until)}",
        "rows": f"{version.trained_rows:,}" if version.trained_rows else "–",
        "runs as": f"{version.algorithm}, agrees {model_rows.agreement(version)}",
        "why so": version.why,
        "parameters": ", ".join(f"{k} {v}" for k, v in version.parameters.items()) or "–",
        "hash": version.hash[:16],
    }
    for name, value in facts.items():
        if value:
            text.append(f" {name:<11}", "dim").append(f"{value}\n")
    found = next((b for b in data.better if b.version == version.number), None)
    if found is not None:
        shown = interval(found.difference, found.low, found.high)
        text.append(f"\n ✓ better than v{data.status.champion} on the same rows:\n", "green")
        text.append(f"   {found.metric} {shown}\n")
    text.append("\n")
    for metric, picture in data.pictures.items():
        curve = picture.curve(version.number)
        if curve is not None and curve.overall is not None:
            whole = curve.overall
            text.append(f" {metric:<20}", "dim").append(f"{interval(whole.value, whole.low, whole.high)}\n")
    return text
