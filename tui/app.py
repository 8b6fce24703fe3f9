"""The panel: places, the pulse that notices changes, and what is done when an action is asked for."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import ModalScreen

from core.wording import clock_time
from incumbent.errors import IncumbentError
from tui.colours import on_light, without_colour
from tui.doing import Doing
from tui.glyphs import cut
from tui.keys import PLACES
from tui.overview import OverviewPlace
from tui.place import Place
from tui.widgets.table import Table

if TYPE_CHECKING:
    from textual.screen import Screen

    from core.workspace import Workspace
    from store.records import Run

#: Seconds between two looks at the store's version number.
PULSE_SECONDS = 1.0
#: Beats between two looks at who keeps the night: that somebody died changes nothing in the store.
NIGHT_BEATS = 15
#: Beats after which the screen is woken though nothing has changed: ages grow by themselves.
MINUTE_BEATS = 60


#: Where the other places are defined: imported when they are first opened.
_PLACES = {
    "model": "tui.model:ModelPlace",
    "runs": "tui.runs:RunsPlace",
    "production": "tui.production:ProductionPlace",
    "night": "tui.night:NightPlace",
    "alerts": "tui.alerts:AlertsPlace",
}


def _opener(where: str) -> Callable[[], Screen[Any]]:
    def make() -> Screen[Any]:
        module, _, name = where.partition(":")
        made: Screen[Any] = getattr(import_module(module), name)()
        return made

    return make


class Woken(Message):
    """There is something new to show."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Woken)


