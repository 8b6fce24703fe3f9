"""Pruning takes what nobody needs: strays and what is old, never a verdict or what a screen shows."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.prune import prune
from core.workspace import Workspace
from incumbent.errors import RefusedError, UsageError
from store.records import Measured
from tests.tui.filling import fill

LATER = datetime.now(UTC) + timedelta(days=400)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return fill(tmp_path / "space", models=1, nights=3)


def _aged(path: Path, days: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x" * 100)
    then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))
    return path


def test_a_dry_run_says_what_would_go_and_deletes_nothing(workspace: Workspace) -> None:
    old, new = _aged(workspace.log(1), 400), _aged(workspace.log(2), 10)
    (workspace.bundles / "stray").mkdir()
    with workspace.store() as store:
        store.measured.put_many([Measured("no such version", "d", "m", b"")])
    told = prune(workspace, dry_run=True)
    assert (told["bundles"], told["logs"], told["slices"], told["bytes"]) == (1, 1, 1, 100)
    assert old.exists() and (workspace.bundles / "stray").exists()
    assert {**prune(workspace), "dry_run": True, "before": told["before"]} == told
    assert not old.exists() and new.exists() and not (workspace.bundles / "stray").exists()
    again = prune(workspace)
    assert not any(again[key] for key in ("bundles", "logs", "slices", "results", "messages", "refits"))


def test_bundles_of_versions_stay(workspace: Workspace) -> None:
    with workspace.store() as store:
        known = sorted(store.versions.hashes())
    for name in known:
        (workspace.bundles / name).mkdir()
    assert prune(workspace, now=LATER)["bundles"] == 0
    assert sorted(p.name for p in workspace.bundles.iterdir()) == known


def test_old_documents_go_but_for_the_last_of_each_check(workspace: Workspace) -> None:
    with workspace.store() as store:
        before = store.runs.page(limit=100).rows
        latest = {kind: run.id for kind, run in store.runs.last_per_check("alpha").items()}
        measured = store.measurements.history("alpha", limit=1000).rows
    found = prune(workspace, now=LATER)
    assert found["results"] == 2  # of three now-tests one is the last
    with workspace.store() as store:
        assert [(r.id, r.verdict, r.note) for r in store.runs.page(limit=100).rows] == [
            (r.id, r.verdict, r.note) for r in before
        ]
        assert store.measurements.history("alpha", limit=1000).rows == measured
        assert all(store.runs.get(run_id).result is not None for run_id in latest.values())


def test_messages_that_were_sent_go_and_those_on_their_way_stay(workspace: Workspace) -> None:
    with workspace.store() as store:
        target = store.notify.add_target("json://localhost")
        store.notify.enqueue([target.id, target.id], "subject", "body")
        sent, _ = store.notify.page().rows
        store.notify.mark_sent(sent.id)
    assert prune(workspace, now=LATER)["messages"] == 1
    with workspace.store() as store:
        assert [d.sent for d in store.notify.page().rows] == [None]


def test_nothing_is_pruned_while_something_runs_and_an_age_must_be_one(workspace: Workspace) -> None:
    with workspace.store() as store:
        store.runs.enqueue("alpha", "backtest", why="test", who="ann")
    with pytest.raises(RefusedError, match="something runs"):
        prune(workspace)
    with pytest.raises(UsageError, match="not a length of time"):
        prune(workspace, older_than="soon")
