"""The log that another process writes: what comes back is what would be without it, whatever happens."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from incumbent.columns import encode
from incumbent.log import Log, Settings, channel
from incumbent.log.file import log_files, new_name
from incumbent.plain import TooLarge
from incumbent.serve.scribe import KeptScribe
from incumbent.serve.workers import bound
from tests.incumbent.test_log import AT, Awkward, put, read


@pytest.fixture
def scribe(tmp_path: Path) -> Iterator[KeptScribe]:
    """A scribe for all logs that are opened."""
    with KeptScribe(tmp_path / "s") as kept:
        yield kept


@contextmanager
def directly() -> Iterator[None]:
    """Logs that are opened meanwhile are written by this process."""
    address = channel._address
    channel.through(None)
    try:
        yield
    finally:
        channel.through(address)


def pid_of(scribe: KeptScribe) -> int:
    assert scribe._process is not None
    return scribe._process.pid


def writers(folder: Path) -> set[int]:
    """The processes that have written files in a folder."""
    return {int(path.name.split(".")[-3]) for path in log_files(folder)}


def tables(folder: Path) -> dict[str, list[Any]]:
    """All that is in the one file of a folder."""
    (path,) = log_files(folder)
    with closing(sqlite3.connect(path)) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in sorted(names)}


PLAIN = st.one_of(st.none(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5))
ODD = st.one_of(
    PLAIN, st.booleans(), st.datetimes(), st.datetimes(timezones=st.just(UTC)), st.dates(),
    st.binary(max_size=5), st.text(st.characters(categories=["Cs"]), max_size=2), st.integers(2**63, 2**80),
    st.floats().map(np.float64), st.floats(width=32).map(np.float32), st.booleans().map(np.bool_),
    st.integers(-5, 5).map(np.int64), st.decimals(allow_nan=False), st.lists(st.integers(), max_size=2),
    st.just(TooLarge("1e999")), st.sampled_from([date, np.datetime64("NaT"), np.datetime64("2026-01-02")]),
)  # fmt: skip
ROWS = st.dictionaries(st.text(max_size=5), ODD, max_size=4)
COLUMN = st.one_of(
    st.lists(ODD, min_size=3, max_size=3),
    st.lists(st.floats(), min_size=3, max_size=3).map(np.array),
    st.lists(st.integers(0, 9), min_size=3, max_size=3).map(lambda found: np.array(found, "int8")),
    st.lists(st.booleans(), min_size=3, max_size=3).map(np.array),
    st.lists(st.none() | st.text(max_size=3), min_size=3, max_size=3).map(encode),
    st.lists(st.datetimes(), min_size=3, max_size=3).map(lambda found: np.array(found, "datetime64[us]")),
)
SCORES = st.none() | st.lists(st.floats(0, 1), min_size=2, max_size=2)
ARRAYS = SCORES | SCORES.map(lambda found: None if found is None else np.array(found))
TOLD = st.one_of(
    st.tuples(
        st.just("put"), ROWS, ODD, ODD, ARRAYS, st.sampled_from([None, "why"]), st.sampled_from([None, 0.5]),
    ),
    st.tuples(st.just("outcome"), ODD, ODD),
    st.tuples(
        st.just("many"), st.dictionaries(st.text(max_size=5), COLUMN, max_size=3),
        st.lists(ODD, min_size=3, max_size=3),
        st.lists(SCORES, min_size=3, max_size=3) | st.just(np.ones((3, 2))) | st.none(),
    ),
)  # fmt: skip


def tell(log: Log, told: list[Any]) -> None:
    """Write what a list of calls says."""
    for at, (kind, *what) in enumerate(told):
        if kind == "put":
            row, value, key, scores, reason, chance = what
            put(log, f"p{at}", row, value=value, key=key, scores=scores, reason=reason, chance=chance)
        elif kind == "outcome":
            log.outcome(f"p{at - 1}", what[0], AT)
            log.outcome(None, 1, AT, key=what[1])
        else:
            columns, keys, scores = what
            ids = [f"m{at}-{n}" for n in range(3)]
            routes = ["champion", "baseline", "shadow"]
            log.write_many(ids, AT, keys, columns, [1, "a", None], scores, [1, 2, None], routes,
                           [None, "why", None], 1e-6, [None, 0.5, 0.5])  # fmt: skip


@pytest.fixture(scope="module")
def nearby(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a scribe listens, which nobody uses yet."""
    path = tmp_path_factory.mktemp("scribe") / "s"
    with KeptScribe(path):
        channel.through(None)
        yield str(path)


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(told=st.lists(TOLD, min_size=1, max_size=6), share=st.sampled_from([1.0, 0.5]))
def test_the_scribe_writes_what_the_process_itself_would(
    tmp_path_factory: pytest.TempPathFactory, nearby: str, told: list[Any], share: float
) -> None:
    folder = tmp_path_factory.mktemp("log")
    found = {}
    for name, way in (("direct", None), ("scribe", nearby)):
        channel.through(way)
        try:
            with Log.open(folder / name, {"share": share, "private": ["x"], "also": ["y"]}) as log:
                tell(log, told)
                assert log.flush(30)
                found[name] = log.status()
        finally:
            channel.through(None)
    assert found["direct"] == found["scribe"]
    assert tables(folder / "direct") == tables(folder / "scribe")
    assert writers(folder / "direct") == {os.getpid()} != writers(folder / "scribe")


