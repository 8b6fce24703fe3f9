"""One workspace with a champion, built once, and its rides."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from core.workspace import Workspace
from tests.core.challenge.making import copy, make, rides


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """The rides. Look, do not touch."""
    return rides()


@pytest.fixture(scope="session")
def contested(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> Workspace:
    """``late`` with a champion that knows distance and carrier. Look, do not touch."""
    return make(tmp_path_factory.mktemp("contested"), frame)


@pytest.fixture
def house(contested: Workspace, tmp_path: Path) -> Workspace:
    """The same, to change as one likes."""
    return copy(contested, tmp_path / "house")
