"""The panel's process never loads what is slow to load, whatever it shows."""

from __future__ import annotations

import json
import subprocess
import sys

from core.workspace import Workspace
from tests.tui import found

NEVER = ("pandas", "numpy", "sklearn", "scipy", "sqlite_utils", "pyarrow", "sqlalchemy", "joblib")

WALK = '''
import asyncio, json, sys
from core.workspace import Workspace
from tui.app import Panel

KEYS = """
    enter right v escape right right enter escape right enter escape right enter escape
    right right right right right left left left left left left left left left left
    x s escape 3 enter escape l escape
    4 right right right right right left left left left left x r escape x f escape x l escape
    5 enter escape i escape 6 enter escape n escape question_mark escape 1 x escape r escape u escape
"""

async def walk():
    panel = Panel(Workspace.open(sys.argv[1]), ring=True)
    async with panel.run_test(size=(120, 40)) as pilot:
        for key in KEYS.split():
            await pilot.press(key)
            await panel.workers.wait_for_complete()
            await pilot.pause()

asyncio.run(walk())
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
'''


def test_walking_every_screen_loads_nothing_heavy(workspace: Workspace) -> None:
    found.add_to(workspace)
    ended = subprocess.run(
        [sys.executable, "-c", WALK, str(workspace.root)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    loaded = json.loads(ended.stdout.splitlines()[-1])
    assert not set(loaded) & set(NEVER)


def test_the_first_screen_imports_no_other(workspace: Workspace) -> None:
    code = "import sys, tui.app; print([m for m in sys.modules if m.startswith(('tui', 'core'))])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for later in ("tui.model'", "tui.confirm", "tui.night", "core.ringer", "core.daemon", "core.runs"):
        assert later not in ended.stdout
