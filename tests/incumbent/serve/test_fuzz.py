"""Anything may come: every answer is a refusal with a sentence or a prediction, never a fault of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from incumbent.serve import application
from incumbent.serve.app import Application
from tests.incumbent import sites
from tests.incumbent.serve.house import Running, running
from tests.incumbent.serve.test_inference import request
from tests.incumbent.sites import ROW

NAMES = ("distance", "stops", "carrier", "id", "actual", "inputs", "instances", "dataframe_split", "columns")
KEYS = st.sampled_from(NAMES) | st.text(max_size=5)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
ROWS = st.fixed_dictionaries(dict.fromkeys(ROW, VALUES))
TENSORS = st.fixed_dictionaries(
    {"name": st.sampled_from(NAMES), "datatype": st.sampled_from(("FP64", "INT8", "BYTES", "BOOL")) | VALUES},
    optional={"shape": VALUES | st.just([1]), "data": VALUES, "parameters": VALUES},
)
INFERENCES = st.fixed_dictionaries(
    {"inputs": st.lists(TENSORS, max_size=4)}, optional={"outputs": VALUES, "id": VALUES}
)
FORMS = st.sampled_from(("instances", "inputs", "dataframe_records"))
DOCUMENTS = st.one_of(
    VALUES, ROWS, st.lists(ROWS, max_size=3), INFERENCES, st.dictionaries(FORMS, st.lists(ROWS) | VALUES)
)
PATHS = (
    "/models/late/predict", "/models/late/outcomes", "/models/late/invocations", "/invocations",
    "/v2/models/late/infer", "/v2/models/late/versions/2/infer",
)  # fmt: skip
HASTE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzzed")
    sites.publish(folder / "site" / "late", [sites.native(folder, 0), sites.native(folder, 1)], fallback=(2,))
    return folder / "site"


@pytest.fixture(scope="module")
def app(fuzzed: Path) -> Iterator[Application]:
    app = application(fuzzed)
    yield app
    app.service.close()


def answer(app: Application, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post(path, content=body, headers=headers)

    return asyncio.run(ask())


def check(said: httpx.Response) -> None:
    """A refusal with a sentence, or what was asked for."""
    assert said.status_code in (200, 202, 400, 413, 415), said.text
    document = json.loads(said.text)
    if said.status_code >= 400:
        assert isinstance(document["error"], str) and document["error"]


@HASTE
@given(document=DOCUMENTS, path=st.sampled_from(PATHS))
def test_any_document_is_answered(app: Application, document: Any, path: str) -> None:
    body = json.dumps(document).encode()
    check(answer(app, path, body, {"content-type": "application/json"}))
    assert app.service.models.get("late").problems == ()


@HASTE
@given(data=st.data(), path=st.sampled_from(PATHS))
def test_any_spoilt_body_is_answered(app: Application, data: st.DataObject, path: str) -> None:
    whole = json.dumps(data.draw(st.sampled_from([ROW, request(1), {"dataframe_records": [ROW]}]))).encode()
    at, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    body = whole[:at] + data.draw(st.binary(max_size=8)) + whole[end:]
    kinds = ("application/json", "text/csv", "application/octet-stream", "")
    headers = {"content-type": data.draw(st.sampled_from(kinds))}
    if data.draw(st.booleans()):
        headers["inference-header-content-length"] = data.draw(
            st.sampled_from(["0", "7", "-1", "x", str(end)])
        )
    check(answer(app, path, body, headers))


@pytest.fixture(scope="module")
def service(fuzzed: Path) -> Iterator[Running]:
    with running(fuzzed, seconds=0.5, body=50_000) as service:
        yield service


@settings(max_examples=20, deadline=None, phases=[Phase.generate])
@given(data=st.data())
def test_any_bytes_leave_the_service_well(service: Running, data: st.DataObject) -> None:
    body = json.dumps(ROW).encode()
    head = b"POST /models/late/predict HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    head += b"content-type: application/json\r\n"
    whole = head + b"content-length: %d\r\n\r\n" % len(body) + body
    at, end = sorted(data.draw(st.tuples(*[st.integers(0, len(head) + 20)] * 2)))
    end = min(end, at + data.draw(st.integers(0, 8)))
    said = service.say(whole[:at] + data.draw(st.binary(min_size=1, max_size=12)) + whole[end:], patience=1.0)
    assert not said or said[:9] == b"HTTP/1.1 "
    assert b" 500 " not in said.split(b"\r\n")[0]
    assert service.post("/models/late/predict", ROW)[0] == 200
