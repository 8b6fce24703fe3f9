"""Drift of a wide window, beside the pandas and scipy script that one would write, and beside Evidently.

python -m benchmarks.bench_drift [--rows N] [--columns N] [--without-evidently]

Each contestant is a process of its own, so that its peak memory is its own; both read the same Parquet files.
The values of the script and ours are compared: that is part of the benchmark. Evidently is
installed into an environment of its own in a temporary folder, on 100,000 rows; where it cannot be, that is
said.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results import AS_MUCH, FASTER, note

ROWS, EVIDENTLY_ROWS, COLUMNS = 1_000_000, 100_000, 30
ROOT = Path(__file__).resolve().parents[1]


def make(folder: Path, rows: int, columns: int) -> None:
    """Training rows and a window: numbers with some nulls, a third of categories; one in five moved."""
    import pandas as pd

    for name, seed, moved in (("training", 1, 0.0), ("window", 2, 0.2)):
        random = np.random.default_rng(seed)
        found: dict[str, Any] = {}
        for i in range(columns):
            shift = moved if i % 5 == 0 else 0.0
            if i % 3 == 2:
                codes = np.minimum(random.geometric(0.3 - shift / 2, rows), 20)
                found[f"c{i}"] = pd.Categorical.from_codes(codes - 1, [f"level {k}" for k in range(20)])
            else:
                values = random.normal(shift, 1.0, rows)
                values = np.exp(values) if i % 3 == 1 else values
                values[random.random(rows) < 0.02] = np.nan
                found[f"n{i}"] = values
        pd.DataFrame(found).to_parquet(folder / f"{name}.parquet")


def profile_of(folder: Path) -> None:
    """The training profile, as training writes it once."""
    import pyarrow.parquet as pq

    from core.data import to_columns
    from incumbent.profile import profile

    found = profile(to_columns(pq.read_table(folder / "training.parquet")))
    (folder / "profile.json").write_text(json.dumps(found))


OURS = """
import json, sys, time
import pyarrow.parquet as pq
from core.data import to_columns
from core.drift.compare import compare
folder = sys.argv[1]
known = json.load(open(folder + "/profile.json"))["columns"]
window = to_columns(pq.read_table(folder + "/window.parquet"))
compare(next(iter(known.values())), next(iter(window.values()))).statistics()   # compiled code is loaded once
began = time.perf_counter()
found = {name: compare(known[name], column).statistics() for name, column in window.items()}
seconds = time.perf_counter() - began
"""

SCRIPT = """
import json, sys, time
import numpy as np, pandas as pd
from scipy import stats
from scipy.spatial.distance import jensenshannon
folder = sys.argv[1]
training, window = (pd.read_parquet(f"{folder}/{n}.parquet") for n in ("training", "window"))
began = time.perf_counter()
found = {}
for name in training:
    a, b = training[name], window[name]
    one = {"null_share": float(b.isna().mean())}
    if a.dtype == "category":
        p, q = a.value_counts(normalize=True).align(b.value_counts(normalize=True), fill_value=0)
        one["jensen_shannon"] = float(jensenshannon(p, q, base=2))
    else:
        a, b = a.dropna().to_numpy(), b.dropna().to_numpy()
        one |= {"min": float(b.min()), "max": float(b.max()), "mean": float(b.mean())}
        one["outside"] = float(((b < a.min()) | (b > a.max())).mean())
        one["ks"] = float(stats.ks_2samp(a, b).statistic)
        one["wasserstein"] = float(stats.wasserstein_distance(a, b))
        edges = np.quantile(a, np.arange(1, 10) / 10)
        p, q = (np.bincount(np.searchsorted(edges, v), minlength=10) / len(v) for v in (a, b))
        one["psi_raw"] = float(((p - q) * np.log(p / q)).sum())
    found[name] = one
seconds = time.perf_counter() - began
"""

EVIDENTLY = """
import json, sys, time
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
folder = sys.argv[1]
training, window = (pd.read_parquet(f"{folder}/{n}.parquet") for n in ("training", "window"))
for frame in (training, window):
    for name in frame.columns[frame.dtypes == "category"]:
        frame[name] = frame[name].astype(str)
