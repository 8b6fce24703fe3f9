"""The prediction log as production writes it: what comes back is what was written, whatever happens to it."""

from __future__ import annotations

import logging
import math
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incumbent.columns import encode
from incumbent.log import Log, Settings, file, rows
from incumbent.log.file import EmptyFile, log_files, new_name, today
from incumbent.log.folder import FEW, Folder
from incumbent.log.gathering import MANY, PORTION, gathered
from incumbent.log.reader import LogReader
from incumbent.log.rows import FIELDS
from incumbent.log.sampling import sampled
from incumbent.log.writer import MOST_WHILE_FAILING

ROOT = Path(__file__).parents[2]
AT = 1_700_000_000_000_000_000


def read(folder: Path) -> list[dict[str, Any]]:
    """Every logged prediction in a folder, inputs under their names."""
    found = []
    for path in log_files(folder):
        try:
            reader = LogReader.open(path)
        except EmptyFile:  # its process is just beginning it
            continue
        with reader:
            for piece in reader.pieces():
                columns = {**piece.inputs, **piece.told}
                found += [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return found


def put(log: Log, id: str, row: Any = None, **changed: Any) -> None:
    """Write a prediction of which only some things matter."""
    told = {"at_ns": AT, "key": None, "value": 1, "scores": None, "version": 1, "route": "champion"}
    told |= {"reason": None, "seconds": 1e-5} | changed
    log.write(id, row={"x": 1.0} if row is None else row, **told)


def test_a_file_that_is_just_being_made_is_not_taken_for_another_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new.sqlite"
    path.touch()

    class Slow(sqlite3.Connection):
        """Somebody else makes the file between the first look and the second."""

        looks = 0

        def execute(self, statement: str, *more: Any) -> sqlite3.Cursor:
            found = super().execute(statement, *more)
            if statement in ("PRAGMA application_id", "PRAGMA user_version"):
                found = SimpleNamespace(fetchone=lambda row=found.fetchone(): row)  # type: ignore[assignment]
                Slow.looks += 1
                if Slow.looks == 1:
                    with monkeypatch.context() as own:
                        own.setattr(sqlite3, "connect", connect)
                        file.create(path).close()
            return found

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Slow))
    with pytest.raises(EmptyFile):
        LogReader.open(path)
    monkeypatch.undo()
    with LogReader.open(path) as reader:
        assert not list(reader.pieces())


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    with Log.open(tmp_path) as log:
        row = {"distance": 12.5, "stops": 3, "carrier": "bus", "wind": None, "extra": "…"}
        log.write("a-1", AT, 471, row, "yes", [0.1, 0.9], 3, "fallback", "version 4: slow", 0.25)
        assert log.flush()
    (found,) = read(tmp_path)
    assert {name: found[name] for name in row} == row
    assert (found["id"], found["at"], found["key"], found["value"]) == ("a-1", AT, "471", "yes")
    assert (found["version"], found["route"], found["reason"]) == (3, "fallback", "version 4: slow")
    assert (found["scores"], found["seconds"]) == ([0.1, 0.9], 0.25)


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.datetimes(),
    st.binary(max_size=5),
)  # fmt: skip


class Hue(Enum):
    """What software names its categories by."""

    RED = "red"


#: What rows may hold that JSON has no form of, or that a library writes in its own way.
AWKWARD = [
    math.inf, -math.inf, math.nan, "null", "\ud800", 2**63, 2**64, 2**70, -(2**70), Decimal("1.5"),
    np.float32(0.5), np.int64(7), np.bool_(True), np.datetime64("2024-01-01"), date(2024, 1, 1), b"x", [1],
    {"a": 1}, -0.0, 1e-300, UUID(int=5), "a\nb", ",\n", Hue.RED, {"a": [Hue.RED]},
]  # fmt: skip


@given(st.lists(st.one_of(CELLS, st.sampled_from(AWKWARD)), max_size=5), st.none() | st.text(max_size=5))
def test_rows_are_the_same_by_whichever_library_they_are_made(values: list[Any], key: str | None) -> None:
    pytest.importorskip("orjson")
    told = "id", 1, key, None, "champion", None, 1.5, [0.5, 0.5], 1e-5, None, tuple(values)
    nulls = sum(value is None for value in told)
    assert repr(rows.loaded(rows._quick(told, nulls))) == repr(rows.loaded(rows._exact(told)))


