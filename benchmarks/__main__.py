"""Run the benchmarks one after the other, and end with a table: what, against what, how much was asked.

python -m benchmarks [NAME ...]        # start predict trees log history drift panel serve backtest
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import results

#: name → what it measures, quickest first
BENCHES = {
    "start": "commands, from nothing to their answer",
    "predict": "one row and many rows, against scikit-learn",
    "trees": "tree ensembles, against scikit-learn",
    "log": "the prediction log: a call, and a million rows read back",
    "history": "screens over a million measurements",
    "drift": "a million rows against a training profile, beside pandas and scipy",
    "panel": "the panel's first picture and its idling, against a bare Textual app",
    "serve": "one row a request over HTTP, against FastAPI (needs wrk and the extra `bench`)",
    "backtest": "six months of 200,000 rows, against a loop",
}


def run(name: str) -> int:
    """Run one benchmark as a process of its own; returns its exit code."""
    print(f"── {name}: {BENCHES[name]}", flush=True)
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", f"benchmarks.bench_{name}"])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    scale = 1 if sys.platform == "darwin" else 1024
    peak = usage.ru_maxrss * scale / 2**20
    print(f"── {name}: {time.perf_counter() - began:.0f} s, peak memory {peak:.0f} MiB\n", flush=True)
    return process.returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    names = parser.parse_args().names or list(BENCHES)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled once
    for name in names:
        if name not in BENCHES:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(BENCHES)}")
    with tempfile.TemporaryDirectory() as folder:
        noted = Path(folder) / "results.jsonl"
        noted.touch()
        os.environ[results.FILE] = str(noted)
        ended = {name: run(name) for name in names}
        print(results.table(results.noted(noted)))
    skipped = [name for name, code in ended.items() if code == results.NOT_MEASURED]
    failed = [name for name, code in ended.items() if code and name not in skipped]
    for what, listed in (("not measured", skipped), ("failed", failed)):
        if listed:
            print(f"{what}: {', '.join(listed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
