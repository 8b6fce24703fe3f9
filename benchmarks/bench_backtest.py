"""A back-test of four versions over months of 200,000 rows, beside the loop that one would write instead.

python -m benchmarks.bench_backtest [MONTHS] [ROWS]

The loop reads each month with pandas, predicts with each fitted scikit-learn pipeline and computes three of
the metrics; Incumbent measures all of its own, with intervals. Whole processes are timed: start-up is in it.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.bench_predict import CATEGORIES, NUMBERS, rows, target

PIPELINE = f"""
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

NUMBERS = {NUMBERS!r}
CATEGORIES = {list(CATEGORIES)!r}
PARAMS = {{"kind": "linear", "C": 1.0, "trees": 100}}

def build(kind, C, trees):
    if kind == "linear":
        columns = make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
            (OneHotEncoder(handle_unknown="ignore"), CATEGORIES),
        )
        return make_pipeline(columns, LogisticRegression(C=C, max_iter=500))
    columns = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), CATEGORIES),
        ("passthrough", NUMBERS),
    )
    return make_pipeline(columns, HistGradientBoostingClassifier(max_iter=trees, early_stopping=False))
"""

SPEC = """
name = "bench"
task = "classification"
target = "late"
positive = 1
time = "at"
partition = "month"
data = "data/*.parquet"
metric = "roc_auc"
pipeline = "pipeline.py"
"""

VERSIONS = (
    {"kind": "linear", "C": 1.0},
    {"kind": "linear", "C": 0.01},
    {"kind": "boosted", "trees": 100},
    {"kind": "boosted", "trees": 200},
)

LOOP = """
import glob, pickle
import pandas as pd
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
with open("fitted.pickle", "rb") as file:
    models = pickle.load(file)
for path in sorted(glob.glob("data/*.parquet"))[1:]:
    month = pd.read_parquet(path)
    for model in models:
        p = model.predict_proba(month)[:, 1]
        roc_auc_score(month.late, p), log_loss(month.late, p), brier_score_loss(month.late, p)
"""


def make(folder: Path, months: int, size: int) -> None:
    """Parquet files of a month each, a workspace, four versions trained on part of the first month."""
    import pickle

    import numpy as np
    import pandas as pd
    from sklearn.base import clone

    from core import models
    from core.versions import train
    from core.workspace import Workspace

    (folder / "data").mkdir()
    for month in range(months + 1):
        first = np.datetime64("2013-01", "M") + month
        seconds = int((np.datetime64(first + 1, "s") - np.datetime64(first, "s")).astype(int))
        count = 20_000 if month == 0 else size
        frame = rows(count, seed=month)
        frame["late"] = target(frame)
        moments = np.sort(np.random.default_rng(month).integers(0, seconds, count))
        frame.insert(0, "at", (np.datetime64(first, "s") + moments).astype("datetime64[us]"))
        frame.to_parquet(folder / "data" / f"{first}.parquet", index=False)
    (folder / "pipeline.py").write_text(PIPELINE)
    (folder / "bench.toml").write_text(SPEC)
    workspace = Workspace.create(folder)
    models.apply(workspace, folder / "bench.toml")
    for parameters in VERSIONS:
        train(workspace, "bench", parameters=parameters, until="2013-02-01")
    namespace: dict[str, Any] = {}
    exec(PIPELINE, namespace)
    learned = pd.read_parquet(folder / "data" / "2013-01.parquet")
    fitted = []
    for parameters in VERSIONS:
        model = clone(namespace["build"](**{**namespace["PARAMS"], **parameters}))
        fitted.append(model.fit(learned[[*NUMBERS, *CATEGORIES]], learned.late))
    (folder / "fitted.pickle").write_bytes(pickle.dumps(fitted))


def timed(what: str, command: list[str], folder: Path, against: float | None = None) -> float:
    """Run a whole process; print its time, the ratio and the largest process's memory."""
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{what} failed")
    ratio = "" if against is None else f"  {against / seconds:6.1f} times faster than the loop"
    print(f"{what:<44}{seconds:8.2f} s {usage.ru_maxrss / 1024:7.0f} MiB{ratio}")
    return seconds


def main(months: int = 6, size: int = 200_000) -> None:
    """Print times, ratios and peak memory."""
    folder = Path(tempfile.mkdtemp(prefix="bench-backtest-"))
    try:
        print(f"{months} months of {size:,} rows, {len(NUMBERS) + len(CATEGORIES)} columns, 4 versions")
        make(folder, months, size)
        incumbent = [str(Path(sys.executable).with_name("incumbent")), "check", "backtest", "bench", "--json"]
        loop = timed("pandas and scikit-learn, a loop", [sys.executable, "-W", "ignore", "-c", LOOP], folder)
        timed("incumbent, cold", incumbent, folder, loop)
        timed("incumbent, nothing new", incumbent, folder, loop)
        newest = sorted((folder / "data").glob("*.parquet"))[-1]
        replace_month(newest)
        timed("incumbent, one month new", incumbent, folder, loop)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"(this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB)")


def replace_month(path: Path) -> None:
    """Change one value of a month's file."""
    import pandas as pd

    frame = pd.read_parquet(path)
    frame.loc[0, NUMBERS[0]] = 0.5
    frame.to_parquet(path, index=False)


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
