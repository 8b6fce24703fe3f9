"""History and overview with 50 models and a million measurements.

Run it with ``python benchmarks/bench_history.py [rows]``. Each line: the question, the median of ten
answers in milliseconds, and the limit that the screens need.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.results import note
from store import Store
from store.clock import shift
from store.records import Measurement

MODELS, METRICS, VERSIONS, PARTITIONS = 50, ("roc_auc", "log_loss", "brier", "accuracy"), 4, 24
START = "2024-01-01T02:00:00.000Z"


def fill(store: Store, rows: int) -> int:
    """A now-test a night and a back-test a week for each model, until there are so many measurements."""
    names = [f"model-{i:02d}" for i in range(MODELS)]
    for name in names:
        store.models.apply(name, {"metric": METRICS[0]}, who="bench")
        for number in range(1, VERSIONS + 1):
            store.versions.add(name, f"{name}-{number}", "native", "trained")
        store.production.add(name, champion=VERSIONS, who="bench", why="bench")
        store.requirements.set(name, METRICS[0], min=0.6, who="bench")
    written = night = 0
    while written < rows:
        when = shift(START, night * 86400)
        for name in names:
            written += _run(store, name, "nowtest", when, [None])
            if night % 7 == 0:
                written += _run(store, name, "backtest", when, [f"2023-{p:02d}" for p in range(PARTITIONS)])
        night += 1
    return written


def _run(store: Store, model: str, check: str, when: str, partitions: list[str | None]) -> int:
    with store.transaction():
        run = store.runs.enqueue(model, check, why="bench", who="bench", as_of=when, now=when)
        store.runs.claim(1, run.id, now=when)
        found = list(_measurements(model, check, when, partitions))
        store.runs.conclude(run.id, "pass", "", {"padding": "x" * 2000}, found, now=when)
    return len(found)


def _measurements(model: str, check: str, when: str, partitions: list[str | None]) -> Iterator[Measurement]:
    for partition in partitions:
        for version in range(1, VERSIONS + 1):
            for metric in METRICS:
                for segment in (None, "carrier=UA"):
                    yield Measurement(
                        0, model, version, check, partition, segment, when, when, metric, 0.7, 0.68, 0.72,
                        1000, "no", "pass", None, when, when,
                    )  # fmt: skip


def timed(question: Callable[[], Any]) -> float:
    """The median of ten answers, in milliseconds."""
    times = []
    for _ in range(10):
        start = time.perf_counter()
        question()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "store.db", create=True) as store:
        start = time.perf_counter()
        written = fill(store, rows)
        seconds = time.perf_counter() - start
        size = store.path.stat().st_size / 2**20
        print(f"{written:,} measurements in {seconds:.0f} s ({written / seconds:,.0f}/s), {size:.0f} MiB")
        report(store)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def report(store: Store) -> None:
    """Ask what the screens ask."""
    name, metric = "model-25", METRICS[0]
    history = store.measurements.history
    far = store.measurements.history(name, limit=5000).after
    questions: list[tuple[str, float, Callable[[], Any]]] = [
        ("overview of all models", 30, store.overview),
        ("history of a model", 50, lambda: history(name)),
        ("… 5,000 rows further", 50, lambda: history(name, after=far)),
        ("… of a check", 50, lambda: history(name, check="nowtest")),
        ("… of a metric", 50, lambda: history(name, metric=metric)),
        ("… of a version", 50, lambda: history(name, version=2)),
        (
            "… of a check, metric, version",
            50,
            lambda: history(name, check="backtest", metric=metric, version=3),
        ),
        ("… of a partition", 50, lambda: history(name, partition="2023-05")),
        ("… of a segment that is nowhere", 50, lambda: history(name, segment="carrier=ZZ")),
        ("series of 30 nights", 5, lambda: store.measurements.series(name, "nowtest", metric, VERSIONS)),
        ("series of 1,000 nights", 50, lambda: store.measurements.series(name, "nowtest", metric, 4, 1000)),
        ("page of runs", 50, store.runs.page),
        ("page of runs of a model", 50, lambda: store.runs.page(name)),
        ("last run of each check", 5, lambda: store.runs.last_per_check(name)),
        ("data version", 0.1, store.data_version),
        ("open and close", 10, lambda: Store.open(store.path).close()),
    ]
    slowest = 0.0
    for label, limit, question in questions:
        took = timed(question)
        slowest = max(slowest, took if "history" in label or label.startswith("…") else 0.0)
        if question == store.overview:
            note("overview of 50 models, a million measurements", "", took, "ms")
        print(f"{label:34} {took:9.3f} ms   (limit {limit:g} ms){'' if took <= limit else '   TOO SLOW'}")
    note("slowest page of history, a million measurements", "", slowest, "ms", 50)


if __name__ == "__main__":
    main()