class Panel(Doing, App[int]):
    """The panel on a workspace.

    Parameters
    ----------
    workspace : Workspace
    ring : bool
        Ring the schedules while the panel is open and no daemon does.
    """

    CSS_PATH = "panel.tcss"
    TITLE = "Incumbent"
    ENABLE_COMMAND_PALETTE = True
    DEFAULT_MODE = "overview"
    MODES: ClassVar[dict[str, Any]] = {name: _opener(where) for name, where in _PLACES.items()}
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"go('{name}')", title, show=False) for name, title, key in PLACES),
        Binding("colon", "command_palette", "do anything", show=False),
        Binding("question_mark,f1", "help", "help", show=False),
        Binding("q", "back_or_quit", "back or quit", show=False),
        Binding("p", "pause", "pause refresh", show=False),
        Binding("r", "menu('r')", "run", show=False),
        Binding("x", "menu('x')", "dangerous", show=False),
        Binding("u", "undo", "undo", show=False),
    ]

    def __init__(self, workspace: Workspace, ring: bool = True) -> None:
        super().__init__()
        self.animation_level = "none"
        self.workspace = workspace
        self.store = workspace.store()
        self.model: str | None = None  # the one that the place Model shows
        self.paused = False
        self.seen_version = self.store.data_version()
        self._file = _identity(self.store.path)
        self._in_terminal = os.isatty(0)
        self._ring = ring
        self._stop = threading.Event()
        self._keeper: int | None = None  # pid of the process that keeps the night
        self._rings: tuple[object, ...] = ()  # the schedules for which the next time was worked out
        self._next: datetime | None = None
        self._night_trouble = ""
        self.ansi_theme_light = on_light()
        if self.no_color:
            self.ansi_theme_dark, self.ansi_theme_light = without_colour(True), without_colour(False)
        theme = self.store.settings.get("panel.theme")
        if theme in self.available_themes:
            self.theme = theme

    # -- places

    def get_default_screen(self) -> OverviewPlace:
        """The overview. As a mode of :attr:`MODES` it would be waited for in a batch, and its first picture
        would be drawn for nothing."""
        return OverviewPlace()

    def go(self, place: str, model: str | None = None) -> None:
        """Show a place, of a model where it is one's."""
        if isinstance(self.screen, ModalScreen):
            return  # asked for before a question came up: it stays where the question is answered
        if model is not None:
            self.model = model
        self.switch_mode(place)

    def open_tab(self, model: str, tab: str) -> None:
        """Show a tab of a model."""
        self.go("model", model)
        if (shown := getattr(self.screen, "open_tab", None)) is not None:
            self.screen.call_after_refresh(shown, tab)

    def action_go(self, place: str) -> None:
        """Show a place."""
        self._remember_model()
        self.go(place)

    def _remember_model(self) -> None:
        if isinstance(self.screen, Place) and (model := self.screen.selection().model):
            self.model = model

    def action_command_palette(self) -> None:
        """Show every action, where no question waits for its answer."""
        if not isinstance(self.screen, ModalScreen):
            super().action_command_palette()

    def action_back_or_quit(self) -> None:
        """Back from where one is; from the overview, out."""
        screen = self.screen
        if isinstance(screen, Place) and screen.id_of_place == "overview":
            self.exit(0)
        elif isinstance(screen, Place):
            screen.action_back()
        else:
            self.pop_screen()

    # -- the pulse

    def on_mount(self) -> None:
        self.add_mode("overview", OverviewPlace)  # it stands already: from now on one can come back to it
        self.call_after_refresh(self._begin_night)

    def _begin_night(self) -> None:
        # After the first picture, and on this thread: threads that import these modules at the same time,
        # which import one another, would find them half made.
        for module in ("core.ringer", "core.schedules", "core.alerts", "core.requirements"):
            import_module(module)
        if self._ring:
            threading.Thread(target=self._keep_night, name="rings the night", daemon=True).start()
        self.run_worker(self._look_at_night, thread=True)
        threading.Thread(target=self._watch, name="watches the store", daemon=True).start()

    def _watch(self) -> None:
        """Look at the store at every beat, and wake the screen where it has something to say."""
        beats = 0
        while not self._stop.wait(PULSE_SECONDS):
            beats += 1
            if beats % NIGHT_BEATS == 4:  # the panel itself has taken the night by then, if nobody has
                self._look_at_night()
            version, trouble = self._look_at_store()
            new = version != self.seen_version and not self.paused
            if trouble or new or beats % MINUTE_BEATS == 0 or self._deserted():
                self.post_message(Woken())

    def on_woken(self) -> None:
        """Have the place that is shown look at what is new."""
        place = self.place
        if place is None:  # the panel is being left: nothing is shown any more
            return
        if self._deserted():
            self.exit(1)
            return
        version, trouble = self._look_at_store()
        if trouble:
            place.trouble = trouble
        elif not self.paused:
            self.seen_version = version
            place.look()
        place.say_frame()

    def _deserted(self) -> bool:
        """Whether the terminal was closed, and no signal said so: nobody looks any more."""
        return self._in_terminal and not os.isatty(0)

    def _look_at_store(self) -> tuple[int, str]:
        """Its version, and why what is shown is not what stands there: a deleted file can still be read."""
        now = _identity(self.store.path)
        if now is None:
            return self.seen_version, "the store was deleted"
        if now != self._file:
            return self.seen_version, "the store was replaced: open the panel again"
        try:
            return self.store.data_version(), ""
        except IncumbentError as error:
            return self.seen_version, error.message

    @property
    def place(self) -> Place | None:
        """The place that is shown, perhaps behind a dialog."""
        return next((s for s in reversed(self.screen_stack) if isinstance(s, Place)), None)

    def shown_again(self) -> None:
        """A place has read something: a menu over it may offer more."""
        top = self.screen_stack[-1] if self.screen_stack else None
        if (look_again := getattr(top, "look_again", None)) is not None:
            look_again()

    def action_pause(self) -> None:
        """Stop live refresh, or go on with it."""
        self.paused = not self.paused
        if (place := self.place) is not None:
            place.say_frame()

    # -- the night shift

    def _keep_night(self) -> None:
        from core.ringer import (
            Ringer,
        )  # the scheduler: a tenth of a second that the first screen need not wait

        def trouble(said: str) -> None:
            self._night_trouble = said

        self._stop.wait(2.0)
        try:
            if not self._stop.is_set():
                Ringer(self.workspace, "panel").mind(self._stop, trouble)
        except IncumbentError as error:
            trouble(str(error))

    def _look_at_night(self) -> None:
        """See who keeps the night, and when it rings next; called in a thread."""
        from core.leases import keeper_of
        from core.present import present
        from core.schedules import list_schedules

        before = self.night_words()
        try:
            now = present()
            keeper = keeper_of(self.store, now)
            self._keeper = None if keeper is None else keeper.pid
            rings = tuple((each.id, each.cron, each.paused) for each in self.store.schedules.list())
            if rings != self._rings or (self._next is not None and self._next <= now):
                coming = [plan.next for plan in list_schedules(self.workspace, now=now) if plan.next]
                self._rings, self._next = rings, min(coming, default=None)
        except IncumbentError as error:
            self._night_trouble = error.message
        if self.night_words() != before:
            self.post_message(Woken())

    def night_words(self) -> Text:
        """Whether the night shift is alive, and what is next."""
        if self._night_trouble:
            return Text(f"! night shift: {self._night_trouble} ", "yellow")
        if self._keeper is None:
            return Text("· no night shift ", "dim")
        next_words = ""
        if self._next is not None:
            next_words = f" · next {clock_time(self._next, datetime.now().astimezone())}"
        who = "kept by this panel" if self._is_mine() else "alive"
        return Text.assemble(("✓", "green"), f" night shift {who}{next_words} ")

    def _is_mine(self) -> bool:
        return self._keeper == os.getpid()

    def on_unmount(self) -> None:
        self._stop.set()

    def open_run(self, run: int, model: str = "") -> None:
        """Show what a run found."""
        from tui.evidence import run_text
        from tui.reader import Reader

        title = f"{model} › run {run}" if model else f"run {run}"
        try:
            found = self.store.runs.get(run)
        except IncumbentError as error:
            self.notify(error.message, severity="error", markup=False)
            return
        self.push_screen(Reader(title, run_text(found, self.size.width - 4)))

    def open_log(self, run: Run) -> None:
        """Show the log of a run, and follow it while the run goes on."""
        from core import runs
        from tui.reader import Reader

        def read() -> Text:
            lines = runs.tail_log(self.workspace, run.id, 1000)
            return Text("\n".join(lines) or "it has written nothing yet")

        active = run.state in ("queued", "running")
        self.push_screen(Reader(f"run {run.id} › log", read(), read if active else None))

    # -- copying and exporting

    def copy(self, text: str) -> None:
        """Send text to the terminal's clipboard; whether it arrives is the terminal's matter."""
        if text:
            self.copy_to_clipboard(text)
            self.notify(f"sent to the terminal's clipboard: {cut(text, 60)}", markup=False)

    def export_table(self, table: Table, name: str) -> None:
        """Write a table as it is shown to a CSV file in the current folder."""
        import csv
        import io

        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(table.labels)
        writer.writerows(table.plain_rows())
        self._write_new(name, "csv", text.getvalue())

    def export_text(self, text: str, name: str) -> None:
        """Write a text to a file in the current folder."""
        self._write_new(name, "txt", text)

    def _write_new(self, name: str, ending: str, text: str) -> None:
        """Write a new file in the current folder, and say where it is, or why there is none."""
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)[:80]
        try:
            path = Path.cwd() / f"incumbent-{kept}-{stamp}.{ending}"
            path.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            said = f"nothing was written: {error.strerror or error}"
            self.notify(f"{said}\n→ start the panel in a folder that takes files", severity="error",
                        markup=False)  # fmt: skip
        else:
            self.notify(f"written to {path}", markup=False)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def run(workspace: Workspace) -> int:
    """Open the panel; its exit code."""
    gc.freeze()  # what is imported stays: looking through it for garbage holds up the first picture
    panel = Panel(workspace)
    code = panel.run()
    return 0 if code is None else code


__all__ = ["Panel", "run"]
