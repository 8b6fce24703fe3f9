"""The store changes behind the panel's back: it notices, and cursor, scroll and marks stay."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from core.workspace import Workspace
from tests.tui.conftest import PATIENCE, Face, Opened
from tui import app, overview
from tui.widgets.table import Table


async def _wake(face: Face) -> None:
    face.panel.on_woken()
    await face.settle()


async def test_a_new_run_appears_and_the_cursor_stays(opened: Opened, workspace: Workspace) -> None:
    async with opened() as face:
        await face.press("3", "j", "j", "space")
        table = face.panel.screen.query_one("#runs", Table)
        assert table.current is not None
        here, marks = table.current.key, set(table.marks)
        with workspace.store() as store:
            store.runs.enqueue("beta", "nowtest", why="elsewhere", who="bob")
        await _wake(face)
        assert table.current.key == here and table.marks == marks
        assert "· queued" in face.seen


async def test_progress_changes_only_its_cells(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        run = store.runs.enqueue("beta", "backtest", why="elsewhere", who="bob")
        store.runs.claim(1, run.id)
    async with opened() as face:
        await face.press("3")
        table = face.panel.screen.query_one("#runs", Table)
        rows = list(table.rows)
        with workspace.store() as store:
            store.runs.heartbeat(run.id, 0.5, "measuring 2013-06", remaining=90)
        await _wake(face)
        assert list(table.rows) == rows
        assert "██▌░░  50%" in face.seen
        assert "~1 min left" in face.seen


async def test_nothing_is_read_while_paused(opened: Opened, workspace: Workspace) -> None:
    async with opened() as face:
        await face.press("3", "p")
        assert "refresh paused" in face.lines[-1]
        with workspace.store() as store:
            store.runs.enqueue("beta", "nowtest", why="elsewhere", who="bob")
        await _wake(face)
        assert "· queued" not in face.seen
        await face.press("p")
        await _wake(face)
        assert "· queued" in face.seen


async def test_who_is_woken_early_reads_nothing(opened: Opened) -> None:
    async with opened() as face:
        place = face.panel.place
        assert place is not None
        ticket = place._ticket
        for _ in range(3):
            await _wake(face)
        assert place._ticket == ticket


async def test_ages_grow_though_nothing_changes(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as face:
        assert "pass 3h" not in face.seen
        later = datetime.now().astimezone() + timedelta(hours=3)
        monkeypatch.setattr(overview, "datetime", SimpleNamespace(
            now=lambda: later, fromisoformat=datetime.fromisoformat))  # fmt: skip
        place = face.panel.place
        assert place is not None and place._read_at is not None
        place._read_at -= 60
        await _wake(face)
        assert "pass 3h" in face.seen and "as of now" in face.lines[-1]


async def test_what_others_write_appears_by_itself(
    opened: Opened, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "PULSE_SECONDS", 0.01)
    async with opened() as face:
        await face.press("3")
        with workspace.store() as store:
            store.runs.enqueue("beta", "nowtest", why="elsewhere", who="bob")
        async with asyncio.timeout(PATIENCE):
            while "· queued" not in face.seen:
                await face.settle()
