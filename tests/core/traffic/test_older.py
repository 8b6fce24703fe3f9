"""Logs that older versions wrote are read, come home and forget a key as those of today do."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from core.traffic import Traffic
from core.traffic.erasing import erase
from core.traffic.rolling import roll
from incumbent.log.reader import LogReader
from tests.core.traffic import filling
from tests.core.traffic.filling import by_id, place, workspace
from tests.incumbent import older_log

DAY = "2026-11-20"


@pytest.mark.parametrize("version", [1, 2])
def test_older_files_are_read_and_come_home(tmp_path: Path, version: int) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        path = older_log.write(here.away, DAY, filling.at(f"{DAY}T10:00"), 5, version)
        traffic = Traffic.open(made, store, "late", None)
        found = by_id(traffic)
        assert sorted(found) == [f"p{n}" for n in range(5)]
        assert found["p3"]["key"] == "b" and list(found["p3"]["probabilities"]) == [0.25, 0.75]
        assert (found["p3"]["chance"] == 0.5) is (version == 2)
        inputs = {name: str(value) for name, value in found["p3"]["inputs"].items()}
        assert inputs == {
            "distance": "3.5", "carrier": "bus", "peak": "True", "day": "2026-11-20 00:00:00", "far": "far 3",
        }  # fmt: skip
        assert bool(found["p0"]["actual"]) is True
        some = by_id(traffic, datetime(2026, 11, 20, 10, 0, 2), datetime(2026, 11, 20, 10, 0, 4))
        assert sorted(some) == ["p2", "p3"]
        os.utime(path, (0, 0))
        assert roll(here).predictions == 5 and not path.exists()
        assert str(by_id(traffic)) == str(found)


@pytest.mark.parametrize("version", [1, 2])
def test_a_key_is_erased_from_an_older_file(tmp_path: Path, version: int) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        path = older_log.write(here.away, DAY, filling.at(f"{DAY}T10:00"), 5, version)
        done = erase(made, store, "late", "a")
        assert (done.predictions, done.outcomes, done.problems) == (3, 1, ())
        with LogReader.open(path) as reader:
            (piece,) = reader.pieces()
            assert piece.told["id"] == ["p1", "p3"]
