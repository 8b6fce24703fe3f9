"""One model: its versions, its history as a picture, and the tabs that are lists. What is read and what is
selected have files of their own (``model_data``, ``model_selection``), and so has what plots show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from core.history import Picture
from store.records import Run, Version
from tui import model_rows
from tui.evidence import document_text
from tui.findings.version import partition_text, version_text
from tui.model_data import first_model, read_model
from tui.model_rows import state_of
from tui.model_selection import selected
from tui.place import Place
from tui.plotting import Chosen
from tui.selection import Selection
from tui.tab_line import tab_line
from tui.tabs import ModelData, make_tabs
from tui.welcome import NO_MODEL
from tui.widgets.line import Line, Rule
from tui.widgets.plot import Plot
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
    ("edge", "Edge"),
    ("requirements", "Needs"),
    ("cases", "Cases"),
    ("inbox", "Inbox"),
    ("lineage", "Lineage"),
    ("journal", "Journal"),
)
_PLOTTED = ("backtests", "nowtests")
#: What ``a`` does on a tab.
_DECISIONS = {"inbox": "inbox.accept", "cases": "case.review", "edge": "edge.case"}
#: From this size on the versions have their picture above them.
_WIDE, _TALL = 100, 30


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
        self._chosen = Chosen()
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
                yield Table(*model_rows.versions_columns(None), id="rows")
                with VerticalScroll(id="reading"):
                    yield Static(id="read")
            with Vertical(id="side", classes="pane"):
                yield Rule("versions")
                yield Table(*model_rows.beside_columns(None), id="beside")
                yield Rule(id="about-title")
                with VerticalScroll(id="about-version", can_focus=False):
                    yield Static(id="about-text")

    def on_mount(self) -> None:
        super().on_mount()
        self._fit()

    def on_resize(self) -> None:
        super().on_resize()
        self._fit()
        self._say_tabs()
        self._plot()

    @property
    def _pictured(self) -> bool:
        """Whether there is a plot: on its tabs always, above the versions where there is room."""
        wide = self.size.width >= _WIDE and self.size.height >= _TALL
        return self.tab in _PLOTTED or (self.tab == "versions" and wide)

    def _fit(self) -> None:
        """Show the widgets of the tab."""
        pictured, read, told = self._pictured, self.tab == "lineage", self.tab in self._tabs
        versions = self.tab == "versions"
        self.query_one("#plot").display = pictured
        self.query_one("#under").display = pictured
        self.query_one("#rows").display = not read
        self.query_one("#reading").display = read
        self.query_one("#beside").display = not versions and not told
        self.set_class(versions or told, "-versions")
        self.set_class(versions and pictured, "-pictured")
        self.set_class(told, "-told")
        self._say_headline()

    def _say_headline(self) -> None:
        """What a list has to say of itself, and what an empty one says to do."""
        data, line = self._data, self.query_one("#headline", Static)
        said = self._headline(data) if data is not None and data.tab == self.tab else Text()
        line.update(said)
        line.display = bool(said.plain)

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
        if self._data is not None and self._data.tab == "versions":
            self._lay_beside(self._version_in_focus(self._data))
        self.tab = tab
        table = self.query_one("#rows", Table)
        table.filter("")
        table.marks.clear()
        table.show_rows(())
        if tab in self._tabs:
            table.set_columns(*self._tabs[tab].columns)
        elif tab == "nowtests":
            table.set_columns(*model_rows.RUNS)
        self.query_one("#about-title", Rule).say("")
        self.query_one("#about-text", Static).update("")
        self._fit()
        self._say_tabs()
        (self.query_one("#reading") if tab == "lineage" else table).focus()
        self.read()

    # -- reading

    def fetch(self, store: Store) -> ModelData | None:
        name = self.panel.model or first_model(store)
        if name is None:
            return None
        self.panel.model = name
        row = self.query_one("#beside", Table).current
        known = self._data is not None and self._data.name == name and row is not None
        focus = row.data if known and row is not None and isinstance(row.data, Version) else None
        return read_model(self.panel.workspace, store, name, self.tab, self._tabs, self._chosen, focus)

    # -- showing

    def show(self, data: ModelData | None) -> None:
        if data is None:
            line = self.query_one("#headline", Static)
            line.update(NO_MODEL)
            line.display = True
            return
        if data.tab != self.tab:
            return
        self._data = data
        self._show_beside(data)
        table = self.query_one("#rows", Table)
        if data.tab == "versions":
            self._show_versions(data)
        elif data.tab == "backtests":
            self._show_partitions(data)
        else:
            table.show_rows(data.shown.rows)
        self._say_headline()
        if data.tab == "lineage":
            self._show_lineage(data)
        self._plot()
        self._about()
        self._say_tabs()
        self._open_awaited()

    def _headline(self, data: ModelData) -> Text:
        if data.tab in self._tabs:
            said = data.shown.headline.copy()
            if not data.shown.rows:
                said.append(f"\n {self._tabs[data.tab].empty_text(data)}" if said.plain
                            else f" {self._tabs[data.tab].empty_text(data)}", "dim")  # fmt: skip
            return said
        if data.tab == "versions" and not data.versions:
            register = f"incumbent version register {data.name} FILE takes a fitted model in"
            return Text(
                f" no version yet: r t trains one, as its pipeline file says;\n {register}", style="dim"
            )
        return Text()

    def _show_versions(self, data: ModelData) -> None:
        primary, table = _primary(data), self.query_one("#rows", Table)
        table.set_columns(*model_rows.versions_columns(primary))
        champion, verdicts = data.status.champion, data.challenges
        table.show_rows(
            [model_rows.version_row(v, champion, primary, verdicts.get(v.number)) for v in data.versions]
        )

    def _show_beside(self, data: ModelData) -> None:
        primary, table = _primary(data), self.query_one("#beside", Table)
        table.set_columns(*model_rows.beside_columns(primary))
        champion = data.status.champion
        table.show_rows([model_rows.beside_row(v, champion, primary) for v in data.versions])

    def _show_partitions(self, data: ModelData) -> None:
        picture = data.pictures.get(self._chosen.metric(data))
        table, versions = self.query_one("#rows", Table), self._chosen.versions(data)
        table.set_columns(*model_rows.partition_columns(versions[:2]))
        table.show_rows(model_rows.partition_rows(picture, versions[:2]) if picture else ())

    def _show_lineage(self, data: ModelData) -> None:
        shown = data.read
        self._lay_beside(shown)
        title = f"v{shown.number}: {shown.origin}, runs as {shown.algorithm}" if shown else "no version yet"
        body = document_text(data.lineage) if data.lineage else Text("its bundle tells nothing", style="dim")
        self.query_one("#read", Static).update(Text.assemble((f" {title}\n\n", "bold"), body))

    def _say_tabs(self) -> None:
        self.query_one("#tabs", Line).say(tab_line(TABS, self.tab, self.size.width))

    def _plot(self) -> None:
        data = self._data
        if data is None or data.tab != self.tab or not self._pictured:
            return
        row = self.query_one("#rows", Table).current
        also = row.data.number if row is not None and isinstance(row.data, Version) else None
        self.query_one("#plot", Plot).draw(self._chosen.drawing(data, row, also))
        self.query_one("#under", Rule).say(self._chosen.words(data))

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
        better = next((b for b in data.better if b.version == shown.number), None)
        challenge = data.challenges.get(shown.number)
        text = version_text(shown, data.status.champion, data.pictures, better, challenge)
        self.query_one("#about-text", Static).update(text)

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
        data, row = self._data, self.query_one("#beside", Table).current
        if data is None or data.read is None or row is None or not data.tab == self.tab == "lineage":
            return
        if row.key != str(data.read.number):
            self.read()

    def _lay_beside(self, version: Version | None) -> None:
        """Put the cursor of the list beside on a version: the one whose lineage is read."""
        table = self.query_one("#beside", Table)
        if version is not None and (table.current is None or table.current.key != str(version.number)):
            table.go_to(str(version.number))

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

    def action_metric(self) -> None:
        """Show the next metric."""
        if self._data is not None and self._chosen.next_metric(self._data):
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
                self._chosen.choose_versions(data, [int(key) for key in keys])
                self.read()

        self.app.push_screen(Choose("Lines", entries, [str(n) for n in self._chosen.versions(data)]), chosen)

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
        marked = [each.data.number for each in table.marked]
        return selected(data, version, row.data if row is not None else None, marked)

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
            text = partition_text(row.key, self._chosen.versions(data), data.pictures)
            self.app.push_screen(Reader(f"{data.name} › {row.key}", text))

    def action_step(self) -> None:
        """Show the next of several: the challenge before."""
        if self._data is not None and self.tab in self._tabs and self._tabs[self.tab].step(self._data):
            self.read()

    def action_decide(self) -> None:
        """Make an entry of the inbox or a weak spot a case, or say that a case was looked at."""
        if self.tab in _DECISIONS:
            self.panel.action_do(_DECISIONS[self.tab])

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
        if self.is_active:
            self.panel.open_run(run.id, f"{run.model} › comparison")


def _primary(data: ModelData) -> Picture | None:
    """The primary metric in the last back-test."""
    return next(iter(data.pictures.values()), None)
