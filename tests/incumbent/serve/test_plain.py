"""Rows as plain JSON, and their outcomes."""

from __future__ import annotations

import asyncio
import shutil
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

import incumbent
from incumbent.log.reader import LogReader
from incumbent.predictor import Predictor
from incumbent.serve import application, models
from incumbent.serve.app import Application
from tests.incumbent import sites
from tests.incumbent.sites import ROW


async def test_a_row_is_predicted_as_the_predictor_does(client: httpx.AsyncClient, site: Path) -> None:
    answer = await client.post("/models/late/predict", json=ROW)
    assert answer.status_code == 200
    with incumbent.open(site / "late", log=False) as predictor:
        said = predictor.predict(ROW).document()
    assert {**answer.json(), "id": None} == {**said, "id": None}


async def test_rows_are_predicted_in_their_order(client: httpx.AsyncClient) -> None:
    rows = [{**ROW, "distance": float(d)} for d in range(1, 90, 3)]
    together = (await client.post("/models/late/predict", json=rows)).json()
    for row, said in zip(rows, together, strict=True):
        alone = (await client.post("/models/late/predict", json=row)).json()
        assert said["probabilities"]["yes"] == pytest.approx(alone["probabilities"]["yes"], rel=1e-12)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({**ROW, "distance": "far"}, "'distance' takes a number, not the text 'far'"),
        ({**ROW, "carrier": 3}, "'carrier' takes text, not int 3"),
        ({"distance": 3.0, "stops": 1}, "lacks the column carrier"),
        ([ROW, {**ROW, "stops": [1]}], "row 1: column 'stops' takes a number"),
        ([ROW, 7], "row 1: a row is a mapping"),
        ("text", "neither a row (an object) nor rows"),
        (7, "neither a row (an object) nor rows"),
    ],
)
async def test_a_malformed_row_is_the_callers_error(client: httpx.AsyncClient, body: Any, told: str) -> None:
    answer = await client.post("/models/late/predict", json=body)
    assert answer.status_code == 400
    assert told in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"distance": NaN}', "NaN is no JSON number"),
        (b'{"distance": -Infinity}', "-Infinity is no JSON number"),
        (b'{"stops": 1, "distance": 1, "distance": 2}', "the name 'distance' twice"),
        (b"[" * 9_000 + b"]" * 9_000, "nested too deeply"),
        (b'{"distance": 1', "not JSON"),
        (b"", "not JSON"),
        (b'{"carrier": "\xff"}', "not UTF-8 text, at byte 13"),
    ],
)
async def test_json_is_understood_strictly(client: httpx.AsyncClient, body: bytes, told: str) -> None:
    kind = {"content-type": "application/json"}
    answer = await client.post("/models/late/predict", content=body, headers=kind)
    assert answer.status_code == 400
    assert told in answer.json()["error"]


async def test_a_well_formed_row_always_gets_an_answer(client: httpx.AsyncClient) -> None:
    odd = {"distance": 1e300, "stops": None, "carrier": "\udc00 plane"}
    kind = {"content-type": "application/json"}
    body = b'{"distance": 1e300, "stops": null, "carrier": "\\ud800", "unread": 1e999}'
    for answer in (
        await client.post("/models/late/predict", content=body, headers=kind),
        await client.post("/models/late/predict", json={**odd, "carrier": "plane"}),
    ):
        assert answer.status_code == 200
        assert answer.json()["value"] in ("no", "yes")


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5_000])
async def test_a_number_that_no_float64_can_hold_is_the_callers_error(
    client: httpx.AsyncClient, number: str
) -> None:
    row = f'{{"distance": {number}, "stops": 1, "carrier": "AA"}}'
    listed = f'{{"distance": [{number}], "stops": [1], "carrier": ["AA"]}}'
    tensor = f'{{"name": "distance", "datatype": "FP64", "shape": [1], "data": [{number}]}}'
    kind = {"content-type": "application/json"}
    for path, body in (
        ("/models/late/predict", row),
        ("/models/late/predict", f"[{row}]"),
        ("/invocations", f'{{"dataframe_records": [{row}]}}'),
        ("/invocations", f'{{"inputs": {listed}}}'),
        ("/invocations", f'{{"instances": [[{number}, 1, "AA"]]}}'),
        ("/v2/models/late/infer", f'{{"inputs": [{tensor}]}}'),
    ):
        answer = await client.post(path, content=body, headers=kind)
        assert answer.status_code == 400
        assert "'distance'" in answer.text
    csv = f"distance,stops,carrier\n{number},1,AA\n"
    answer = await client.post("/invocations", content=csv, headers={"content-type": "text/csv"})
    assert answer.status_code == 400
    assert "'distance'" in answer.text
    told = f'{{"id": "5f0c-2a", "actual": {number}}}'
    answer = await client.post("/models/late/outcomes", content=told, headers=kind)
    assert answer.status_code == 400
    assert "actual" in answer.json()["error"]


