"""What the prediction log costs: a call of ``write``, a million rows read back.

python -m benchmarks.bench_log [--rows N]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import resource
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.results import note
from incumbent.log import Log, Settings

COLUMNS = 25


def rows(count: int) -> list[dict[str, Any]]:
    """Rows of numbers and a few categories."""
    names = [f"column_{n}" for n in range(COLUMNS)]
    return [
        {
            name: ("UA", "DL", "AA")[(at + n) % 3] if n % 5 == 0 else at * 0.37 + n
            for n, name in enumerate(names)
        }
        for at in range(count)
    ]


def call(log: Log, given: list[dict[str, Any]], count: int, tag: str) -> float:
    """Microseconds of one call, as the median of blocks of a hundred."""
    scores, took = [0.25, 0.75], []
    clock, write = time.perf_counter, log.write
    for block in range(count // 100):
        row = given[block % len(given)]
        began = clock()
        for n in range(100):
            write(
                f"{tag}-{block:x}-{n:x}",
                1_700_000_000_000_000_000,
                "F7",
                row,
                1,
                scores,
                3,
                "champion",
                None,
                2e-5,
            )
        took.append((clock() - began) * 1e4)
        time.sleep(0.002)  # as a service does: not every moment is a prediction
    return statistics.median(took)


def writing(folder: Path) -> None:
    given = rows(100)
    with Log.open(folder / "calls", Settings(), list(given[0])) as log:
        call(log, given, 2_000, "warm")
        took = call(log, given, 40_000, "one")
        note("a call of the log's write, 25 columns", "", took, "µs")
        print(f"{f'write, {COLUMNS} columns':42}{took:8.2f} µs a call")
        log.flush(60)
        assert log.status().dropped == 0
    with Log.open(folder / "busy", Settings(), list(given[0])) as log:
        began, count = time.perf_counter(), 50_000
        for at in range(count):
            row = given[at % 100]
            log.write(
                f"b-{at:x}", 1_700_000_000_000_000_000 + at, None, row, 1, None, 3, "champion", None, 2e-5
            )
        given_up = time.perf_counter() - began
        log.flush(120)
        took = time.perf_counter() - began
        print(f"{'one thread writing without a pause':42}{given_up / count * 1e6:8.2f} µs a call")
        print(f"{'until all of it is in the file':42}{took / count * 1e6:8.2f} µs a row")


def reading(folder: Path, count: int) -> None:
    """A day of a busy model: read as it was written, brought home, and read again."""
    from core.traffic import Traffic
    from core.traffic.places import places
    from core.traffic.rolling import roll
    from core.workspace import Workspace

    with Workspace.create(folder).store() as store:
        workspace = Workspace(folder)
        spec = {
            "name": "late",
            "task": "classification",
            "target": "late",
            "metric": "log_loss",
            "data": "x.csv",
        }
        store.models.apply("late", spec, who="bench")
        (here,) = places(workspace, store, "late", "local")
        here.away.parent.mkdir(parents=True)  # as publishing does: the log makes no folder but its own
        fill(here.away, count)
        traffic = Traffic.open(workspace, store, "late")
        if count <= 200_000:
            timed(f"{count:,} rows out of SQLite", lambda: read(traffic), count)
        timed(f"{count:,} rows brought home", lambda: roll(here, everything=True), count)
        took = [
            timed(f"{count:,} rows out of Parquet, all columns", lambda: read(traffic), count)
            for _ in range(3)
        ]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        note(f"{count:,} logged rows read back", "", statistics.median(took), "s", 0.6, peak)
        timed("the same, no inputs", lambda: read(traffic, []), count)
        size = sum(path.stat().st_size for path in here.home.iterdir())
        print(f"{'bytes a row':42}{size / count:8.0f}")
    as_json(folder / "json.db", count // 10)


def fill(folder: Path, count: int) -> None:
    """Predictions in batches, no two rows the same, one in ten with its outcome."""
    block, draw = 50_000, random.Random(1).random
    names = list(rows(1)[0])
    with Log.open(folder, Settings(), names) as log:
        for start in range(0, count, block):
            ids = [f"{start + n:x}" for n in range(block)]
            columns = {name: _values(position, draw, block) for position, name in enumerate(names)}
            scores, routes = [(p, 1 - p) for p in (draw() for _ in ids)], ["champion"] * block
            now = time.time_ns()
            log.write_many(ids, now, ids, columns, [1] * block, scores, [3] * block, routes, None, 2e-5)
            assert log.flush(60), log.status()
            for name in ids[::10]:
                log.outcome(name, 1)
            assert log.flush(60), log.status()
        assert log.status().dropped == 0


def _values(position: int, draw: Callable[[], float], count: int) -> list[Any]:
    """Values as :func:`rows` has them, drawn."""
    if position % 5 == 0:
        return [("UA", "DL", "AA")[int(3 * draw())] for _ in range(count)]
    return [1000 * draw() for _ in range(count)]


def read(traffic: Any, columns: list[str] | None = None) -> int:
    return sum(len(batch.meta) for batch in traffic.read(columns=columns))


def timed(what: str, act: Callable[[], Any], count: int) -> float:
    began = time.perf_counter()
    act()
    took = time.perf_counter() - began
    print(f"{what:42}{took:8.2f} s  {took / count * 1e6:6.2f} µs a row")
    return took


def as_json(path: Path, count: int) -> None:
    """What it would be with inputs as JSON in one column, and a data frame made of it."""
    import pandas as pd

    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE log (id TEXT, inputs TEXT)")
        given = [json.dumps(row) for row in rows(1000)]
        connection.executemany(
            "INSERT INTO log VALUES (?, ?)", ((f"{n:x}", given[n % 1000]) for n in range(count))
        )
        found = lambda: pd.DataFrame([json.loads(r[0]) for r in connection.execute("SELECT inputs FROM log")])  # noqa: E731
        timed(f"{count:,} rows as JSON out of SQLite", found, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="a multiple of 50,000")
    count = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        writing(Path(folder))
        assert threading.active_count() == 1, "a log that was closed has no thread"
        reading(Path(folder) / "workspace", count)


if __name__ == "__main__":
    main()
