"""The process that writes the log of a service: all workers' predictions, whoever of them is killed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from incumbent.log.file import log_files
from incumbent.log.reader import LogReader
from incumbent.serve import scribe as kept
from tests.incumbent import sites
from tests.incumbent.serve.test_workers import ROOT, _is_alive, _wait_for_workers, post, started
from tests.incumbent.sites import ROW
from tests.incumbent.test_log import read
from tests.incumbent.test_scribe import writers

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="looks for processes in /proc"
)

TWO = "--min-workers", "2", "--max-workers", "2"


def until(holds: Callable[[], Any]) -> Any:
    """What a condition says as soon as it holds."""
    end = time.monotonic() + 60
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def children(keeper: int) -> dict[int, str]:
    """Of a service's processes the command lines, by process; not of those that have ended."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            line = (path / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError):
            continue
        if parent == keeper and line:
            found[int(path.name)] = line
    return found


def scribe_of(keeper: int, but: int = 0) -> int:
    """The process that writes, once there is one."""

    def found() -> list[int]:
        return [pid for pid, line in children(keeper).items() if "log.scribe" in line and pid != but]

    (pid,) = until(found)
    return int(pid)


def workers_of(keeper: int) -> list[int]:
    return [pid for pid, line in children(keeper).items() if "log.scribe" not in line]


def is_gone(pid: int) -> bool:
    try:
        return not Path(f"/proc/{pid}/cmdline").read_text()  # nobody may have waited for it
    except OSError:
        return True


def ids(log: Path) -> list[str]:
    return [row["id"] for row in read(log)]


def ask(url: str, count: int, at_once: int = 8) -> list[str]:
    """Ids of so many predictions."""
    with ThreadPoolExecutor(at_once) as pool:
        return [
            said["id"] for said in pool.map(lambda _: post(f"{url}/models/late/predict", ROW), range(count))
        ]


