"""Erasing a key: nothing of it is left, in no byte of any file, and all else is."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from core.traffic import Traffic
from core.traffic.erasing import erase
from core.traffic.locking import alone
from core.traffic.rolling import roll
from incumbent.errors import RefusedError
from incumbent.log import Log
from tests.core.traffic.filling import by_id, outcome, place, prediction, workspace, write
from tests.incumbent.test_log import put

KEY, OTHER = "customer-4711-ada", "customer-0815-bob"
SECRET = "lives in Marylebone"


def fill(where: Path) -> None:
    mine = [
        prediction(
            f"mine-{n}", "2026-11-20T10:00", key=KEY, reason=f"version 1: no answer for {KEY}",
            row={"distance": n * 1.0, "carrier": f"{SECRET} {n}"},
        )
        for n in range(300)
    ]  # fmt: skip
    others = [prediction(f"other-{n}", "2026-11-20T10:00", key=OTHER) for n in range(300)]
    told = [
        outcome("mine-3", f"{SECRET} too", "2026-11-20T12:00"),
        outcome("other-3", "no", "2026-11-20T12:00"),
    ]
    write(where, "2026-11-20", *(p for pair in zip(mine, others, strict=True) for p in pair))
    write(where, "2026-11-21", *told, outcome(None, "yes", "2026-11-21T12:00", key=KEY))


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("rolled", [False, True])
def test_an_erased_key_leaves_no_byte(tmp_path: Path, rolled: bool) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        fill(here.away)
        if rolled:
            roll(here)
        else:
            assert SECRET.encode() in everything(here.away)
        done = erase(made, store, "late", KEY, "ann")
        assert (done.predictions, done.outcomes, done.problems) == (300, 2, ())
        left = everything(tmp_path / "production") if not rolled else everything(here.home)
        assert KEY.encode() not in left
        assert b"mine-3" not in left
        assert SECRET.encode() not in left
        found = Traffic.open(made, store, "late")
        rows = by_id(found)
        assert len(rows) == 300
        assert rows["other-3"]["actual"] == "no"
        assert found.summary(days=100_000).predictions == 600  # what was counted was counted
        line = next(line for line in store.journal.page().rows if line.action == "log.erase")
        assert KEY not in f"{line}"
        assert line.detail["key_sha256"] == hashlib.sha256(KEY.encode()).hexdigest()
        again = erase(made, store, "late", KEY, "ann")
        assert (again.predictions, again.outcomes) == (0, 0)
        roll(here)
        assert len(by_id(found)) == 300


def test_erasing_while_a_process_writes(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        here.away.parent.mkdir(parents=True)
        with Log.open(here.away) as log:
            for number in range(200):
                put(log, f"w{number}", key=KEY if number % 2 else OTHER, at_ns=time.time_ns())
            assert log.flush()
            assert erase(made, store, "late", KEY).predictions == 100
            put(log, "after", key=OTHER, at_ns=time.time_ns())
            assert log.flush()
            assert log.status().dropped == 0
        assert {row["key"] for row in by_id(Traffic.open(made, store, "late")).values()} == {OTHER}
        assert KEY.encode() not in everything(here.away)


def test_private_keys_cannot_be_erased_and_one_does_at_a_time(tmp_path: Path) -> None:
    with (
        workspace(tmp_path) as (made, store),
        alone(store, "late"),
        pytest.raises(RefusedError, match="by another process"),
    ):
        erase(made, store, "late", KEY)
    with (
        workspace(tmp_path / "private", 'private = ["ride"]\n') as (made, store),
        pytest.raises(RefusedError, match="its log holds no keys"),
    ):
        erase(made, store, "late", KEY)


def test_rows_that_a_check_has_copied_go_too(tmp_path: Path) -> None:
    from core.checks.logged import logged_spec
    from core.spec import ModelSpec

    with workspace(tmp_path / "space") as (made, store):
        fill(place(made, store).away)
        spec = ModelSpec.from_document(store.models.revision("late").document)
        assert logged_spec(made, store, spec, {}) is not None
        assert list((made.cache / "logged").rglob("*.parquet"))
        erase(made, store, "late", KEY)
        assert not list((made.cache / "logged").rglob("*.parquet"))
        assert logged_spec(made, store, spec, {}) is not None, "the others are still there"
