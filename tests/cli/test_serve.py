"""``incumbent serve``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request

from core.workspace import Workspace
from tests.cli.conftest import Incumbent


def test_a_workspace_is_served_until_told_to_stop(house: Workspace) -> None:
    token = "a-long-and-random-text"
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "--workspace", str(house.root), "serve", "--port", "0", "--json",
         "--max-workers", "1", "--token-env", "SERVICE_TOKEN"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "SERVICE_TOKEN": token},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        asked = urllib.request.Request(f"{url}/v2/models/late", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert json.load(answer)["versions"][0] == "1"
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_others_are_not_let_in_without_a_token(house: Workspace, incumbent: Incumbent) -> None:
    done = incumbent(house, "serve", "--host", "0.0.0.0")
    assert done.code == 3
    assert "there is no token" in done.err
    done = incumbent(house, "serve", "--token-env", "NO_SUCH_TOKEN")
    assert done.code == 4
    assert "NO_SUCH_TOKEN" in done.err
    assert incumbent(house, "serve", "--site", "moon").code == 2
    assert incumbent(house, "serve", "--min-workers", "0").code == 2
