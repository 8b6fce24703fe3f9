"""Real versions through the panel: a swap made and undone, a check that a worker executes."""

from __future__ import annotations

import asyncio
import csv
import random
from datetime import datetime, timedelta

import pytest

from core import models, production
from core.versions import train
from core.workspace import Workspace
from incumbent.production import read
from store.records import Run
from tests.house import admit, swap
from tests.tui.conftest import Face, Opened

SPEC = """
name = "parcels"
task = "regression"
target = "days"
time = "sent"
partition = "month"
data = "parcels.csv"
metric = "mae"
pipeline = "parcels.py"
"""
PIPELINE = """
from sklearn.linear_model import Ridge
PARAMS = {"alpha": 1.0}
def build(alpha):
    return Ridge(alpha=alpha)
"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A model with two trained versions, the first in production."""
    made = Workspace.create(tmp_path_factory.mktemp("real"))
    chance, start = random.Random(0), datetime(2013, 1, 1)
    with (made.root / "parcels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sent", "weight", "distance", "days"])
        for at in range(600):
            weight, distance = chance.uniform(1, 20), chance.uniform(10, 900)
            days = 0.1 * weight + 0.01 * distance + chance.gauss(0, 0.5)
            writer.writerow([(start + timedelta(hours=6 * at)).isoformat(), weight, distance, days])
    (made.root / "parcels.py").write_text(PIPELINE)
    (made.root / "parcels.toml").write_text(SPEC)
    models.apply(made, made.root / "parcels.toml")
    train(made, "parcels", until="2013-03-01")
    train(made, "parcels", until="2013-04-01", parameters={"alpha": 5.0})
    swap(made, "parcels", 1, reason="the first one")
    return made


async def _until_ended(face: Face, workspace: Workspace, run: int) -> Run:
    for _ in range(600):
        with workspace.store() as store:
            found = store.runs.get(run)
        if found.finished is not None:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"run {run} is still {found.state}")


async def test_a_swap_and_its_undoing(opened: Opened, real: Workspace) -> None:
    folder = real.root / "production" / "local" / "parcels"
    admit(real, "parcels", 2)
    async with opened(on=real) as face:
        await face.press("2", "x", "s", "y")
        await face.type("better")
        await face.press("enter", "y")
        champion = read(folder).champion
        assert champion is not None and champion.version == 2
        assert production.history(real, "parcels")[0]["why"] == "better"
        assert "● champion" in next(line for line in face.lines if line.strip().startswith("▸"))
        await face.press("u", "y")
        champion = read(folder).champion
        assert champion is not None and champion.version == 1


async def test_a_check_runs_in_a_process_of_its_own(opened: Opened, real: Workspace) -> None:
    async with opened(on=real) as face:
        await face.press("r", "g")
        with real.store() as store:
            run = store.runs.page("parcels", "regression").rows[0]
        ended = await _until_ended(face, real, run.id)
        assert (ended.state, ended.verdict, ended.why) == ("done", "pass", "asked in the panel")
        face.panel._beat()
        await face.settle()
        assert "✓ pass" in await face.press("3")
