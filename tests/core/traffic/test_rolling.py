"""Rolls: whatever is killed when, every row is there once, at home or at its site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.traffic import Traffic
from core.traffic import parts as parts_module
from core.traffic.parts import parts
from core.traffic.pruning import prune
from core.traffic.rolling import roll
from core.traffic.tables import prediction_schema
from incumbent.errors import WorkError
from incumbent.log import Log
from incumbent.log.file import log_files
from incumbent.log.reader import LogReader
from tests.core.traffic.filling import at, by_id, outcome, place, prediction, workspace, write
from tests.incumbent.test_log import put

ROOT = Path(__file__).parents[3]

#: Ends the process, as kill -9 would, when it is about to make the n-th change on the disk.
KILLED = """
import os, sys
from pathlib import Path
left = int(sys.argv[2])
def counted(act):
    def may_die(*given, **named):
        global left
        left -= 1
        if left == 0:
            os._exit(9)
        return act(*given, **named)
    return may_die
from core.traffic.rolling import roll
import core.traffic.rolling as rolling
from core.workspace import Workspace
from tests.core.traffic.filling import place
made = Workspace(Path(sys.argv[1]))
with made.store() as store:
    here = place(made, store)
    os.fsync, os.replace, Path.unlink = counted(os.fsync), counted(os.replace), counted(Path.unlink)
    rolling._Writer._flush = counted(rolling._Writer._flush)
    roll(here)
"""


def fill(where: Path) -> None:
    write(where, "2026-11-20", prediction("a", "2026-11-20T10:00"), outcome("a", "no", "2026-11-20T11:00"))
    write(where, "2026-11-20", prediction("b", "2026-11-20T10:00"))
    write(where, "2026-11-21", prediction("c", "2026-11-21T10:00"), outcome("b", "no", "2026-11-21T11:00"))


def assert_whole(found: Traffic) -> None:
    rows = by_id(found)
    assert set(rows) == {"a", "b", "c"}
    assert (rows["a"]["actual"], rows["b"]["actual"]) == ("no", "no")
    assert found.summary(days=100_000).predictions == 3


@pytest.mark.slow
def test_a_roll_that_is_killed_at_any_step_is_made_good_by_the_next(tmp_path: Path) -> None:
    for step in range(1, 60):
        with workspace(tmp_path / str(step)) as (made, store):
            here = place(made, store)
            fill(here.away)
            process = subprocess.run(
                [sys.executable, "-c", KILLED, str(made.root), str(step)], cwd=ROOT, check=False
            )
            found = Traffic.open(made, store, "late")
            assert_whole(found)
            roll(here)
            assert_whole(found)
            assert log_files(here.away) == []
            named = {path.name.rsplit(".", 2)[0] for path in here.home.glob("*.parquet")}
            assert named == {part.name for part in parts(here.home)}
        if process.returncode == 0:
            break
        assert process.returncode == 9
    assert 10 < step < 59


@pytest.mark.parametrize("step", ["_sync", "sync_folder", "remove_if_unchanged"])
def test_a_roll_that_fails_half_way_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        fill(here.away)
        with monkeypatch.context() as patch:

            def fails(*_: object) -> None:
                raise KeyboardInterrupt

            patch.setattr(f"core.traffic.rolling.{step}", fails)
            with pytest.raises(KeyboardInterrupt):
                roll(here)
        found = Traffic.open(made, store, "late")
        assert_whole(found)
        done = roll(here)
        assert (done.deleted, done.problems) == (3, ())
        assert_whole(found)
        assert roll(here) == roll(here)  # nothing is left to do


def test_files_of_today_or_still_in_use_stay(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        write(here.away, "2026-11-20", prediction("a", "2026-11-20T10:00"))
        write(here.away, "2026-11-20", prediction("b", "2026-11-20T10:00"), finished=False)
        write(here.away, "2026-11-21", prediction("c", "2026-11-21T10:00"))
        written = max(path.stat().st_mtime for path in log_files(here.away))
        noon = at("2026-11-21T12:00") / 1e9
        for path in log_files(here.away)[:2]:
            if path.stat().st_mtime == written:
                os.utime(path, (noon - 60, noon - 60))
        assert roll(here, noon).predictions == 1
        assert len(log_files(here.away)) == 2
        assert set(by_id(Traffic.open(made, store, "late"))) == {"a", "b", "c"}


def test_a_writer_goes_on_in_another_file_when_its_own_is_rolled(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        here.away.parent.mkdir(parents=True)
        with Log.open(here.away) as log:
            for number in range(5):
                put(log, f"r{number}", at_ns=time.time_ns())
                assert log.flush()
                assert roll(here, everything=True).predictions == 1
            put(log, "last", at_ns=time.time_ns())
        assert set(by_id(Traffic.open(made, store, "late"))) == {"r0", "r1", "r2", "r3", "r4", "last"}


def test_a_file_that_has_come_back_with_more_rows_brings_only_those(tmp_path: Path) -> None:
    """As a synchronised folder may do: the copy that was rolled was not the last one."""
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        path = write(here.away, "2026-11-20", prediction("a", "2026-11-20T10:00"))
        early = path.read_bytes()
        path.unlink()
        late = write(here.away, "2026-11-20", prediction("a", "2026-11-20T10:00"),
                     prediction("b", "2026-11-20T11:00"), portion=1)  # fmt: skip
        content = late.read_bytes()
        late.unlink()
        for expected, copy in ((1, early), (1, content), (0, content)):
            path.write_bytes(copy)
            os.utime(path, (0, 0))
            assert roll(here).predictions == expected
        assert set(by_id(Traffic.open(made, store, "late"))) == {"a", "b"}


def test_many_processes_of_a_day_become_one_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.traffic.rolling.MOST_FILES", 5)
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        for number in range(12):
            write(here.away, "2026-11-20", prediction(f"p{number}", f"2026-11-20T{number:02d}:00"))
        assert roll(here).parts == 3
        assert [part.predictions and part.predictions.count for part in parts(here.home)] == [5, 5, 2]
        (first, *_) = parts(here.home)
        assert pq.ParquetFile(first.predictions_path).num_row_groups == 1
        assert len(by_id(Traffic.open(made, store, "late"))) == 12


def test_counts_come_home_where_no_row_is_kept(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        here.away.parent.mkdir(parents=True)
        with Log.open(here.away, {"share": 0.0}) as log:
            for number in range(20):
                put(log, f"p{number}", at_ns=time.time_ns())
        found = Traffic.open(made, store, "late")
        for parts_made in (1, 0):
            assert (found.count(), found.summary(days=1).predictions) == (0, 20)
            assert roll(here, everything=True).parts == parts_made
            assert not log_files(here.away)


def test_what_is_written_on_after_some_of_it_came_home_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy process writes while its file is read: the file stays, and the process goes on with it."""

    def fails(name: str) -> None:
        put(log, name, reason="slow", route="fallback", at_ns=time.time_ns())
        log._writer.drop(2)
        assert log.flush()

    def late(readers: Sequence[LogReader]) -> pa.Schema:
        schema = prediction_schema(readers)
        fails(f"late {len(parts(here.home))}")
        return schema

    def told() -> tuple[int, int, int, dict[str, int]]:
        found = Traffic.open(made, store, "late").summary(days=1)
        return found.predictions, found.fallbacks, found.lost, dict(found.reasons)

    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        here.away.parent.mkdir(parents=True)
        with Log.open(here.away) as log:
            with Log.open(here.away) as other:
                put(other, "other", at_ns=time.time_ns())
            put(log, "first", at_ns=time.time_ns())
            assert log.flush()
            with monkeypatch.context() as patch:
                patch.setattr("core.traffic.rolling.prediction_schema", late)
                roll(here, everything=True)
            assert len(log_files(here.away)) == 1
            fails("later")
            assert len(by_id(Traffic.open(made, store, "late"))) == 5
            assert told() == (5, 3, 6, {"slow": 3})
            for _ in range(2):
                roll(here, everything=True)
                assert told() == (5, 3, 6, {"slow": 3})
        assert not log_files(here.away)
        assert len(by_id(Traffic.open(made, store, "late"))) == 5


