"""A pipeline file that collects its rows by itself: trained, checked and refused as with data in the spec."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.collecting import collected
from core.data import open_source
from core.runs import run_here
from core.spec import parse
from core.versions import train
from core.versions.rows import spec_of
from core.workspace import Workspace
from incumbent.errors import FittingError, UsageError
from incumbent.fitting.collect import columns_of
from tests.house import fitting_here

SPEC = """
name = "rides"
task = "regression"
target = "minutes"
time = "at"
partition = "month"
pipeline = "code/rides.py"
"""

CODE = """
import pathlib
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

def collect(since, until):
    asked = pathlib.Path(__file__).with_name("asked.txt")
    asked.write_text(asked.read_text() + f"{since} {until}\\n" if asked.exists() else f"{since} {until}\\n")
    random = np.random.default_rng(0)
    at = pd.date_range("2024-01-01", periods=720, freq="6h")
    kind = random.choice(["bus", "rail"], len(at))
    distance = random.normal(10, 2, len(at))
    minutes = 2 * distance + (kind == "bus") + random.normal(0, 0.1, len(at))
    rows = pd.DataFrame({"at": at, "kind": kind, "distance": distance, "minutes": minutes})
    return rows if until is None else rows[rows["at"] < until]

def build():
    columns = make_column_transformer(
        ("passthrough", ["distance"]), (OneHotEncoder(sparse_output=False), ["kind"])
    )
    return make_pipeline(columns, LinearRegression())
"""


def make(folder: Path, code: str = CODE, spec: str = SPEC) -> Workspace:
    workspace = Workspace.create(folder)
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "rides.py").write_text(code)
    with workspace.store() as store:
        store.models.apply("rides", parse(spec).document(), who="ada")
    return workspace


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, Any]]:
    workspace = make(tmp_path_factory.mktemp("collecting"))
    with fitting_here():  # what it learns from is collected in a child all the same
        return workspace, train(workspace, "rides", until="2024-03-01")


def test_collect_is_asked_for_no_more_than_is_trained_on(house: Any) -> None:
    workspace, made = house
    assert (workspace.root / "code" / "asked.txt").read_text().splitlines()[0] == "None 2024-03-01 00:00:00"
    assert (made["algorithm"], made["trained"]["rows"]) == ("native", 240)
    assert workspace.bundle(made["hash"]).lineage()["collection"]["source"] == {"collect": "code/rides.py"}


@pytest.mark.slow
def test_a_back_test_collects_once_and_measures_what_is_new(house: Any) -> None:
    workspace, _ = house
    asked = workspace.root / "code" / "asked.txt"
    before = len(asked.read_text().splitlines())
    first = run_here(workspace, "rides", "backtest", {}, why="test")
    assert first.state == "done" and first.result is not None, first.error
    assert len(asked.read_text().splitlines()) == before + 1
    listed = next(v for v in first.result["versions"] if v["version"] == 1)["partitions"]
    assert [(p["partition"], p["n"]) for p in listed][2:] == [
        ("2024-03", 124), ("2024-04", 120), ("2024-05", 124), ("2024-06", 112),
    ]  # fmt: skip
    file = next((workspace.cache / "collected").glob("*/rows.parquet"))
    written = {f: f.stat().st_mtime_ns for f in file.parent.parent.glob("*/rows.parquet")}
    with workspace.store() as store:
        collected(workspace, spec_of(store, "rides"))
    assert {f: f.stat().st_mtime_ns for f in written} == written


def test_times_with_a_zone_and_nulls_arrive(tmp_path: Path) -> None:
    code = """
import pandas as pd
def collect(since, until):
    at = pd.date_range("2024-01-01", periods=3, freq="D", tz="Europe/Vienna")
    counts = pd.array([1, None, 3], dtype="Int64")
    return pd.DataFrame({"at": at, "n": counts, "kind": ["é", None, "b"], "minutes": [1.5, None, 0.1 + 0.2]})
"""
    workspace = make(tmp_path, code)
    with workspace.store() as store:
        spec = collected(workspace, spec_of(store, "rides"), until="2024-01-05T00:00+01:00")
    source = open_source(spec, workspace.root)
    frame = source.read()
    assert source.describe().zoned
    assert str(frame["at"][0]).startswith("2023-12-31 23:00:00")
    assert frame["minutes"].tolist()[2] == 0.1 + 0.2 and np.isnan(frame["minutes"][1])
    assert frame["kind"].isna().tolist() == [False, True, False] and np.isnan(frame["n"][1])


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("def build(): ...", r"names no data, and the pipeline file rides\.py has no function `collect`"),
        (
            "def collect(since, until): return 1 / 0",
            r"(?s)collect failed: ZeroDivisionError.*line 1, in collect",
        ),
        ("def collect(since, until): return [1]", r"collect returned list, not a pandas DataFrame"),
        ("import nowhere_to_be_found", r"importing rides\.py failed: ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_collected_says_why(tmp_path: Path, code: str, complaint: str) -> None:
    workspace = make(tmp_path, code)
    with pytest.raises(FittingError, match=complaint):
        train(workspace, "rides")


def test_neither_data_nor_a_pipeline_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no data"):
        collected(Workspace.create(tmp_path), replace(parse(SPEC), pipeline=None))


def test_columns_of_several_kinds_are_named() -> None:
    with pytest.raises(FittingError, match=r"column 'b' of what collect returned: .*int, str"):
        columns_of(pd.DataFrame({"a": [1, 2], "b": pd.Series(["x", 1], dtype=object)}))
    with pytest.raises(FittingError, match="two columns of one name"):
        columns_of(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(FittingError, match="no row"):
        columns_of(pd.DataFrame({"a": []}))
