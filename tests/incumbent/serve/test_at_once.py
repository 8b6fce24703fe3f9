"""Rows that are answered on the spot: what is said is what the way of ASGI would say."""

from __future__ import annotations

import gzip
import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incumbent.serve.app import Endpoint
from tests.incumbent import sites
from tests.incumbent.serve.house import Running, running
from tests.incumbent.serve.test_inference import request as tensors
from tests.incumbent.sites import ROW

PATH = "/models/late/predict"
BODIES = [
    *(json.dumps(row).encode() for row in (ROW, {}, [ROW, ROW], [], 3, {**ROW, "more": [1, {"a": None}]})),
    b"{",
    b'{"a": 1, "a": 2}',
    b"",
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, bundles: list[sites.Bundle]) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("site")
    sites.publish(folder / "late", bundles, fallback=(2,))
    with running(folder, token="let me in", body=5_000) as service:
        for _ in range(40):  # until it is known that one by one is cheaper
            assert service.say(request(json.dumps(ROW).encode(), close=True)).startswith(b"HTTP/1.1 200")
        yield service


def request(
    body: bytes,
    close: bool = False,
    token: str = "let me in",
    path: str = PATH,
    version: str = "1.1",
    **more: str,
) -> bytes:
    """A request as bytes; one that is to be the last is never answered on the spot."""
    headers = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {token}",
        "Content-Length": str(len(body)),
        **({"Connection": "close"} if close else {}),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/{version}\r\n{lines}\r\n".encode() + body


def answers(said: bytes) -> list[tuple[int, dict[str, str], Any]]:
    """Status, headers and document of each answer, without what always differs."""
    found = []
    while said:
        head, _, rest = said.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers.pop("content-length"))
        headers.pop("date", None)
        headers.pop("connection", None)
        body = re.sub(rb'"id":"[^"]*"', b'"id":""', rest[:length])
        found.append((int(first.split()[1]), headers, json.loads(body)))
        said = rest[length:]
    return found


@pytest.fixture
def on_the_spot(monkeypatch: pytest.MonkeyPatch, service: Running) -> list[bool]:
    """Of each request that could be answered on the spot, whether it was."""
    seen: list[bool] = []
    for path, answer in service.app.at_once.items():

        def told(headers: Any, body: bytes, answer: Any = answer) -> Any:
            found = answer(headers, body)
            seen.append(found is not None)
            return found

        monkeypatch.setitem(service.app.at_once, path, told)
    return seen


def test_a_row_is_answered_on_the_spot_and_what_is_wrong_is_told_as_ever(
    service: Running, on_the_spot: list[bool]
) -> None:
    for body in BODIES:
        (usual,) = answers(service.say(request(body, close=True)))
        both = answers(service.say(request(body) + request(body, close=True)))
        assert both == [usual, usual]
    good = [body == BODIES[0] or body == BODIES[5] for body in BODIES]
    assert on_the_spot == good


@pytest.mark.parametrize("count", [1, 2])
def test_a_row_of_tensors_is_answered_on_the_spot(
    service: Running, on_the_spot: list[bool], count: int
) -> None:
    body = json.dumps(tensors(count)).encode()
    path = "/v2/models/late/infer"
    (usual,) = answers(service.say(request(body, close=True, path=path)))
    both = answers(service.say(request(body, path=path) + request(body, close=True, path=path)))
    assert usual[0] == 200
    assert [_anonymous(each) for each in both] == [_anonymous(usual)] * 2
    assert on_the_spot == [count == 1]


def _anonymous(answer: tuple[int, dict[str, str], Any]) -> tuple[int, dict[str, str], Any]:
    """An answer without the ids of its predictions."""
    status, headers, document = answer
    outputs = [
        {**tensor, "data": None} if tensor["name"] == "id" else tensor for tensor in document["outputs"]
    ]
    return status, headers, {**document, "outputs": outputs}


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"token": "who knows"}, 401),
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"path": "/models/none/predict"}, 404),
        ({"Content_Encoding": "br"}, 415),
    ],
)
def test_who_may_not_ask_is_not_answered_on_the_spot(
    service: Running, on_the_spot: list[bool], how: dict[str, str], status: int
) -> None:
    body = json.dumps(ROW).encode()
    said = answers(service.say(request(body, **how) + request(body, close=True)))
    assert [each[0] for each in said] == [status, 200]
    assert not any(on_the_spot)


@pytest.mark.parametrize(
    "how", [{"version": "1.0"}, {"Expect": "100-continue"}, {"Content_Encoding": "gzip"}, {"Upgrade": "h2c"}]
)
def test_what_wants_more_than_an_answer_goes_the_usual_way(
    service: Running, on_the_spot: list[bool], how: dict[str, str]
) -> None:
    body = json.dumps(ROW).encode()
    if "Content_Encoding" in how:
        body = gzip.compress(body)
    said = service.say(request(body, close=True, **how))
    assert said.count(b'"route":"champion"') == 1 and not any(on_the_spot)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_however_requests_come_they_are_answered_in_order(service: Running, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(BODIES), min_size=1, max_size=6))
    sent = b"".join(map(request, chosen)) + request(BODIES[0], close=True)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=4)))
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)])]
    expected = [answers(service.say(request(body, close=True)))[0] for body in (*chosen, BODIES[0])]
    assert answers(service.say(*pieces)) == expected


def test_every_request_is_counted_once(service: Running) -> None:
    def counted() -> tuple[float, float, float]:
        asked = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
        text = service.say(asked + b"authorization: Bearer let me in\r\n\r\n").decode()

        def figure(name: str) -> float:
            found = re.search(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? ([\d.e+]+)$", text, re.MULTILINE)
            return float(found[1]) if found else 0.0

        good = 'incumbent_requests_total{endpoint="predict",status="200"}'
        bad = 'incumbent_requests_total{endpoint="predict",status="400"}'
        return figure(good), figure(bad), figure("incumbent_predictions_total")

    before = counted()
    body = json.dumps(ROW).encode()
    service.say((request(body) * 3 + request(b"{}")) * 5 + request(body, close=True))
    after = counted()
    assert [a - b for a, b in zip(after, before)] == [16, 5, 16]


@pytest.mark.parametrize("body", [BODIES[0], BODIES[2]], ids=["on the spot", "as usual"])
def test_a_connection_that_is_idle_is_closed_in_the_end(site: Path, body: bytes) -> None:
    with running(site) as service:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        for more in (-1, 1):
            connection.request("POST", PATH, body, {"content-type": "application/json"})
            assert connection.getresponse().read()
            (held,) = service.connections()
            service.do(lambda: held.check(held.loop.time() + held.timeout_keep_alive + more))
        assert connection.sock.recv(1) == b""
        connection.close()


def test_an_error_of_ours_on_the_spot_is_answered(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    endpoint = service.app.at_once[PATH.encode()].func.__self__  # type: ignore[attr-defined]
    assert isinstance(endpoint, Endpoint)
    monkeypatch.setattr(endpoint, "_at_once", broken)
    said = answers(service.say(request(BODIES[0]) + request(BODIES[0], close=True)))
    assert [each[0] for each in said] == [200, 200]


def test_the_end_closes_connections_that_were_answered_on_the_spot(site: Path) -> None:
    with running(site) as service:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        for _ in range(2):
            connection.request("POST", PATH, BODIES[0], {"content-type": "application/json"})
            assert connection.getresponse().read()
        service.stop()
        assert connection.sock.recv(1) == b""
        connection.close()