def test_columns_may_change_while_rows_wait(scribe: KeptScribe, tmp_path: Path) -> None:
    with Log.open(tmp_path / "log", {}, ["x"]) as log:
        put(log, "0", {"x": 1, "y": 2})
        log.configure(Settings(), ["y", "x"])
        put(log, "1", {"x": 3, "y": 4})
        put(log, "2", {"y": 5})
        log.configure(Settings(), ["x"])
        put(log, "3", {"x": 6, "y": 7})
    found = {row["id"]: (row["x"], row.get("y")) for row in read(tmp_path / "log")}
    assert found == {"0": (1, None), "1": (3, 4), "2": (None, 5), "3": (6, None)}


def test_private_columns_do_not_reach_the_scribe(tmp_path: Path) -> None:
    heard = ""

    def listen(listening: socket.socket) -> None:
        nonlocal heard
        connection, _ = listening.accept()
        with connection:
            heard = repr(channel.receive(connection))

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        thread = threading.Thread(target=listen, args=(listening,))
        thread.start()
        channel.through(str(tmp_path / "s"))
        try:
            told = Settings.of({"private": ["name"], "also": ["name"]}, key="name")
            row = {"x": "shown", "name": "Lovelace"}
            with Log.open(tmp_path / "log", told, ["x", "name"]) as log:
                put(log, "a", row, key="Lovelace", reason="version 2: cannot read 'Lovelace'")
                columns = {name: [value] for name, value in row.items()}
                log.write_many(
                    ["b"], AT, ["Lovelace"], columns, [1], None, [1], ["fallback"], ["no Lovelace"], 1e-6
                )
                log.outcome(None, 1, key="Lovelace")
                assert log.flush(30)
        finally:
            channel.through(None)
        thread.join()
    assert "shown" in heard and "Lovelace" not in heard


def test_without_a_scribe_the_process_writes_and_with_one_again_the_scribe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incumbent.serve.scribe._RETRY", 0.0)  # one that has ended is replaced at once
    channel.through(str(tmp_path / "s"))
    with Log.open(tmp_path / "log") as log:
        put(log, "own")
        assert log.flush() and writers(tmp_path / "log") == {os.getpid()}
        with KeptScribe(tmp_path / "s") as scribe:
            put(log, "other")
            assert log.flush() and writers(tmp_path / "log") == {os.getpid(), pid_of(scribe)}
            killed = pid_of(scribe)
            os.kill(killed, signal.SIGKILL)
            assert scribe._process is not None
            scribe._process.wait()
            put(log, "own again")
            assert log.flush()
            scribe.look()
            assert pid_of(scribe) != killed
            put(log, "another's")
            assert log.flush() and pid_of(scribe) in writers(tmp_path / "log")
            log.close()
        assert log.status() == (0, 0, 0, None)  # of what came after it was closed
    assert sorted(row["id"] for row in read(tmp_path / "log")) == ["another's", "other", "own", "own again"]
    assert len(log_files(tmp_path / "log")) == 4


