"""The untreated control, and the chance with which each arm was drawn, in the answer and in the log."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import incumbent
from incumbent.answering.limits import read_limits
from incumbent.answering.routing import Lot, Split
from incumbent.bundle import Bundle
from tests.incumbent.sites import ROW, native, publish
from tests.incumbent.test_log import read

KEYS = 3000


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> list[Bundle]:
    folder = tmp_path_factory.mktemp("versions")
    return [native(folder, seed) for seed in range(2)]


def rows() -> list[dict[str, Any]]:
    return [{**ROW, "id": key} for key in range(KEYS)]


def test_arms_get_their_shares_and_their_chances(tmp_path: Path, versions: list[Bundle]) -> None:
    publish(tmp_path, versions, challenger=2, share=0.25, limits={"control": 0.2}, key="id")
    with incumbent.open(tmp_path) as predictor:
        many = predictor.predict_many(rows())
        single = [predictor.predict(row) for row in rows()[:300]]
    assert [(p.route, p.value, p.version) for p in single] == [
        (p.route, p.value, p.version) for p in many[:300]
    ]
    shares = Counter(p.route for p in many)
    expected = {"champion": 0.6, "challenger": 0.2, "control": 0.2}
    assert set(shares) == set(expected)
    for route, share in expected.items():
        assert shares[route] / KEYS == pytest.approx(share, abs=4 * (share * (1 - share) / KEYS) ** 0.5)
    control = next(p for p in many if p.route == "control")
    assert (control.value, control.version, control.reason) == ("no", None, None)
    logged = {(row["route"], round(row["chance"], 12)) for row in read(tmp_path / "log")}
    assert logged == set(expected.items())


def test_the_control_is_the_same_whoever_is_on_trial(versions: list[Bundle]) -> None:
    lots = [Lot("late", challenger, 0.3, 0.1) for challenger in ("", "a", "b")]
    untreated = [{key for key in range(KEYS) if lot.of(key).route == "control"} for lot in lots]
    assert untreated[0] == untreated[1] == untreated[2]
    split = Split("late", "a", 0.3)  # and it takes from both arms alike: who falls to whom does not change
    treated = [key for key in range(KEYS) if key not in untreated[1]]
    assert [lots[1].of(key).route == "challenger" for key in treated] == [
        split.to_challenger(k) for k in treated
    ]


def test_an_arm_that_fails_keeps_its_chance(tmp_path: Path, versions: list[Bundle]) -> None:
    limits = {"columns": {"distance": {"null": "fallback"}}}
    publish(tmp_path, versions, challenger=2, share=0.25, limits=limits, key="id")
    with incumbent.open(tmp_path) as predictor:
        given = [{**row, "distance": None} for row in rows()[:200]]
        assert {p.route for p in predictor.predict_many(given)} == {"baseline"}
        assert {predictor.predict(row).route for row in given} == {"baseline"}
    chances = Counter(row["chance"] for row in read(tmp_path / "log"))
    assert set(chances) == {0.25, 0.75} and all(count % 2 == 0 for count in chances.values())


def test_where_nothing_is_drawn_there_is_no_chance(tmp_path: Path, versions: list[Bundle]) -> None:
    publish(tmp_path, versions, shadows=(2,))
    with incumbent.open(tmp_path) as predictor:
        predictor.predict(ROW)
        predictor.predict_many([ROW])
        predictor._shadows.drain(10.0)
    assert [row["chance"] for row in read(tmp_path / "log")] == [None] * 4


def test_without_a_baseline_nobody_is_left_untreated(tmp_path: Path, versions: list[Bundle]) -> None:
    publish(tmp_path, versions, limits={"control": 0.9}, baseline=None, key="id")
    with incumbent.open(tmp_path, log=False) as predictor:
        assert {p.route for p in predictor.predict_many(rows()[:50])} == {"champion"}


@pytest.mark.parametrize("value", [1.0, -0.1, True, "some"])
def test_a_share_that_is_none_is_named(value: Any) -> None:
    limits, (mistake,) = read_limits({"control": value})
    assert limits.control == 0.0 and mistake.startswith("control is ")