def test_values_of_another_type_that_come_during_a_roll_come_home_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(readers: Sequence[LogReader]) -> pa.Schema:
        schema = prediction_schema(readers)
        put(log, f"late {len(log_files(here.away))}", {"x": "text", "new": 1})
        assert log.flush()
        return schema

    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        here.away.parent.mkdir(parents=True)
        with Log.open(here.away) as log:
            put(log, "first", {"x": 1})
            assert log.flush()
            monkeypatch.setattr("core.traffic.rolling.prediction_schema", late)
            assert (roll(here, everything=True).predictions, len(log_files(here.away))) == (1, 1)
            monkeypatch.undo()
            assert roll(here, everything=True).predictions == 1
        found = by_id(Traffic.open(made, store, "late"))
        assert [str(found[id]["inputs"]["x"]) for id in ("first", "late 1")] == ["1", "text"]


def test_a_file_without_rows_is_cleared_away(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        path = write(here.away, "2026-11-20")
        begun = path.with_name(path.name.replace("sqlite", "x.sqlite"))
        begun.touch()
        os.utime(begun, (0, 0))
        assert roll(here).deleted == 2
        assert parts(here.home) == ()


def test_pruning_takes_the_oldest_rows_and_leaves_the_counts(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        for day in range(10, 20):
            write(here.away, f"2026-11-{day}", prediction(f"d{day}", f"2026-11-{day}T10:00"))
        roll(here)
        found = Traffic.open(made, store, "late")
        now = at("2026-11-20T00:00") / 1e9
        assert prune((here,), keep_days=5, size=None, now=now).predictions == 5
        assert set(by_id(found)) == {"d15", "d16", "d17", "d18", "d19"}
        each = parts(here.home)[-1].size()
        done = prune((here,), keep_days=None, size=2 * each + each // 2, now=now)
        assert done.parts == 3
        assert set(by_id(found)) == {"d18", "d19"}
        assert prune((here,), keep_days=None, size=None) == (0, 0, 0)
        assert found.summary(days=100_000).predictions == 10
        assert len(list(here.home.glob("*.parquet"))) == 2


def test_a_part_of_a_newer_format_or_damaged_is_told_of(tmp_path: Path) -> None:
    with workspace(tmp_path) as (made, store):
        here = place(made, store)
        write(here.away, "2026-11-20", prediction("a", "2026-11-20T10:00"))
        roll(here)
        (part,) = parts(here.home)
        replace(part, format=parts_module.FORMAT + 1).write()
        with pytest.raises(WorkError, match="of format 2, this code reads 1"):
            parts(here.home)
        part.path.write_text(json.dumps({"format": 1}))
        with pytest.raises(WorkError, match="is damaged"):
            parts(here.home)
