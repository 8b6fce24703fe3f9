"""MLflow's forms of rows, and CSV."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.incumbent.sites import ROW

ROWS: list[dict[str, Any]] = [
    ROW,
    {"distance": 4.5, "stops": None, "carrier": "rail"},
    {**ROW, "distance": 88.0},
]
NAMES = list(ROW)


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": NAMES, "index": [0, 1, 2], "data": [list(r.values()) for r in ROWS]}},
        {"dataframe_records": ROWS},
        {"instances": ROWS},
        {"instances": [list(r.values()) for r in ROWS]},
        {"inputs": {n: [r[n] for r in ROWS] for n in NAMES}},
        {"inputs": {n: [[r[n]] for r in ROWS] for n in NAMES}},
        {"inputs": ROWS, "params": {}},
    ],
)
@pytest.mark.parametrize("path", ["/invocations", "/models/late/invocations"])
async def test_every_form_gives_the_same_values(client: httpx.AsyncClient, body: Any, path: str) -> None:
    expected = [said["value"] for said in (await client.post("/models/late/predict", json=ROWS)).json()]
    answer = await client.post(path, json=body)
    assert answer.status_code == 200
    assert answer.json() == {"predictions": expected}


async def test_csv_gives_the_same_values(client: httpx.AsyncClient) -> None:
    expected = [said["value"] for said in (await client.post("/models/late/predict", json=ROWS)).json()]
    lines = [",".join(NAMES), *(",".join("" if v is None else str(v) for v in r.values()) for r in ROWS)]
    for end in ("\n", "\r\n"):
        body = "\ufeff" + end.join(lines) + end
        answer = await client.post(
            "/invocations", content=body.encode(), headers={"content-type": "text/csv"}
        )
        assert answer.json() == {"predictions": expected}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "no rows"),
        ([], "no object"),
        ({"instances": ROWS, "inputs": ROWS}, "instances and inputs"),
        ({"dataframe_split": {"columns": NAMES, "data": [[1, 2]]}}, "row 0 has 2 values for 3 columns"),
        ({"dataframe_split": {"columns": ["a", "a"], "data": []}}, "a name twice"),
        ({"dataframe_split": {"columns": "a", "data": []}}, "each a list"),
        ({"dataframe_split": {"columns": [1], "data": []}}, "a list of names"),
        ({"dataframe_records": {"a": 1}}, "list of rows"),
        ({"dataframe_records": [{"distance": 1}]}, "lacks the columns stops, carrier"),
        ({"inputs": {"distance": [1, 2], "stops": [1]}}, "different lengths"),
        ({"inputs": {}}, "no columns"),
        ({"inputs": 7}, "list of rows"),
        ({"instances": [7]}, "row 0 has 1 value for 3 columns"),
    ],
)
async def test_a_malformed_request_is_refused_as_mlflow_does(
    client: httpx.AsyncClient, body: Any, told: str
) -> None:
    answer = await client.post("/invocations", json=body)
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "BAD_REQUEST"
    assert told in answer.json()["message"]


@pytest.mark.parametrize(
    "form",
    [
        {"dataframe_split": {"columns": NAMES, "data": [[1, 2, "bus"]] * 100 + [[]]}},
        {"dataframe_records": [ROW] * 100 + [{}]},
        {"instances": [[1, 2, "bus"]] * 100 + [[]]},
        {"inputs": {"distance": [1] * 101, "stops": [1], "carrier": ["bus"]}},
        b"distance,stops,carrier\n" + b"1,2,bus\n\n" * 100 + b"1\n" + b'"',
    ],
)
async def test_of_too_many_rows_nothing_is_made(client: httpx.AsyncClient, form: Any) -> None:
    """They are counted first: a row of two bytes would take hundreds of them."""
    if isinstance(form, bytes):
        answer = await client.post("/invocations", content=form, headers={"content-type": "text/csv"})
    else:
        answer = await client.post("/invocations", json=form)
    assert (answer.status_code, answer.json()["error"]) == (413, "there are more than 100 rows")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "no header"),
        (b"distance,stops\n1\n", "row 0 has 1 value for 2 columns"),
        (b"distance,distance\n1,2\n", "a name twice"),
        (b"distance,stops,carrier\nfar,1,bus\n", "'distance' takes a number, not the text 'far'"),
        (b'distance,stops,carrier\n1,1,"bus\n', "not CSV"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
async def test_malformed_csv_is_refused(client: httpx.AsyncClient, body: bytes, told: str) -> None:
    answer = await client.post("/invocations", content=body, headers={"content-type": "text/csv"})
    assert answer.status_code == 400
    assert told in answer.json()["message"]