@pytest.mark.parametrize(("others", "hint"), [(900, "the row has 'stop': is that it?"), (2_000, "pass null")])
async def test_the_name_that_is_meant_is_looked_for_among_so_many(
    client: httpx.AsyncClient, others: int, hint: str
) -> None:
    """A body has room for a million names, and each is compared."""
    row = {**dict.fromkeys(map(str, range(others)), 1), "stop": 1, "distance": 1, "carrier": "bus"}
    told = (await client.post("/models/late/predict", json=row)).json()
    assert told["error"] == "the row lacks the column stops"
    assert told["hint"].startswith(hint)


async def test_a_body_may_be_nested_as_deeply_as_it_likes(client: httpx.AsyncClient) -> None:
    """It is refused, wherever on the way it becomes too deep."""
    kind = {"content-type": "application/json"}
    for levels in range(850, 1_030):
        far = b"[" * levels + b"]" * levels
        row = b'{"distance": %b, "stops": 1, "carrier": "bus"}' % far
        for body in (row, b"[%b, %b]" % (row, row)):
            answer = await client.post("/models/late/predict", content=body, headers=kind)
            assert answer.status_code == 400, (levels, answer.text)


async def test_rows_that_cannot_go_together_are_answered_one_by_one(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the reason: nobody waits for an answer that never comes."""

    def broken(*_: Any) -> Any:
        raise RecursionError

    monkeypatch.setattr(Predictor, "predict_many", broken)
    asked = [client.post("/models/late/predict", json=ROW) for _ in range(2)]
    answers = await asyncio.wait_for(asyncio.gather(*asked), 10)
    assert [answer.status_code for answer in answers] == [200, 200]


async def test_another_content_type_is_refused(client: httpx.AsyncClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", None):
        headers = {} if kind is None else {"content-type": kind}
        answer = await client.post("/models/late/predict", content=b"{}", headers=headers)
        assert answer.status_code == 415
        assert "application/json" in answer.json()["error"]
    answer = await client.post(
        "/models/late/predict", json=ROW, headers={"content-type": "APPLICATION/json; x=1"}
    )
    assert answer.status_code == 200


async def test_a_body_or_a_list_that_is_too_large_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/models/late/predict", json=[ROW] * 101)
    assert (answer.status_code, answer.json()["error"]) == (413, "there are more than 100 rows")
    answer = await client.post("/models/late/predict", json={**ROW, "carrier": "x" * 30_000})
    assert answer.status_code == 413

    async def endless() -> Any:
        while True:
            yield b" " * 1_000

    kind = {"content-type": "application/json"}
    answer = await client.post("/models/late/predict", content=endless(), headers=kind)
    assert answer.status_code == 413


async def test_what_is_not_there_is_said(client: httpx.AsyncClient) -> None:
    answer = await client.post("/models/early/predict", json=ROW)
    assert (answer.status_code, answer.json()["hint"]) == (404, "there are: late")
    for path in ("/", "/models/late", "/models/../late/predict", "/v2/models/late/versions/1/2", "/%2e%2e"):
        assert (await client.get(path)).status_code == 404
    answer = await client.get("/models/late/predict")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    answer = await client.delete("/v2/models/late")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_outcomes_join_their_predictions(
    client: httpx.AsyncClient, site: Path, app: Application
) -> None:
    ids = [said["id"] for said in (await client.post("/models/late/predict", json=[ROW, ROW])).json()]
    answer = await client.post("/models/late/outcomes", json={"id": ids[0], "actual": "yes"})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    answer = await client.post("/models/late/outcomes", json=[{"id": ids[1], "actual": "no"}])
    assert answer.status_code == 202
    app.service.close()
    told = {}
    for path in (site / "late" / "log").glob("**/*.sqlite"):
        with LogReader.open(path) as reader:
            told.update({id: actual for _, id, _, actual, _ in reader.outcomes()})
    assert told == {ids[0]: "yes", ids[1]: "no"}


@pytest.mark.parametrize(
    "body",
    [
        {"id": "x"}, {"actual": "yes"}, {"id": 7, "actual": "yes"}, {"id": "", "actual": "yes"},
        {"id": "x", "actual": None}, {"id": "x", "actual": ["yes"]}, [{"id": "x", "actual": "yes"}, 7], 7,
        {"id": "x" * 300, "actual": "yes"}, {"id": "x", "actual": 1},
    ],
)  # fmt: skip
async def test_a_malformed_outcome_is_refused(client: httpx.AsyncClient, body: Any) -> None:
    answer = await client.post("/models/late/outcomes", json=body)
    assert answer.status_code == 400


async def test_an_outcome_that_is_no_class_is_refused_with_all_that_came_with_it(
    client: httpx.AsyncClient, site: Path, app: Application
) -> None:
    told = [{"id": "x", "actual": "yes"}, {"id": "y", "actual": "maybe"}]
    answer = await client.post("/models/late/outcomes", json=told)
    assert answer.status_code == 400
    assert answer.json()["error"] == "outcome 1: actual: 'maybe' is no class of the model: no, yes"
    app.service.close()
    assert list((site / "late" / "log").glob("**/*.sqlite")) == []


async def test_a_model_that_arrives_later_is_served(
    client: httpx.AsyncClient, site: Path, bundles: list[sites.Bundle], app: Application
) -> None:
    assert (await client.post("/models/soon/predict", json=ROW)).status_code == 404
    sites.publish(site / "soon", bundles)
    app.service.models.look()
    assert (await client.post("/models/soon/predict", json=ROW)).status_code == 200
    assert [model["name"] for model in (await client.get("/models")).json()] == ["late", "soon"]
    answer = await client.post("/invocations", json={"dataframe_records": [ROW]})
    assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


async def test_a_model_that_cannot_be_opened_does_not_stop_the_others(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / "broken").mkdir()
    (site / "broken" / "current.json").write_text("{")
    transport = httpx.ASGITransport(application(site))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.post("/models/late/predict", json=ROW)).status_code == 200
        answer = await client.post("/models/broken/predict", json=ROW)
        assert answer.status_code == 503
        assert "damaged" in answer.json()["error"]
        assert (await client.get("/v2/health/live")).status_code == 200
        assert (await client.get("/v2/health/ready")).status_code == 503
        shutil.rmtree(site / "broken")
        shutil.copytree(site / "late", site / "broken")  # nobody asks for it, and it is found
        monkeypatch.setattr(models, "LOOK_SECONDS", 0.0)
        assert (await client.get("/v2/health/ready")).status_code == 200
        assert [told["name"] for told in (await client.get("/models")).json()] == ["broken", "late"]


async def test_a_model_that_takes_long_to_open_lets_the_others_answer(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on = threading.Event()
    usual = Predictor.open

    def slow(folder: Path) -> Predictor:
        if folder.name == "slow":
            assert going_on.wait(30)
        return usual(folder)

    served = application(site)
    monkeypatch.setattr(Predictor, "open", slow)
    monkeypatch.setattr(models, "LOOK_SECONDS", 0.0)
    shutil.copytree(site / "late", site / "slow")
    transport = httpx.ASGITransport(served)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        await served.service.look(0.0)
        assert (await client.post("/models/late/predict", json=ROW)).status_code == 200
        going_on.set()
        assert (await client.post("/models/slow/predict", json=ROW)).status_code == 200


async def test_one_models_folder_is_a_site_of_one(site: Path) -> None:
    transport = httpx.ASGITransport(application(site / "late"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.post("/models/late/predict", json=ROW)).status_code == 200


def test_an_empty_folder_is_no_site(tmp_path: Path) -> None:
    with pytest.raises(incumbent.errors.WorkError, match="nothing is published"):
        application(tmp_path)
