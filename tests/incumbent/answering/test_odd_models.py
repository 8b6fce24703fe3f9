"""Models that raise, hang, return NaN, want too much memory or end their process: callers get an answer."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import incumbent
from incumbent.errors import BundleError
from incumbent.predictor import Predictor
from tests.incumbent.sites import (
    END,
    GREED,
    HANG,
    HUGE,
    NAN,
    NONSENSE,
    PRINT,
    RAISE,
    REFUSE,
    ROW,
    SHAPE,
    TELL,
    native,
    odd,
    publish,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are guarded on Unix")

LIMITS = {"timeout_ms": 1500, "memory_mb": 2048, "breaker": {"failures": 3, "pause_s": 0.2}}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The odd version is champion, a native one stands behind it."""
    folder = tmp_path_factory.mktemp("odd")
    bundle, trusted = odd(folder)
    publish(folder / "site", [bundle, native(folder)], fallback=[2], trusted=trusted, limits=LIMITS)
    return folder / "site"


@pytest.fixture(scope="module")
def shared(site: Path) -> Iterator[Predictor]:
    with incumbent.open(site, log=False) as opened:
        yield opened


def asked(distance: float) -> dict[str, Any]:
    return {**ROW, "distance": distance}


def until_back(opened: Predictor, seconds: float = 60.0) -> None:
    """Wait until the champion answers again."""
    end = time.monotonic() + seconds
    while opened.predict(ROW).version != 1:
        assert time.monotonic() < end, opened.status()
        threading.Event().wait(0.05)


def test_the_model_answers_from_its_process(shared: Predictor, capfd: pytest.CaptureFixture[str]) -> None:
    until_back(shared)
    answer = shared.predict(asked(PRINT))
    assert (answer.version, answer.route, answer.probabilities) == (1, "champion", {"no": 0.75, "yes": 0.25})
    (status, _) = shared.status()["versions"]
    assert status["runs"] == "in a child process, running"
    assert "nobody" not in capfd.readouterr().out
    many = shared.predict_many([ROW, asked(NAN), ROW])
    assert [p.version for p in many] == [1, 2, 1]


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (RAISE, "version 1: RuntimeError: I do not want to"),
        (REFUSE, "version 1 has no answer for this row: ValueError: not such a one"),
        (NAN, "version 1 has no answer for this row"),
        (NONSENSE, "version 1: ArithmeticError: [7.0, 7.0] are no probabilities"),
        (SHAPE, "version 1: TypeError: scores of the shape (2,) for 1 rows"),
        (HUGE, "version 1: "),
    ],
)
def test_what_it_cannot_answer_goes_down_the_chain(shared: Predictor, trouble: float, why: str) -> None:
    until_back(shared)
    answer = shared.predict(asked(trouble))
    assert (answer.version, answer.route) == (2, "fallback")
    assert str(answer.reason).startswith(why)
    assert shared.predict(ROW).version == 1  # its process is still there
    many = shared.predict_many([ROW, asked(trouble), ROW])
    assert [p.version for p in many] == [1, 2, 1]
    assert str(many[1].reason).startswith(why)


@pytest.mark.slow
def test_a_model_that_keeps_raising_is_left_alone(site: Path) -> None:
    with incumbent.open(site, log=False) as opened:
        for _ in range(5):  # rows that estimators refuse are no failures
            opened.predict(asked(REFUSE))
        assert opened.problems == ()
        opened.predict_many([asked(RAISE), asked(RAISE)])
        opened.predict(ROW)  # one answer, and the count begins anew
        opened.predict_many([asked(RAISE), asked(RAISE)])
        assert opened.problems == ()
        opened.predict(asked(RAISE))
        assert opened.problems == ("version 1 is left alone: RuntimeError: I do not want to",)


def test_a_model_that_hangs_is_killed_within_its_time(shared: Predictor) -> None:
    until_back(shared)
    began = time.monotonic()
    answer = shared.predict(asked(HANG))
    assert time.monotonic() - began < 5
    assert (answer.version, answer.reason) == (2, "version 1: no answer within 1.5 seconds")
    began = time.monotonic()
    during = shared.predict(ROW)  # nobody waits while it is started again
    assert during.version == 2 and "started again" in str(during.reason)
    assert time.monotonic() - began < 0.5
    until_back(shared)


@pytest.mark.slow
def test_a_process_that_ends_is_started_again(shared: Predictor) -> None:
    until_back(shared)
    answer = shared.predict(asked(END))
    assert (answer.version, answer.reason) == (2, "version 1: its process ended: exit code 3")
    until_back(shared)