@pytest.mark.skipif(sys.platform != "linux", reason="needs resource limits of another process")
def test_a_full_disk_costs_no_row(scribe: KeptScribe, tmp_path: Path) -> None:
    import resource

    with Log.open(tmp_path / "log", {}, ["x"]) as log:
        put(log, "first", {"x": "short"})
        assert log.flush()
        limits = resource.prlimit(pid_of(scribe), resource.RLIMIT_FSIZE)
        resource.prlimit(pid_of(scribe), resource.RLIMIT_FSIZE, (100_000, limits[1]))
        for at in range(300):
            put(log, f"full-{at}", {"x": "much " * 200})
        assert not log.flush(1.0)
        assert log.status().failing and log.status().dropped == 0
        resource.prlimit(pid_of(scribe), resource.RLIMIT_FSIZE, limits)
        assert log.flush(30)
        assert log.status() == (301, 0, 0, None)
    ids = [row["id"] for row in read(tmp_path / "log")]
    assert len(ids) == len(set(ids)) == 301
    assert writers(tmp_path / "log") == {pid_of(scribe)}


def test_a_process_that_the_scribe_does_not_keep_up_with_helps(
    scribe: KeptScribe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("incumbent.log.writer.MOST_AT_ONCE", 100)
    monkeypatch.setattr("incumbent.log.writer.BEHIND", 150)
    with Log.open(tmp_path / "log") as log:
        for at in range(400):
            put(log, str(at))
    assert sorted(int(row["id"]) for row in read(tmp_path / "log")) == list(range(400))
    assert writers(tmp_path / "log") == {os.getpid(), pid_of(scribe)}


def test_one_row_that_cannot_be_logged_takes_no_other_with_it(scribe: KeptScribe, tmp_path: Path) -> None:
    with Log.open(tmp_path / "log") as log:
        put(log, "a")
        put(log, "bad", {"x": Awkward()})
        put(log, "text", {"x": print})
        put(log, "b")
        assert log.flush()
        assert log.status().dropped == 1
    assert [row["id"] for row in read(tmp_path / "log")] == ["a", "text", "b"]


def test_what_the_scribe_has_to_say_is_said_by_whoever_gave_it_the_work(
    scribe: KeptScribe, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "log").mkdir()
    ancient = tmp_path / "log" / new_name("2020-01-01")
    ancient.touch()
    with Log.open(tmp_path / "log", Settings.of({"keep_days": 30})) as log:
        put(log, "a")
        assert log.flush()
    assert not ancient.exists()
    assert [message for message in caplog.messages if f"{ancient} is deleted" in message]


def test_a_scribe_does_not_hold_the_port_of_its_service(tmp_path: Path) -> None:
    listening = bound("127.0.0.1", 0)  # inheritable, as gunicorn wants it
    address = listening.getsockname()
    with KeptScribe(tmp_path / "s"):
        listening.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)


def test_where_there_can_be_no_scribe_logs_are_written_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), KeptScribe(tmp_path / ("long" * 40) / "s") as scribe:
        scribe.look()
        with Log.open(tmp_path / "log") as log:
            put(log, "a")
        assert writers(tmp_path / "log") == {os.getpid()}
    assert sum("write the log themselves" in message for message in caplog.messages) == 1


def test_numbers_need_no_library_at_the_other_end() -> None:
    """Whatever a row holds, the scribe reads it with the standard library alone."""
    from incumbent.log.entries import Batch
    from incumbent.log.packing import pack, pack_batch, unpack

    told = (
        "a",
        AT,
        np.int64(4),
        ("x",),
        (np.float32(0.5),),
        np.float64(2),
        np.ones(2),
        1,
        "c",
        None,
        0.1,
        None,
    )
    columns = {"x": np.array([0.5]), "c": encode(["u"])}
    batch = Batch(
        ("b",), AT, np.array([4]), columns, (np.int64(2),), np.ones((1, 2)), (1,), ("c",), None, 0.1
    )
    packed = pack(told) + pack_batch(batch)
    assert b"numpy" not in packed
    assert len(unpack(packed, ())) == 2
