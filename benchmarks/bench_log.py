"""What the prediction log costs: a call of ``write``, a million rows read back.

python -m benchmarks.bench_log [--rows N]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from incumbent.log import Log, Settings

COLUMNS = 25


def rows(count: int) -> list[dict[str, Any]]:
    """Rows of numbers and a few categories."""
    names = [f"column_{n}" for n in range(COLUMNS)]
    return [
        {name: ("UA", "DL", "AA")[(at + n) % 3] if n % 5 == 0 else at * 0.37 + n for n, name in enumerate(names)}
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
            write(f"{tag}-{block:x}-{n:x}", 1_700_000_000_000_000_000, "F7", row, 1, scores, 3, "champion", None, 2e-5)
        took.append((clock() - began) * 1e4)
        time.sleep(0.002)  # as a service does: not every moment is a prediction
    return statistics.median(took)


def writing(folder: Path) -> None:
    given = rows(100)
    with Log.open(folder / "calls", Settings(), list(given[0])) as log:
        call(log, given, 2_000, "warm")
        print(f"write, {COLUMNS} columns                        {call(log, given, 40_000, 'one'):8.2f} µs a call")
        log.flush(60)
        print(f"dropped                                  {log.status().dropped:8d}")
    with Log.open(folder / "busy", Settings(), list(given[0])) as log:
        began, count = time.perf_counter(), 50_000
        for at in range(count):
            row = given[at % 100]
            log.write(f"b-{at:x}", 1_700_000_000_000_000_000 + at, None, row, 1, None, 3, "champion", None, 2e-5)
        given_up = time.perf_counter() - began
        log.flush(120)
        took = time.perf_counter() - began
        print(f"one thread writing without a pause       {given_up / count * 1e6:8.2f} µs a call")
        print(f"until all of it is in the file           {count / took:8.0f} rows/s, {log.status().dropped} dropped")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        writing(Path(folder))
    assert threading.active_count() == 1, "a log that was closed has no thread"


if __name__ == "__main__":
    main()
