"""Rows in every form that a source may have."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.spec import DataSpec, ModelSpec


def rides(rows: int = 500, seed: int = 0) -> pd.DataFrame:
    """Rows out of order in time, with nulls, unlabelled rows, equal times and odd text."""
    rng = np.random.default_rng(seed)
    at = np.datetime64("2013-01-01", "us") + rng.integers(0, 90 * 24, rows).astype("timedelta64[h]")
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "at": at,
            "temperature": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows).round(6)),
            "carrier": rng.choice(["UA", "DL", 'Ünïted, "quoted"', None], rows),
            "wet": rng.random(rows) < 0.5,
            "late": np.where(rng.random(rows) < 0.1, np.nan, rng.integers(0, 2, rows)),
        }
    )


def write(frame: pd.DataFrame, folder: Path, form: str) -> DataSpec:
    """Write the rows in a form; returns where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    if form == "sqlite":
        with sqlite3.connect(folder / "ops.db") as connection:
            frame.assign(at=frame["at"].astype(str)).to_sql("rides", connection, index=False)
        connection.close()
        return DataSpec(url="sqlite:///ops.db", query="select * from rides order by id")
    if form == "folder":
        half = len(frame) // 2
        frame[:half].to_csv(folder / "part2.csv", index=False)
        frame[half:].to_csv(folder / "part10.csv", index=False)
        return DataSpec(path=".")
    name = f"rides.{form}"
    if form == "parquet":
        frame.to_parquet(folder / name, row_group_size=100)
    elif "jsonl" in form:
        text = frame.assign(at=frame["at"].astype(str)).to_json(orient="records", lines=True)
        opened = gzip.open if form.endswith("gz") else open
        with opened(folder / name, "wt", encoding="utf-8") as file:
            file.write(text)
    else:
        frame.to_csv(folder / name, index=False, sep="\t" if "tsv" in form else ",")
    return DataSpec(path=name)


FORMS = ["csv", "csv.gz", "tsv", "parquet", "jsonl", "jsonl.gz", "sqlite", "folder"]


def spec_of(data: DataSpec, **changes: object) -> ModelSpec:
    """A spec of the rides."""
    keys: dict[str, object] = {
        "name": "rides", "task": "classification", "target": "late", "metric": "roc_auc", "positive": 1,
        "time": "at", "partition": "month", "data": data,
    }  # fmt: skip
    return ModelSpec(**{**keys, **changes})  # type: ignore[arg-type]


@pytest.fixture
def frame() -> pd.DataFrame:
    return rides()
