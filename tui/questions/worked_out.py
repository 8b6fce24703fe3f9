"""A question whose answer is worked out first, in a process of its own, and shown before anybody says yes."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from core import errand
from incumbent.errors import IncumbentError
from tui.confirm import ActionDialog


class WorkedOutDialog(ActionDialog):
    """A question whose answer has to be worked out first: it appears when it is there."""

    handler: ClassVar[str]
    #: keywords of the handler beside the model
    keywords: ClassVar[dict[str, Any]] = {}

    def compose_question(self) -> ComposeResult:
        yield Static(Text(self._action.help))
        yield Static(Text("working out what would change …", style="dim"), id="worked-out")

    def on_mount(self) -> None:
        self._found: Any = None
        self.run_worker(self._work_out, thread=True, exclusive=True, group="working-out")

    def _keywords(self) -> dict[str, Any]:
        return {"model": self._chosen.model, **self.keywords}

    def _work_out(self) -> None:
        try:
            found = errand.send(self.handler, self._owner.workspace, self._keywords())
        except IncumbentError as error:
            self.app.call_from_thread(self._show, None, Text(error.message, style="yellow"))
        else:
            self.app.call_from_thread(self._show, found, self.told(found))

    def _show(self, found: Any, said: Text) -> None:
        self._found = found
        if self.is_mounted:
            self.query_one("#worked-out", Static).update(said)

    def told(self, found: Any) -> Text:
        """What was worked out."""
        raise NotImplementedError

    def changes(self, found: Any) -> int:
        """How many things would change."""
        raise NotImplementedError

    def answer(self) -> dict[str, Any] | str:
        if self._found is None:
            return "it is not worked out yet, or cannot be"
        return {} if self.changes(self._found) else "there is nothing to set"
