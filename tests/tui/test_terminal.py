"""A newcomer's session in a real terminal: look around, open a model, find help, leave."""

from __future__ import annotations

import os
import pty
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from core.workspace import Workspace

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
PANEL = """
import sys
from pathlib import Path
from cli.panel import open_panel
sys.exit(open_panel(Path(sys.argv[1])))
"""
PATIENCE = 120.0


class Terminal:
    """A tmux server of its own with one window, in which a shell says how the command ended.

    The shell says it, because tmux itself does not always: where the terminal closes before the child's end
    has been noticed, the pane is dead and stays empty.
    """

    def __init__(self, columns: int, rows: int, command: list[str]) -> None:
        self._name = f"incumbent-test-{os.getpid()}"
        said = f"{shlex.join(command)}; printf 'ended with %s' $?; exec cat"
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), said)

    def press(self, *keys: str) -> None:
        """Send keys."""
        self._tmux("send-keys", *keys)

    def wait_for(self, text: str) -> str:
        """The screen as soon as it shows a text."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if text in (seen := self._tmux("capture-pane", "-p")):
                return seen
        raise AssertionError(f"{text!r} never came:\n{seen}")

    def close(self) -> None:
        """End it."""
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._name, "-f", "/dev/null", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def terminal(workspace: Workspace) -> Iterator[Terminal]:
    made = Terminal(80, 24, [sys.executable, "-c", PANEL, str(workspace.root)])
    yield made
    made.close()


def test_a_newcomers_session(terminal: Terminal) -> None:
    seen = terminal.wait_for("▸ ✗ alpha")
    assert len(seen.splitlines()) <= 24 and max(map(len, seen.splitlines())) <= 80
    terminal.press("?")
    terminal.wait_for("Actions on what is selected")
    terminal.press("Escape")
    terminal.wait_for("1 of 2 ok")
    terminal.press("Enter")
    terminal.wait_for("● champion")
    terminal.press("Right")
    terminal.wait_for("needs ≥ 0.6")
    terminal.press("Escape")
    terminal.wait_for("› Overview")
    terminal.press("q")
    terminal.wait_for("ended with 0")


def test_the_panel_ends_when_its_terminal_is_gone_and_no_signal_says_so(workspace: Workspace) -> None:
    """As in a session of its own, behind a connection that broke: else it would read nothing, for ever."""
    ours, its = pty.openpty()
    command = [sys.executable, "-c", PANEL, str(workspace.root)]
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, start_new_session=True) as panel:
        os.close(its)
        seen = b""
        while b"alpha" not in seen:
            seen += os.read(ours, 65536)
        os.close(ours)
        assert panel.wait(PATIENCE) == 1


def test_a_terminal_that_cannot_move_its_cursor_gets_the_summary(workspace: Workspace) -> None:
    ours, its = pty.openpty()
    command = [sys.executable, "-c", PANEL, str(workspace.root)]
    dumb = {**os.environ, "TERM": "dumb"}
    assert (
        subprocess.run(command, stdin=its, stdout=its, stderr=its, env=dumb, timeout=PATIENCE).returncode == 0
    )
    seen = os.read(ours, 65536)
    os.close(ours)
    os.close(its)
    assert b"alpha" in seen and b"\x1b" not in seen
