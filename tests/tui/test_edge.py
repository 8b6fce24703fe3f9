"""Weak spots of edge tests as lines: what came of which row, and a case or a rule made of one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.workspace import Workspace
from tests.tui import found
from tests.tui.conftest import Face, Opened
from tui.model import ModelPlace


@pytest.fixture
def workspace(filled: Workspace, tmp_path: Path) -> Workspace:
    """A copy with an edge test that found one weak spot."""
    made = Workspace.open(shutil.copytree(filled.root, tmp_path / "space"))
    found.add_to(made)
    return made


async def _on_edge(face: Face) -> str:
    await face.press("2")
    place = face.panel.screen
    assert isinstance(place, ModelPlace)
    place.open_tab("edge")
    await face.settle()
    return face.seen


async def test_a_spot_is_a_line_with_its_row_below(opened: Opened) -> None:
    async with opened() as face:
        seen = await _on_edge(face)
        assert "! warn  v1: of 41 edge rows 1 are weak" in seen
        line = next(line for line in face.lines if line.startswith("▸"))
        assert "carrier" in line and "unseen" in line and line.endswith("2")  # it, and one that is the same
        assert "→ add a rule" in seen and "the same for empty" in seen
        below = seen[seen.index("\nrow\n") :]
        assert below.index("carrier") < below.index("distance")  # what was changed comes first


async def test_a_spot_becomes_a_case_after_a_look_at_what_it_will_bind(opened: Opened) -> None:
    async with opened() as face:
        await _on_edge(face)
        chosen = face.panel.chosen()
        assert chosen.spot is not None
        seen = " ".join((await face.press("a")).split())
        assert f"incumbent case add alpha --from-run {chosen.spot.run} --entry 1" in seen
        await face.type("min=0")
        await face.settle()
        assert "--min 0" in face.seen
        await face.type(" nonsense")
        await face.press("enter", "escape", "a")
        await face.type("nonsense")
        await face.press("enter", "enter", "y")
        assert "write label=1, or min=0 max=9" in " ".join(face.seen.replace("│", " ").split())


async def test_a_rule_is_suggested_from_the_row_and_shown_before_it_answers(opened: Opened) -> None:
    async with opened() as face:
        await _on_edge(face)
        await face.press("x", "w")
        assert "carrier == 'ZZ'" in face.seen and "the rule has no answer" in face.seen
        await face.press("enter")
        await face.type("1")
        await face.settle()
        seen = " ".join(face.seen.replace("│", " ").split())
        assert "0 rules and: when carrier == 'ZZ' answer 1, before the model" in seen
        assert "--answer 1 --first --reason" in seen
        await face.press("enter", "enter", "f")
        assert "after every version" in " ".join(face.seen.replace("│", " ").split())


async def test_an_edge_test_without_weak_spots_says_so(opened: Opened, workspace: Workspace) -> None:
    version = {**found.EDGE["versions"][0], "verdict": "pass", "note": "41 edge rows hold"}
    clean = {**found.EDGE, "failed": [], "verdict": "pass", "versions": [version]}
    with workspace.store() as store:
        run = store.runs.enqueue("alpha", "edge", {}, why="test", who="ada")
        store.runs.claim(1, run.id)
        store.runs.conclude(run.id, "pass", "v1: 41 edge rows hold", clean)
    async with opened() as face:
        assert "no weak spot: every edge row holds" in await _on_edge(face)
        assert "unseen" in await face.press("w")  # the test before


async def test_a_model_that_was_never_asked_says_how(opened: Opened, filled: Workspace) -> None:
    async with opened(on=filled) as face:
        assert "no version was asked for rows that training never had: r e" in await _on_edge(face)


async def test_a_spot_that_cannot_be_a_case_says_why(opened: Opened, workspace: Workspace) -> None:
    listed = [
        {**found.EDGE["failed"][0], "kind": "category like unseen"},
        {**found.EDGE["failed"][0], "row": None, "kind": "batch"},
        {**found.EDGE["failed"][0], "whole": False},
    ]
    with workspace.store() as store:
        run = store.runs.enqueue("alpha", "edge", {}, why="test", who="ada")
        store.runs.claim(1, run.id)
        store.runs.conclude(run.id, "warn", "v1: three", {**found.EDGE, "failed": listed})
    async with opened() as face:
        await _on_edge(face)
        await face.press("a", "enter", "enter", "y")
        assert "what it should answer is not told" in " ".join(face.seen.replace("│", " ").split())
        await face.press("escape", "j", "a", "j", "a")
        said = [each.message for each in face.panel._notifications]
        assert said == [
            "Make it a case: it is about no single row",
            "Make it a case: the test kept its row in part only",
        ]
