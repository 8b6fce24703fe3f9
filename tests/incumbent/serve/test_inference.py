"""The Open Inference Protocol, version 2."""

from __future__ import annotations

import json
import struct
from typing import Any

import httpx
import numpy as np
import pytest

from tests.incumbent.sites import ROW


def request(rows: int = 2, **changes: Any) -> dict[str, Any]:
    """An inference request of some rows; ``changes`` by column, each replacing parts of its tensor."""
    tensors = {
        "distance": {"datatype": "FP64", "data": [3.0 + i for i in range(rows)]},
        "stops": {"datatype": "INT64", "data": [4] * rows},
        "carrier": {"datatype": "BYTES", "data": ["bus"] * rows},
    }
    inputs = [
        {"name": name, "shape": [rows], **tensor, **changes.get(name, {})} for name, tensor in tensors.items()
    ]
    return {"inputs": inputs}


async def test_health_and_metadata(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v2/health/live")).json() == {"live": True}
    assert (await client.get("/v2/health/ready")).json() == {"ready": True}
    server = (await client.get("/v2")).json()
    assert set(server) == {"name", "version", "extensions"}
    model = (await client.get("/v2/models/late")).json()
    assert (model["name"], model["versions"], model["platform"]) == ("late", ["1", "2"], "incumbent_native")
    assert [(t["name"], t["datatype"], t["shape"]) for t in model["inputs"]] == [
        ("distance", "FP64", [-1]), ("stops", "INT64", [-1]), ("carrier", "BYTES", [-1]),
    ]  # fmt: skip
    assert {"name": "probabilities", "datatype": "FP64", "shape": [-1, 2]} in model["outputs"]
    assert (await client.get("/v2/models/late/versions/2")).json()["name"] == "late"
    assert (await client.get("/v2/models/late/ready")).json() == {"name": "late", "ready": True}
    assert (await client.get("/v2/models/late/versions/1/ready")).status_code == 200
    for path in ("late/versions/3", "late/versions/x", "late/versions/3/ready", "early", "early/ready"):
        answer = await client.get(f"/v2/models/{path}")
        assert (answer.status_code, set(answer.json())) == (404, {"error", "hint"})


@pytest.mark.parametrize("rows", [1, 2, 70])
async def test_rows_as_tensors_are_predicted_as_rows_are(client: httpx.AsyncClient, rows: int) -> None:
    answer = await client.post("/v2/models/late/infer", json={**request(rows), "id": "mine"})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["model_name"], said["model_version"], said["id"]) == ("late", "1", "mine")
    outputs = {tensor["name"]: tensor for tensor in said["outputs"]}
    assert list(outputs) == ["value", "probabilities", "id"]
    assert outputs["probabilities"]["shape"] == [rows, 2]
    assert json.loads(outputs["probabilities"]["parameters"]["classes"]) == ["no", "yes"]
    plain = [{"distance": 3.0 + i, "stops": 4, "carrier": "bus"} for i in range(rows)]
    expected = (await client.post("/models/late/predict", json=plain)).json()
    assert outputs["value"]["data"] == [e["value"] for e in expected]
    flat = [e["probabilities"][label] for e in expected for label in ("no", "yes")]
    assert outputs["probabilities"]["data"] == pytest.approx(flat, rel=1e-12)


async def test_of_too_many_rows_nothing_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v2/models/late/infer", json=request(101, distance={"data": ["far"] * 101}))
    assert (answer.status_code, answer.json()["error"]) == (413, "there are more than 100 rows")