@contextmanager
def asking(url: str) -> Iterator[list[tuple[float, str]]]:
    """Predictions without a pause until the end of the block: when each was answered, and its id."""
    answered: list[tuple[float, str]] = []
    done = threading.Event()

    def go_on() -> None:
        while not done.is_set():
            try:
                said = post(f"{url}/models/late/predict", ROW)
            except OSError:
                continue  # a worker that was killed
            answered.append((time.time(), said["id"]))

    threads = [threading.Thread(target=go_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield answered
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_what_all_workers_are_asked_is_written_by_one_process_into_one_file(site: Path) -> None:
    log = site / "late" / "log"
    with started(site, *TWO) as (process, url):
        _wait_for_workers(url, 2)
        scribe = scribe_of(process.pid)
        single = ask(url, 60)
        many = [said["id"] for said in post(f"{url}/models/late/predict", [ROW] * 30)]
        outcomes = [{"id": id, "actual": "yes"} for id in single[:7]]
        post(f"{url}/models/late/outcomes", outcomes)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert is_gone(scribe)  # not a moment after the service has ended
    (path,) = log_files(log)
    assert writers(log) == {scribe}
    with LogReader(path) as reader:
        assert sorted(ids(log)) == sorted(single + many)
        assert [row[1] for row in reader.outcomes()] == single[:7]
        assert sum(row[-1] for row in reader.counts("hours")) == 90
        assert sum(count for _, count in reader.counts("seconds")) == 90


def test_a_killed_scribe_costs_neither_an_answer_nor_a_row_and_another_takes_over(site: Path) -> None:
    log = site / "late" / "log"
    with started(site, *TWO) as (process, url):
        first = scribe_of(process.pid)
        with asking(url) as answered:
            until(lambda: writers(log) == {first})
            os.kill(first, signal.SIGKILL)
            second = scribe_of(process.pid, but=first)
            until(lambda: second in writers(log))
            count = len(answered)
            until(lambda: len(answered) > count + 20)
        process.terminate()
        assert process.wait(60) == 0
    assert {id for _, id in answered} <= set(ids(log))  # also those of requests that were never heard of


def test_what_a_service_has_answered_is_in_the_log_though_its_keeper_was_killed(site: Path) -> None:
    log = site / "late" / "log"
    with started(site, *TWO) as (process, url):
        scribe = scribe_of(process.pid)
        answered = ask(url, 40)
        process.kill()
        until(lambda: not _is_alive(url))
        until(lambda: is_gone(scribe))
    assert sorted(ids(log)) == sorted(answered)


@pytest.mark.slow
def test_a_killed_worker_loses_the_last_half_second_at_most(site: Path) -> None:
    log = site / "late" / "log"
    with started(site) as (process, url):
        scribe_of(process.pid)
        (worker,) = workers_of(process.pid)
        with asking(url) as answered:
            until(lambda: answered and answered[-1][0] - answered[0][0] > 1.5)
            os.kill(worker, signal.SIGKILL)
            killed = time.time()
            until(lambda: answered[-1][0] > killed + 0.5)  # another one has come
        process.terminate()
        assert process.wait(60) == 0
    lost = {id for _, id in answered} - set(ids(log))
    assert all(killed - 1.0 < at < killed + 0.5 for at, id in answered if id in lost)


def test_a_model_that_arrives_later_is_logged_by_the_scribe(site: Path, bundles: list[sites.Bundle]) -> None:
    with started(site) as (process, url):
        scribe = scribe_of(process.pid)
        sites.publish(site / "new", bundles)
        until(lambda: len(json.load(urllib.request.urlopen(f"{url}/models"))) == 2)
        id = post(f"{url}/models/new/predict", ROW)["id"]
        until(lambda: ids(site / "new" / "log") == [id])
        assert writers(site / "new" / "log") == {scribe}


def test_a_folder_that_takes_no_log_is_said_and_nothing_is_lost_when_it_does(site: Path) -> None:
    log = site / "late" / "log"
    log.write_text("a file where the folder should be")

    def status() -> Any:
        with urllib.request.urlopen(f"{url}/models", timeout=30) as answer:
            return json.load(answer)[0]["log"]

    with started(site) as (process, url):
        answered = ask(url, 20)
        until(lambda: status()["failing"] and status()["waiting"] == 20)
        log.unlink()
        until(lambda: status() == {"written": 20, "waiting": 0, "dropped": 0, "failing": None})
        assert sorted(ids(log)) == sorted(answered)
        assert writers(log) == {scribe_of(process.pid)}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_the_terminals_keys_end_the_service_without_a_word_and_the_scribe_last(
    site: Path, how: signal.Signals
) -> None:
    """Every process of the terminal's group gets them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "incumbent.serve", str(site), "--port", "0", *TWO],
        stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stderr is not None
    with process.stderr:
        url = process.stderr.readline().split()[-1]
        scribe = scribe_of(process.pid)
        os.kill(scribe, signal.SIGTERM)  # as those send who end every process of a container
        answered = ask(url, 20)
        os.killpg(process.pid, how)
        assert process.wait(60) == 0
        assert process.stderr.read() == ""
    log = site / "late" / "log"
    assert writers(log) == {scribe}
    assert sorted(ids(log)) == sorted(answered)


def test_a_scribe_that_was_killed_leaves_a_file_that_can_be_read(site: Path) -> None:
    log = site / "late" / "log"
    with started(site) as (process, url):
        answered = ask(url, 5)
        until(lambda: sorted(ids(log)) == sorted(answered))
        os.kill(scribe_of(process.pid), signal.SIGKILL)
    (path,) = log_files(log)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_scribe_that_cannot_live_is_started_ever_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_START", "pass  # {root} {listening} {keeper}")
    now = 1_000.0
    monkeypatch.setattr(kept.time, "monotonic", lambda: now)
    with kept.KeptScribe(tmp_path / "scribe") as scribe:
        begun = []
        first = scribe._process
        assert first is not None
        for _ in range(600):  # ten minutes, looked at once a second
            assert scribe._process is not None
            scribe._process.wait(30)
            before = scribe._process
            now += 1
            scribe.look()
            if scribe._process is not before:
                begun.append(now - 1_000)
    assert begun[:4] == [1, 3, 7, 15] and 10 < len(begun) < 20
