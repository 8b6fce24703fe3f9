"""The service on a real socket: bounds on callers, overload, time, the end, swaps under load."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from incumbent.serve import Settings, application
from incumbent.serve.protocol import Bounded
from tests.incumbent import sites
from tests.incumbent.serve.house import Running, running
from tests.incumbent.sites import HANG, ROW

PREDICT = "/models/late/predict"
HEAD = b"POST /models/late/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
CHUNKS = b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> tuple[sites.Bundle, dict[str, Any]]:
    """A version in a child process that hangs when the row says so."""
    return sites.odd(tmp_path_factory.mktemp("odd"))


@pytest.fixture
def slow_site(tmp_path: Path, odd: tuple[sites.Bundle, dict[str, Any]]) -> Path:
    """A site whose champion hangs on demand, for a second at most."""
    bundle, trusted = odd
    limits = {"timeout_ms": 1_000, "breaker": {"failures": 1_000}}
    sites.publish(tmp_path / "late", [bundle], trusted=trusted, limits=limits)
    return tmp_path


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What so many threads get when they do the same at once."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(act, range(count)))


def test_a_connection_stays_and_serves_one_request_after_the_other(site: Path) -> None:
    with running(site) as service:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        for status in (200, 400, 200):
            body = json.dumps(ROW if status == 200 else {})
            connection.request("POST", PREDICT, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            assert (answer.status, "error" in json.loads(answer.read())) == (status, status == 400)
        connection.close()


def test_requests_that_come_together_are_answered_in_order(site: Path) -> None:
    body = json.dumps(ROW).encode()
    request = HEAD + b"content-length: %d\r\n\r\n" % len(body) + body
    with running(site) as service:
        said = service.say(request * 3 + request.replace(b"host: localhost", b"connection: close"))
    assert said.count(b"HTTP/1.1 200 OK") == 4
    assert said.count(b'"route":"champion"') == 4


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ((b"what is this?\r\n\r\n",), b"400"),
        ((HEAD, *[b"x: " + b"y" * 9_000 + b"\r\n"] * 9), b"431"),
        ((HEAD + b"x: ", *[b"y" * 9_000] * 9), b"431"),
        ((b"GET /" + b"y" * 30_000, b"y" * 30_000), b"431"),
        ((HEAD + b"x: y\r\n" * 20_000 + b"content-length: 2\r\n\r\n{}",), b"431"),
        ((HEAD + b"x: y\r\n" * 4_500, b"x: y\r\n" * 4_500 + b"\r\n" + HEAD), b"431"),
        ((HEAD + CHUNKS, *[b"x: y\r\n" * 20_000] * 9), b"431"),
        ((HEAD + CHUNKS + b"x: ", *[b"y" * 120_000] * 9), b"431"),
        ((HEAD,), b"408"),
        ((HEAD + b"content-length: 100\r\n\r\n{",), b"408"),
        ((), b"408"),
        ((HEAD + b"content-length: 99999999999\r\n\r\n{",), b"413"),
        ((HEAD + b"content-length: -1\r\n\r\n{",), b"400"),
        ((HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",), b"400"),
    ],
)
def test_a_caller_cannot_send_without_end_nor_byte_by_byte(
    site: Path, pieces: tuple[bytes, ...], status: bytes
) -> None:
    with running(site, seconds=1.0) as service:
        said = service.say(*pieces)
        assert said.split(b" ")[1:2] == [status]
        assert service.post(PREDICT, ROW)[0] == 200


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ((b"what is this?\r\n\r\n",), b"400"),
        ((HEAD + b"content-length: -1\r\n\r\n{",), b"400"),
        ((HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n" + HEAD,), b"400"),
        ((HEAD + b"x: y\r\n" * 20_000 + b"content-length: 2\r\n\r\n{}",), b"431"),
        ((HEAD + b"x: " + b"y" * 9_000, *[b"y" * 9_000] * 9, b"\r\n\r\n" + HEAD), b"431"),
        ((HEAD,), b"408"),
        ((HEAD + b"content-length: 100\r\n\r\n{",), b"408"),
    ],
)
@pytest.mark.parametrize("before", [1, 3])
def test_what_is_refused_is_told_after_the_answers_to_what_came_before(
    site: Path, before: int, pieces: tuple[bytes, ...], status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps([ROW, ROW]).encode()
    request = HEAD + b"content-length: %d\r\n\r\n" % len(body) + body
    first, *rest = pieces
    with running(site, seconds=1.0) as service:
        said = service.say(request * before + first, *rest)
        assert service.post(PREDICT, ROW)[0] == 200
    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"200"] * before + [status]
    assert "Traceback" not in caplog.text and "Exception" not in caplog.text


def test_a_body_that_is_too_large_is_refused_and_callers_who_send_it_first_hear_so(site: Path) -> None:
    with running(site, body=2_000_000) as service:
        for size, listening in ((7_000_000, True), (40_000_000, False)):
            document = {"row": "x" * size}
            if listening:
                status, said, headers = service.post(PREDICT, document)
                assert (status, said["error"]) == (413, "the body is larger than 2,000,000 bytes")
                assert headers["connection"] == "close"
            else:  # nobody listens for ever
                with pytest.raises(ConnectionError):
                    service.post(PREDICT, document)
        chunks = b"80000\r\n" + b"x" * 0x80000 + b"\r\n"
        said = service.say(HEAD + b"transfer-encoding: chunked\r\n\r\n", *[chunks] * 12, b"0\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 413 ") and said.count(b"HTTP/1.1") == 1
        assert service.post(PREDICT, ROW)[0] == 200


def test_many_small_chunks_do_not_count_among_the_headers(site: Path) -> None:
    body = json.dumps({**ROW, "more": "x" * 20_000}).encode()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    head = HEAD + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    with running(site) as service:
        said = service.say(head, *[chunks[at : at + 999] for at in range(0, len(chunks), 999)], b"0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("line", [b"host: localhost", b"content-encoding: gzip"])
def test_what_follows_a_body_is_no_header(site: Path, line: bytes) -> None:
    body = json.dumps(ROW).encode()
    chunks = b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n%b\r\n\r\n" % (len(body), body, line)
    good, evil = HEAD + chunks, HEAD.replace(b"localhost", b"evil.example") + chunks
    with running(site) as service:
        for _ in range(20):  # some of them are answered on the spot
            said = service.say(good + evil + HEAD + b"connection: close\r\n\r\n")
            assert [part[:3] for part in said.split(b"HTTP/1.1 ")[1:]] == [b"200", b"403", b"400"]


def test_a_request_that_offers_another_protocol_is_answered_in_this_one(site: Path) -> None:
    """As some callers do with everything they send: its body belongs to it."""
    body = json.dumps(ROW).encode()
    offer = HEAD + b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMA\r\n"
    offer += b"content-length: %d\r\n\r\n" % len(body) + body
    last = HEAD + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    sent = offer * 2 + last
    with running(site) as service:
        for cut in range(0, len(sent), 37):
            assert service.say(sent[:cut], sent[cut:]).count(b'"route":"champion"') == 3
        small = b"GET /ping HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"
        assert service.say(small * 2_000 + last).count(b"HTTP/1.1 200 OK") == 2_001


def test_a_caller_of_http_1_0_is_not_told_to_go_on(site: Path) -> None:
    body = json.dumps(ROW).encode()
    head = HEAD.replace(b"HTTP/1.1", b"HTTP/1.0") + b"expect: 100-continue\r\n"
    with running(site) as service:
        assert service.say(head + b"content-length: %d\r\n\r\n" % len(body), body).startswith(
            b"HTTP/1.1 200 OK"
        )


def test_a_caller_who_has_said_everything_is_answered_by_what_is_slow_too(slow_site: Path) -> None:
    """It closes its half of the connection behind its requests."""
    body = json.dumps(ROW).encode()
    request = HEAD + b"content-length: %d\r\n\r\n" % len(body) + body
    with running(slow_site) as service:
        for count in (1, 3):
            with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
                connection.sendall(request * count)
                connection.shutdown(socket.SHUT_WR)
                said = b""
                while part := connection.recv(65_536):
                    said += part
            assert said.count(b"HTTP/1.1 200 OK") == count
            assert said.count(b"connection: close") == 1


def test_a_caller_who_is_ahead_of_the_last_answer_hears_it(site: Path) -> None:
    """The answer that ends the connection is not taken back because further requests are on their way."""
    body = json.dumps(ROW).encode()
    request = HEAD + b"content-length: %d\r\n\r\n" % len(body) + body
    with (
        running(site) as service,
        socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection,
    ):

        def heard() -> bytes:
            said = b""
            while not said.endswith(b"}"):
                said += connection.recv(65_536)
            return said

        connection.sendall(request)
        assert b"connection: close" not in heard()
        service.connections()[0].last = True  # as where the service ends, or another worker has fewer
        connection.sendall(request * 2)
        said = heard()
        assert said.count(b"HTTP/1.1 200 OK") == said.count(b"connection: close") == 1
        for _ in range(3):
            time.sleep(0.1)
            connection.sendall(request)


def test_a_large_body_does_not_count_among_the_headers_that_come_with_it(site: Path) -> None:
    body = json.dumps([ROW] * 900).encode()
    request = HEAD + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    assert len(request) > 32 * 2**10
    with running(site) as service:
        assert service.say(request).startswith(b"HTTP/1.1 200 ")


@pytest.mark.slow
def test_what_waits_too_long_is_told_so(slow_site: Path) -> None:
    with running(slow_site, seconds=0.3) as service:
        status, document, _ = service.post(PREDICT, {**ROW, "distance": HANG})
        assert (status, document["error"]) == (504, "there was no answer within 0.3 s")


def test_rows_that_wait_go_together_and_a_full_line_sends_callers_away(slow_site: Path) -> None:
    with running(slow_site, waiting=24) as service:
        service.post(PREDICT, ROW)  # the child process is there
        bodies = [{**ROW, "distance": "far"} if i % 3 == 0 else ROW for i in range(24)]
        answers = at_once(24, lambda i: service.post(PREDICT, bodies[i])[0])
        assert answers == [400 if i % 3 == 0 else 200 for i in range(24)]
        samples = service.app.service.metrics._together.collect()[0].samples  # type: ignore[attr-defined]
        found = {(s.name, s.labels.get("le")): s.value for s in samples}
        turns = found["incumbent_rows_together_count", None]
        assert turns < found["incumbent_rows_together_sum", None]

        hanging = {**ROW, "distance": HANG}
        answers = at_once(40, lambda i: service.post(PREDICT, hanging))
        statuses = Counter(status for status, _, _ in answers)
        assert set(statuses) == {200, 503}
        assert statuses[200] >= 24
        for status, document, headers in answers:
            if status == 503:
                assert headers["retry-after"] == "1"
                assert document["error"] == "too many requests are waiting"
        figures = service.say(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        counted = re.findall(rb'^incumbent_requests_total\{.*status="503"\} ([0-9.]+)', figures, re.MULTILINE)
        assert sum(map(float, counted)) == statuses[503]
        assert service.post(PREDICT, ROW)[0] == 200


@pytest.mark.slow
def test_the_end_waits_for_what_is_under_way_and_takes_nothing_new(slow_site: Path) -> None:
    with running(slow_site) as service:
        service.post(PREDICT, ROW)
        begun = threading.Event()

        def ask(_: int) -> int:
            begun.set()
            return service.post(PREDICT, {**ROW, "distance": HANG})[0]

        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(ask, 0)
            begun.wait(10)
            while not service.app.service.under_way:
                pass
            service.stop()
            assert asked.result(30) == 200
        service.wait()
        with pytest.raises(ConnectionError):
            service.post(PREDICT, ROW)


class Line:
    """The way to a caller, in which so many bytes wait."""

    def __init__(self) -> None:
        self.waiting = 0
        self.is_cut = False

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def abort(self) -> None:
        self.is_cut = True


def test_a_caller_who_does_not_take_the_answer_is_let_go() -> None:
    connection = Bounded.__new__(Bounded)
    connection.settings = Settings(".", seconds=3.0)
    connection._arriving, connection._untaken, connection._untaken_since = None, 0, 0.0
    connection.transport = line = Line()  # type: ignore[assignment]
    connection._at_work, connection._idle_since, connection.pipeline = None, None, deque()
    for now, waiting in (
        (10.0, 0),
        (20.0, 500),
        (22.0, 400),
        (25.0, 400),
        (26.0, 0),
        (40.0, 400),
        (43.0, 400),
    ):
        line.waiting = waiting
        connection.check(now)
        assert not line.is_cut
    connection.check(43.5)
    assert line.is_cut


def test_callers_who_come_as_it_ends_are_served_or_refused_but_never_cut_off(site: Path) -> None:
    answered: Counter[Any] = Counter()
    with running(site) as service:

        def ask(number: int) -> None:
            while True:
                try:
                    status, _, headers = service.post(PREDICT, ROW)
                except ConnectionRefusedError:
                    return
                except ConnectionResetError:  # came between the last look at the line and the port's end
                    with pytest.raises(ConnectionRefusedError):
                        service.post(PREDICT, ROW)
                    return
                answered[status, headers.get("connection") == "close"] += 1
                if number == 0 and sum(answered.values()) >= 40:
                    service.stop()

        at_once(4, ask)
    assert {status for status, _ in answered} == {200}
    assert answered[200, True] > 0
    assert not service.board.living(), "other workers would leave new connections to it"


async def test_one_model_leaves_places_for_the_others(site: Path) -> None:
    shutil.copytree(site / "late", site / "other")
    service = application(site, waiting=8).service
    service.under_way, service.line["late"] = 7, 7
    assert service.is_full("late") and not service.is_full("other")
    service.under_way = 9
    assert service.is_full("other")
    service.close()


def test_no_request_fails_while_versions_are_swapped(site: Path, bundles: list[sites.Bundle]) -> None:
    swap_under_load(site, bundles, 8)


@pytest.mark.slow
def test_no_request_fails_during_a_hundred_swaps(site: Path, bundles: list[sites.Bundle]) -> None:
    swap_under_load(site, bundles, 100)


def swap_under_load(site: Path, bundles: list[sites.Bundle], swaps: int) -> None:
    """Swap two versions again and again while they are asked: each answer is whole, and one of theirs."""
    own = {}
    done = threading.Event()
    with running(site) as service:
        for version in (1, 2):
            publish(site, bundles, 1_000 + version, version)
            own[version] = answer_of(service, version)
        assert own[1] != own[2]

        def ask(_: int) -> Counter[Any]:
            seen: Counter[Any] = Counter()
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
            while not done.is_set():
                connection.request("POST", PREDICT, json.dumps(ROW), {"content-type": "application/json"})
                answer = connection.getresponse()
                said = json.loads(answer.read())
                seen[answer.status, said["version"], yes_of(said), said["route"]] += 1
            connection.close()
            return seen

        with ThreadPoolExecutor(4) as pool:
            asking = [pool.submit(ask, i) for i in range(4)]
            try:
                for revision in range(1, swaps + 1):
                    publish(site, bundles, 2_000 + revision, 1 + revision % 2)
                    answer_of(service, 1 + revision % 2)
            finally:
                done.set()
            seen = sum((a.result() for a in asking), Counter())
    assert set(seen) == {(200, v, own[v], "champion") for v in (1, 2)}


def publish(site: Path, bundles: list[sites.Bundle], revision: int, champion: int) -> None:
    sites.publish(site / "late", bundles, revision=revision, champion=champion)


def answer_of(service: Running, version: int) -> float:
    """Ask until this version answers."""
    while True:
        status, said, _ = service.post(PREDICT, ROW)
        assert status == 200
        if said["version"] == version:
            return yes_of(said)


def yes_of(said: Any) -> float:
    """A probability without the last bits, which depend on the rows that went together."""
    return round(said["probabilities"]["yes"], 12)
