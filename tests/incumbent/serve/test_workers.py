"""Worker processes, as a person starts them; and how many there should be."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incumbent.serve.board import Board, Standing
from incumbent.serve.scaling import Scale, Work, excess
from incumbent.serve.workers import bound
from tests.incumbent import sites
from tests.incumbent.serve.house import Running
from tests.incumbent.serve.test_server import publish
from tests.incumbent.sites import ROW

ROOT = Path(__file__).parents[3]


@contextmanager
def started(site: Path, *options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``python -m incumbent.serve``, and where it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "incumbent.serve", str(site), "--port", "0", *options],
        stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **environment},
    )  # fmt: skip
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        while not said.startswith("serving at http://"):
            assert said, "it ended"
            said = process.stderr.readline()  # what it had to say before
        yield process, said.split()[-1]
    finally:
        process.terminate()
        process.wait(60)
        if process.stderr is not None:
            process.stderr.close()


def post(url: str, document: Any) -> Any:
    asked = urllib.request.Request(url, json.dumps(document).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)


def metric(url: str, name: str) -> float:
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.split("{")[0].split(" ")[0] == name)


def test_two_workers_serve_count_together_and_end_well(site: Path) -> None:
    with started(site, "--min-workers", "2", "--max-workers", "2") as (process, url):
        with ThreadPoolExecutor(8) as pool:
            said = list(pool.map(lambda _: post(f"{url}/models/late/predict", ROW), range(40)))
        assert len({answer["id"] for answer in said}) == 40
        until = time.monotonic() + 30  # workers tell their figures once a second
        while metric(url, "incumbent_workers") < 2 or metric(url, "incumbent_predictions_total") < 40:
            assert time.monotonic() < until
        assert metric(url, "incumbent_predictions_total") == 40
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    with pytest.raises(OSError):
        post(f"{url}/models/late/predict", ROW)


def test_workers_whose_keeper_was_killed_leave_the_address(site: Path) -> None:
    with started(site, "--min-workers", "2", "--max-workers", "2") as (process, url):
        _wait_for_workers(url, 2)
        process.kill()
        until = time.monotonic() + 30
        while _is_alive(url):
            assert time.monotonic() < until


def test_figures_are_told_while_a_worker_begins(site: Path, tmp_path: Path) -> None:
    with started(site, "--max-workers", "1", TMPDIR=str(tmp_path)) as (_, url):
        (folder,) = tmp_path.glob("incumbent-serve-*")
        for kind in ("counter", "histogram", "gauge_livesum"):
            (folder / f"{kind}_999999999.db").touch()  # made, and nothing written to it yet
        assert metric(url, "incumbent_workers") == 1


def test_what_a_killed_keeper_left_behind_goes_when_the_next_service_starts(
    site: Path, tmp_path: Path
) -> None:
    def figures() -> list[Path]:
        return list(tmp_path.glob("incumbent-serve-*"))  # gunicorn's files come and go beside them

    with started(site, "--max-workers", "1", TMPDIR=str(tmp_path)) as (_, url):
        (kept,) = figures()
        with started(site, TMPDIR=str(tmp_path)) as (process, _):
            process.kill()
        assert len(figures()) == 2
        until = time.monotonic() + 60
        while len(figures()) > 1:  # its workers take a moment to end
            assert time.monotonic() < until
            with started(site, TMPDIR=str(tmp_path)):
                pass
        assert figures() == [kept]
        assert metric(url, "incumbent_workers") == 1
    assert figures() == []


GATE = """
import os

if "GATE" in os.environ:
    os.read(os.open(os.environ["GATE"], os.O_RDONLY), 1)
if "BROKEN" in os.environ:
    raise RuntimeError("its code is broken")
