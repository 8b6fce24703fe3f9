"""``incumbent log``."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.workspace import Workspace
from incumbent.log import Log
from tests.cli.conftest import Incumbent

ROW = {"distance": 30.5, "wind": None, "carrier": "bus"}


@pytest.fixture
def logged(house: Workspace) -> Workspace:
    """A house whose model ``late`` has predicted a little."""
    with Log.open(house.root / "production" / "local" / "late" / "log") as log:
        for n in range(10):
            log.write(f"p{n}", time.time_ns(), f"K{n % 3}", ROW, "yes", [0.4, 0.6], 1, "champion", None, 2e-5)
        log.write("last", time.time_ns(), None, ROW, "no", None, None, "baseline", "version 1: timeout", 0.3)
    return house


def test_show_rows_and_rate(logged: Workspace, incumbent: Incumbent) -> None:
    shown = incumbent(logged, "log", "show", "late", "--json").document
    assert (shown["predictions"], shown["fallbacks"], shown["lost"]) == (11, 1, 0)
    assert shown["reasons"] == [{"reason": "version 1: timeout", "predictions": 1}]
    text = incumbent(logged, "log", "show", "late").out
    assert text.startswith("11 predictions since ")
    assert "1 × version 1: timeout" in text
    rows = incumbent(logged, "log", "rows", "late", "--last", 3, "--json").document
    assert [row["id"] for row in rows] == ["last", "p9", "p8"]
    assert rows[1]["inputs"] == ROW
    assert (rows[1]["probabilities"], rows[0]["probabilities"], rows[0]["version"]) == (
        [0.4, 0.6],
        None,
        None,
    )
    assert (
        incumbent(logged, "log", "rows", "late", "--route", "baseline", "--site", "all").out.count("\n") == 2
    )
    rate = incumbent(logged, "log", "rate", "late", "--json").document
    assert 0 < rate["mean"] <= rate["peak"] <= 11
    assert "in the busiest one" in incumbent(logged, "log", "rate", "late").out


def test_a_model_that_predicted_nothing(house: Workspace, incumbent: Incumbent) -> None:
    assert "Nothing was logged" in incumbent(house, "log", "show", "late").out
    assert "nothing was logged in 7 days" in incumbent(house, "log", "rate", "late").out
    assert incumbent(house, "log", "rate", "late", "--json").document["mean"] is None
    assert incumbent(house, "log", "rows", "late", "--json").document == []
    shadows = incumbent(house, "log", "rows", "late", "--days", 3, "--route", "shadow").out
    assert shadows == "nothing by the shadow was logged in 3 days\n"
    assert incumbent(house, "log", "show", "nobody").code == 2
    assert incumbent(house, "log", "show", "late", "--site", "moon").code == 2


def test_a_class_that_is_new_since_training_is_kept_and_named(here: Path, incumbent: Incumbent) -> None:
    rows = [f"2026-{1 + i % 9:02}-0{1 + i % 7},{'abc'[i % 3]},{'abc'[i % 2]}" for i in range(90)]
    (here / "rows.csv").write_text("\n".join(["at,kind,guess", *rows]))
    (here / "kinds.toml").write_text(
        'name = "kinds"\ntask = "classification"\ntarget = "kind"\ntime = "at"\ndata = "rows.csv"\n'
    )
    assert incumbent("init").code == 0
    assert incumbent("model", "apply", "kinds.toml").code == 0
    assert incumbent("version", "register", "kinds", "--recorded", "guess").code == 0
    told = here / "told.csv"
    told.write_text("id,actual\np1,a\np2,d\n")
    found = incumbent("log", "outcomes", "kinds", told)
    assert found.code == 0
    assert "classes that no version knows, and none was right about: d" in found.out
    told.write_text('{"id": "p1", "actual": 7}\n')
    found = incumbent("log", "outcomes", "kinds", told.rename(here / "told.jsonl"), "--json")
    assert (found.code, "7 is no class of the model: a, b, c" in found.error["message"]) == (4, True)


def test_outcomes_roll_and_prune(logged: Workspace, incumbent: Incumbent, tmp_path: Path) -> None:
    path = tmp_path / "told.csv"
    path.write_text("id,actual\np1,no\nzz,yes\n")
    said = incumbent(logged, "log", "outcomes", "late", path).out
    assert said == "2 outcomes are kept; of 1 no prediction is logged (yet): zz\n"
    assert incumbent(logged, "log", "outcomes", "late", tmp_path / "gone.csv").code == 4
    rolled = incumbent(logged, "log", "roll", "late", "--json").document
    assert (rolled["predictions"], rolled["outcomes"]) == (0, 0)  # the day is not over
    rolled = incumbent(logged, "log", "roll", "late", "--today", "--json").document
    assert (rolled["predictions"], rolled["outcomes"], rolled["problems"]) == (11, 2, [])
    rows = {r["id"]: r["actual"] for r in incumbent(logged, "log", "rows", "late", "--json").document}
    assert (rows["p1"], rows["p2"]) == ("no", None)
    assert incumbent(logged, "log", "prune", "late").code == 2  # nothing says how much is kept
    assert incumbent(logged, "log", "prune", "late", "--older-than", "soon").code == 2
    assert (
        incumbent(logged, "log", "prune", "late", "--older-than", "1d", "--json").document["predictions"] == 0
    )
    assert incumbent(logged, "log", "prune", "late", "--size", "1KB", "--json").document["predictions"] == 11
    assert incumbent(logged, "log", "rows", "late", "--json").document == []


def test_erasing_asks_to_be_sure(logged: Workspace, incumbent: Incumbent) -> None:
    refused = incumbent(logged, "log", "erase", "late", "K1", "--json")
    assert (refused.code, refused.error["kind"]) == (3, "refused")
    assert incumbent(logged, "log", "erase", "late", "K1", "--yes", "--json").document["predictions"] == 3
    assert incumbent(logged, "log", "erase", "late", "", "--yes").code == 2
    rows = incumbent(logged, "log", "rows", "late", "--json").document
    assert {row["key"] for row in rows} == {"K0", "K2", None}


def test_a_site_that_is_away_is_no_site_without_traffic(
    house: Workspace, incumbent: Incumbent, tmp_path: Path
) -> None:
    incumbent(house, "site", "add", "shop", "--path", tmp_path / "shop")
    incumbent(house, "production", "publish", "late", "--site", "shop")
    (tmp_path / "shop").rename(tmp_path / "unmounted")
    said = "the folder of shop, cannot be reached; what it has logged since its log last came home is missing"
    for site in ("shop", "all"):
        assert said in incumbent(house, "log", "show", "late", "--site", site).out
        (problem,) = incumbent(house, "log", "show", "late", "--site", site, "--json").document["problems"]
        assert said in problem
        rows = incumbent(house, "log", "rows", "late", "--site", site)
        assert "nothing was logged" in rows.out and said in rows.out
    assert incumbent(house, "log", "show", "late", "--json").document["problems"] == []
