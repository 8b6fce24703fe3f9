"""The tabs about checks, at 80×24: what stands there, what enter opens, what the keys do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.workspace import Workspace
from tests.tui import found
from tests.tui.conftest import Face, Opened
from tui.model import TABS, ModelPlace
from tui.tab_line import tab_line

NAMES = [name for name, _ in TABS]


@pytest.fixture(scope="module")
def whole(filled: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The filled workspace with a run of every check; never to be changed."""
    made = Workspace.open(shutil.copytree(filled.root, tmp_path_factory.mktemp("whole") / "space"))
    found.add_to(made)
    return made


@pytest.fixture
def workspace(whole: Workspace, tmp_path: Path) -> Workspace:
    """A copy that may be changed."""
    return Workspace.open(shutil.copytree(whole.root, tmp_path / "space"))


async def on_tab(face: Face, tab: str) -> str:
    """Go to a tab of alpha."""
    await face.press("2")
    place = face.panel.screen
    assert isinstance(place, ModelPlace)
    place.open_tab(tab)
    await face.settle()
    return face.seen


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_every_tab_fits_and_none_scrolls_sideways(opened: Opened, size: tuple[int, int]) -> None:
    async with opened(*size) as face:
        for tab in NAMES:
            await on_tab(face, tab)
            assert max(map(len, face.lines)) <= size[0], tab
            for table in face.panel.screen.query("Table"):
                assert not table.size.width or table.max_scroll_x == 0, f"{table.id} on {tab}"


async def test_checks_have_verdict_age_and_key_and_evidence_on_enter(opened: Opened) -> None:
    async with opened() as face:
        seen = await on_tab(face, "checks")
        line = next(line for line in face.lines if "edge test" in line)
        assert "! warn" in line and "v1: what edge found" in line and line.endswith("r e")
        assert "never run" in next(line for line in face.lines if "software test" in line)
        assert "Judge production on the newest labelled rows." in seen
        seen = await face.press("j", "j", "j", "enter")
        assert "Weak spots of v1, by column" in seen and "unseen (and empty)" in seen


