"""A house for all tests of this folder, and what they ask it."""

from __future__ import annotations

from typing import Any

import pytest

from core.workspace import Workspace

LONG = {"distance": 60, "wind": 12.5, "carrier": "bus"}


@pytest.fixture(scope="module")
def shared(built_house: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A house that the tests of one file share."""
    from tests.house import copy

    return copy(built_house, tmp_path_factory.mktemp("shared") / "house")


def checked(workspace: Workspace, model: str = "late", **arguments: Any) -> dict[str, Any]:
    """The document of a regression check."""
    from core.runs import run_here

    run = run_here(workspace, model, "regression", arguments, why="a test")
    assert run.error is None
    return dict(run.result or {})
