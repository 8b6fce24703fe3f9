"""Keys: filter, sort, marks, menus, questions, undo, help, palette."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.events import Key
from textual.widgets import Input

from core import alerts, schedules
from core.workspace import Workspace
from tests.tui.conftest import Opened
from tui.dialogs import Menu
from tui.widgets.table import Table


async def test_filter_counts_and_escape_clears_it_first(opened: Opened) -> None:
    async with opened() as face:
        await face.press("slash")
        await face.type("bet")
        assert "1 of 2" in face.lines[-1]
        await face.press("enter")
        assert isinstance(face.panel.focused, Table)
        assert "alpha" not in "".join(face.lines[4:8])
        await face.press("escape")
        assert "alpha" in face.seen


async def test_sort_and_reverse_keep_the_cursor_on_its_row(opened: Opened) -> None:
    async with opened() as face:
        await face.press("j", "s")
        table = face.panel.screen.query_one("#models", Table)
        assert table.current is not None and table.current.key == "beta"
        assert "MODEL▲" in face.seen
        seen = await face.press("S")
        assert seen.index("beta") < seen.index("alpha")
        assert table.current is not None and table.current.key == "beta"


async def test_what_cannot_be_done_is_shown_with_its_reason(opened: Opened) -> None:
    async with opened() as face:
        seen = await face.press("x")
        assert "Swap production" in seen and "not now: select a version first" in seen
        await face.press("s")
        assert isinstance(face.panel.screen, Menu)


async def test_keys_that_come_before_a_dialog_is_gone_leave_it_once(opened: Opened) -> None:
    async with opened() as face:
        for opening, leaving in (("x", "escape"), ("x", "f"), ("l", "q")):
            await face.press("2", opening)
            dialog = face.panel.screen
            for _ in range(3):
                dialog.post_message(Key(leaving, leaving if len(leaving) == 1 else None))
            assert "alpha" in await face.press("escape", "escape")
            assert face.panel.place is not None


async def test_a_swap_is_not_made_by_enter_nor_without_a_reason(opened: Opened, workspace: Workspace) -> None:
    async with opened() as face:
        seen = await face.press("2", "x", "s")
        assert "v1 (to 1 Apr 2013)  →  v2 (to 1 Jul 2013)" in seen
        assert "same as: incumbent production swap alpha 2 --reason" in seen
        assert "✗ · not challenged" in seen
        assert "the gate refuses: it has not been challenged" in " ".join(
            (await face.press("enter", "y")).split()
        )
        assert isinstance(face.panel.focused, Input)
        assert "say why" in await face.press("enter", "f", "y")
        assert isinstance(face.panel.focused, Input)
        await face.type("because")
        assert "--reason because" in await face.press("enter")  # enter leaves the input, nothing more
        await face.press("enter")  # on Cancel
        with workspace.store() as store:
            live = store.production.live("alpha")
        assert live is not None and live.champion == 1


async def test_force_is_chosen_with_a_key(opened: Opened) -> None:
    async with opened() as face:
        seen = await face.press("2", "x", "s", "enter", "f")
        assert "[x] force" in seen and "--force" in seen


async def test_acknowledge_and_undo(opened: Opened, workspace: Workspace) -> None:
    async with opened() as face:
        await face.press("6", "a")
        assert alerts.list_alerts(workspace)[0].acknowledged is not None
        assert "Acknowledge the alert" in await face.press("u")
        await face.press("y")
        assert alerts.list_alerts(workspace)[0].acknowledged is None


async def test_a_schedule_is_paused_and_its_times_edited(opened: Opened, workspace: Workspace) -> None:
    async with opened() as face:
        await face.press("5", "j", "a")
        assert schedules.list_schedules(workspace, "alpha")[0].schedule.paused
        seen = await face.press("i")
        assert "next five times" in seen
        entry = face.panel.screen.query_one("#entry-cron", Input)
        entry.value = "not a cron"
        await face.press("escape", "i")
        entry = face.panel.screen.query_one("#entry-cron", Input)
        entry.value = "30 4 * * *"
        await face.press("enter", "y")
        assert schedules.list_schedules(workspace, "alpha")[0].schedule.cron == "30 4 * * *"
        with workspace.store() as store:
            store.settings.set("timezone", "Asia/Tokyo")
        await face.press("1", "5")
        async with asyncio.timeout(60):  # the panel looks once a second at what others have changed
            while "on the clock of Asia/Tokyo" not in await face.press("j"):
                pass


async def test_deleting_asks_for_the_name(opened: Opened, workspace: Workspace) -> None:
    async with opened() as face:
        seen = await face.press("x", "d")
        assert "type alpha to confirm" in seen
        assert "type alpha exactly" in await face.press("enter", "y")
        with workspace.store() as store:
            assert store.models.find("alpha") is not None


async def test_marks_choose_what_is_compared(opened: Opened) -> None:
    async with opened() as face:
        await face.press("2", "space", "j", "space")
        chosen = face.panel.chosen()
        assert sorted(chosen.versions) == [0, 2]


async def test_help_and_palette_offer_every_action(opened: Opened) -> None:
    from core.actions import ACTIONS

    async with opened(120, 60) as face:
        seen = await face.press("question_mark")
        text = face.panel.screen.query_one("#text").visual  # the whole page, also below the fold
        assert all(action.label in str(text) for action in ACTIONS), seen
        await face.press("escape")
        titles = [command.title for command in face.panel.get_system_commands(face.panel.screen)]
        assert all(any(action.label in title for title in titles) for action in ACTIONS)


async def test_export_writes_what_is_shown(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened() as face:
        await face.press("e")
    written = next(tmp_path.glob("incumbent-overview-*.csv")).read_text("utf-8").splitlines()
    assert written[0].startswith("MODEL,SERVES,METRIC")
    assert len(written) == 3


async def test_escape_and_q_lead_back(opened: Opened) -> None:
    async with opened() as face:
        await face.press("enter")
        assert "› alpha" in face.lines[0]
        await face.press("escape")
        assert "› Overview" in face.lines[0]
        await face.press("3", "enter")
        assert "› run " in face.lines[0]
        await face.press("q", "q")
        assert "› Overview" in face.lines[0]


async def test_zoom_shows_one_pane(opened: Opened) -> None:
    async with opened(140, 40) as face:
        await face.press("2", "right")
        assert "─ versions" in face.seen
        assert "─ versions" not in await face.press("z")
        assert "─ versions" in await face.press("z")


async def test_the_palette_goes_to_every_tab(opened: Opened) -> None:
    from tui.model import TABS

    async with opened() as face:
        commands = {c.title: c for c in face.panel.get_system_commands(face.panel.screen)}
        assert all(f"{title} of alpha" in commands for _, title in TABS)
        commands["Drift of alpha"].callback()
        await face.settle()
        assert "never held against training: r d" in face.seen


async def test_every_menu_and_help_line_fits_80_columns(opened: Opened) -> None:
    async with opened() as face:
        await face.press("2")
        for key in "rx":
            await face.press(key)
            assert "…" not in face.seen[: face.seen.index("escape  nothing")], key
            await face.press("escape")


async def test_a_roll_back_says_that_there_is_nowhere_to_go(opened: Opened, workspace: Workspace) -> None:
    async with opened() as face:
        assert "not now: v1 is the first champion" in await face.press("x")
        await face.press("escape")
        with workspace.store() as store:
            store.production.add("alpha", champion=2, who="ada", why="better")
        face.panel.on_woken()
        await face.settle()
        assert "Go back to the last other champion." in await face.press("x")


async def test_what_serves_is_known_wherever_its_model_is_selected(
    opened: Opened, workspace: Workspace
) -> None:
    with workspace.store() as store:
        for version in (2, 1):
            store.production.add("alpha", champion=version, who="ada", why="to and fro")
    async with opened() as face:
        for place in "13456":
            await face.press(place, "slash")
            await face.type("alpha")
            seen = await face.press("enter", "x")
            assert "Roll back production" in seen, place
            assert "nothing is in production" not in seen and "first champion" not in seen, place
            await face.press("escape", "escape")
