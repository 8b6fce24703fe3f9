"""By which names the service is asked, and by whose pages; bodies that come packed."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from incumbent.serve import Settings, application
from incumbent.serve.guard import Hosts
from tests.incumbent.sites import ROW

HOME = Settings(".").known_as
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("host", "is_let_in"),
    [
        ("localhost", True), ("LOCALHOST:8080", True), ("localhost.", True), ("models.localhost:80", True),
        ("127.0.0.1:8080", True), ("127.8.8.8", True), ("[::1]:8080", True), ("192.168.1.7", True),
        ("evil.org", False), ("evil.org:8080", False), ("localhost.evil.org", False), ("[evil", False),
        ("localhost@evil.org", False), ("127.0.0.1.evil.org", False), ("", False),
    ],
)  # fmt: skip
async def test_at_home_only_names_of_home_will_do(
    client: httpx.AsyncClient, host: str, is_let_in: bool
) -> None:
    for _ in range(2):
        answer = await client.post("/models/late/predict", json=ROW, headers={"host": host})
        assert answer.status_code == (200 if is_let_in else 403)
        assert (await client.get("/v2/health/live", headers={"host": host})).is_success is is_let_in


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        ("http://localhost:3000", True), ("http://127.0.0.1", True), ("https://evil.org", False),
        ("null", False), ("http://192.168.1.7", False), ("http://localhost.evil.org", False), ("", False),
    ],
)  # fmt: skip
async def test_pages_from_elsewhere_may_not_ask(
    client: httpx.AsyncClient, origin: str, is_let_in: bool
) -> None:
    answer = await client.post("/models/late/predict", json=ROW, headers={"origin": origin})
    assert answer.status_code == (200 if is_let_in else 403)


async def test_further_names_are_told(site: Path) -> None:
    transport = httpx.ASGITransport(application(site, hosts=("models.example.org", ".lan")))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for host, status in (("models.example.org", 200), ("a.lan:80", 200), ("lan", 403), ("x.org", 403)):
            assert (await client.get("/ping", headers={"host": host})).status_code == status


def test_elsewhere_a_token_says_who_may_ask() -> None:
    assert Settings(".", "0.0.0.0").known_as == ("*",)
    named = Settings(".", "0.0.0.0", hosts=("models.example.org",)).known_as
    assert not Hosts(named).is_known("evil.org") and Hosts(named).is_known("models.example.org")
    Hosts(("*",)).check({b"host": b"any", b"origin": b"null"})


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_packed_bodies_are_unpacked(
    client: httpx.AsyncClient, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    headers = {**JSON, "content-encoding": coding}
    body = json.dumps(ROW).encode()
    answer = await client.post("/models/late/predict", content=pack(body), headers=headers)
    assert answer.json()["route"] == "champion"
    bomb = pack(b" " * 10**7)
    assert len(bomb) < 20_000
    for content, status in ((bomb, 413), (body, 400), (pack(body)[:-5], 400), (pack(body) + b"x", 400)):
        answer = await client.post("/models/late/predict", content=content, headers=headers)
        assert answer.status_code == status
    answer = await client.post(
        "/models/late/predict", content=body, headers={**JSON, "content-encoding": "br"}
    )
    assert (answer.status_code, "gzip and deflate" in answer.text) == (415, True)
