"""The service on Ray Serve, where Ray is installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from incumbent.errors import UsageError
from incumbent.serve import Settings
from incumbent.serve.on_ray import deployment

HAS_RAY = importlib.util.find_spec("ray") is not None
ROOT = Path(__file__).parents[3]
ASK = """
import json, os, signal, sys, urllib.error, urllib.request
from incumbent.serve import Settings
from incumbent.serve.on_ray import run

def ask(url):
    for row in ({"distance": 30, "stops": 4, "carrier": "bus"}, {}):
        body, kind = json.dumps(row).encode(), {"content-type": "application/json"}
        asked = urllib.request.Request(f"{url}/models/late/predict", body, kind)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                print("told:", json.load(answer)["route"])
        except urllib.error.HTTPError as error:
            print("told:", json.load(error)["error"])
    os.kill(os.getpid(), signal.Signals[sys.argv[2]])

try:
    run(Settings(sys.argv[1], port=18126, max_workers=2), ask)
except (KeyboardInterrupt, SystemExit) as error:
    assert getattr(error, "code", 0) == 0
print("told: ended")
"""


@pytest.mark.skipif(HAS_RAY, reason="Ray is installed")
def test_without_ray_it_says_what_to_install(site: Path) -> None:
    with pytest.raises(UsageError, match="ray is not installed"):
        deployment(Settings(site))


@pytest.mark.slow
@pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed")
@pytest.mark.parametrize("end", ["SIGINT", "SIGTERM"])
def test_the_same_service_answers_on_ray(site: Path, end: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(site), end], capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert done.returncode == 0, done.stderr
    # Ray writes between the lines
    told = [line.removeprefix("told: ") for line in done.stdout.splitlines() if line.startswith("told: ")]
    assert told == ["champion", "the row lacks the columns distance, stops, carrier", "ended"], done.stderr
