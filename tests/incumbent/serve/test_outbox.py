"""Answers that leave together: each reaches its own caller, whole, and none waits long."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from incumbent.serve.outbox import MOST, WAIT, Outbox
from tests.incumbent import sites
from tests.incumbent.serve.house import Running, running
from tests.incumbent.serve.test_at_once import answers, request
from tests.incumbent.sites import ROW


class Turns:
    """A loop whose turns and whose clock are the test's."""

    def __init__(self) -> None:
        self.now = 0.0
        self._soon: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    def time(self) -> float:
        return self.now

    def call_soon(self, act: Callable[..., object], *given: Any) -> None:
        self._soon.append((act, given))

    def turn(self) -> None:
        soon, self._soon = self._soon, []
        for act, given in soon:
            act(*given)


class Line:
    """A transport."""

    def __init__(self) -> None:
        self.said = b""
        self.closed = False

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.said += data


def test_answers_leave_when_nothing_more_comes() -> None:
    loop, outbox, lines = Turns(), Outbox(), [Line(), Line(), Line()]
    for line in lines:  # one in each turn
        outbox.add(loop, line, b"x")
        assert not any(line.said for line in lines)
        loop.turn()
    loop.turn()
    assert [line.said for line in lines] == [b"x"] * 3
    loop.turn()
    outbox.add(loop, lines[0], b"y")
    loop.turn()
    loop.turn()
    assert lines[0].said == b"xy"


@pytest.mark.parametrize("how", ["many", "long"])
def test_answers_leave_though_more_is_to_come(how: str) -> None:
    loop, outbox, first = Turns(), Outbox(), Line()
    outbox.add(loop, first, b"x")
    turns = 0
    while not first.said:
        outbox.add(loop, Line(), b"x")
        loop.now += 0.0 if how == "many" else WAIT / 4
        loop.turn()
        turns += 1
    assert turns == (MOST - 1 if how == "many" else 4)


def test_a_connection_that_is_gone_takes_nothing_from_the_others() -> None:
    loop, outbox, gone, other = Turns(), Outbox(), Line(), Line()
    outbox.add(loop, gone, b"x")
    outbox.add(loop, other, b"x")
    gone.closed = True
    outbox.send()
    loop.turn()
    assert (gone.said, other.said) == (b"", b"x")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, bundles: list[sites.Bundle]) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("site")
    sites.publish(folder / "late", bundles)
    with running(folder, token="let me in") as service:
        for _ in range(40):  # until it is known that one by one is cheaper
            service.say(request(json.dumps(ROW).encode(), close=True))
        yield service


def test_a_caller_who_has_said_everything_is_answered(service: Running) -> None:
    """It closes its half of the connection behind the request."""
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
            connection.sendall(request(json.dumps(ROW).encode()))
            connection.shutdown(socket.SHUT_WR)
            said = b""
            while part := connection.recv(65_536):
                said += part
        ((status, _, _),) = answers(said)
        assert status == 200


def test_each_of_many_callers_gets_its_own_answer(service: Running) -> None:
    bodies = [json.dumps({**ROW, "distance": float(n)}).encode() for n in range(48)]
    alone = [answers(service.say(request(body, close=True)))[0][2] for body in bodies]
    assert len({json.dumps(told) for told in alone}) > 40
    with ExitStack() as stack:
        callers = [
            stack.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=30))
            for _ in bodies
        ]
        for _ in range(3):
            for caller, body in zip(callers, bodies, strict=True):
                caller.sendall(request(body))
            for caller, told in zip(callers, alone, strict=True):
                assert answers(caller.recv(65_536))[0][2] == told


def test_requests_that_come_one_behind_the_other_are_answered_whatever_is_cut_where(service: Running) -> None:
    """A part of them that is larger than headers may be ends in the middle of one's headers."""
    one, count = request(json.dumps(ROW).encode()), 400
    said = one * (count - 1) + request(json.dumps(ROW).encode(), close=True)
    assert len(said) > 2 * service.app.settings.headers
    found = answers(service.say(said[: len(one) * 300 - 150], said[len(one) * 300 - 150 :]))
    assert [status for status, _, _ in found] == [200] * count
