"""One row, and 100,000 rows, against scikit-learn: time, ratio, peak memory.

One row goes through the predictor of a published folder, as software calls it: validated, held against an
input policy, routed by its key between champion and challenger, and logged. What that costs beyond the
algorithm itself is measured in processor time of the calling thread. Many rows go through the native
algorithm.

python -m benchmarks.bench_predict
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.results import FASTER, note
from incumbent.native.trees.engine import available, choose

ROWS = 100_000
NUMBERS = [f"number_{i}" for i in range(20)]
CATEGORIES = {"carrier": 16, "origin": 3, "destination": 100, "aircraft": 40, "weekday": 7}


def rows(count: int, seed: int = 0) -> pd.DataFrame:
    """Twenty numbers and five categories, a few of them null."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, len(NUMBERS)))
    values[rng.random(values.shape) < 0.02] = np.nan
    frame = pd.DataFrame(values, columns=NUMBERS)
    for name, levels in CATEGORIES.items():
        frame[name] = np.array([f"{name} {i}" for i in range(levels)])[rng.integers(0, levels, count)]
    return frame


def target(frame: pd.DataFrame) -> np.ndarray:
    score = frame[NUMBERS[:5]].fillna(0.0).sum(axis=1) + (frame["origin"] == "origin 1")
    return (score + np.random.default_rng(1).normal(size=len(frame)) > 0.5).to_numpy().astype(int)


def logistic() -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
            ("categories", OneHotEncoder(handle_unknown="ignore"), list(CATEGORIES)),
        ]
    )
    return make_pipeline(columns, LogisticRegression(max_iter=500))


def boosted() -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("c", ordinal, list(CATEGORIES))], remainder="passthrough")
    return make_pipeline(columns, HistGradientBoostingClassifier(max_iter=200, early_stopping=False))


def seconds(function: Callable[[], Any], repeat: int) -> float:
    """The quickest of five times that ``function`` was called ``repeat`` times, a call."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(repeat):
            function()
        best = min(best, (time.perf_counter() - start) / repeat)
    return best


def cost(function: Callable[[], Any], bare: Callable[[], Any], repeat: int = 1_000) -> tuple[float, float]:
    """Processor seconds of the calling thread for a call of each, at their best of twenty turns."""
    best = [float("inf"), float("inf")]
    for _ in range(20):
        for which, called in enumerate((function, bare)):
            start = time.thread_time()
            for _ in range(repeat):
                called()
            best[which] = min(best[which], (time.thread_time() - start) / repeat)
    return best[0], best[1]


def peak() -> float:
    """Peak memory of this process so far, MiB."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 2**20


def publish(folder: Path, schema: Any) -> Any:
    """A predictor of a site that serves the model in ``folder/model``."""
    import incumbent
    from incumbent.bundle import write_bundle
    from incumbent.production import Configuration, Link, point, stage
    from incumbent.schema import OutputSchema

    bundle = write_bundle(
        folder / "bundle",
        model="bench",
        algorithm="native",
        input=schema,
        output=OutputSchema("classification", "probabilities", (0, 1), 1),
        contents=folder / "model",
    )
    configuration = Configuration(
        "bench", "local", 1, Link(1, bundle.hash), Link(2, bundle.hash), share=0.5, key="flight_id",
        limits={"columns": {"*": {"out_of_range": "clip", "unseen": "null"}}},
    )  # fmt: skip
    point(folder / "site", stage(folder / "site", configuration, {bundle.hash: bundle.path}))
    return incumbent.open(folder / "site")


def measure(
    name: str, estimator: Any, frame: pd.DataFrame, folder: Path, asked: float, asked_compiled: float | None
) -> None:
    """``asked_compiled``: how much faster a row is to be with numba, where that makes a difference."""
    from incumbent.columns import column
    from incumbent.fitting.convert import convert
    from incumbent.native.model import NativeModel
    from incumbent.schema import InputColumn, InputSchema

    fitted = estimator.fit(frame[:20_000], target(frame[:20_000]))
    kinds = [
        InputColumn(n, "number", "float64", float(frame[n].min()), float(frame[n].max()))
        if n in NUMBERS
        else InputColumn(n, "category", "text", categories=tuple(frame[n].unique()))
        for n in frame.columns
    ]
    schema = InputSchema(tuple(kinds))
    NativeModel(schema, convert(fitted, schema)).save(folder / "model")  # type: ignore[arg-type]
    model = NativeModel.load(folder / "model", schema)
    predictor = publish(folder, schema)
    row = {k: None if v != v else v for k, v in frame.iloc[0].to_dict().items()}
    row["flight_id"] = "N7"
    one = frame.iloc[:1]

    original = seconds(lambda: fitted.predict_proba(one), 3)
    for engine, wanted in (("numpy", asked), ("numba", asked_compiled)):
        if wanted is None or (engine == "numba" and not available()):
            continue
        choose(engine)
        native = seconds(lambda: predictor.predict(row), 300)
        print(
            f"{name}, one row, {engine}: predictor {native * 1e6:.1f} µs, "
            f"scikit-learn {original * 1e3:.2f} ms, {original / native:.0f} times faster"
        )
        what = f"one row, {name}, validated and logged, {engine}"
        note(what, "scikit-learn", original / native, FASTER, wanted, peak())
    whole, bare = cost(lambda: predictor.predict(row), lambda: model.predict_row(row))
    print(
        f"{name}, one row: routed, validated, logged {whole * 1e6:.1f} µs, "
        f"the algorithm {bare * 1e6:.1f} µs: {(whole - bare) * 1e6:.1f} µs more"
    )
    note(f"one row, {name}: route, check, log", "the algorithm", (whole - bare) * 1e6, "µs more", 30)
    predictor.close()
    columns = {n: column(frame[n].to_numpy() if n in NUMBERS else frame[n].tolist()) for n in frame.columns}
    before = peak()
    native = seconds(lambda: model.predict(columns, len(frame)), 1)
    grown = peak() - before
    before = peak()
    original = seconds(lambda: fitted.predict_proba(frame), 1)
    print(
        f"{name}, {len(frame):,} rows: native {native * 1e3:.0f} ms (+{grown:.0f} MiB), "
        f"scikit-learn {original * 1e3:.0f} ms (+{peak() - before:.0f} MiB), "
        f"{original / native:.1f} times faster"
    )
    note(f"{len(frame):,} rows, {name}", "scikit-learn", original / native, FASTER)
    theirs = fitted.predict_proba(frame)[:, 1]  # of the other class scikit-learn says 1 − p, which cancels
    worst = float((np.abs(model.predict(columns, len(frame))[:, 1] - theirs) / theirs).max())
    print(f"{name}: largest difference {worst:.1e}")
    note(f"largest difference, {name}", "scikit-learn", worst, "relative", 1e-12)


def main() -> None:
    frame = rows(ROWS)
    for name, estimator, asked, asked_compiled in (
        ("logistic regression", logistic(), 150, None),
        ("200 boosted trees", boosted(), 20, 50),
    ):
        with tempfile.TemporaryDirectory() as folder:
            measure(name, estimator, frame, Path(folder), asked, asked_compiled)


if __name__ == "__main__":
    main()
