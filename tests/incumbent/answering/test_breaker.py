"""The circuit breaker: opens after failures in a row, lets one row probe, closes again."""

from __future__ import annotations

import pytest

from incumbent.answering import breaker as breaking
from incumbent.answering.breaker import Breaker


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    present = [100.0]
    monkeypatch.setattr(breaking.time, "monotonic", lambda: present[0])
    return present


def opened(clock: list[float]) -> Breaker:
    breaker = Breaker(failures=3, pause=10.0)
    for _ in range(3):
        assert breaker.allows()
        breaker.failed("no room")
    return breaker


def test_it_opens_after_failures_in_a_row(clock: list[float]) -> None:
    breaker = Breaker(failures=3, pause=10.0)
    for _ in range(5):  # never three in a row
        breaker.failed("a")
        breaker.failed("b")
        breaker.succeeded()
    assert breaker.state == "closed"
    assert opened(clock).state == "open" and not opened(clock).allows()


def test_one_row_probes_after_the_pause(clock: list[float]) -> None:
    breaker = opened(clock)
    clock[0] += 10.0
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    assert breaker.state == "probing"
    breaker.succeeded()
    assert breaker.state == "closed" and breaker.allows() and breaker.count == 0


def test_a_probe_that_fails_begins_the_pause_again(clock: list[float]) -> None:
    breaker = opened(clock)
    clock[0] += 10.0
    assert breaker.allows()
    breaker.failed("still no room")
    assert breaker.state == "open" and breaker.last == "still no room"
    clock[0] += 9.0
    assert not breaker.allows()
    clock[0] += 1.0
    assert breaker.allows()


def test_a_probe_that_could_not_be_made_is_made_by_the_next(clock: list[float]) -> None:
    breaker = opened(clock)
    clock[0] += 10.0
    assert breaker.allows()
    breaker.undecided()
    assert breaker.allows()


def test_a_probe_that_never_returns_is_followed_by_another(clock: list[float]) -> None:
    breaker = opened(clock)
    clock[0] += 10.0
    assert breaker.allows() and not breaker.allows()
    clock[0] += 10.0
    assert breaker.allows()
