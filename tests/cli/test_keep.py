"""``backup``, ``restore`` and ``prune`` as a shell calls them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.workspace import Workspace
from tests.cli.conftest import Incumbent
from tests.tui.filling import fill


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return fill(tmp_path / "space", models=1, nights=2)


def test_a_workspace_goes_into_a_file_and_comes_back(
    incumbent: Incumbent, space: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "space.zip"
    made = incumbent(space, "backup", file, "--json").document
    assert made["path"] == str(file) and made["models"] == 1
    assert incumbent(space, "backup", file).code == 3
    back = incumbent("restore", file, tmp_path / "back")
    assert back.code == 0 and "is a workspace again: 1 model, 3 versions" in back.out
    before, after = (
        incumbent(workspace, "status", "--json").document["models"]
        for workspace in (space, Workspace(tmp_path / "back"))
    )
    assert before == after
    assert incumbent("restore", file, tmp_path / "back", "--json").error["kind"] == "refused"
    assert "lies in" in incumbent("restore", file, tmp_path / "back", "--force").out
    assert incumbent("restore", tmp_path / "nothing.zip", tmp_path / "other").code == 4


def test_pruning_says_what_it_did(incumbent: Incumbent, space: Workspace) -> None:
    (space.bundles / "stray").mkdir(parents=True)
    assert "1 bundles that belong to no version" in incumbent(space, "prune", "--dry-run").out
    assert (space.bundles / "stray").is_dir()
    assert incumbent(space, "prune", "--json").document["bundles"] == 1
    assert "nothing is older than" in incumbent(space, "prune").out
    assert incumbent(space, "prune", "--older-than", "soon").code == 2