async def test_a_version_answers_itself_and_nobody_else(client: httpx.AsyncClient) -> None:
    wanted = {**request(), "outputs": [{"name": "version"}, {"name": "route"}, {"name": "probabilities"}]}
    said = {}
    for version in ("1", "2"):
        answer = (await client.post(f"/v2/models/late/versions/{version}/infer", json=wanted)).json()
        assert answer["model_version"] == version
        outputs = {tensor["name"]: tensor["data"] for tensor in answer["outputs"]}
        assert outputs["version"] == [int(version)] * 2
        assert outputs["route"] == ["named"] * 2
        said[version] = outputs["probabilities"]
    assert said["1"] != said["2"]
    answer = await client.post("/v2/models/late/versions/7/infer", json=wanted)
    assert answer.status_code == 404
    assert "version 7 is not published" in answer.json()["error"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"distance": {"datatype": "INT8", "data": [3, 400]}}, "'distance' is of INT8, and data[1] is 400"),
        ({"distance": {"datatype": "UINT64", "data": [3, -1]}}, "'distance' is of UINT64, and data[1] is -1"),
        ({"distance": {"datatype": "FP16", "data": [3, 1e6]}}, "data[1] is 1000000.0"),
        ({"stops": {"data": [3, 4.5]}}, "'stops' is of INT64, and data[1] is 4.5"),
        ({"stops": {"data": [3, True]}}, "'stops' is of INT64, and data[1] is True"),
        ({"stops": {"datatype": "BOOL", "data": [1, 0]}}, "'stops' is of BOOL, and data[0] is 1"),
        ({"carrier": {"data": ["bus", 3]}}, "'carrier' is of BYTES, and data[1] is 3"),
        ({"carrier": {"datatype": "STRING"}}, "'carrier' has the datatype 'STRING'"),
        ({"carrier": {"datatype": None}}, "'carrier' has the datatype None"),
        ({"carrier": {"datatype": "FP64", "data": [1, 2]}}, "column 'carrier' takes text"),
        ({"distance": {"datatype": "BYTES", "data": ["a", "b"]}}, "column 'distance' takes numbers"),
        ({"distance": {"shape": [2, 2]}}, "'distance' has the shape [2, 2]"),
        ({"distance": {"shape": [-2]}}, "'distance' has the shape [-2]"),
        ({"distance": {"shape": None}}, "'distance' has the shape None"),
        ({"distance": {"shape": [3]}}, "'distance' is of 3 rows by its shape, and has 2 values"),
        ({"distance": {"shape": [3], "data": [1, 2, 3]}}, "input 'distance' has 3 rows and"),
        ({"distance": {"data": None}}, "'distance' has no data"),
        ({"distance": {"data": [[1, 2], [3, 4]]}}, "'distance' has rows of more or less than one value"),
        ({"distance": {"name": None}}, "inputs[0] has no name"),
        ({"distance": {"name": "stops"}}, "input 'stops' comes twice"),
        ({"distance": {"name": "far"}}, "lack the column distance"),
        ({"distance": {"parameters": {"binary_data_size": 16}}}, "bytes after the JSON"),
    ],
)  # fmt: skip
async def test_a_malformed_tensor_is_named(client: httpx.AsyncClient, changes: Any, told: str) -> None:
    answer = await client.post("/v2/models/late/infer", json=request(**changes))
    assert answer.status_code == 400
    assert told in answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        [], {}, {"inputs": []}, {"inputs": {}}, {"inputs": [7]}, {"inputs": [{}]}, {**request(), "id": 7},
        {**request(), "outputs": [{"name": "price"}]}, {**request(), "outputs": 7},
        {**request(), "parameters": 7}, {**request(), "outputs": ["value"]},
    ],
)  # fmt: skip
async def test_a_malformed_request_is_refused(client: httpx.AsyncClient, body: Any) -> None:
    answer = await client.post("/v2/models/late/infer", json=body)
    assert answer.status_code == 400
    assert isinstance(answer.json()["error"], str)


