"""Each place, at 80×24 and wide: what it says, and that nothing is wider than the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.present import present
from core.workspace import Workspace
from tests.tui.conftest import Opened
from tui.widgets.table import Table

SIZES = ((80, 24), (140, 40))


@pytest.mark.parametrize("size", SIZES)
async def test_every_place_fits(opened: Opened, size: tuple[int, int]) -> None:
    async with opened(*size) as face:
        for key in "123456":
            await face.press(key)
            assert max(map(len, face.lines)) <= size[0]
            assert "▁▁" not in face.lines[-2]  # no horizontal scroll bar
            for table in face.panel.screen.query("Table"):
                shown = table.size.width > 0
                assert not shown or table.max_scroll_x == 0, f"{table.id} scrolls sideways on {key}"


async def test_the_overview_shows_the_worst_first_with_what_to_do(opened: Opened) -> None:
    async with opened() as face:
        seen = face.seen
        assert seen.index("✗ alpha") < seen.index("✓ beta")
        assert "≥ 0.6" in seen
        assert "now-test: v1: roc_auc is below min 0.6" in seen
        assert "v2 is better on the same rows: roc_auc 0.040 [0.020, 0.060]" in seen
        assert "1 of 2 ok" in seen
        assert face.lines[1].startswith(
            "─ 1 Overview ─ 2 Model ─ 3 Runs ─ 4 Production ─ 5 Night shift ─ 6 Alerts"
        )


async def test_an_empty_workspace_says_what_to_do(opened: Opened, tmp_path: Path) -> None:
    async with opened(on=Workspace.create(tmp_path / "empty")) as face:
        assert "There is no model in this workspace yet" in face.seen
        assert "incumbent adopt" in face.seen
        assert "There is no model in this workspace yet" in await face.press("2")
        assert "incumbent demo DIR" in await face.press("right")
        for key in "3456":
            await face.press(key)
        assert "all is well: no alert is open" in face.seen


async def test_the_picture_has_interval_requirement_and_shading(opened: Opened) -> None:
    async with opened() as face:
        seen = await face.press("enter", "right")
        assert "needs ≥ 0.6" in seen
        assert "in-sample (shaped v1): not judged" in seen
        assert "▒▒" in seen
        assert " v1" in seen and " v2" in seen
        assert "Jan" in seen and "Dec" in seen
        assert "2013-12" in seen
        assert "▒ shaped" in await face.press("G")
        assert "log_loss" in await face.press("m")


async def test_versions_and_what_is_known_of_one(opened: Opened) -> None:
    async with opened() as face:
        seen = await face.press("2")
        assert "● champion" in seen and "○ candidate" in seen and "· baseline" in seen
        assert "better than v1 on the same rows" in seen


async def test_the_lineage_is_that_of_the_version_that_was_opened(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.history.lineage", lambda workspace, identity: {"bundle": identity})
    async with opened(140, 40) as face:
        await face.press("2")
        for cursor, number in ((), 2), (("j",), 1), (("j", "j"), 0):
            seen = await face.press(*cursor, "enter")
            assert f"v{number}: " in seen and f"bundle  alpha {number}" in seen
            await face.press("escape")
        await face.press("enter", "tab")
        for number in (1, 0):
            seen = await face.press("j")
            assert f"v{number}: " in seen and f"bundle  alpha {number}" in seen
    async with opened() as face:
        seen = await face.press("2", "left", "left")  # past the journal, from the other side
        assert "v2: " in seen and "bundle  alpha 2" in seen


async def test_runs_say_how_many_more_there_are(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        for _ in range(200):
            store.runs.enqueue("beta", "nowtest", why="test", who="ada")
    async with opened() as face:
        assert "200 of more than 200" in await face.press("3")
        await face.press("G")
        assert "of more than" not in face.lines[-1]


async def test_production_and_its_revisions(opened: Opened) -> None:
    async with opened() as face:
        seen = await face.press("4")
        assert "● v1" in seen
        assert "the first one" in seen


async def test_the_night_shows_next_times(opened: Opened) -> None:
    async with opened() as face:
        seen = await face.press("5", "j")
        assert "02:00" in seen
        assert "times      0 2 * * *" in seen


async def test_alerts_open_and_all(opened: Opened) -> None:
    async with opened() as face:
        seen = await face.press("6")
        assert "✗ FAIL" in seen and "alpha nowtest" in seen
        assert "1 open" in face.lines[-1]
        assert "1 in all" in await face.press("o")


async def test_a_large_overview_has_the_history_of_the_model_under_the_cursor(opened: Opened) -> None:
    async with opened(140, 40) as face:
        assert "─ roc_auc, now-tests ─" in face.seen and "needs ≥ 0.6" in face.seen and " v1" in face.seen
        before = face.seen[face.seen.index("now-tests ─") :]
        seen = await face.press("j")
        assert seen[seen.index("now-tests ─") :] != before
        await face.pilot.resize_terminal(80, 24)
        await face.settle()
        assert "now-tests ─" not in face.seen


async def test_large_versions_have_their_history_above_them(opened: Opened) -> None:
    async with opened(140, 40) as face:
        seen = await face.press("2")
        assert "roc_auc in the last back-test" in seen
        assert seen.index("in the last back-test") < seen.index("● champion")
        assert "ROC_AUC" in seen and "CHALLENGE" in seen


async def test_a_model_without_versions_says_how_it_gets_one(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        store.models.apply("fresh", {"name": "fresh", "metric": "roc_auc", "target": "late"}, who="ada")
    async with opened() as face:
        face.panel.go("model", "fresh")
        await face.settle()
        assert "no version yet: r t trains one" in face.seen


async def test_what_each_site_runs_is_seen_at_once(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        store.sites.add("branch", str(workspace.root / "branch"))
        store.production.add("alpha", site="branch", champion=2, who="ada", why="try it there")
    async with opened() as face:
        seen = await face.press("4")
        assert "what each site runs" in seen
        assert "● v2  revision 1  ! its files are not in place" in seen


async def test_another_model_s_revisions_begin_with_the_newest(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        for why in ("second", "third", "fourth", "fifth"):
            store.production.add("beta", champion=1, who="ada", why=why)
    async with opened() as face:
        await face.press("4")
        await face.press("j")
        await face.press("left")  # revisions
        table = face.panel.screen.query_one("#history", Table)
        assert table.current is not None and table.current.data.why == "fifth"


async def test_the_trial_of_the_site_that_is_shown_is_meant(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        store.sites.add("branch", str(workspace.root / "branch"))
        store.production.add(
            "alpha", site="branch", champion=1, challenger=0, share=1.0, who="ada", why="try"
        )
        there = store.trials.add("alpha", 0, 1, mode="site", sites=["branch"], who="ada", why="try")
        here = store.trials.add("alpha", 2, 1, who="ada", why="try")
        for _ in range(5):
            over = store.trials.add("alpha", 0, 1, who="ada", why="try")
            store.trials.end(over.id, "stopped", "enough")
    async with opened() as face:
        await face.press("4")
        place = face.panel.screen
        assert (found := place.selection().trial) is not None and found.id == here.id
        await face.press("w")
        assert (found := place.selection().trial) is not None and found.id == there.id


async def test_the_night_says_who_rings_and_what_is_at_work(opened: Opened, workspace: Workspace) -> None:
    from core.leases import NIGHT, Hold
    from store.clock import text

    async with opened() as face:
        assert "! nobody rings yet" in await face.press("5")
        with workspace.store() as store:
            Hold(store, NIGHT, 600.0, f"daemon {text(present())}").take()
            run = store.runs.enqueue("beta", "backtest", why="elsewhere", who="bob")
            store.runs.claim(1, run.id)
            store.runs.enqueue("beta", "nowtest", why="elsewhere", who="bob")
        seen = await face.press("R")
        assert "✓ a daemon rings, pid " in seen
        assert "1 at work, 1 waiting" in seen
