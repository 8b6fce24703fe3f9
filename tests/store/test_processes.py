"""Several processes and threads at once, and processes that are killed while they write."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from incumbent.errors import StoreError
from store import Store
from store.database import connect

ROOT = Path(__file__).parents[2]


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.writer", str(path), name, str(count)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_two_processes_write_at_once_and_lose_nothing(flights: Store) -> None:
    count = 60
    workers = [writer(flights.path, name, count) for name in ("a", "b")]
    ended = [worker.communicate(timeout=120) for worker in workers]
    assert [complaint for _, complaint in ended] == ["", ""]
    runs = flights.runs.page(limit=1000).rows
    assert sorted((r.who, r.arguments["n"]) for r in runs) == sorted(
        (w, n) for w in "ab" for n in range(count)
    )
    assert {r.state for r in runs} == {"done"}
    assert len(flights.measurements.history("flights", limit=10_000).rows) == 2 * count * 10
    assert len(flights.journal.page(limit=1000).rows) == 2 * count
    assert flights.verify() == ()


def kill_while_writing(store: Store, seed: int) -> None:
    """Kill a writer somewhere in its work; then the store is whole, and its unfinished run is interrupted."""
    done_before = {run.id for run in store.runs.page(limit=10_000).rows}
    worker = writer(store.path, f"killed {seed}", 0)
    assert worker.stdout is not None
    for _ in range(random.Random(seed).randint(1, 12)):
        worker.stdout.readline()
    worker.send_signal(signal.SIGKILL)
    said = [int(line) for line in worker.communicate(timeout=60)[0].split()]
    with Store.open(store.path) as after:
        assert after.integrity_check() == ()
        after.runs.interrupt_dead(alive)
        runs = [r for r in after.runs.page(limit=10_000).rows if r.id not in done_before]
        unfinished = [r for r in runs if r.state != "done"]
        assert len(unfinished) <= 1, "one at a time"
        assert {r.state for r in unfinished} <= {"interrupted", "queued"}
        for run in runs:
            whole = 10 if run.state == "done" else 0
            assert len(after.measurements.of_run(run.id)) == whole, "all measurements or none"
        kept = {r.arguments["n"] for r in runs if r.state == "done"}
        assert set(said) <= kept, "what was said to be kept is kept"
        for run in unfinished:
            if run.state == "queued":
                after.runs.request_cancel(run.id)


def test_a_killed_writer_leaves_a_whole_store(flights: Store) -> None:
    for seed in range(4):
        kill_while_writing(flights, seed)
    assert flights.verify() == ()


@pytest.mark.slow
def test_fifty_killed_writers_leave_a_whole_store(flights: Store) -> None:
    for seed in range(100, 150):
        kill_while_writing(flights, seed)
    assert flights.verify() == ()


def test_claims_of_many_processes_never_meet(flights: Store) -> None:
    wanted = {flights.runs.enqueue("flights", "drift", why="test", who="ada").id for _ in range(60)}
    script = (
        "import os, sys\n"
        "from store import Store\n"
        "with Store.open(sys.argv[1]) as store:\n"
        "    while (run := store.runs.claim(os.getpid())) is not None:\n"
        "        print(run.id)\n"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", script, flights.path], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    claimed = [int(line) for worker in workers for line in worker.communicate(timeout=60)[0].split()]
    assert len(claimed) == len(wanted)
    assert set(claimed) == wanted


def test_threads_share_a_store(flights: Store) -> None:
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(20):
                with flights.transaction():
                    flights.settings.set(name, number)
                    flights.journal.add(name, "count", str(number))
                assert flights.settings.get(name) == number
                flights.overview()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(flights.journal.page(limit=1000).rows) == 80


def test_the_data_version_changes_with_every_commit_of_anybody(flights: Store) -> None:
    seen = [flights.data_version()]
    assert flights.data_version() == seen[0]
    flights.settings.set("a", 1)
    seen.append(flights.data_version())
    with Store.open(flights.path) as other:
        other.settings.set("a", 2)
        seen.append(flights.data_version())
        other.settings.get("a")
        assert flights.data_version() == seen[-1], "reading changes nothing"
    assert len(set(seen)) == 3


def test_a_child_after_a_fork_has_a_connection_of_its_own(flights: Store) -> None:
    flights.models.list()
    child = os.fork()
    if child == 0:
        flights.settings.set("child", 1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert flights.settings.get("child") == 1
    assert flights.integrity_check() == ()


def test_waiting_in_vain_for_another_writer_is_explained(flights: Store, tmp_path: Path) -> None:
    other = connect(flights.path)
    other.execute("BEGIN IMMEDIATE")
    flights._database.run("PRAGMA busy_timeout = 20")
    try:
        with pytest.raises(StoreError, match="another process has been writing"):
            flights.settings.set("a", 1)
        assert flights.settings.get("a") is None, "reading does not wait"
    finally:
        other.close()
    flights.settings.set("a", 1)