async def test_nested_data_and_nulls_are_understood(client: httpx.AsyncClient) -> None:
    nested = request(
        distance={"shape": [2, 1], "data": [[3], [None]]}, stops={"shape": [2, 1], "data": [1, None]}
    )
    answer = await client.post("/v2/models/late/infer", json=nested)
    assert answer.status_code == 200
    rows = [
        {"distance": 3, "stops": 1, "carrier": "bus"},
        {"distance": None, "stops": None, "carrier": "bus"},
    ]
    expected = (await client.post("/models/late/predict", json=rows)).json()
    flat = [e["probabilities"][label] for e in expected for label in ("no", "yes")]
    assert answer.json()["outputs"][1]["data"] == pytest.approx(flat, rel=1e-12)


async def test_clients_may_leave_the_content_type_out(client: httpx.AsyncClient) -> None:
    body = json.dumps(request()).encode()
    assert (await client.post("/v2/models/late/infer", content=body)).status_code == 200
    answer = await client.post("/v2/models/late/infer", content=body, headers={"content-type": "text/plain"})
    assert answer.status_code == 415


async def test_no_rows_are_no_error(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v2/models/late/infer", json=request(0))
    assert answer.status_code == 200
    assert [tensor["shape"] for tensor in answer.json()["outputs"]] == [[0], [0, 2], [0]]


def binary(**tensors: tuple[str, bytes, int]) -> tuple[bytes, dict[str, str]]:
    """A request of the binary extension: body and headers, of (datatype, bytes, rows) by column."""
    inputs = [
        {"name": n, "datatype": t, "shape": [rows], "parameters": {"binary_data_size": len(data)}}
        for n, (t, data, rows) in tensors.items()
    ]
    head = json.dumps({"inputs": inputs}).encode()
    headers = {"inference-header-content-length": str(len(head)), "content-type": "application/octet-stream"}
    return head + b"".join(data for _, data, _ in tensors.values()), headers


async def test_tensors_may_come_as_bytes(client: httpx.AsyncClient) -> None:
    texts = b"".join(struct.pack("<I", len(t)) + t for t in (b"bus", b"rail"))
    body, headers = binary(
        distance=("FP32", np.array([30, 4.5], "<f4").tobytes(), 2),
        stops=("INT16", np.array([4, 7], "<i2").tobytes(), 2),
        carrier=("BYTES", texts, 2),
    )
    answer = await client.post("/v2/models/late/infer", content=body, headers=headers)
    assert answer.status_code == 200
    rows = [ROW, {"distance": 4.5, "stops": 7, "carrier": "rail"}]
    expected = (await client.post("/models/late/predict", json=rows)).json()
    assert answer.json()["outputs"][0]["data"] == [e["value"] for e in expected]


async def test_nan_stands_for_null_where_numbers_come_as_bytes(client: httpx.AsyncClient) -> None:
    text = struct.pack("<I", 3) + b"bus"
    body, headers = binary(
        distance=("FP32", np.array([np.nan], "<f4").tobytes(), 1),
        stops=("INT8", b"\x04", 1),
        carrier=("BYTES", text, 1),
    )
    said = (await client.post("/v2/models/late/infer", content=body, headers=headers)).json()
    row = {"distance": None, "stops": 4, "carrier": "bus"}
    expected = (await client.post("/models/late/predict", json=row)).json()
    assert said["outputs"][1]["data"] == list(expected["probabilities"].values())


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b + b"x", lambda b: b[:-9] + b"\xff" * 9])
async def test_bytes_that_do_not_fit_are_refused(client: httpx.AsyncClient, spoil: Any) -> None:
    text = struct.pack("<I", 3) + b"bus"
    body, headers = binary(
        distance=("FP64", struct.pack("<d", 3.0), 1), stops=("INT8", b"\x04", 1), carrier=("BYTES", text, 1)
    )
    answer = await client.post("/v2/models/late/infer", content=spoil(body), headers=headers)
    assert answer.status_code == 400
    headers["inference-header-content-length"] = "99999"
    answer = await client.post("/v2/models/late/infer", content=body, headers=headers)
    assert answer.status_code == 400
