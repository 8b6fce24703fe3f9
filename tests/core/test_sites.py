"""Sites: named folders, each with its own configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import sites
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace.create(tmp_path / "house")


def names(workspace: Workspace) -> list[str]:
    return [site["name"] for site in sites.listing(workspace)]


def serve(workspace: Workspace, site: str) -> None:
    """A model whose version 1 is in production at a site."""
    document = {"name": "late", "task": "classification", "target": "late", "metric": "roc_auc"}
    with workspace.store() as store:
        store.models.apply("late", document, who="ann")
        store.versions.add("late", "hash", "native", "trained")
        store.production.add("late", site, champion=1, who="ann", why="first")


def test_local_is_there_from_the_beginning_and_stays(workspace: Workspace) -> None:
    assert names(workspace) == ["local"]
    with pytest.raises(RefusedError, match="stays"):
        sites.remove(workspace, "local")


def test_a_site_is_added_listed_and_removed_with_a_journal(workspace: Workspace, tmp_path: Path) -> None:
    sites.add(workspace, "shop", tmp_path / "outside" / "shop", who="ada")
    sites.add(workspace, "inside", workspace.root / "sites" / "inside")
    listed = {site["name"]: site for site in sites.listing(workspace)}
    assert listed["shop"]["path"] == str(tmp_path / "outside" / "shop")
    assert listed["inside"]["path"] == "sites/inside"
    sites.remove(workspace, "shop", who="bob")
    assert names(workspace) == ["local", "inside"]
    with workspace.store() as store:
        removed, *_, added = store.journal.page().rows
    assert (removed.action, removed.who, added.action, added.who) == ("site.remove", "bob", "site.add", "ada")
    assert removed.undo == {
        "action": "site.add", "arguments": {"name": "shop", "path": str(tmp_path / "outside" / "shop")},
    }  # fmt: skip


def test_what_runs_at_a_site_is_listed_and_keeps_it(workspace: Workspace, tmp_path: Path) -> None:
    sites.add(workspace, "shop", tmp_path / "shop")
    serve(workspace, "shop")
    assert {s["name"]: s["models"] for s in sites.listing(workspace)} == {"local": {}, "shop": {"late": 1}}
    with pytest.raises(RefusedError, match="late is in production at shop"):
        sites.remove(workspace, "shop")
    assert "shop" in names(workspace)


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "a b", "x" * 65, "ü"])
def test_a_name_of_no_use_is_refused(workspace: Workspace, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no name for a site"):
        sites.add(workspace, name, tmp_path / "shop")


def test_names_and_folders_are_used_once(workspace: Workspace, tmp_path: Path) -> None:
    sites.add(workspace, "shop", tmp_path / "shop")
    with pytest.raises(RefusedError, match="exists already"):
        sites.add(workspace, "shop", tmp_path / "other")
    for taken in (tmp_path / "shop", tmp_path / "x" / ".." / "shop", workspace.root / "production" / "local"):
        with pytest.raises(UsageError, match="is the folder of"):
            sites.add(workspace, "twin", taken)
    assert names(workspace) == ["local", "shop"]


def test_a_file_is_no_place(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        sites.add(workspace, "shop", tmp_path / "file")


def test_a_site_that_there_is_not(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="no site named 'nowhere'"):
        sites.remove(workspace, "nowhere")


def test_files_of_two_sites_never_lie_in_one_folder(workspace: Workspace, tmp_path: Path) -> None:
    sites.add(workspace, "shop", tmp_path / "shop")
    for folder, said in (
        (tmp_path / "shop" / "till", "lies in the folder of shop"),
        (tmp_path, "holds the folder of"),
        (workspace.root / "production" / "local" / "late", "lies in the folder of local"),
        (workspace.marker / "bundles", "the workspace keeps its own files"),
        ("", "no folder is named"),
    ):
        with pytest.raises(UsageError, match=said):
            sites.add(workspace, "till", folder)
    sites.add(workspace, "till", workspace.root / "production" / "till")
    assert names(workspace) == ["local", "shop", "till"]
