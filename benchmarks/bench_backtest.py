"""A back-test of four versions over months of 200,000 rows, beside the loop that one would write instead.

python -m benchmarks.bench_backtest [MONTHS] [ROWS]

The loop reads each month with pandas, predicts with each fitted scikit-learn pipeline and computes three of
the metrics; Incumbent measures all of its own, with intervals. Whole processes are timed: start-up is in it.
Then the same over 12 and over 60 months of 20,000 rows: whether memory stays flat, and what one new month of
60 costs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench_predict import CATEGORIES, NUMBERS, rows, target
from benchmarks.results import AS_MUCH, FASTER, note

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

#: Starts a command and says how long it took, what it used and how large its largest process was. Small, and
#: started without ``site``: a child's peak memory begins with what it shares with the process that forks it.
LAUNCHER = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
seconds = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


def make(folder: Path, months: int, size: int) -> None:
    """Parquet files of a month each, a workspace, four versions trained on part of the first month."""
    import pickle

    import pandas as pd
    from sklearn.base import clone

    from core import models
    from core.versions import train
    from core.workspace import Workspace

    (folder / "data").mkdir(parents=True)
    write_month(folder, 0, 20_000)
    add_months(folder, range(1, months + 1), size)
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
    os.sync()  # what is still to be written would disturb whoever runs next


def add_months(folder: Path, months: Iterable[int], size: int) -> None:
    """Files of further months."""
    for month in months:
        write_month(folder, month, size)


def write_month(folder: Path, month: int, count: int) -> None:
    """One month's file, in order of time."""
    import numpy as np

    first = np.datetime64("2013-01", "M") + month
    seconds = int((np.datetime64(first + 1, "s") - np.datetime64(first, "s")).astype(int))
    frame = rows(count, seed=month)
    frame["late"] = target(frame)
    moments = np.sort(np.random.default_rng(month).integers(0, seconds, count))
    frame.insert(0, "at", (np.datetime64(first, "s") + moments).astype("datetime64[us]"))
    frame.to_parquet(folder / "data" / f"{first}.parquet", index=False)


@dataclass(frozen=True)
class Took:
    """What a whole process took: seconds on the clock, of the processor, and peak memory in MiB."""

    clock: float
    processor: float
    peak: float


def timed(what: str, command: list[str], folder: Path, against: Took | None = None) -> Took:
    """Run a whole process; print what it took, and the ratio of the clock's and of the processor's time."""
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    launched = subprocess.run(
        [sys.executable, "-I", "-S", "-c", LAUNCHER, *command],
        cwd=folder, env=environment, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    code, clock, processor, peak = json.loads(launched.stdout)
    if code:
        raise SystemExit(f"{what} failed")
    took = Took(clock, processor, peak / (2**20 if sys.platform == "darwin" else 2**10))
    ratio = ""
    if against is not None:
        ratio = (
            f"  {against.clock / clock:6.1f} times faster ({against.processor / processor:.1f} by processor)"
        )
    print(f"{what:<32}{clock:8.2f} s {processor:8.2f} s {took.peak:6.0f} MiB{ratio}", flush=True)
    return took


INCUMBENT = [str(Path(sys.executable).with_name("incumbent")), "check", "backtest", "bench", "--json"]


def runs_of(folder: Path, what: str, loop: Took, cold: float | None, new: float | None) -> Took:
    """A first run, some with nothing new, one with one month new; ``cold`` and ``new`` are what is asked."""
    first = timed("incumbent, cold", INCUMBENT, folder, loop)
    again = min(
        (timed("incumbent, nothing new", INCUMBENT, folder, loop) for _ in range(3)),
        key=lambda took: took.clock,
    )
    replace_month(sorted((folder / "data").glob("*.parquet"))[-1])
    month = timed("incumbent, one month new", INCUMBENT, folder, loop)
    for which, took, asked in (
        ("cold", first, cold),
        ("nothing new", again, 100),
        ("one month new", month, new),
    ):
        note(f"back-test, {what}, {which}", "the loop", loop.clock / took.clock, FASTER, asked, took.peak)
    return first


def main(months: int = 6, size: int = 200_000) -> None:
    """Print times, ratios and peak memory."""
    root = Path(tempfile.mkdtemp(prefix="bench-backtest-"))
    try:
        print(f"{months} months of {size:,} rows, {len(NUMBERS) + len(CATEGORIES)} columns, 4 versions")
        make(root / "large", months, size)
        command = [sys.executable, "-W", "ignore", "-c", LOOP]
        loop = timed("pandas and scikit-learn, a loop", command, root / "large")
        large = runs_of(root / "large", f"{months} × {size:,} rows", loop, 5, None)
        note("back-test, cold: peak memory", "the loop", large.peak / loop.peak, AS_MUCH, 1, large.peak)
        shutil.rmtree(root / "large")
        print("12 months of 20,000 rows")
        make(root / "year", 12, 20_000)
        shutil.copytree(root / "year", root / "years")
        year = timed("incumbent, cold", INCUMBENT, root / "year")
        print("60 months of 20,000 rows, the loop's time by rows")
        add_months(root / "years", range(13, 61), 20_000)
        share = 60 * 20_000 / (months * size)
        by_rows = Took(loop.clock * share, loop.processor * share, loop.peak)
        years = runs_of(root / "years", "60 × 20,000 rows", by_rows, None, 20)
        note(
            "back-test, 60 months: peak memory", "12 months", years.peak / year.peak, AS_MUCH, 1.2, years.peak
        )
    finally:
        shutil.rmtree(root, ignore_errors=True)


def replace_month(path: Path) -> None:
    """Change one value of a month's file."""
    import pandas as pd

    frame = pd.read_parquet(path)
    frame.loc[0, NUMBERS[0]] = 0.5
    frame.to_parquet(path, index=False)


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
