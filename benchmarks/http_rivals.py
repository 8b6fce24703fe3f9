"""A scikit-learn pipeline behind FastAPI, as it is usually done: what the service is compared with.

Two applications for uvicorn: ``plain`` predicts each row by itself in FastAPI's threads, ``batching``
collects the rows of a few milliseconds. The fitted pipeline is read from the file that ``BENCH_PIPELINE``
names.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import joblib
import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel, create_model

from benchmarks.bench_predict import CATEGORIES, NUMBERS

#: Of the one that batches: rows that go together at most, and seconds that the first of them waits.
MOST, WAIT = 64, 0.002

_pipeline = joblib.load(os.environ["BENCH_PIPELINE"])
Row: type[BaseModel] = create_model(  # type: ignore[call-overload]
    "Row", **dict.fromkeys(NUMBERS, (float | None, ...)), **dict.fromkeys(CATEGORIES, (str | None, ...))
)


class Prediction(BaseModel):
    value: int
    probabilities: dict[str, float]


def _answers(rows: list[dict[str, Any]]) -> list[Prediction]:
    scores = _pipeline.predict_proba(pd.DataFrame(rows).astype(dict.fromkeys(NUMBERS, float)))
    return [Prediction(value=int(s[1] > s[0]), probabilities={"0": s[0], "1": s[1]}) for s in scores.tolist()]


plain = FastAPI()


@plain.post("/predict")
def predict(row: Row) -> Prediction:  # type: ignore[valid-type]
    return _answers([row.model_dump()])[0]  # type: ignore[attr-defined]


batching = FastAPI()
_waiting: list[tuple[dict[str, Any], asyncio.Future[Prediction]]] = []
_full = asyncio.Event()
_tasks: set[asyncio.Task[None]] = set()


@batching.post("/predict")
async def predict_together(row: Row) -> Prediction:  # type: ignore[valid-type]
    answer: asyncio.Future[Prediction] = asyncio.get_running_loop().create_future()
    _waiting.append((row.model_dump(), answer))  # type: ignore[attr-defined]
    if len(_waiting) >= MOST:
        _full.set()
    if not _tasks:
        task = asyncio.create_task(_drain())
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
    return await answer


async def _drain() -> None:
    while _waiting:
        _full.clear()
        if len(_waiting) < MOST:
            try:
                await asyncio.wait_for(_full.wait(), WAIT)
            except TimeoutError:
                pass
        batch, _waiting[:] = _waiting[:MOST], _waiting[MOST:]
        found = await asyncio.to_thread(_answers, [row for row, _ in batch])
        for (_, answer), said in zip(batch, found, strict=True):
            answer.set_result(said)
