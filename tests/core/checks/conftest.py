"""One workspace for all checks of this folder, built once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from core.workspace import Workspace
from tests.core.checks.making import apply, checked, fitted, make, rides
from tests.house import swap


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """The rides that every model here is about. Look, do not touch."""
    return rides()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> Workspace:
    """``late`` with three versions, the first in production; ``minutes`` and ``size`` with one."""
    workspace = make(tmp_path_factory.mktemp("checks"), frame)
    apply(workspace)
    fitted(workspace, "late", "2024-03-01")
    fitted(workspace, "late", "2024-04-11", C=0.002)
    fitted(workspace, "late", "2024-03-01", C=0.001)
    swap(workspace, "late", 1, reason="the first")
    apply(workspace, name="minutes", task="regression", target="minutes", positive=None, metric="mae")
    fitted(workspace, "minutes", "2024-03-01", kind="numbers")
    apply(workspace, name="size", target="size", positive=None, metric="log_loss")
    fitted(workspace, "size", "2024-03-01")
    checked(workspace, "late")  # what is measured once is known in every copy
    return workspace


@pytest.fixture
def house(built: Workspace, tmp_path: Path) -> Workspace:
    """The same, to change as one likes."""
    shutil.copytree(built.root, tmp_path / "house")
    return Workspace(tmp_path / "house")
