"""Trees against scikit-learn: many rows with each engine, one row, peak memory.

Run it with ``python -m benchmarks.bench_trees [rows]``. Ratios in one run, all on one thread.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from threadpoolctl import threadpool_limits

from benchmarks.results import FASTER, note
from incumbent.fitting.convert import convert
from incumbent.native.model import NativeModel
from incumbent.native.trees import choose
from incumbent.schema import InputColumn, InputSchema

WIDTH = 25


def data(rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, WIDTH))
    noise = rng.normal(size=rows)
    return x, (x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + 0.2 * x[:, 3:].sum(axis=1) + noise > 0).astype(int)


def seconds(question: Callable[[], Any], times: int = 3) -> float:
    """The median of a few answers, after one that warms up."""
    question()
    found = []
    for _ in range(times):
        start = time.process_time()  # on one thread; not disturbed by what else the machine does
        question()
        found.append(time.process_time() - start)
    return statistics.median(found)


def report(name: str, estimator: Any, x: np.ndarray) -> None:
    names = [f"x{i}" for i in range(WIDTH)]
    schema = InputSchema(tuple(InputColumn(n, "number", "float64") for n in names), "array")
    start = time.perf_counter()
    model = NativeModel(schema, convert(estimator, schema))  # type: ignore[arg-type]
    print(f"\n{name}: converted in {time.perf_counter() - start:.2f} s")
    columns = {n: np.ascontiguousarray(x[:, i]) for i, n in enumerate(names)}
    with threadpool_limits(1):
        original = seconds(lambda: estimator.predict_proba(x))
        single = seconds(lambda: estimator.predict_proba(x[:1]))
    print(f"  scikit-learn, one thread      {original:8.3f} s   one row {single * 1e3:8.3f} ms")
    row = {n: float(x[0, i]) for i, n in enumerate(names)}
    for engine in ("numpy", "numba"):
        choose(engine)
        took = seconds(lambda: model.predict(columns, len(x)))
        one = seconds(lambda: model.predict_row(row), 200)
        print(
            f"  {engine:24}      {took:8.3f} s   {original / took:5.1f} times faster"
            f"   one row {one * 1e3:8.3f} ms  {single / one:5.0f} times faster"
        )
        note(f"{len(x):,} rows, {name}, {engine}", "scikit-learn, one thread", original / took, FASTER)
        note(f"one row, {name}, {engine}", "scikit-learn, one thread", single / one, FASTER)
    largest = np.abs(model.predict(columns, len(x)) - estimator.predict_proba(x)).max()
    print(f"  largest difference {largest:.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=100_000)
    x, y = data(parser.parse_args().rows)
    fitted = min(20_000, len(x))
    warnings.simplefilter("ignore")
    for name, estimator in (
        ("200 histogram-boosted trees", HistGradientBoostingClassifier(max_iter=200, early_stopping=False)),
        ("200 boosted trees of depth 3", GradientBoostingClassifier(n_estimators=200, subsample=0.2)),
        ("forest of 200", RandomForestClassifier(200, min_samples_leaf=5)),
    ):
        report(name, estimator.fit(x[:fitted], y[:fitted]), x)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
