"""A panel without a terminal on a synthetic workspace."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.workspace import Workspace
from tests.tui.filling import fill
from tui.app import Panel
from tui.place import Place

PATIENCE = 60.0

Opened = Callable[..., AbstractAsyncContextManager["Face"]]


class Face:
    """What a person sees of a panel, and the keys to press."""

    def __init__(self, panel: Panel, pilot: Pilot[int]) -> None:
        self.panel = panel
        self.pilot = pilot

    async def settle(self) -> None:
        """Wait until threads have read and every message has been handled.

        How busy the processor is says nothing where others keep it busy: what is waited for is that twice in
        a row nothing was left to do.
        """
        quiet = 0
        async with asyncio.timeout(PATIENCE):
            while quiet < 2:
                await self.panel.workers.wait_for_complete()
                await self.pilot.pause()
                quiet = 0 if self._busy() else quiet + 1

    def _busy(self) -> bool:
        """Whether a thread still reads, a message waits, or the place that is shown has not begun to read."""
        screen = self.panel.screen
        if isinstance(screen, Place) and screen._read_at is None and not screen.trouble:
            return True
        pumps = [self.panel, *self.panel.screen.walk_children(with_self=True)]
        return any(not worker.is_finished for worker in self.panel.workers) or any(
            not pump._message_queue.empty() for pump in pumps
        )

    async def press(self, *keys: str) -> str:
        """Press keys, one after the other; what is seen then."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()
        return self.seen

    async def type(self, text: str) -> None:
        """Type text into what is focused."""
        await self.pilot.press(*text.replace(" ", "\x00"))

    @property
    def lines(self) -> list[str]:
        """The screen, line by line."""
        strips = self.panel.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def seen(self) -> str:
        """The screen as text."""
        return "\n".join(self.lines)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Filled once; never to be changed."""
    return fill(tmp_path_factory.mktemp("filled") / "space")


@pytest.fixture
def workspace(filled: Workspace, tmp_path: Path) -> Workspace:
    """Two models: alpha gets worse, beta is well."""
    return Workspace.open(shutil.copytree(filled.root, tmp_path / "space"))


@pytest.fixture
def opened(workspace: Workspace) -> Opened:
    """Opens the panel: ``async with opened(80, 24) as face``."""

    @asynccontextmanager
    async def open_panel(
        width: int = 80, height: int = 24, on: Workspace | None = None
    ) -> AsyncIterator[Face]:
        panel = Panel(on or workspace, ring=False)
        async with panel.run_test(size=(width, height)) as pilot:
            face = Face(panel, pilot)
            await face.settle()
            yield face

    return open_panel
