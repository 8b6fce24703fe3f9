"""A workspace is found by walking up, and everything in it lies where its name says."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.workspace import VARIABLE, Workspace
from incumbent.errors import BundleError, UsageError, WorkError


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_it_is_found_from_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Workspace.create(tmp_path / "house")
    below = tmp_path / "house" / "a" / "b"
    below.mkdir(parents=True)
    assert Workspace.find(below) == made
    monkeypatch.chdir(below)
    assert Workspace.find() == made


def test_what_is_said_wins_over_the_variable_and_that_over_walking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, named, said = (Workspace.create(tmp_path / n) for n in ("here", "named", "said"))
    monkeypatch.setenv(VARIABLE, str(named.root))
    assert Workspace.find(here.root) == named
    assert Workspace.find(here.root, explicit=said.root) == said
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(WorkError, match=VARIABLE):
        Workspace.find(here.root)


def test_without_one_the_hint_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="incumbent init"):
        Workspace.find(tmp_path)
    with pytest.raises(WorkError, match="incumbent init"):
        Workspace.open(tmp_path)


def test_creating_twice_is_harmless(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    with workspace.store() as store:
        store.models.apply("flights", {"target": "late"}, who="ada")
    with Workspace.create(tmp_path).store() as store:
        assert [m.name for m in store.models.list()] == ["flights"]
    assert (tmp_path / ".incumbent" / ".gitignore").read_text() == "*\n"


def test_a_file_cannot_become_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        Workspace.create(tmp_path / "file")


def test_paths_inside_are_relative_and_others_absolute(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "house")
    assert workspace.relative(tmp_path / "house" / "data" / ".." / "x.csv") == "x.csv"
    assert workspace.relative(tmp_path / "y.csv") == str(tmp_path / "y.csv")
    assert workspace.path("data/x.csv") == tmp_path / "house" / "data" / "x.csv"
    assert workspace.path(workspace.relative(tmp_path / "y.csv")) == tmp_path / "y.csv"


def test_a_missing_bundle_is_told(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle"):
        Workspace.create(tmp_path).bundle("0" * 64)