def test_threads_share_the_process(shared: Predictor) -> None:
    until_back(shared)
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.extend(shared.predict(ROW) for _ in range(20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [p.version for p in found] == [1] * 80


@pytest.mark.slow
def test_the_breaker_opens_and_closes_again(site: Path) -> None:
    with incumbent.open(site, log=False) as opened:
        link = opened._live.champion
        assert link is not None and link.guarded is not None and link.guarded._child is not None
        for _ in range(3):
            link.breaker.failed("no room")
        answer = opened.predict(ROW)
        assert answer.reason == "version 1 is left alone after 3 failures in a row"
        assert opened.problems == ("version 1 is left alone: no room",)
        until_back(opened, 10)
        assert opened.problems == ()


def test_what_was_raised_for_one_row_is_not_told_of_another(tmp_path: Path) -> None:
    bundle, trusted = odd(tmp_path)
    site = tmp_path / "site"
    publish(site, [bundle, native(tmp_path)], fallback=[2], trusted=trusted, log={"private": ["carrier"]})
    with incumbent.open(site) as opened:
        own = [opened.predict({**asked(TELL), "carrier": "Ada Lovelace"}).reason for _ in range(5)]
        after = [opened.predict(ROW), *opened.predict_many([ROW])]
    assert "Ada Lovelace" in str(own[0])
    assert {answer.reason for answer in after} == {"version 1 is left alone after 5 failures in a row"}
    assert b"Lovelace" not in b"".join(path.read_bytes() for path in (site / "log").iterdir())


@pytest.mark.slow
def test_memory_is_bounded_though_the_code_would_take_it(shared: Predictor) -> None:
    until_back(shared)
    link = shared._live.champion
    assert link is not None and link.guarded is not None and link.guarded._child is not None
    pid = link.guarded._child._process.pid
    limits = Path(f"/proc/{pid}/limits")
    if not limits.exists():
        pytest.skip("no /proc here")
    (line,) = [x for x in limits.read_text().splitlines() if x.startswith("Max address space")]
    assert int(line.split()[3]) < 8 * 2**30


@pytest.mark.slow
@pytest.mark.parametrize("together", [False, True])
def test_a_model_that_keeps_its_memory_full_gets_a_new_process(site: Path, together: bool) -> None:
    with incumbent.open(site, log=False) as opened:
        assert opened.predict(ROW).version == 1
        greedy = asked(GREED)
        answer = opened.predict_many([greedy, greedy])[0] if together else opened.predict(greedy)
        assert (answer.version, answer.route) == (2, "fallback")
        assert str(answer.reason).startswith("version 1: ")
        if Path("/proc/self/statm").exists():
            assert "MemoryError" in str(answer.reason)
            assert str(opened.predict(ROW).reason) == "version 1: its process is being started again"
        until_back(opened)
        assert opened.problems == ()


@pytest.mark.slow
def test_close_and_forgetting_end_the_process(site: Path) -> None:
    with incumbent.open(site, log=False) as opened:
        pid = opened._live.champion.guarded._child._process.pid  # type: ignore[union-attr]
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.slow
def test_a_child_whose_parent_was_killed_ends_by_itself(site: Path) -> None:
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        try:
            opened = incumbent.open(site, log=False)
            os.write(writing, str(opened._live.champion.guarded._child._process.pid).encode())  # type: ignore[union-attr]
            signal.pause()
        finally:
            os._exit(1)
    os.close(writing)
    child = int(os.read(reading, 20))
    os.close(reading)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    end = time.monotonic() + 10
    while time.monotonic() < end and _is_alive(child):
        threading.Event().wait(0.05)
    assert not _is_alive(child)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_starts_a_process_of_its_own(shared: Predictor) -> None:
    until_back(shared)
    reading, writing = os.pipe()
    forked = os.fork()
    if forked == 0:
        try:
            until_back(shared)
            os.write(writing, str(shared._live.champion.guarded._child._process.pid).encode())  # type: ignore[union-attr]
            shared.close()
        finally:
            os._exit(0)
    os.waitpid(forked, 0)
    os.close(writing)
    with os.fdopen(reading) as said:
        theirs = int(said.read())
    assert theirs != shared._live.champion.guarded._child._process.pid  # type: ignore[union-attr]
    assert shared.predict(ROW).version == 1


@pytest.mark.slow
def test_a_bundle_that_does_not_load_is_skipped_with_the_reason(tmp_path: Path) -> None:
    bundle, _ = odd(tmp_path)
    publish(tmp_path / "site", [bundle], limits=LIMITS)  # nobody has trusted it
    with incumbent.open(tmp_path / "site", log=False) as opened:
        assert opened.predict(ROW).route == "baseline"
        (problem,) = opened.problems
        assert "version 1 is skipped" in problem and "types that nobody has trusted: odd.Odd" in problem
    publish(tmp_path / "other", [bundle], baseline=None)
    with pytest.raises(BundleError, match="nobody has trusted"):
        incumbent.open(tmp_path / "other")


@pytest.mark.slow
def test_the_old_revision_answers_until_a_process_is_ready(tmp_path: Path) -> None:
    bundle, trusted = odd(tmp_path)
    before = native(tmp_path)
    publish(tmp_path / "site", [before])
    with incumbent.open(tmp_path / "site", log=False) as opened:
        publish(tmp_path / "site", [bundle, before], revision=2, trusted=trusted)
        opened._looked -= 1
        began = time.monotonic()
        assert opened.predict(ROW).probabilities != {"no": 0.75, "yes": 0.25}
        assert time.monotonic() - began < 1.0
        end = time.monotonic() + 60
        while opened.predict(ROW).probabilities != {"no": 0.75, "yes": 0.25}:
            assert time.monotonic() < end
            threading.Event().wait(0.05)
        assert opened.configuration.revision == 2


@pytest.mark.slow
async def test_a_loop_is_not_held_up_by_a_slow_model(shared: Predictor) -> None:
    import asyncio

    until_back(shared)
    assert not shared._live.is_quick
    slow = asyncio.create_task(shared.apredict(asked(HANG)))
    turns = 0
    while not slow.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 20 and (await slow).version == 2


def test_rows_that_a_model_in_this_process_refuses_do_not_open_its_breaker_for_the_others(
    tmp_path: Path,
) -> None:
    """However few they are: in one call with a row that it answers, they are to blame."""
    bundle, trusted = odd(tmp_path)
    limits = {**LIMITS, "isolate": False}
    publish(tmp_path / "site", [bundle, native(tmp_path)], fallback=[2], trusted=trusted, limits=limits)
    with incumbent.open(tmp_path / "site", log=False) as opened:
        answers = opened.predict_many([*[asked(RAISE)] * 6, ROW, ROW])
        assert [answer.version for answer in answers] == [2] * 6 + [1, 1]
        assert opened.status()["versions"][0]["breaker"] == "closed"