began = time.perf_counter()
Report([DataDriftPreset()]).run(window, training).dict()
seconds, found = time.perf_counter() - began, {}
"""

_END = """
import resource
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print("RESULT" + json.dumps({"seconds": seconds, "peak": peak, "found": found}))
"""


def measure(code: str, folder: Path, python: str = sys.executable) -> dict[str, Any]:
    """Run a contestant three times; the quickest."""
    found = []
    for _ in range(3):
        done = subprocess.run(
            [python, "-c", code + _END, str(folder)], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DO_NOT_TRACK": "1"},
        )  # fmt: skip
        line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
        found.append(json.loads(line.removeprefix("RESULT")))
    return min(found, key=lambda one: one["seconds"])


def differences(ours: dict[str, Any], script: dict[str, Any]) -> dict[str, float]:
    """The largest difference of each figure, over columns; Wasserstein in deviations."""
    worst: dict[str, float] = {}
    for column, figures in script.items():
        for name, value in figures.items():
            mine = ours[column][name]
            scale = ours[column]["deviation"] if name == "wasserstein" else max(1.0, abs(value))
            worst[name] = max(worst.get(name, 0.0), abs(mine - value) / scale)
    return worst


def evidently_python(folder: Path) -> str | None:
    """The interpreter of an environment that has Evidently; None where it cannot be installed."""
    target = folder / "evidently"
    venv.create(target, with_pip=True)
    python = str(target / "bin" / "python")
    installed = subprocess.run(
        [python, "-m", "pip", "install", "-q", "evidently", "pandas<3", "pyarrow"],
        capture_output=True,
        text=True,
    )
    if installed.returncode:
        print("Evidently could not be installed:", installed.stderr.strip().splitlines()[-1:])
        return None
    return python


def show(name: str, one: dict[str, Any], ours: dict[str, Any]) -> None:
    ratio = one["seconds"] / ours["seconds"]
    print(f"{name:28} {one['seconds']:8.3f} s   peak {one['peak']:6.0f} MiB   {ratio:7.1f} times ours")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--columns", type=int, default=COLUMNS)
    parser.add_argument("--without-evidently", action="store_true", help="do not install and measure it")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        contest(here, chosen.rows, chosen.columns)
        if not chosen.without_evidently:
            python = evidently_python(here)
            if python is not None:
                against_evidently(here, python, chosen.columns)


def contest(folder: Path, rows: int, columns: int) -> None:
    make(folder, rows, columns)
    began = time.perf_counter()
    profile_of(folder)
    size = (folder / "profile.json").stat().st_size / 2**20
    print(f"{rows:,} × {columns}; profile made once: {time.perf_counter() - began:.1f} s, {size:.1f} MiB")
    ours, script = measure(OURS, folder), measure(SCRIPT, folder)
    show("ours, against the profile", ours, ours)
    show("pandas and scipy", script, ours)
    judge(f"drift, {rows:,} × {columns}", "pandas and scipy", script, ours, 8)
    for name, difference in differences(ours["found"], script["found"]).items():
        print(f"  {name:16} differs by {difference:.1e} at most")


def against_evidently(folder: Path, python: str, columns: int) -> None:
    make(folder, EVIDENTLY_ROWS, columns)
    profile_of(folder)
    ours, other = measure(OURS, folder), measure(EVIDENTLY, folder, python)
    print(f"{EVIDENTLY_ROWS:,} × {columns}")
    show("ours, against the profile", ours, ours)
    show("Evidently", other, ours)
    judge(f"drift, {EVIDENTLY_ROWS:,} × {columns}", "Evidently", other, ours, 100)


def judge(what: str, against: str, other: dict[str, Any], ours: dict[str, Any], asked: float) -> None:
    note(what, against, other["seconds"] / ours["seconds"], FASTER, asked, ours["peak"])
    note(f"{what}: peak memory", against, ours["peak"] / other["peak"], AS_MUCH, 1)


if __name__ == "__main__":
    main()
