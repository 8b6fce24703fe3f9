"""A process that can be killed: stopped, ended, killed, forked, forgotten. The model loads at once."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from incumbent.answering.guarded import Guarded, ModelFailed, ModelStopped, NotThere
from incumbent.bundle import Bundle
from incumbent.columns import Columns, column
from incumbent.errors import BundleError
from tests.incumbent.sites import native

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are guarded on Unix")

COLUMNS: Columns = {
    "distance": np.array([30.0, np.nan, 1e300]),
    "stops": np.array([4, 0, 2**60]),
    "carrier": column(["bus", None, "Zürich \0 ☃ \ud800"]),
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return native(tmp_path_factory.mktemp("native"))


@pytest.fixture
def guarded(bundle: Bundle) -> Iterator[Guarded]:
    found = make(bundle)
    yield found
    found.close()


def make(bundle: Bundle, timeout: float = 5.0) -> Guarded:
    found = Guarded(bundle.path, bundle.hash, {}, timeout, 60.0, 2048)
    found.begin()
    return found


def pid_of(guarded: Guarded) -> int:
    assert guarded._child is not None
    return guarded._child._process.pid


def wait_for(what: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        threading.Event().wait(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_same_scores_to_the_last_bit(guarded: Guarded, bundle: Bundle) -> None:
    expected = bundle.algorithm().predict(COLUMNS, 3)
    assert np.array_equal(guarded.predict(COLUMNS, 3), expected, equal_nan=True)


def test_an_error_of_the_model_is_no_end_of_its_process(guarded: Guarded) -> None:
    before = pid_of(guarded)
    with pytest.raises(ModelFailed, match="KeyError"):
        guarded.predict({"distance": np.array([1.0])}, 1)
    guarded.predict(COLUMNS, 3)
    assert pid_of(guarded) == before


def test_a_process_that_is_killed_is_started_again(guarded: Guarded) -> None:
    before = pid_of(guarded)
    os.kill(before, signal.SIGKILL)
    with pytest.raises(ModelStopped, match="signal SIGKILL"):
        guarded.predict(COLUMNS, 3)
    wait_for(lambda: guarded.state == "running")
    guarded.predict(COLUMNS, 3)
    assert pid_of(guarded) != before


def test_no_answer_in_time_is_its_end(guarded: Guarded) -> None:
    guarded.timeout = 0.2
    before = pid_of(guarded)
    os.kill(before, signal.SIGSTOP)
    with pytest.raises(ModelStopped, match=r"no answer within 0\.2 seconds"):
        guarded.predict(COLUMNS, 3)
    assert not is_alive(before)
    with pytest.raises(NotThere, match="started again"):
        guarded.predict(COLUMNS, 3)


def test_who_waits_for_a_busy_process_waits_no_longer_than_its_own_time(guarded: Guarded) -> None:
    guarded.timeout = 0.3
    os.kill(pid_of(guarded), signal.SIGSTOP)
    found: list[str] = []

    def ask() -> None:
        try:
            guarded.predict(COLUMNS, 3)
        except (NotThere, ModelStopped) as error:
            found.append(str(error))

    began = time.monotonic()
    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < 3
    assert len(found) == 6 and sum("no answer" in why for why in found) == 1


def test_more_rows_have_more_time(guarded: Guarded) -> None:
    guarded.timeout = 0.05
    many = {name: np.tile(np.array([1.0]), 200_000) for name in ("distance", "stops")}
    carriers = column(["bus"] * 200_000)
    assert guarded.predict({**many, "carrier": carriers}, 200_000).shape == (200_000, 2)


def test_memory_is_bounded(guarded: Guarded) -> None:
    limits = Path(f"/proc/{pid_of(guarded)}/limits")
    if not limits.exists():
        pytest.skip("no /proc here")
    (line,) = [x for x in limits.read_text().splitlines() if x.startswith("Max address space")]
    assert 2 * 2**30 < int(line.split()[3]) < 8 * 2**30


def test_close_ends_it_and_it_stays_ended(bundle: Bundle) -> None:
    found = make(bundle)
    pid = pid_of(found)
    found.close()
    found.close()
    assert not is_alive(pid)
    with pytest.raises(NotThere):
        found.predict(COLUMNS, 3)
    assert found.state == "stopped"


def test_one_that_is_forgotten_ends(bundle: Bundle) -> None:
    found = make(bundle)
    pid = pid_of(found)
    del found
    gc.collect()
    assert not is_alive(pid)


def test_it_ends_when_its_parent_is_killed(bundle: Bundle) -> None:
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        try:
            kept = make(bundle)
            os.write(writing, str(pid_of(kept)).encode())
            signal.pause()
        finally:
            os._exit(1)
    os.close(writing)
    child = int(os.read(reading, 20))
    os.close(reading)
    assert is_alive(child)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    wait_for(lambda: not is_alive(child))


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_has_one_of_its_own(guarded: Guarded) -> None:
    reading, writing = os.pipe()
    forked = os.fork()
    if forked == 0:
        guarded.after_fork()
        try:
            guarded.predict(COLUMNS, 3)
        except NotThere:
            wait_for(lambda: guarded.state == "running")
        guarded.predict(COLUMNS, 3)
        os.write(writing, str(pid_of(guarded)).encode())
        guarded.close()
        os._exit(0)
    os.waitpid(forked, 0)
    os.close(writing)
    with os.fdopen(reading) as said:
        assert int(said.read()) != pid_of(guarded)
    guarded.predict(COLUMNS, 3)


def test_what_does_not_load_says_why(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="is not the one asked for"):
        Guarded(bundle.path, "0" * 64, {}, 1.0, 60.0, 0).begin()
    with pytest.raises(BundleError, match="was not loaded within") as late:
        Guarded(bundle.path, bundle.hash, {}, 1.0, 0.001, 0).begin()
    assert "start_s" in late.value.hint
