"""A process that writes a log: `python -m tests.incumbent.log_process FOLDER NAME COUNT THREADS`.

It prints each id once it has been handed to the log; COUNT 0 goes on until it is killed.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
from pathlib import Path

from incumbent.log import Log

ROW = {"distance": 12.5, "carrier": "bus"}


def write(log: Log, name: str, count: int) -> None:
    """Write predictions, a few milliseconds apart where there is no end to them."""
    for at in range(count) if count else itertools.count():
        log.write(f"{name}-{at}", time.time_ns(), name, ROW, "yes", [0.4, 0.6], 1, "champion", None, 1e-5)
        if not count:
            os.write(1, f"{time.time()} {name}-{at}\n".encode())
            time.sleep(0.002)


def main(folder: str, name: str, count: str, threads: str) -> None:
    log = Log.open(Path(folder), {}, ["distance", "carrier"])
    workers = [
        threading.Thread(target=write, args=(log, f"{name}.{n}", int(count))) for n in range(int(threads))
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # no flush, no close: a process that ends leaves what it wrote


if __name__ == "__main__":
    main(*sys.argv[1:])
