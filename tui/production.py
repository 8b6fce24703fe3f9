"""Production: what each site runs, what stands behind it, and every change with who, when and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from core.wording import data_day
from store.records import ProductionRevision, Version
from tui.evidence import document_text
from tui.model_rows import moment
from tui.place import Place
from tui.selection import Selection
from tui.widgets.line import Line, Rule
from tui.widgets.table import Cell, Column, Row, Table

if TYPE_CHECKING:
    from textual.widgets import DataTable

    from store import Store

LIVE = (
    Column("MODEL", 12, grow=True),
    Column("CHAMPION", 8),
    Column("TRAINED TO", 11),
    Column("THEN", 16),
    Column("REV", 4, right=True),
    Column("SINCE", 11),
    Column("WHO", 8),
    Column("CHALLENGER", 12, shown_from=110),
    Column("SHADOWS", 8, shown_from=110),
)
HISTORY = (
    Column("REV", 4, right=True),
    Column("SITE", 8),
    Column("CHAMPION", 8),
    Column("WHEN", 11),
    Column("WHO", 8),
    Column("WHY", 20, grow=True),
    Column("NOTE", 12),
)


class ModelProduction(NamedTuple):
    """What a site runs of one model."""

    model: str
    live: ProductionRevision | None
    champion: Version | None


class Shown(NamedTuple):
    """All models at one site, and the revisions of the selected one."""

    site: str
    sites: tuple[str, ...]
    models: tuple[ModelProduction, ...]
    selected: str | None
    history: tuple[ProductionRevision, ...]


class ProductionPlace(Place):
    """What production runs."""

    id_of_place = "production"
    hints = (("x s", "swap"), ("x r", "roll back"), ("x p", "publish"), ("w", "site"), ("u", "undo"))
    BINDINGS: ClassVar[list[BindingType]] = [Binding("w", "site", "site", show=False)]

    def __init__(self) -> None:
        super().__init__()
        self._site = "local"
        self._shown: Shown | None = None

    def compose_body(self) -> ComposeResult:
        with Vertical(classes="pane", id="upper"):
            yield Line(id="site")
            yield Table(*LIVE, id="live")
        with Vertical(classes="pane", id="lower"):
            yield Rule(id="about")
            yield Table(*HISTORY, id="history")
            yield Static(id="said")

    def fetch(self, store: Store) -> Shown:
        live = {revision.model: revision for revision in store.production.all_live(self._site)}
        models = []
        for model in store.models.list():
            revision = live.get(model.name)
            champion = None
            if revision is not None and revision.champion is not None:
                champion = store.versions.find(model.name, revision.champion)
            models.append(ModelProduction(model.name, revision, champion))
        names = [model.model for model in models]
        selected = self.panel.model if self.panel.model in names else next(iter(names), None)
        revisions = store.production.history(selected, None).rows if selected else ()
        sites = tuple(site.name for site in store.sites.list())
        return Shown(self._site, sites, tuple(models), selected, revisions)

    def show(self, data: Shown) -> None:
        self._shown = data
        others = ", ".join(name for name in data.sites if name != data.site)
        more = f"w: {others}" if others else "one site"
        self.query_one("#site", Line).say(
            Text.assemble((f" site {data.site}", "bold")), Text(f"{more} ", "dim")
        )
        table = self.query_one("#live", Table)
        table.show_rows([_live_row(model) for model in data.models])
        if data.selected is not None and (table.current is None or table.current.key != data.selected):
            table.go_to(data.selected)
        self.query_one("#about", Rule).say(f"revisions of {data.selected}" if data.selected else "")
        self.query_one("#history", Table).show_rows([_revision_row(r) for r in data.history])
        self._say()

    def _say(self) -> None:
        data = self._shown
        empty = data is not None and not data.history
        words = Text(" nothing is in production: choose a version on 2, then x s", style="dim")
        self.query_one("#said", Static).update(words if empty else Text())

    def moved(self) -> None:
        row = self.query_one("#live", Table).current
        if row is not None and self._shown is not None and row.key != self._shown.selected:
            self.panel.model = row.key
            self.read()

    def action_site(self) -> None:
        """Show the next site."""
        if self._shown is not None and self._shown.sites:
            at = self._shown.sites.index(self._site) if self._site in self._shown.sites else -1
            self._site = self._shown.sites[(at + 1) % len(self._shown.sites)]
            self.read()

    def selection(self) -> Selection:
        live, history = self.query_one("#live", Table), self.query_one("#history", Table)
        row = live.current
        model: ModelProduction | None = None if row is None else row.data
        revision: ProductionRevision | None = None
        if history.has_focus and history.current is not None:
            revision = history.current.data
        return Selection(
            model=model.model if model else None,
            version=revision.champion if revision else None,
            champion=model.live.champion if model and model.live else None,
            site=self._site,
        )

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        from tui.reader import Reader

        table = event.data_table
        row = table.current if isinstance(table, Table) else None
        if row is None:
            return
        if table.id == "live":
            self.query_one("#history", Table).focus()
            return
        revision: ProductionRevision = row.data
        text = document_text({name: getattr(revision, name) for name in revision.__dataclass_fields__})
        self.app.push_screen(Reader(f"{revision.model} › revision {revision.number}", text))


def _live_row(model: ModelProduction) -> Row:
    live = model.live
    if live is None or live.champion is None:
        cells = (Cell(model.model), Cell("nothing", "dim"), *(Cell("–", "dim") for _ in range(7)))
        return Row(model.model, cells, model)
    chain = ", ".join([*(f"v{number}" for number in live.fallback), "baseline"])
    challenger = "–" if live.challenger is None else f"v{live.challenger} {live.share:.0%}"
    return Row(
        model.model,
        (
            Cell(model.model),
            Cell(f"● v{live.champion}", "bold green"),
            Cell(data_day(model.champion.trained_until if model.champion else None)),
            Cell(chain),
            Cell(str(live.number), "", live.number),
            Cell(moment(live.when), "", live.when),
            Cell(live.who),
            Cell(challenger),
            Cell(", ".join(f"v{number}" for number in live.shadows) or "–"),
        ),
        model,
    )


def _revision_row(revision: ProductionRevision) -> Row:
    notes = []
    if revision.forced:
        notes.append("forced")
    if revision.undoes is not None:
        notes.append(f"undoes {revision.undoes}")
    if revision.published is None:
        notes.append("not published")
    return Row(
        f"{revision.site} {revision.number}",
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
