"""Who may ask, what is counted, and how the service describes itself."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from prometheus_client.parser import text_string_to_metric_families

from incumbent.errors import RefusedError, UsageError
from incumbent.serve import Settings, application
from incumbent.serve.app import Application
from tests.incumbent.sites import ROW

TOKEN = "a-long-and-random-text"


async def test_a_token_is_asked_for(site: Path) -> None:
    transport = httpx.ASGITransport(application(site, token=TOKEN))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for given in (None, "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", ""):
            headers = {} if given is None else {"authorization": given}
            for path in ("/v2", "/models", "/metrics", "/openapi.json", "/v2/models/late", "/v2/models/none"):
                answer = await client.get(path, headers=headers)
                assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
                assert TOKEN not in answer.text
            assert (await client.post("/models/late/predict", json=ROW, headers=headers)).status_code == 401
            assert (await client.get("/v2/health/live", headers=headers)).status_code == 200
        known = {"authorization": f"bearer {TOKEN}"}
        assert (await client.post("/models/late/predict", json=ROW, headers=known)).status_code == 200
        described = (await client.get("/openapi.json", headers=known)).json()
        OpenAPIV31SpecValidator(described).validate()
        assert described["security"] == [{"token": []}]


async def test_blanks_around_the_token_are_not_of_it(site: Path) -> None:
    """A file or a unit's variable often ends with a line break, which no header can hold."""
    transport = httpx.ASGITransport(application(site, token=f" {TOKEN}\r\n"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for given, status in ((TOKEN, 200), (f" {TOKEN} ", 200), (TOKEN[:-1], 401), ("", 401)):
            answer = await client.get("/models", headers={"authorization": f"Bearer {given}"})
            assert answer.status_code == status
    for wrong in ("", " \n"):
        with pytest.raises(RefusedError, match="the token is empty"):
            Settings(site, token=wrong)
    for wrong in (f"{TOKEN}\n{TOKEN}", f"{TOKEN}é"):
        with pytest.raises(UsageError, match="no HTTP header"):
            Settings(site, token=wrong)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org"])
def test_others_are_let_in_with_a_good_token_only(host: str) -> None:
    for token in (None, "", "short"):
        with pytest.raises(RefusedError, match="token"):
            Settings(".", host, token=token).check_reach()
    Settings(".", host, token=TOKEN).check_reach()
    assert TOKEN not in repr(Settings(".", host, token=TOKEN))


def test_settings_that_make_no_sense_are_refused() -> None:
    turned = {"min_workers": 3, "max_workers": 2}
    for wrong in ({"port": 70_000}, {"rows": 0}, {"seconds": float("nan")}, {"min_workers": 0}, turned):
        with pytest.raises(UsageError):
            Settings(".", **wrong)
    assert Settings(".").most_workers == (os.cpu_count() or 1)


async def test_what_happened_is_counted(client: httpx.AsyncClient) -> None:
    await client.post("/models/late/predict", json=ROW)
    await client.post("/models/late/predict", json=[ROW] * 3)
    await client.post("/models/late/predict", json={})
    await client.get("/nothing")
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families((await client.get("/metrics")).text)
        for sample in family.samples
    }
    of_late = ("model", "late"), ("route", "champion"), ("version", "1")
    assert found["incumbent_predictions_total", *of_late] == 4
    assert found["incumbent_requests_total", ("endpoint", "predict"), ("status", "200")] == 2
    assert found["incumbent_requests_total", ("endpoint", "predict"), ("status", "400")] == 1
    assert found["incumbent_requests_total", ("endpoint", "none"), ("status", "404")] == 1
    assert found["incumbent_request_seconds_count", ("endpoint", "predict")] == 3
    assert found["incumbent_production_revision", ("model", "late")] == 1
    assert found["incumbent_problems", ("model", "late")] == 0


async def test_the_description_is_valid_and_complete(client: httpx.AsyncClient, app: Application) -> None:
    described = (await client.get("/openapi.json")).json()
    OpenAPIV31SpecValidator(described).validate()
    row = described["components"]["schemas"]["row.late"]
    assert row["required"] == ["distance", "stops", "carrier"]
    assert row["properties"]["carrier"]["type"] == ["string", "null"]
    for path, method in app._straight:
        assert method.lower() in described["paths"][path]