"""


@pytest.fixture
def gated(tmp_path: Path) -> Path:
    """A site with two models whose code waits at a gate when it is imported."""
    bundle, trusted = sites.odd(tmp_path, GATE)
    for name in ("early", "late"):
        sites.publish(tmp_path / "site" / name, [bundle], trusted=trusted, limits={"timeout_ms": 30_000})
    return tmp_path / "site"


def test_it_lives_while_models_load_at_the_same_time_and_says_where_when_they_can_be_asked(
    gated: Path, tmp_path: Path
) -> None:
    os.mkfifo(gate := tmp_path / "gate")
    listening = bound("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.close()
    options = ("--port", url.split(":")[-1], "--seconds", "30")
    process = subprocess.Popen(
        [sys.executable, "-m", "incumbent.serve", str(gated), *options],
        stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "GATE": str(gate)},
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not _is_alive(url):
            assert time.monotonic() < until
        for path in ("health/ready", "models/late/ready", "models/early/ready"):
            with pytest.raises(urllib.error.HTTPError, match="503"):
                urllib.request.urlopen(f"{url}/v2/{path}", timeout=30)
        with ThreadPoolExecutor(2) as pool:
            asked = [pool.submit(post, f"{url}/models/{name}/predict", ROW) for name in ("early", "late")]
            with gate.open("wb", buffering=0) as opened:  # who comes meanwhile waits for the model
                opened.write(b"go on" * 20)
                answers = [each.result()["route"] for each in asked]
            assert answers == ["champion", "champion"]
        assert process.stderr is not None and process.stderr.readline() == f"serving at {url}\n"
        with urllib.request.urlopen(f"{url}/v2/health/ready", timeout=30) as answer:
            assert json.load(answer) == {"ready": True}
    finally:
        process.terminate()
        process.wait(60)
        assert process.stderr is not None
        process.stderr.close()


def test_it_ends_while_models_load(gated: Path, tmp_path: Path) -> None:
    os.mkfifo(gate := tmp_path / "gate")
    os.environ["GATE"] = str(gate)
    try:
        service = Running(gated, asleep=True)
    finally:
        del os.environ["GATE"]
    while not service.app.service._waking:
        pass
    service.stop()
    service.wait()


def test_a_model_that_does_not_load_is_skipped_and_said(gated: Path) -> None:
    with started(gated, BROKEN="1") as (_, url):
        assert post(f"{url}/models/late/predict", ROW)["route"] == "baseline"
        with urllib.request.urlopen(f"{url}/models", timeout=30) as answer:
            (problem,) = json.load(answer)[1]["problems"]
        assert "version 1 is skipped" in problem and "its code is broken" in problem


def _is_alive(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/ping", timeout=30):
            return True
    except OSError:
        return False


def test_connections_are_shared_out_among_the_workers(site: Path) -> None:
    with started(site, "--min-workers", "2", "--max-workers", "2") as (_, url):
        _wait_for_workers(url, 2)
        at = urllib.parse.urlsplit(url)
        open_ = [http.client.HTTPConnection(at.hostname or "", at.port, timeout=30) for _ in range(40)]
        answered = Counter(_worker_of(connection) for connection in open_)
        for connection in open_:
            connection.close()
    assert len(answered) == 2
    assert min(answered.values()) >= 16, answered  # by chance, or first come first served, it is often less


def _wait_for_workers(url: str, count: int) -> None:
    until = time.monotonic() + 30  # workers tell their figures once a second
    while metric(url, "incumbent_workers") < count:
        assert time.monotonic() < until


def _worker_of(connection: http.client.HTTPConnection) -> str:
    """Ids of one process's predictions begin alike."""
    connection.request("POST", "/models/late/predict", json.dumps(ROW), {"content-type": "application/json"})
    return str(json.loads(connection.getresponse().read())["id"]).split("-")[0]


@pytest.mark.parametrize(
    ("options", "environment", "code", "told"),
    [
        (["--host", "0.0.0.0"], {}, 3, "there is no token"),
        (["--host", "0.0.0.0"], {"INCUMBENT_TOKEN": "short-and-bad"}, 3, "can be guessed"),
        (["--port", "99999"], {}, 4, "between 0 and 65535"),
        (
            ["--host", "203.0.113.7"],
            {"INCUMBENT_TOKEN": "long-enough-and-random"},
            4,
            "cannot be listened at",
        ),
    ],
)
def test_what_cannot_begin_says_why(
    site: Path, options: list[str], environment: dict[str, str], code: int, told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "incumbent.serve", str(site), *options],
        capture_output=True, text=True, cwd=ROOT, timeout=60, env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not any(secret in done.stderr for secret in environment.values())