async def test_a_check_at_work_is_seen_at_work(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        run = store.runs.enqueue("alpha", "stress", why="test", who="ada")
        store.runs.claim(1, run.id)
        store.runs.heartbeat(run.id, 0.4, "single rows")
    async with opened() as face:
        await on_tab(face, "checks")
        assert "▸ 40%" in next(line for line in face.lines if "stress test" in line)


async def test_a_challenge_shows_its_verdict_first_then_stages(opened: Opened) -> None:
    async with opened() as face:
        seen = await on_tab(face, "challenge")
        assert "✓ better  v2 against v1: roc_auc is better by 0.04" in seen
        assert "– skipped" in next(line for line in face.lines if "software" in line)
        assert "old:" not in seen
        assert face.panel.place is not None and face.panel.place.selection().version == 2
        await face.press("j", "j", "j", "j")
        assert "worth a swap from 0.01 on" in await face.press("enter")


async def test_a_challenge_that_runs_is_live(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        run = store.runs.enqueue("alpha", "challenge", {"version": 2}, why="test", who="ada")
        store.runs.claim(1, run.id)
        store.runs.heartbeat(run.id, 0.3, "edge: column 3 of 14")
        async with opened() as face:
            seen = await on_tab(face, "challenge")
            assert "▸ running  v2 is challenged" in seen and "30%" in seen
            assert "edge: column 3 of 14" in seen
            assert "▸ running" in next(line for line in face.lines[4:] if " edge " in line)
            store.runs.heartbeat(run.id, 0.6, "back-test: 2013-07")
            face.panel.on_woken()
            await face.settle()
            assert "60%" in face.seen and "back-test: 2013-07" in face.seen
            assert "✓ better" in await face.press("w")


async def test_an_old_verdict_says_what_has_changed(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        store.requirements.set("alpha", "roc_auc", min=0.65, who="ada", why="more")
    async with opened() as face:
        assert "! old: the requirements have changed since" in await on_tab(face, "challenge")


async def test_drift_is_sorted_by_severity_with_bars_of_both_sides(opened: Opened) -> None:
    async with opened(140, 40) as face:
        seen = await on_tab(face, "drift")
        assert "window 1 Dec 2013 to 8 Dec 2013, 900 rows, beside 9 past windows" in seen
        table = seen[seen.index("COLUMN") :]
        assert table.index("gate") < table.index("carrier") < table.index("distance")
        seen = await face.press("j")
        assert "training" in seen and "window" in seen and "█" in seen
        assert "40% new" in seen
        assert "vanished" not in seen


async def test_requirements_have_distance_and_history(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        store.requirements.set("alpha", "roc_auc", min=0.62, who="bob", why="it got better")
    async with opened() as face:
        await on_tab(face, "requirements")
        line = next(line for line in face.lines if "roc_auc" in line and "≥ 0.62" in line)
        assert "DISTANCE" in face.seen and "-0." in line
        await face.press("j")
        assert "bob: it got better" in face.seen and "ada: promised" in face.seen


async def test_an_entry_is_dismissed_and_taken_back(opened: Opened, workspace: Workspace) -> None:
    async with opened() as face:
        seen = await on_tab(face, "inbox")
        assert "it said 0, it was 1" in seen and "carrier" in seen
        assert "no surprising row waits" in await face.press("d")
        with workspace.store() as store:
            assert not store.inbox.list("alpha")
        await face.press("u", "y")
        assert "it said 0, it was 1" in face.seen


async def test_a_case_nobody_looked_at_asks_for_a_look(opened: Opened, workspace: Workspace) -> None:
    from store.records import NewCase

    with workspace.store() as store:
        case = NewCase("behavioural", {"x": 1}, {"min": 0.0}, note="as promised")
        store.cases.add_many("alpha", [case], now="2024-01-01T00:00:00.000Z")
    async with opened() as face:
        seen = await on_tab(face, "cases")
        assert "nobody has looked at 1 of them for a quarter" in seen
        assert "as promised" in next(line for line in face.lines if line.startswith("▸"))
        assert "nobody has looked" not in await face.press("a")


async def test_tabs_that_are_empty_say_what_to_do(opened: Opened, filled: Workspace) -> None:
    async with opened(on=filled) as face:
        assert "no version has been challenged yet" in await on_tab(face, "challenge")
        assert "never held against training: r d" in await on_tab(face, "drift")
        assert "no surprising row waits" in await on_tab(face, "inbox")


async def test_the_swap_shows_its_gate_and_takes_the_gates_reason(opened: Opened) -> None:
    async with opened() as face:
        seen = await face.press("2", "x", "s")
        assert "✓ challenged" in seen and "✓ better" in seen
        assert "integrity ✓" in seen and "as published ✓" in seen
        assert "no requirement rises by it" in seen
        assert "[ ] force: although a case fails" in seen


async def test_a_trial_shows_how_it_stands(opened: Opened) -> None:
    async with opened() as face:
        await face.press("4", "right", "right")
        assert "✓ better  v2 against v1, on 20% of the keys" in face.seen
        assert "┄" in face.seen and " better" in face.seen
        seen = await face.press("x")
        assert "Accept the trial" in seen and "Stop the trial" in seen


async def test_the_chain_and_the_limits_show_the_difference(opened: Opened) -> None:
    async with opened() as face:
        seen = await face.press("4")
        assert "rows ─┬─ 100% ─▶ ● v1 champion" in seen and "else ──▶ baseline" in seen
        await face.press("x", "f")
        seen = await face.press("2")
        assert "fallback   baseline  →  v2, baseline" in seen
        assert "incumbent production fallback alpha 2 --reason" in seen
        await face.press("escape", "escape", "x", "l")
        await face.type("timeout_ms=500")
        await face.settle()
        assert "timeout_ms  default  →  500" in face.seen
        await face.press("space")
        await face.type("breaker=no")
        await face.settle()
        assert "breaker is 'no'" in face.seen


async def test_a_trial_that_was_withdrawn_says_so_first(opened: Opened, workspace: Workspace) -> None:
    with workspace.store() as store:
        (trial,) = store.trials.running("alpha")
        told = {
            **found.standing(),
            "verdict": "undecided",
            "reason": "too early: 1 of 6 days",
            "days_to_tell": 205,
        }
        store.trials.look(trial.id, told)
        store.trials.end(trial.id, "withdrawn", "errors: 13 % of its answers fail", "2013-12-24T00:00:00Z")
    async with opened(120, 40) as face:
        seen = await face.press("4", "right", "right")
        assert "✗ WITHDRAWN  v2 against v1" in seen and "ended 24 Dec 2013" in seen
        assert "errors: 13 % of its answers fail" in seen
        assert "as the last look found it: too early: 1 of 6 days" in seen
        assert "cannot tell yet" not in seen and "until it can tell" not in seen


async def test_a_trial_is_described_before_it_begins(opened: Opened, filled: Workspace) -> None:
    async with opened(on=filled) as face:
        seen = await face.press("2", "x", "t")
        assert "100% ▶ v1, copies ▶ v2 in shadow" in seen and "for 14 days" in seen
        await face.type("0.25")
        await face.settle()
        assert "75% ▶ v1, 25% ▶ v2" in face.seen
        assert "incumbent trial start alpha 2 --share 0.25" in face.seen


async def test_a_report_of_a_check_is_written(opened: Opened, workspace: Workspace) -> None:
    async with opened() as face:
        await on_tab(face, "checks")
        await face.press("j", "j", "j", "r", "o")
        (written,) = (workspace.marker / "reports").glob("alpha-edge-*.html")
        assert "unseen" in written.read_text("utf-8")


async def test_the_overview_counts_what_waits(opened: Opened) -> None:
    async with opened() as face:
        assert "1 candidate waits; 1 in the inbox" in face.seen
        assert "1 surprising row waits in the inbox" in face.seen
        assert "v2 is tried out (share): v2 gains 0.01 on every key" in face.seen


def test_the_line_of_tabs_keeps_the_shown_one_in_sight() -> None:
    for width in range(30, 130):
        for name, title in TABS:
            line = tab_line(TABS, name, width).plain
            assert title in line and len(line.rstrip()) <= width


async def test_the_overview_knows_what_the_challenge_of_a_better_version_said(
    opened: Opened, workspace: Workspace, filled: Workspace
) -> None:
    async with opened() as face:
        assert "v2 was challenged: ✓ better; enter, then x s swaps to it" in face.seen
    with workspace.store() as store:
        run = store.runs.enqueue("alpha", "challenge", {"version": 2}, why="again", who="ada")
        store.runs.claim(1, run.id)
        store.runs.conclude(run.id, "fail", "v2 is unfit", found.challenge({}, "unfit"))
    async with opened() as face:
        assert "v2 was challenged: ✗ UNFIT; enter, Challenge says why" in face.seen
    async with opened(on=filled) as face:
        assert "enter, then r c challenges v2, x s swaps to it" in face.seen
