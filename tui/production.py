"""Production: what each site runs, as a picture; its traffic, its trial, its limits, every change."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from core import errand
from core.status import forced_champions
from core.traffic.summary import Summary, summary
from core.wording import chain_words, data_day
from incumbent.errors import IncumbentError
from store.records import ProductionRevision, Trial, Version
from tui.evidence import document_text, written
from tui.findings.ledger import ledger_text
from tui.findings.production import chain_text, limits_text, milliseconds, sites_text
from tui.findings.traffic import traffic_text
from tui.findings.trial import trial_text
from tui.model_rows import moment
from tui.place import Place
from tui.selection import Selection
from tui.tab_line import tab_line
from tui.widgets.line import Line, Rule
from tui.widgets.table import Cell, Column, Row, Table

if TYPE_CHECKING:
    from store import Store

LIVE = (
    Column("MODEL", 10, grow=True),
    Column("CHAMPION", 11),
    Column("TRAINED TO", 11),
    Column("THEN", 14),
    Column("A DAY", 8, right=True),
    Column("P99", 8, right=True),
    Column("CHAIN", 6, right=True),
    Column("CHALLENGER", 10, shown_from=100),
    Column("SHADOWS", 8, shown_from=100),
    Column("REV", 4, right=True, shown_from=100),
    Column("SINCE", 11, shown_from=100),
)
HISTORY = (
    Column("REV", 4, right=True),
    Column("SITE", 8),
    Column("CHAMPION", 8),
    Column("WHEN", 11),
    Column("WHO", 8, shown_from=60),
    Column("WHY", 12, grow=True),
    Column("NOTE", 12, shown_from=60),
)
#: id of a view, its title
VIEWS = (
    ("chain", "Chain"),
    ("traffic", "Traffic"),
    ("trial", "Trial"),
    ("limits", "Limits"),
    ("ledger", "Ledger"),
    ("revisions", "Revisions"),
)
#: Seconds between two looks at the log: predictions change nothing in the store.
LOOK_SECONDS = 5.0


class ModelProduction(NamedTuple):
    """What a site runs of one model, and what the log says of the last day."""

    model: str
    live: ProductionRevision | None
    champion: Version | None
    traffic: Summary | None
    forced: ProductionRevision | None = None  # with which the champion came, past its gate


class Shown(NamedTuple):
    """All models at one site; revisions, versions and trials of the selected one."""

    site: str
    sites: tuple[str, ...]
    models: tuple[ModelProduction, ...]
    selected: ModelProduction | None
    history: tuple[ProductionRevision, ...]
    versions: dict[int, Version]
    trials: tuple[Trial, ...]
    told: tuple[dict[str, Any], ...]  # the trials as documents
    everywhere: tuple[tuple[str, ProductionRevision | None], ...] = ()  # what each site runs of it


class ProductionPlace(Place):
    """What production runs."""

    id_of_place = "production"
    hints = (
        ("← →", "views"), ("x s", "swap"), ("x r", "roll back"), ("x f", "chain"), ("x l", "limits"),
        ("w", "site"), ("u", "undo"),
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "site", "site", show=False),
        Binding("left,left_square_bracket", "view(-1)", "view before", show=False, priority=True),
        Binding("right,right_square_bracket", "view(1)", "next view", show=False, priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._site = "local"
        self._view = "chain"
        self._shown: Shown | None = None
        self._ledgers: dict[tuple[str, str, int], Text] = {}  # model, site, live revision → what it says

    def compose_body(self) -> ComposeResult:
        with Vertical(classes="pane", id="upper"):
            yield Line(id="site")
            yield Table(*LIVE, id="live")
        with Vertical(classes="pane", id="lower"):
            yield Rule(id="about")
            yield Line(id="views")
            with Horizontal(id="both"):
                with VerticalScroll(id="view"):
                    yield Static(id="said")
                yield Table(*HISTORY, id="history")

    def on_mount(self) -> None:
        super().on_mount()
        self._fit()
        self.set_interval(LOOK_SECONDS, self._look_at_log)

    def on_resize(self) -> None:
        super().on_resize()
        self._fit()
        self._say()

    def _look_at_log(self) -> None:
        if self.is_active and not self.panel.paused:
            self.read()

    # -- reading

    def fetch(self, store: Store) -> Shown:
        live = {revision.model: revision for revision in store.production.all_live(self._site)}
        forced = forced_champions(store, self._site)
        models = [
            self._model(store, m.name, live.get(m.name))._replace(forced=forced.get(m.name))
            for m in store.models.list()
        ]
        names = [model.model for model in models]
        wanted = self.panel.model if self.panel.model in names else next(iter(names), None)
        selected = next((model for model in models if model.model == wanted), None)
        sites = tuple(site.name for site in store.sites.list())
        if selected is None:
            return Shown(self._site, sites, (), None, (), {}, (), ())
        name = selected.model
        versions = {v.number: v for v in store.versions.list(name, include_archived=True)}
        last = (*store.trials.running(name), *store.trials.page(name, limit=5).rows)
        trials = tuple(sorted({t.id: t for t in last}.values(), key=lambda t: -t.id))
        return Shown(
            self._site, sites, tuple(models), selected, store.production.history(name, None).rows, versions,
            trials, tuple(_document(store, trial) for trial in trials),
            tuple((site, store.production.live(name, site)) for site in sites),
        )  # fmt: skip

    def _model(self, store: Store, name: str, live: ProductionRevision | None) -> ModelProduction:
        if live is None or live.champion is None:
            return ModelProduction(name, live, None, None)
        try:
            traffic = summary(self.panel.workspace, store, name, self._site)
        except IncumbentError:  # its log cannot be read: the picture has no figures, and doctor says why
            traffic = None
        return ModelProduction(name, live, store.versions.find(name, live.champion), traffic)

    # -- showing

    def show(self, data: Shown) -> None:
        self._shown = data
        others = ", ".join(name for name in data.sites if name != data.site)
        more = f"w: {others}" if others else "one site"
        self.query_one("#site", Line).say(
            Text.assemble((f" site {data.site}", "bold")), Text(f"{more} ", "dim")
        )
        table = self.query_one("#live", Table)
        table.show_rows([_live_row(model) for model in data.models])
        selected = data.selected.model if data.selected else None
        if selected is not None and (table.current is None or table.current.key != selected):
            table.go_to(selected)
        self.query_one("#about", Rule).say(f"{selected} at {data.site}" if selected else "")
        self.query_one("#history", Table).show_rows([_revision_row(r) for r in data.history])
        self._say()

    def _fit(self) -> None:
        """In a narrow terminal revisions are a view of their own; else they stand beside the others."""
        narrow = self.size.width < 130
        alone = self._view == "revisions"
        self.query_one("#view").display = not alone
        self.query_one("#history").display = alone or not narrow

    def _say(self) -> None:
        data = self._shown
        self.query_one("#views", Line).say(tab_line(VIEWS, self._view, self.size.width))
        if data is None:
            return
        pane = self.query_one("#view")
        self.query_one("#said", Static).update(self._told(data, (pane.size.width or self.size.width) - 2))

    def _told(self, data: Shown, width: int) -> Text:
        selected = data.selected
        if selected is None or selected.live is None or selected.live.champion is None:
            return Text(" nothing is in production: choose a version on 2, then r c, then x s", style="dim")
        if self._view == "traffic":
            return traffic_text(selected.traffic, width)
        if self._view == "limits":
            return limits_text(selected.live)
        if self._view == "ledger":
            return self._ledger(selected.live, width)
        if self._view == "trial":
            return self._trials(data, width)
        text = chain_text(selected.live, data.versions, selected.traffic, selected.forced, width)
        return text.append_text(sites_text(data.everywhere, data.site))

    def _trials(self, data: Shown, width: int) -> Text:
        if not data.told:
            name = data.selected.model if data.selected else "MODEL"
            return Text(
                f" no version was ever tried out: on 2, x t tries the version in focus beside the champion\n"
                f" (incumbent trial start {name} VERSION)",
                style="dim",
            )
        return Text("\n").join(trial_text(trial, width) for trial in data.told)

    def _ledger(self, live: ProductionRevision, width: int) -> Text:
        """What the swaps have gained: worked out in a process of its own, once a revision."""
        at = (live.model, live.site, live.number)
        if at not in self._ledgers:
            self._ledgers[at] = Text(
                " holding old champions against new ones on the rows that came since …", "dim"
            )
            self.run_worker(partial(self._read_ledger, at, width), thread=True, group="ledger")
        return self._ledgers[at]

    def _read_ledger(self, at: tuple[str, str, int], width: int) -> None:
        try:
            found = errand.send("core.ledger:ledger", self.panel.workspace, {"model": at[0], "site": at[1]})
            said = ledger_text(found, width)
        except IncumbentError as error:
            said = Text(f" {error.message}", style="yellow")
        self.app.call_from_thread(self._keep_ledger, at, said)

    def _keep_ledger(self, at: tuple[str, str, int], said: Text) -> None:
        self._ledgers[at] = said
        self._say()

    def moved(self) -> None:
        row = self.query_one("#live", Table).current
        selected = self._shown.selected if self._shown else None
        if row is not None and selected is not None and row.key != selected.model:
            self.panel.model = row.key
            self.read()

    def action_view(self, step: int) -> None:
        """Show another view."""
        names = [name for name, _ in VIEWS]
        self._view = names[(names.index(self._view) + step) % len(names)]
        self._fit()
        self._say()
        self.query_one("#view", VerticalScroll).scroll_home(animate=False)
        if self._view == "revisions":
            self.query_one("#history", Table).focus()
        elif not self.query_one("#history").display:
            self.query_one("#live", Table).focus()

    def action_site(self) -> None:
        """Show the next site."""
        if self._shown is not None and self._shown.sites:
            at = self._shown.sites.index(self._site) if self._site in self._shown.sites else -1
            self._site = self._shown.sites[(at + 1) % len(self._shown.sites)]
            self.read()

    # -- what is selected, and what opens

    def selection(self) -> Selection:
        live, history = self.query_one("#live", Table), self.query_one("#history", Table)
        row = live.current
        model: ModelProduction | None = None if row is None else row.data
        revision: ProductionRevision | None = None
        if history.has_focus and history.current is not None:
            revision = history.current.data
        running = [t for t in (self._shown.trials if self._shown else ()) if t.ended is None]
        running.sort(key=lambda trial: self._site not in trial.sites)  # of this site before those elsewhere
        return Selection(
            model=model.model if model else None,
            version=revision.champion if revision else None,
            champion=model.live.champion if model and model.live else None,
            trial=next(iter(running), None),
            demoted=model is not None and model.live is not None and model.live.set_aside is not None,
            site=self._site,
        )

    def open_row(self, table: Table, row: Row) -> None:
        from tui.reader import Reader

        if table.id == "live":
            self.query_one("#view" if self._view != "revisions" else "#history").focus()
            return
        revision: ProductionRevision = row.data
        told = {name: getattr(revision, name) for name in revision.__dataclass_fields__}
        told |= {"when": written(revision.when), "published": written(revision.published) or "not in place"}
        text = document_text(told)
        self.app.push_screen(Reader(f"{revision.model} › revision {revision.number}", text))


def _document(store: Store, trial: Trial) -> dict[str, Any]:
    from core.trial.documents import document

    return document(store, trial)


def _live_row(model: ModelProduction) -> Row:
    live, traffic = model.live, model.traffic
    if live is None or live.champion is None:
        cells = (Cell(model.model), Cell("nothing", "dim"), *(Cell("–", "dim") for _ in range(len(LIVE) - 2)))
        return Row(model.model, cells, model)
    challenger = "–" if live.challenger is None else f"v{live.challenger} {live.share:.0%}"
    aside = live.set_aside is not None
    remark = " aside" if aside else " FORCED" if model.forced else ""
    style = "bold red" if aside else "bold yellow" if model.forced else "bold green"
    count = traffic.predictions if traffic else 0
    p99 = traffic.p99 if traffic else None
    fallbacks = traffic.fallbacks if traffic else 0
    return Row(
        model.model,
        (
            Cell(model.model),
            Cell(f"● v{live.champion}{remark}", style),
            Cell(data_day(model.champion.trained_until if model.champion else None)),
            Cell(chain_words(live.chain)),
            Cell(f"{count:,}" if count else "–", "" if count else "dim", count),
            Cell(milliseconds(p99) if p99 is not None else "–", "" if p99 else "dim", p99 or 0.0),
            Cell(f"{fallbacks:,}" if count else "–", "bold yellow" if fallbacks else "dim", fallbacks),
            Cell(challenger),
            Cell(", ".join(f"v{number}" for number in live.shadows) or "–"),
            Cell(str(live.number), "", live.number),
            Cell(moment(live.when), "", live.when),
        ),
        model,
    )


def _revision_row(revision: ProductionRevision) -> Row:
    notes = []
    if revision.forced:
        notes.append("FORCED")
    if revision.undoes is not None:
        notes.append(f"undoes {revision.undoes}")
    if revision.published is None:
        notes.append("not published")
    return Row(
        f"{revision.model} {revision.site} {revision.number}",
        (
            Cell(str(revision.number), "", revision.number),
            Cell(revision.site),
            Cell("nothing" if revision.champion is None else f"v{revision.champion}"),
            Cell(moment(revision.when), "", revision.when),
            Cell(revision.who),
            Cell(revision.why),
            Cell(", ".join(notes) or "–", "yellow" if revision.forced else "dim"),
        ),
        revision,
    )
