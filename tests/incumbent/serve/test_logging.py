"""The log of a service: all workers' predictions, whoever of them is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from incumbent.log.file import log_files
from incumbent.log.reader import LogReader
from tests.incumbent import sites
from tests.incumbent.serve.test_workers import ROOT, _is_alive, _wait_for_workers, post, started
from tests.incumbent.sites import ROW
from tests.incumbent.test_log import read

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


def workers_of(keeper: int) -> list[int]:
    """The processes of a service that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            line = (path / "cmdline").read_text()
        except (OSError, ValueError):
            continue
        if parent == keeper and line:
            found.append(int(path.name))
    return found


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
def asking(url: str, rows: int = 1) -> Iterator[list[tuple[float, str]]]:
    """Predictions without a pause until the end of the block, so many rows a request: when each was
    answered, and its id."""
    answered: list[tuple[float, str]] = []
    done = threading.Event()

    def go_on() -> None:
        while not done.is_set():
            try:
                said = post(f"{url}/models/late/predict", ROW if rows == 1 else [ROW] * rows)
            except (OSError, HTTPException):
                continue  # a worker that was killed
            now = time.time()
            answered.extend((now, each["id"]) for each in (said if rows > 1 else [said]))

    threads = [threading.Thread(target=go_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield answered
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_what_all_workers_are_asked_is_in_the_log_once_each(site: Path) -> None:
    log = site / "late" / "log"
    with started(site, *TWO) as (process, url):
        _wait_for_workers(url, 2)
        single = ask(url, 300)
        many = [said["id"] for said in post(f"{url}/models/late/predict", [ROW] * 30)]
        outcomes = [{"id": id, "actual": "yes"} for id in single[:7]]
        post(f"{url}/models/late/outcomes", outcomes)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert sorted(ids(log)) == sorted(single + many)
    told: list[str] = []
    counted = Counter[str]()
    for path in log_files(log):
        with LogReader.open(path) as reader:
            told += [row[1] for row in reader.outcomes()]
            counted.update(hours=sum(row[-1] for row in reader.counts("hours")))
            counted.update(seconds=sum(count for _, count in reader.counts("seconds")))
    assert told == single[:7]
    assert counted == {"hours": 330, "seconds": 330}


def test_what_a_service_has_answered_is_in_the_log_though_its_keeper_was_killed(site: Path) -> None:
    log = site / "late" / "log"
    with started(site, *TWO) as (process, url):
        answered = ask(url, 40)
        workers = workers_of(process.pid)
        process.kill()
        until(lambda: not _is_alive(url))
        until(lambda: all(map(is_gone, workers)))
    assert sorted(ids(log)) == sorted(answered)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 70])
def test_a_killed_worker_loses_the_last_half_second_at_most(site: Path, rows: int) -> None:
    log = site / "late" / "log"
    with started(site) as (process, url):
        (worker,) = workers_of(process.pid)
        with asking(url, rows) as answered:
            until(lambda: answered and answered[-1][0] - answered[0][0] > 1.5)
            os.kill(worker, signal.SIGKILL)
            killed = time.time()
            until(lambda: answered[-1][0] > killed + 0.5)  # another one has come
        process.terminate()
        assert process.wait(60) == 0
    lost = {id for _, id in answered} - set(ids(log))
    assert all(killed - 1.0 < at < killed + 0.5 for at, id in answered if id in lost)


def test_a_model_that_arrives_later_is_logged(site: Path, bundles: list[sites.Bundle]) -> None:
    with started(site) as (_, url):
        sites.publish(site / "new", bundles)
        until(lambda: len(json.load(urllib.request.urlopen(f"{url}/models"))) == 2)
        id = post(f"{url}/models/new/predict", ROW)["id"]
        until(lambda: ids(site / "new" / "log") == [id])


def test_a_folder_that_takes_no_log_is_said_and_nothing_is_lost_when_it_does(site: Path) -> None:
    log = site / "late" / "log"
    log.write_text("a file where the folder should be")

    def status() -> Any:
        with urllib.request.urlopen(f"{url}/models", timeout=30) as answer:
            return json.load(answer)[0]["log"]

    with started(site) as (_, url):
        answered = ask(url, 20)
        until(lambda: status()["failing"] and status()["waiting"] == 20)
        log.unlink()
        until(lambda: status() == {"written": 20, "waiting": 0, "dropped": 0, "failing": None})
        assert sorted(ids(log)) == sorted(answered)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_the_terminals_keys_end_the_service_without_a_word_and_without_a_loss(
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
        answered = ask(url, 20)
        os.killpg(process.pid, how)
        assert process.wait(60) == 0
        assert process.stderr.read() == ""
    log = site / "late" / "log"
    assert sorted(ids(log)) == sorted(answered)