@pytest.mark.slow
def test_workers_come_with_the_load_and_no_request_fails_while_versions_are_swapped(
    site: Path, bundles: list[sites.Bundle]
) -> None:
    with started(site, "--min-workers", "1", "--max-workers", "2") as (_, url):
        assert metric(url, "incumbent_workers") == 1
        until = time.monotonic() + 120
        done = threading.Event()

        def ask(_: int) -> int:
            count = 0
            while not done.is_set():
                assert post(f"{url}/models/late/predict", [ROW] * 60)[0]["version"] in (1, 2)
                count += 1
            return count

        with ThreadPoolExecutor(8) as pool:
            asking = [pool.submit(ask, i) for i in range(8)]
            workers = revision = 1
            try:
                while time.monotonic() < until and (workers < 2 or revision <= 100):
                    revision += 1
                    publish(site, bundles, revision, 1 + revision % 2)
                    if workers < 2:
                        workers = int(metric(url, "incumbent_workers"))
            finally:
                done.set()
            assert sum(asked.result() for asked in asking) > 0
        assert (workers, revision > 100) == (2, True)


# -- how many


def test_a_worker_is_added_when_all_are_busy_and_let_go_after_a_calm_while() -> None:
    scale = Scale(1, 3, patience=30.0)
    assert scale.wanted([0.9], 0.0) == 2
    assert scale.wanted([0.9, 0.9], 1.0) == 2  # the one that was added has not settled
    assert scale.wanted([0.9, 0.9], 2.0) == 3
    assert scale.wanted([0.9, 0.9, 0.9], 9.0) == 3
    assert scale.wanted([0.1, 0.1, 0.1], 10.0) == 3
    assert scale.wanted([0.9, 0.9, 0.9], 20.0) == 3  # not calm any more
    assert scale.wanted([0.1, 0.1, 0.1], 30.0) == 3
    assert scale.wanted([0.1, 0.1, 0.1], 60.0) == 2
    assert scale.wanted([0.1, 0.1], 61.0) == 2
    assert scale.wanted([0.1, 0.1], 92.0) == 1
    assert scale.wanted([], 93.0) == 1


@given(
    least=st.integers(1, 4), further=st.integers(0, 5),
    loads=st.lists(st.tuples(st.lists(st.floats(0, 1), max_size=9), st.floats(0, 40)), max_size=40),
)  # fmt: skip
def test_there_are_never_too_few_nor_too_many(
    least: int, further: int, loads: list[tuple[list[float], float]]
) -> None:
    scale = Scale(least, least + further)
    now, before = 0.0, least
    for busy, passed in loads:
        now += passed
        count = scale.wanted(busy, now)
        assert least <= count <= least + further
        assert abs(count - before) <= 1
        before = count


@given(st.lists(st.integers(0, 200), min_size=1, max_size=8))
def test_no_worker_gives_away_more_than_its_excess(connections: list[int]) -> None:
    fair = sum(connections) / len(connections)
    given_away = [excess(own, connections) for own in connections]
    for own, gone in zip(connections, given_away, strict=True):
        assert 0 <= gone <= max(0.0, own - fair)
    assert sum(given_away) <= sum(connections)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1e6)), max_size=20))
def test_the_board_says_what_was_written(written: list[tuple[int, float]]) -> None:
    board = Board(4)
    expected = {slot: Standing(1.0, number, 0.5, 0.0) for slot, number in written}
    for slot, number in written:
        board.write(slot, Standing(1.0, number, 0.5, 0.0))
    assert board.living() == [expected[slot] for slot in sorted(expected)]
    for slot in expected:
        board.clear(slot)
    assert board.living() == []


def test_a_thread_that_works_is_busy() -> None:
    work = Work()
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        pass
    assert work.share() > 0.5


@pytest.mark.slow
def test_workers_start_the_processes_of_their_models_before_they_take_rows(tmp_path: Path) -> None:
    bundle, trusted = sites.odd(tmp_path)
    sites.publish(tmp_path / "site" / "late", [bundle], trusted=trusted, limits={"timeout_ms": 20_000})
    with started(tmp_path / "site", "--max-workers", "1") as (_, url):
        assert post(f"{url}/models/late/predict", ROW)["route"] == "champion"
