"""What all tests share: user folders that are not the user's, and one house, built once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from core.workspace import VARIABLE, Workspace

#: Every worker of pytest-xdist has one processor: threads that wait for each other would only spin.
#: Set before anything imports scikit-learn, here and in what is started from here.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

#: A busy machine is no finding: laws have no deadline.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _nobodys_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the folders of whoever runs it."""
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _nobody_left_at_work() -> Iterator[None]:
    """What tests started beside them ends before they do."""
    yield
    worker, housekeeping = (sys.modules.get(f"core.{name}") for name in ("worker", "traffic.housekeeping"))
    started = [process for _, process in worker._started] if worker else []
    started += housekeeping._started if housekeeping else []
    for process in started:
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def built_house(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The house of :mod:`tests.house`. Look, do not touch: copy it to change it."""
    from tests.house import build

    return build(tmp_path_factory.mktemp("house"))


@pytest.fixture
def house(built_house: Workspace, tmp_path: Path) -> Workspace:
    """A house of the test's own."""
    from tests.house import copy

    return copy(built_house, tmp_path / "house")
