"""An action is asked for: is it possible, must one be asked, do it in a thread, say how it went."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from core import actions
from core.actions import Action
from incumbent.errors import IncumbentError, UsageError
from store.records import JournalEntry, ProductionRevision, Run
from tui import selection
from tui.selection import Selection

if TYPE_CHECKING:
    from textual.app import App, SystemCommand
    from textual.screen import Screen

    from tui.app import Panel

    _Base = App[int]
else:
    _Base = object

#: What can be taken back, and is shown before it is done all the same.
SHOWN_FIRST = ("require.suggest",)
MENUS = {"r": "Run", "x": "With care"}


class Doing(_Base):
    """Mixed into the app."""

    def chosen(self) -> Selection:
        """What is selected on the place that is shown."""
        place = self._panel.place
        found = place.selection() if place is not None else Selection()
        if found.model is None:
            return found
        found = self._as_it_serves(found, found.model)
        if found.model is None or found.champion is None:
            return found
        revisions = self._panel.store.production.history(found.model, found.site).rows
        return replace(found, former=former_champion(revisions, found.champion))

    def _as_it_serves(self, found: Selection, model: str) -> Selection:
        """With what a place does not know of its model: champion, trial, whether it is muted or set aside."""
        store = self._panel.store
        try:
            live = store.production.live(model, found.site)
            trial = found.trial or next(iter(store.trials.running(model)), None)
        except UsageError:  # it was deleted meanwhile
            return found
        if found.champion is None and live is not None:
            found = replace(found, champion=live.champion, demoted=live.set_aside is not None)
        return replace(found, trial=trial, muted=model in store.alerts.muted())

    def offered(self, key: str) -> list[Action]:
        """The actions behind a prefix key that have to do with what is selected."""
        chosen = self.chosen()
        found = [action for action in actions.ACTIONS if action.key.split(" ")[0] == key]
        return [action for action in found if _concerns(action, chosen)]

    def action_menu(self, prefix: str) -> None:
        """Show the actions behind a prefix key; a second key chooses."""
        from tui.dialogs import Menu

        def entries() -> list[tuple[str, Action, str]]:
            chosen = self.chosen()
            return [(a.key.split(" ")[1], a, selection.obstacle(a, chosen)) for a in self.offered(prefix)]

        if not entries():
            self.notify("nothing is selected that this could be done to", severity="warning")
            return
        self.push_screen(Menu(MENUS[prefix], entries), self._do_chosen)

    def action_do(self, action_id: str) -> None:
        """Do an action to what is selected."""
        self.do(actions.find(action_id))

    def do(self, action: Action) -> None:
        """Do an action to what is selected, after asking what must be asked."""
        chosen = self.chosen()
        why_not = selection.obstacle(action, chosen)
        if why_not:
            self.notify(f"{action.label}: {why_not}", severity="warning")
            return
        given = selection.arguments(action, chosen)
        if action.danger in ("dangerous", "irreversible") or action.asks or action.id in SHOWN_FIRST:
            self._ask(action, chosen, given)
        else:
            self._perform(action, given)

    def _do_chosen(self, action: Action | None) -> None:
        if action is not None:
            self.do(action)

    def _ask(self, action: Action, chosen: Selection, given: dict[str, Any]) -> None:
        from tui.confirm import dialog

        def answered(more: dict[str, Any] | None) -> None:
            if more is not None:
                self._perform(action, given | more)

        self.push_screen(dialog(self._panel, action, chosen, given), answered)

    def _perform(self, action: Action, given: dict[str, Any]) -> None:
        panel = self._panel
        if action.apart:
            self.notify(f"{action.label} …", timeout=3)

        def work() -> None:
            try:
                result = actions.perform(panel.workspace, action.id, given)
            except IncumbentError as error:
                self.call_from_thread(self._refused, action, error)
            else:
                self.call_from_thread(self._done, action, given, result)

        self.run_worker(work, thread=True, group="doing")

    def _refused(self, action: Action, error: IncumbentError) -> None:
        said = error.message + (f"\n→ {error.hint}" if error.hint else "")
        self.notify(said, title=f"{action.label}: refused", severity="error", timeout=12, markup=False)

    def _done(self, action: Action, given: dict[str, Any], result: Any) -> None:
        if isinstance(result, Run) and result.state == "queued":
            said = f"run {result.id} queued: {action.label} of {result.model}; 3 shows it"
        elif isinstance(result, Path):
            said = f"written to {result}"
        else:
            said = f"{action.label}: done" + (
                " · u takes it back" if action.undo and _undone_by_u(action) else ""
            )
        self.notify(said, markup=False)
        place = self._panel.place
        if place is not None:
            place.after(action, result)
            place.read()

    # -- undo, help, palette

    def action_undo(self) -> None:
        """Take back the last thing that can be taken back, after showing which."""
        from tui.confirm import UndoDialog

        panel = self._panel
        try:
            entry = actions.undoable(panel.workspace)
        except IncumbentError as error:
            self.notify(str(error), severity="error")
            return
        if entry is None:
            self.notify("there is nothing to undo", severity="warning")
            return
        found = entry

        def answered(yes: dict[str, Any] | None) -> None:
            if yes is not None:
                self.run_worker(partial(self._undo, found.id), thread=True, group="doing")

        self.push_screen(UndoDialog(entry), answered)

    def _undo(self, entry: int) -> None:
        try:
            undone = actions.undo(self._panel.workspace, entry)
        except IncumbentError as error:
            self.call_from_thread(self._refused, Action("", "Undo", "", "", (), "safe", "", "", ""), error)
            return
        self.call_from_thread(self._undone, undone)

    def _undone(self, entry: JournalEntry) -> None:
        self.notify(f"taken back: {entry.subject}", markup=False)
        if (place := self._panel.place) is not None:
            place.read()

    def action_help(self) -> None:
        """Keys and actions, for what is shown."""
        from tui.help import HelpScreen

        self.push_screen(HelpScreen(self.chosen()))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers: every action, the places, the themes."""
        from textual.app import SystemCommand

        chosen = self.chosen()
        for action in actions.ACTIONS:
            why_not = selection.obstacle(action, chosen)
            key = f"  ({action.key})" if action.key else ""
            help_text = f"not now: {why_not}" if why_not else action.help
            yield SystemCommand(f"{action.label}{key}", help_text, partial(self.do, action))
        for title, help_text, run in self._own_commands():
            yield SystemCommand(title, help_text, run)

    def _own_commands(self) -> Iterable[tuple[str, str, Callable[[], object]]]:
        from tui.keys import PLACES

        panel = self._panel
        for name, title, key in PLACES:
            yield f"Go to {title}  ({key})", "a place", partial(panel.action_go, name)
        if (model := self.chosen().model or panel.model) is not None:
            from tui.model import TABS

            for tab, title in TABS:
                yield f"{title} of {model}", "a tab of the model", partial(panel.open_tab, model, tab)
        yield "Undo  (u)", "take back the last thing that can be", self.action_undo
        yield "Help  (?)", "keys and actions", self.action_help
        yield "Pause refresh  (p)", "or go on with it", panel.action_pause
        yield "Quit  (ctrl+q)", "runs go on in their own process", partial(panel.exit, 0)
        for theme in ("textual-dark", "textual-light", "textual-ansi", "nord", "gruvbox", "solarized-light"):
            if theme in panel.available_themes:
                yield f"Theme: {theme}", "colours", partial(self._set_theme, theme)

    def _set_theme(self, theme: str) -> None:
        panel = self._panel
        panel.theme = theme
        self.run_worker(partial(panel.store.settings.set, "panel.theme", theme), thread=True, group="doing")

    @property
    def _panel(self) -> Panel:
        return cast("Panel", self)


def former_champion(revisions: Iterable[ProductionRevision], champion: int) -> int | None:
    """The last champion before this one, of revisions from the newest on."""
    return next((r.champion for r in revisions if r.champion not in (None, champion)), None)


def _concerns(action: Action, chosen: Selection) -> bool:
    """Whether an action has to do with what a place selects, even if it is not possible now."""
    if "run" in action.needs:
        return chosen.run is not None
    if "trial" in action.needs:
        return chosen.trial is not None
    if "case" in action.needs:
        return chosen.case is not None
    if "spot" in action.needs:
        return chosen.spot is not None
    if "entry" in action.needs:
        return chosen.entry is not None
    if "alert" in action.needs:
        return chosen.alert is not None
    if "check" in action.needs:
        return chosen.schedule is not None
    if "metric" in action.needs:
        return chosen.requirement is not None
    if action.id == "model.delete":
        return (
            chosen.model is not None
            and chosen.schedule is None
            and chosen.requirement is None
            and chosen.version is None
        )
    return chosen.model is not None


def _undone_by_u(action: Action) -> bool:
    return not action.undo.startswith("run.") and action.danger != "irreversible"
