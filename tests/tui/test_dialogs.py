"""Dialogs: where typed text goes, and that nothing behind a dialog acts."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from core import errand
from core.actions import ACTIONS, Action
from core.workspace import Workspace
from incumbent.errors import WorkError
from tests.tui import found
from tests.tui.conftest import Face, Opened
from tui import selection
from tui.dialogs import Question
from tui.doing import SHOWN_FIRST
from tui.selection import Selection, WeakSpot

#: Every letter that is a key somewhere, and more.
TYPED = "eqnpurxyszmolwafjkgG/2=0.5"
ASKING = [
    action
    for action in ACTIONS
    if action.asks or action.danger in ("dangerous", "irreversible") or action.id in SHOWN_FIRST
]


def _everything(workspace: Workspace) -> Selection:
    found.add_to(workspace)
    with workspace.store() as store:
        return Selection(
            model="alpha",
            version=2,
            versions=(1, 2),
            champion=1,
            former=2,
            run=store.runs.get(1),
            alert=store.alerts.list()[0],
            schedule=store.schedules.list("alpha")[0],
            requirement=store.requirements.live("alpha")[0],
            case=next(iter(store.cases.list("alpha")), None),
            entry=next(iter(store.inbox.list("alpha")), None),
            trial=next(iter(store.trials.running("alpha")), None),
            spot=WeakSpot(1, 1, found.EDGE["failed"][0]),
        )


def _nothing_found(*_: object) -> None:
    raise WorkError("nothing was found")


async def _asked(face: Face, action: Action, chosen: Selection) -> Question:
    face.panel._ask(action, chosen, selection.arguments(action, chosen))
    await face.settle()
    assert isinstance(face.panel.screen, Question)
    return face.panel.screen


async def test_a_dialog_has_its_first_input_in_focus(opened: Opened, workspace: Workspace) -> None:
    chosen = _everything(workspace)
    async with opened() as face:
        for action in ASKING:
            asked = await _asked(face, action, chosen)
            entries = list(asked.query(Input))
            assert asked.focused is (entries[0] if entries else asked.query_one("#cancel")), action.id
            (keys,) = (line for line in face.lines if "escape  leave it as it is" in line)
            assert ("enter, then y" in keys) is bool(entries), action.id
            await face.press("escape")


@pytest.mark.parametrize(
    "actions", [ASKING[::9], pytest.param(ASKING, marks=pytest.mark.slow)], ids=["some", "all"]
)
async def test_what_is_typed_stays_in_the_dialog(
    actions: list[Action],
    opened: Opened,
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(errand, "send", _nothing_found)
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    chosen = _everything(workspace)
    async with opened() as face:
        place = face.panel.place
        for action in actions:
            asked = await _asked(face, action, chosen)
            entries = list(asked.query(Input))
            if not entries:
                await face.press("q")
                assert face.panel.screen is place, action.id
                continue
            entries[0].value = ""
            await face.type(TYPED)
            await face.settle()
            assert entries[0].value == TYPED, action.id
            await face.press(*["enter"] * len(entries))
            assert asked.focused is asked.query_one("#cancel"), action.id
            await face.type(TYPED.replace("y", ""))
            await face.press("ctrl+p")
            assert face.panel.screen_stack[-1] is asked and face.panel.place is place, action.id
            await face.press("escape")
            assert face.panel.screen is place, action.id
        assert not face.panel.paused and set(tmp_path.iterdir()) == before
