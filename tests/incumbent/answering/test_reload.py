"""A new revision while predictions are made: none fails, none is mixed, all are of the new one soon."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import incumbent
from incumbent import predictor as predicting
from incumbent.bundle import Bundle
from incumbent.production import Configuration, Link, point, stage
from tests.incumbent.sites import BASELINE, ROW, native

#: Asks until its input ends; then says what it saw.
ASKER = """
import json, sys, threading
import incumbent
row = json.loads(sys.argv[2])
predictor = incumbent.open(sys.argv[1])
seen, wrong, done = {}, [], threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
print("ready", flush=True)
while not done.is_set():
    answer = predictor.predict(row)
    if answer.route != "champion" or seen.setdefault(answer.version, answer.value) != answer.value:
        wrong.append(answer.document())
print(json.dumps({"seen": sorted(seen), "wrong": wrong[:3], "last": predictor.predict(row).version}))
"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> list[Bundle]:
    folder = tmp_path_factory.mktemp("versions")
    return [native(folder, seed) for seed in range(2)]


def swap(site: Path, versions: list[Bundle], revision: int) -> int:
    """Publish the next revision, of the other version; its number."""
    number = 1 + revision % 2
    bundle = versions[number - 1]
    rules = [{"when": "distance == -1", "answer": "no", "why": f"of version {number}", "first": True}]
    limits = {"rules": rules}
    configuration = Configuration(
        "late", "local", revision, Link(number, bundle.hash), baseline=BASELINE, limits=limits
    )
    point(site, stage(site, configuration, {bundle.hash: bundle.path}))
    return number


def swap_on(site: Path, folders: list[Path], revisions: range) -> None:
    versions = [Bundle.open(folder) for folder in folders]
    for revision in revisions:
        swap(site, versions, revision)


def swapped_under_load(site: Path, versions: list[Bundle], swaps: int, threads: int, processes: int) -> None:
    swap(site, versions, 1)
    command = [sys.executable, "-c", ASKER, str(site), json.dumps(ROW)]
    askers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for asker in askers:
        assert asker.stdout is not None and asker.stdout.readline() == "ready\n"
    done, wrong, counts = threading.Event(), [], [0]
    opened = incumbent.open(site)
    expected = {}
    for revision in (2, 3):
        number = swap(site, versions, revision)
        time.sleep(predicting.RELOAD_SECONDS)
        expected[number] = opened.predict(ROW).probabilities

    def ask() -> None:
        while not done.is_set():
            answer = opened.predict(ROW)
            counts[0] += 1
            if answer.route != "champion" or answer.probabilities != expected[answer.version or 0]:
                wrong.append(answer)

    asking = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in asking:
        thread.start()
    try:
        # as in life: where the interpreter is shared with those who ask, a swap takes fifty times as long
        swapper = multiprocessing.get_context("spawn").Process(
            target=swap_on, args=(site, [bundle.path for bundle in versions], range(4, 3 + swaps))
        )
        swapper.start()
        swapper.join()
        assert swapper.exitcode == 0
        number = swap(site, versions, 3 + swaps)
        until = time.monotonic() + 1.0  # live within a second
        while opened.predict(ROW).version != number and time.monotonic() < until:
            time.sleep(predicting.RELOAD_SECONDS)
        assert opened.predict(ROW).version == number
        time.sleep(max(0.0, until - time.monotonic()))  # the others have that second, too
    finally:
        done.set()
        for thread in asking:
            thread.join()
        opened.close()
    assert not wrong and counts[0] > swaps
    for asker in askers:
        said = json.loads(asker.communicate()[0])
        assert asker.returncode == 0 and not said["wrong"]
        assert said["last"] == number


def test_swaps_under_load(versions: list[Bundle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predicting, "RELOAD_SECONDS", 0.005)
    swapped_under_load(tmp_path, versions, 25, 2, 0)


@pytest.mark.slow
def test_a_hundred_swaps_under_load_at_once(
    versions: list[Bundle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predicting, "RELOAD_SECONDS", 0.0)
    swapped_under_load(tmp_path, versions, 100, 4, 1)


@pytest.mark.slow
def test_thousands_of_swaps_under_load_in_many_processes(versions: list[Bundle], tmp_path: Path) -> None:
    swapped_under_load(tmp_path, versions, 2000, 4, 3)


def test_an_idle_predictor_answers_its_next_row_by_the_new_revision(
    versions: list[Bundle], tmp_path: Path
) -> None:
    swap(tmp_path, versions, 1)
    opened = incumbent.open(tmp_path)
    for revision in range(2, 6):
        number = swap(tmp_path, versions, revision)
        opened._looked -= 2 * predicting.RELOAD_SECONDS  # a second has gone by
        assert opened.predict(ROW).version == number
    opened.close()


def test_versions_that_stay_are_not_opened_again(versions: list[Bundle], tmp_path: Path) -> None:
    swap(tmp_path, versions, 1)
    opened = incumbent.open(tmp_path, log=False)
    before = opened._live.champion
    swap(tmp_path, versions, 3)
    opened._looked -= 1
    after = opened._live.champion if opened.predict(ROW) else None
    assert before is not None and after is not None and before is not after
    assert before.bundle is after.bundle and before.breaker is after.breaker