@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.text(max_size=8), CELLS, max_size=6), min_size=1, max_size=8))
def test_rows_of_any_content_are_written_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, given: list[dict[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    with Log.open(folder) as log:
        for at, row in enumerate(given):
            put(log, str(at), row)
        assert log.flush(20)
        assert log.status().dropped == 0
    found = {row["id"]: row for row in read(folder)}
    assert len(found) == len(given)
    for at, row in enumerate(given):
        for name, value in row.items():
            if name in FIELDS:
                continue
            if value is None or (type(value) in (int, float) and abs(value) < 2**63):
                assert found[str(at)][name] == value
            elif type(value) is str and "\0" not in value:
                assert found[str(at)][name] == value.encode("utf-8", "replace").decode()


@pytest.fixture(params=["orjson", "json"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The library by which rows are made: one that may be absent, and one that never is."""
    if request.param == "orjson":
        pytest.importorskip("orjson")
    else:
        monkeypatch.setattr("incumbent.log.rows._text_of", rows._exact)
        for module in ("log", "rows"):
            monkeypatch.setattr(f"incumbent.log.{module}.QUICK", False)
    return str(request.param)


def test_what_is_no_plain_value_comes_back_as_what_it_stands_for(library: str, tmp_path: Path) -> None:
    row = {
        "inf": -math.inf, "nan": math.nan, "half": "a\ud800", "large": 2**70, "exact": Decimal("1.5"),
        "numpy": np.float32(0.5), "flag": np.bool_(True), "true": True, "day": date(2024, 1, 2),
        "time": datetime(2024, 1, 2, 3, 4, 5), "line": "a,\n[b", "null": "null", "nothing": None,
    }  # fmt: skip
    with Log.open(tmp_path) as log:
        put(log, "a", row, scores=np.array([0.25, 0.75]), value=np.int64(3))
        put(log, "b", {"inf": 1.0})
    (path,) = log_files(tmp_path)
    with LogReader.open(path) as reader:
        types = reader.types()
        (piece,) = reader.pieces()
    found = {name: values[0] for name, values in piece.inputs.items()}
    assert found == {
        "inf": -math.inf, "nan": None, "half": "a?", "large": float(2**70), "exact": 1.5, "numpy": 0.5,
        "flag": True, "true": True, "day": "2024-01-02", "time": "2024-01-02T03:04:05", "line": "a,\n[b",
        "null": "null", "nothing": None,
    }  # fmt: skip
    assert (piece.told["scores"][0], piece.told["value"][0]) == ([0.25, 0.75], 3)
    assert [values[1] for values in piece.inputs.values()] == [1.0, *[None] * 12]
    assert types.value == {"integer"}
    assert types.inputs == {
        "inf": {"real"}, "nan": set(), "half": {"text"}, "large": {"real"}, "exact": {"real"},
        "numpy": {"real"}, "flag": {"boolean"}, "true": {"boolean"}, "day": {"time"}, "time": {"time"},
        "line": {"text"}, "null": {"text"}, "nothing": set(),
    }  # fmt: skip


def test_numbers_that_are_too_large_and_what_looks_like_a_time_are_read(library: str, tmp_path: Path) -> None:
    given = [2**63, -(2**64), 10**400, -(10**400), 5, math.inf, ["time"], {"time": 5}, {"time": "x", "y": 1}]
    with Log.open(tmp_path) as log:
        for at, value in enumerate(given):
            put(log, str(at), {"x": value}, value=value)
    found = [float(2**63), -float(2**64), math.inf, -math.inf, 5, math.inf]
    found += ['["time"]', '{"time": 5}', '{"time": "x", "y": 1}']  # type: ignore[list-item]
    for row, expected in zip(read(tmp_path), found, strict=True):
        assert repr(row["x"]) == repr(row["value"]) == repr(expected)
    with LogReader.open(log_files(tmp_path)[0]) as reader:
        assert reader.types().inputs == {"x": {"integer", "real", "text"}}


def test_only_columns_that_versions_read_or_settings_name_are_kept_and_private_ones_never(
    tmp_path: Path,
) -> None:
    row = {"x": 1.0, "name": "Ada Lovelace", "when": "2026-01-01", "card": 4711_0815, "order": "F7"}
    told = Settings.of({"private": ["name"], "also": ["when", "name"]}, key="order")
    with Log.open(tmp_path, told, ["x", "name"]) as log:
        put(log, "a", row, key="F7", reason="version 2: cannot read 'Ada Lovelace'")
        log.write_many(
            ["b"], AT, ["F8"], {n: [v] for n, v in row.items()}, [1], None, [1], ["fallback"],
            ["no answer for Ada Lovelace"], 1e-6,
        )  # fmt: skip
    for found in read(tmp_path):
        assert set(found) == {*FIELDS, "x", "when"}
        assert found["key"] in ("F7", "F8")
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Lovelace" not in written and b"no answer for" in written


def test_a_private_key_is_not_stored(tmp_path: Path) -> None:
    with Log.open(tmp_path, Settings.of({"private": ["mail"]}, key="mail"), ["x", "mail"]) as log:
        put(log, "a", {"x": 1.0, "mail": "ada@example.org"}, key="ada@example.org")
        log.outcome(None, 1, key="ada@example.org")
        log.outcome("a", 1)
    assert b"example.org" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    (path,) = log_files(tmp_path)
    with LogReader.open(path) as reader:
        assert [row[1] for row in reader.outcomes()] == ["a"]


def test_as_many_as_there_are_come_back_once_each_in_order(library: str, tmp_path: Path) -> None:
    """However many: they are written in portions, whose size depends on how many wait."""
    counts = (1, FEW + 1, PORTION, PORTION + 1, 5_001)
    for nth, count in enumerate(counts):
        with Log.open(tmp_path / str(nth)) as log:
            for at in range(count):
                put(log, f"p{at}")
        assert [row["id"] for row in read(tmp_path / str(nth))] == [f"p{at}" for at in range(count)]


class Unreadable:
    """A column that cannot be read."""

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("no")


def write_many(log: Log, ids: list[str], columns: Mapping[str, Any]) -> None:
    count = len(ids)
    log.write_many(
        ids, AT, None, columns, [1] * count, None, [1] * count, ["champion"] * count, None, 1e-5
    )  # fmt: skip


def test_batches_of_any_size_come_back_once_each_in_order(library: str, tmp_path: Path) -> None:
    for count in (1, PORTION - 1, PORTION, MANY, MANY + 1, 2 * MANY + PORTION + 5):
        folder = tmp_path / str(count)
        with Log.open(folder) as log:
            ids = [f"p{at}" for at in range(count)]
            write_many(log, ids, {"x": np.arange(float(count))})
            put(log, "after", {"x": -1.0})
            assert log.flush(30)
            assert log.status() == (count + 1, 0, 0, None)
        assert [(row["id"], row["x"]) for row in read(folder)] == [*zip(ids, range(count)), ("after", -1)]


def test_rows_of_a_batch_are_made_before_its_caller_goes_on(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever predicts faster than the log's thread makes rows would leave ever more for a kill to take."""

    def none_of(entries: list[Any], _: list[Exception]) -> Iterator[Any]:
        assert not entries, "the log's thread makes rows"
        return iter(())

    monkeypatch.setattr("incumbent.log.folder.rows_of", none_of)
    with Log.open(tmp_path) as log:
        numbers = np.arange(70.0)
        write_many(log, [f"p{at}" for at in range(70)], {"x": numbers})
        numbers[:] = 99.0  # the caller goes on with its array
        assert log.flush(30)
    assert [row["x"] for row in read(tmp_path)] == list(range(70))


def test_a_batch_that_cannot_be_read_is_dropped_and_counted(library: str, tmp_path: Path) -> None:
    with Log.open(tmp_path) as log:
        write_many(log, ["a", "b"], {"x": 17})
        write_many(log, ["c", "d"], {"x": Unreadable()})
        put(log, "e")
        assert log.flush()
        assert log.status()[:3] == (1, 0, 4)
    assert [row["id"] for row in read(tmp_path)] == ["e"]


def test_rows_are_soon_in_the_file_where_others_are_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the thread makes them ready, each of its pauses takes longer then."""
    monkeypatch.setattr("incumbent.log.log.QUICK", False)
    monkeypatch.setattr("incumbent.log.log.BEHIND", 5_000)  # the thread has to make them all
    monkeypatch.setattr("incumbent.log.folder.PAUSE", 0.02)
    ids = [f"p{at}" for at in range(4_999)]
    with Log.open(tmp_path) as log:
        for id in ids:
            put(log, id)
        assert log.flush(timeout=1.5)
    assert [row["id"] for row in read(tmp_path)] == ids


def test_a_batch_is_logged_as_its_rows_one_by_one_are(library: str, tmp_path: Path) -> None:
    numbers, carriers = np.array([1.5, np.nan, 3.0]), ["bus", None, "rail"]
    days = np.array(["2024-01-01", "2024-01-02", "NaT"], "datetime64[us]")
    with Log.open(tmp_path / "many", {}, ["x", "carrier", "day"]) as log:
        columns = {"x": numbers, "carrier": encode(carriers), "day": days}
        scores = np.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]])
        log.write_many(["0", "1", "2"], AT, [1, 2, None], columns, [1, 0, 1], scores, [1, 1, None],
                       ["champion", "champion", "baseline"], [None, None, "why"], 2e-6)  # fmt: skip
        numbers[:] = 99.0  # the caller goes on with its arrays
    with Log.open(tmp_path / "one", {}, ["x", "carrier", "day"]) as log:
        values = [1.5, None, 3.0]
        times = [datetime(2024, 1, 1), datetime(2024, 1, 2), None]
        for at in range(3):
            row = {"x": values[at], "carrier": carriers[at], "day": times[at]}
            put(log, str(at), row, key=[1, 2, None][at], value=[1, 0, 1][at], scores=scores[at],
                version=[1, 1, None][at], route=["champion", "champion", "baseline"][at],
                reason=[None, None, "why"][at], seconds=2e-6)  # fmt: skip
    assert read(tmp_path / "many") == read(tmp_path / "one")


def test_rows_of_thousands_of_columns_are_kept(tmp_path: Path) -> None:
    row = {f"gene {n}": n * 0.5 for n in range(2_500)}
    with Log.open(tmp_path, {}, list(row)) as log:
        put(log, "wide", row)
        assert log.flush(20)
        assert log.status() == (1, 0, 0, None)
    (found,) = read(tmp_path)
    assert found["gene 1899"] == 949.5
    assert found["gene 2499"] == 1249.5


def test_every_prediction_is_counted_and_a_share_kept_by_key(tmp_path: Path) -> None:
    with Log.open(tmp_path, {"share": 0.3}) as log:
        for at in range(4_000):
            put(log, f"p-{at}", key=at % 1000)
    keys = {row["key"] for row in read(tmp_path)}
    kept = [row for row in read(tmp_path) if row["key"] in keys]
    assert len(kept) == 4 * len(keys)  # all of a key, or nothing of it
    assert abs(len(keys) - 300) < 4 * (1000 * 0.3 * 0.7) ** 0.5
    (path,) = log_files(tmp_path)
    with LogReader.open(path) as reader:
        assert sum(row[-1] for row in reader.counts("hours")) == 4_000
        assert sum(count for _, count in reader.counts("seconds")) == 4_000


def test_the_share_that_is_kept_does_not_depend_on_the_process() -> None:
    code = "from incumbent.log.sampling import sampled; print([k for k in range(200) if sampled(k, 0.5)])"
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(seen) == 1
    assert 60 < len(next(iter(seen)).split(",")) < 140
    assert sampled.__module__ == "incumbent.log.sampling"


def test_processes_and_threads_write_at_once_while_somebody_reads(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.incumbent.log_process", str(tmp_path)]
    processes = [subprocess.Popen([*command, f"p{n}", "300", "3"], cwd=ROOT) for n in range(4)]
    while any(process.poll() is None for process in processes):
        read(tmp_path)
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    ids = [row["id"] for row in read(tmp_path)]
    assert len(ids) == 4 * 3 * 300
    assert len(set(ids)) == len(ids)
    assert len(log_files(tmp_path)) == 4


def test_a_killed_process_loses_the_last_half_second_at_most(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.incumbent.log_process", str(tmp_path), "p", "0", "2"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        moment, name = line.split()
        said.append((float(moment), name))
        if float(moment) - said[0][0] > 1.5:
            break
    process.kill()
    killed = time.time()
    said += [(float(m), n) for m, n in (line.split() for line in process.stdout.read().splitlines())]
    process.wait()
    process.stdout.close()
    kept = {row["id"] for row in read(tmp_path)}
    assert {name for moment, name in said if moment < killed - 1.0} <= kept
    assert len(kept) > 100


def _child(log: Log, name: str) -> None:
    put(log, name)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_writes_a_file_of_its_own(tmp_path: Path) -> None:
    with Log.open(tmp_path) as log:
        put(log, "before")
        assert log.flush()
        put(log, "waits")  # in the queue while the process forks: the parent's to write
        context = multiprocessing.get_context("fork")
        children = [context.Process(target=_child, args=(log, f"child {n}")) for n in range(3)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        put(log, "after")
    assert sorted(row["id"] for row in read(tmp_path)) == [
        "after", "before", "child 0", "child 1", "child 2", "waits",
    ]  # fmt: skip
    assert len(log_files(tmp_path)) == 4


_FORKING = """
import os, sys, time
from pathlib import Path
from types import SimpleNamespace
from incumbent.log import Log

logs = [Log.open(Path(folder)) for folder in sys.argv[1:]]
if child := os.fork():
    os.waitpid(child, 0)
else:
    print(time.time(), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_ends_without_waiting_for_what_its_parent_writes(tmp_path: Path) -> None:
    folders = [str(tmp_path / name) for name in ("a", "b")]
    done = subprocess.run(
        [sys.executable, "-c", _FORKING, *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert time.time() - float(done.stdout) < 2.0  # for each log that it waited for it would be two seconds


@pytest.fixture
def in_the_way(tmp_path: Path) -> Path:
    """A file where the folder of a log should be."""
    (tmp_path / "log").write_text("in the way")
    return tmp_path / "log"


def test_a_folder_that_takes_no_log_costs_no_prediction_and_is_told_once(
    in_the_way: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), Log.open(in_the_way) as log:
        put(log, "a")
        assert not log.flush(1.5)
        put(log, "b")
        status = log.status()
        assert status.failing and status.waiting == 2
        in_the_way.unlink()  # somebody mends it
        assert log.flush(30)
        assert log.status() == (2, 0, 0, None)
    assert [row["id"] for row in read(in_the_way)] == ["a", "b"]
    assert sum("cannot be logged" in message for message in caplog.messages) == 1
    assert sum("logged again" in message for message in caplog.messages) == 1


def test_what_is_lost_because_nothing_could_be_written_is_told(
    in_the_way: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), Log.open(in_the_way) as log:
        put(log, "a")
        put(log, "b")
        assert not log.flush(1.5)
        log.close(1.0)
    assert "rows that are lost: 2" in caplog.text


_LOST = """
import sys
from incumbent.log import Log
from tests.incumbent.test_log import put
log = Log.open(sys.argv[1])
put(log, "a")
"""


def test_what_is_lost_when_a_process_ends_is_told(in_the_way: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOST, str(in_the_way)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "rows that are lost: 1" in done.stderr


def test_rows_that_are_just_being_written_are_waited_for_too(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, allowed = threading.Event(), threading.Event()
    append = Folder.append

    def slowly(*given: Any) -> Any:
        begun.set()
        assert allowed.wait(30)
        return append(*given)

    monkeypatch.setattr(Folder, "append", slowly)
    with Log.open(tmp_path) as log:
        for at in range(PORTION + 1):
            put(log, str(at))
        log.write_many(
            ["a", "b"], AT, None, {"x": [1, 2]}, [1, 1], None, [1, 1], ["champion"] * 2, None, 1e-5
        )
        assert begun.wait(30)
        assert log.status().waiting == PORTION + 3
        allowed.set()
        assert log.flush(30)
        assert log.status()[:3] == (PORTION + 3, 0, 0)


def test_what_does_not_fit_into_the_queue_is_dropped_and_counted(
    in_the_way: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MOST_WAITING", "MOST_WHILE_FAILING"):
        monkeypatch.setattr(f"incumbent.log.writer.{name}", 50)
    with Log.open(in_the_way) as log:
        for at in range(80):
            put(log, str(at))
        assert log.status().dropped == 30
        in_the_way.unlink()
        assert log.flush(30)
    (path,) = log_files(in_the_way)
    with LogReader.open(path) as reader:
        assert sum(count for _, count in reader.counts("lost")) == 30
    assert len(read(in_the_way)) == 50


def test_of_a_large_batch_no_more_waits_than_may_while_nothing_can_be_written(in_the_way: Path) -> None:
    count = MOST_WHILE_FAILING + 3 * MANY
    with Log.open(in_the_way) as log:
        put(log, "first")
        assert not log.flush(1.5) and log.status().failing
        write_many(log, [str(at) for at in range(count)], {"x": np.zeros(count)})
        _, waiting, dropped, _ = log.status()
        assert waiting + dropped == count + 1
        assert waiting <= MOST_WHILE_FAILING + MANY
        in_the_way.unlink()
        assert log.flush(30)
    assert len(read(in_the_way)) == waiting


FULL = """
import resource, sys, time
from incumbent.log import Log
from tests.incumbent.test_log import put

with Log.open(sys.argv[1], {}, ["x"]) as log:
    put(log, "first", {"x": "short"})
    assert log.flush()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    began = time.perf_counter()
    for at in range(300):
        put(log, f"full-{at}", {"x": f"{at} much " * 200})
    assert time.perf_counter() - began < 1.0
    assert not log.flush(1.5)
    assert log.status().failing, log.status()
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert log.flush(30)
    assert log.status() == (301, 0, 0, None), log.status()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_full_disk_costs_no_prediction_and_no_row(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    ids = [row["id"] for row in read(tmp_path)]
    assert len(ids) == len(set(ids)) == 301


def test_a_file_that_is_taken_away_is_followed_by_another(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Log.open(tmp_path) as log:
        put(log, "gone")
        assert log.flush()
        (path,) = log_files(tmp_path)
        path.unlink()
        put(log, "kept")
        assert log.flush()
    assert [row["id"] for row in read(tmp_path)] == ["kept"]
    assert caplog.messages == []  # it came home: nothing is wrong


def test_the_folder_of_a_site_that_is_away_is_not_made_anew(tmp_path: Path) -> None:
    """Rows written into a mount point would lie hidden under what is mounted there again."""
    site, away = tmp_path / "site", tmp_path / "away"
    site.mkdir()
    with Log.open(site / "log") as log:
        put(log, "before")
        assert log.flush()
        site.rename(away)
        put(log, "meanwhile")
        assert not log.flush(1.5)
        assert log.status().failing and not site.exists()
        away.rename(site)
        assert log.flush(30)
    assert sorted(row["id"] for row in read(site / "log")) == ["before", "meanwhile"]


def test_a_damaged_file_is_left_and_another_one_begun(tmp_path: Path) -> None:
    with Log.open(tmp_path) as log:
        put(log, "a")
        assert log.flush()
        (path,) = log_files(tmp_path)
        path.write_bytes(b"not a database at all" * 500)
        put(log, "b")
        assert log.flush(30)
    others = [p for p in log_files(tmp_path) if p != path]
    assert len(others) == 1


def test_the_clock_may_go_backwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = iter(["2026-11-23", "2026-11-22", "2026-11-22", "2026-11-24", "2026-10-01"])
    days_asked = []

    def day() -> str:
        days_asked.append(next(days, "2026-10-01"))
        return days_asked[-1]

    monkeypatch.setattr("incumbent.log.folder.today", day)
    with Log.open(tmp_path) as log:
        for at in range(5):
            put(log, str(at), at_ns=AT - at * 3600 * 10**9)
            assert log.flush()
    assert sorted(row["id"] for row in read(tmp_path)) == ["0", "1", "2", "3", "4"]
    # an hour back, over midnight, stays in the file; a wrong month does not
    assert [path.name[:10] for path in log_files(tmp_path)] == ["2026-10-01", "2026-11-23", "2026-11-24"]


def test_a_site_that_nobody_visits_deletes_its_oldest_days_by_itself(tmp_path: Path) -> None:
    def day(date: str) -> Path:
        path = tmp_path / new_name(date)
        path.write_bytes(b"x" * 1_000_000)
        return path

    ancient, older, old, recent = map(day, ("2020-01-01", "2024-01-01", "2024-01-02", today()))
    with Log.open(tmp_path, Settings.of({"keep_days": 1825})) as log:
        put(log, "a")
    assert [p.exists() for p in (ancient, older, old, recent)] == [False, True, True, True]
    with Log.open(tmp_path, Settings.of({"size": 2_500_000})) as log:
        put(log, "b")
    assert [p.exists() for p in (older, old, recent)] == [False, True, True]


def test_writing_after_closing_begins_another_file(tmp_path: Path) -> None:
    log = Log.open(tmp_path)
    put(log, "a")
    log.close()
    put(log, "b")
    log.close()
    assert sorted(row["id"] for row in read(tmp_path)) == ["a", "b"]
    assert len(log_files(tmp_path)) == 2


class Slow:
    """A value that is made text when somebody allows it."""

    def __init__(self) -> None:
        self.begun, self.allowed = threading.Event(), threading.Event()

    def __str__(self) -> str:
        self.begun.set()
        self.allowed.wait(30)
        return "slow"


def test_a_row_that_is_being_written_when_the_log_is_closed_is_kept(tmp_path: Path) -> None:
    slow = Slow()
    log = Log.open(tmp_path)
    put(log, "before")
    assert log.flush()
    late = threading.Thread(target=put, args=(log, "late", {"x": slow}))
    late.start()
    assert slow.begun.wait(30)
    writer = log._writer
    log.close()
    slow.allowed.set()
    late.join()
    assert writer.flush(30)
    assert sorted(row["id"] for row in read(tmp_path)) == ["before", "late"]


def test_rows_that_are_being_put_together_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("orjson")
    begun, allowed = threading.Event(), threading.Event()

    def slowly(rows: Any, share: float) -> Any:
        begun.set()
        allowed.wait(30)
        return gathered(rows, share)

    with Log.open(tmp_path) as log:
        put(log, "first")
        assert log.flush()
        monkeypatch.setattr("incumbent.log.writer.gathered", slowly)
        many = threading.Thread(target=lambda: [put(log, str(at)) for at in range(PORTION)])
        many.start()
        assert begun.wait(30)
        assert not log.flush(0.1)
        allowed.set()
        many.join()
        assert log.flush(30)
        assert log.status().written == 1 + PORTION


class Awkward:
    """A value that cannot even be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no")


def test_one_row_that_cannot_be_logged_takes_no_other_with_it(tmp_path: Path) -> None:
    with Log.open(tmp_path) as log:
        put(log, "a")
        put(log, "bad", {"x": Awkward()})
        log.write("worse", AT, None, 17, 1, None, 1, "champion", None, 1e-5)  # type: ignore[arg-type]
        put(log, "b")
        assert log.flush()
        assert log.status().dropped == 2
    assert [row["id"] for row in read(tmp_path)] == ["a", "b"]


def test_one_row_of_many_that_cannot_be_logged_takes_no_other_with_it(library: str, tmp_path: Path) -> None:
    names = [f"r{at}" for at in range(10)]
    with Log.open(tmp_path) as log:
        log.write_many(
            names, AT, None, {"x": [*range(9), Awkward()]}, [1] * 10, None, [1] * 10, ["champion"] * 10,
            None, 1e-5,
        )  # fmt: skip
        assert log.flush()
        assert log.status()[:3] == (9, 0, 1)
        put(log, "after")
    assert [row["id"] for row in read(tmp_path)] == [*names[:9], "after"]
    with LogReader.open(log_files(tmp_path)[0]) as reader:
        assert [count for _, count in reader.counts("lost")] == [1]


def test_what_cannot_be_counted_takes_no_other_with_it(library: str, tmp_path: Path) -> None:
    with Log.open(tmp_path) as log:
        put(log, "a", reason="half a character: \ud800")
        put(log, "bad", at_ns=None)
        put(log, "b", reason=17)
        put(log, "c")
        assert log.flush()
        put(log, "d")
        assert log.flush()
        assert log.status().dropped == 2
    assert [row["id"] for row in read(tmp_path)] == ["a", "c", "d"]
    with LogReader.open(log_files(tmp_path)[0]) as reader:
        assert [row[2] for row in reader.counts("reasons")] == ["half a character: ?"]


def test_the_files_keep_no_write_ahead_log(tmp_path: Path) -> None:
    with Log.open(tmp_path) as log:
        put(log, "a")
        assert log.flush()
        assert {path.suffix for path in tmp_path.iterdir()} <= {".sqlite", ".sqlite-journal", ""}
        (path,) = log_files(tmp_path)
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        connection.close()
    assert (tmp_path / ".gitignore").read_text() == "*\n"


def test_names_that_are_no_text_are_written_as_text(tmp_path: Path) -> None:
    with Log.open(tmp_path) as log:
        put(log, "a", {1: 2.0, 2.5: 3.0})
    (row,) = read(tmp_path)
    assert (row["1"], row["2.5"]) == (2.0, 3.0)
