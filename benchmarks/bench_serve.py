"""One row a request over HTTP: the service against the same scikit-learn pipeline behind FastAPI, in one run.

64 connections of wrk, twenty numbers and five categories a row. Every server has the same number of worker
processes. At half of the load the service is then asked for its latencies, by turns with a server that does
nothing: what that one has too is the machine's. Half is both: half of the connections, each of which asks
again at once; and half of the requests a second, each after a pause of random length, of which wrk begins
those of one millisecond together.

python -m benchmarks.bench_serve [SECONDS]        # needs wrk, and the extra `bench`
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.results import AS_LONG, FASTER, NOT_MEASURED, note

CONNECTIONS = 64
WORKERS = 2


class Load(NamedTuple):
    """What wrk saw."""

    rate: float
    p50: float
    p99: float
    failed: int


def wrk(url: str, script: Path, seconds: float, connections: int = CONNECTIONS) -> Load:
    """Requests as fast as they are answered, or with the pauses that the script makes."""
    how = ["-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", "--timeout", "30s", "-s", str(script)]
    said = subprocess.run(["wrk", *how, url], capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    count = int(failed[1]) if failed else 0
    return Load(
        rate,
        _latency(said, "50"),
        _latency(said, "99"),
        count + sum(map(int, broken.groups() if broken else ())),
    )


def _latency(said: str, percent: str) -> float:
    """Milliseconds."""
    number, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)\b", said).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]


@contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[str]:
    """A server process, from its first answer to its end."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, start_new_session=True)
    base = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{base}/openapi.json", timeout=2).close()
                break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield base
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _uvicorn(application: str, port: int) -> list[str]:
    return [
        sys.executable, "-m", "uvicorn", application, "--port", str(port),
        "--workers", str(WORKERS), "--log-level", "error", "--no-access-log",
    ]  # fmt: skip


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def prepare(folder: Path) -> dict[str, object]:
    """Fit the pipeline, publish it, and give a row."""
    import joblib

    from benchmarks.bench_predict import CATEGORIES, NUMBERS, logistic, rows, target
    from incumbent.bundle import write_bundle
    from incumbent.fitting.convert import convert
    from incumbent.native.model import NativeModel
    from incumbent.production import Configuration, Link, point, stage
    from incumbent.schema import InputColumn, InputSchema, OutputSchema

    frame = rows(20_000)
    fitted = logistic().fit(frame, target(frame))
    joblib.dump(fitted, folder / "pipeline.joblib")
    schema = InputSchema(
        (
            *(InputColumn(n, "number", "float64", -5.0, 5.0) for n in NUMBERS),
            *(InputColumn(n, "category", "text", categories=tuple(frame[n].unique())) for n in CATEGORIES),
        )
    )
    NativeModel(schema, convert(fitted, schema)).save(folder / "model")  # type: ignore[arg-type]
    bundle = write_bundle(
        folder / "bundle", model="bench", algorithm="native", input=schema,
        output=OutputSchema("classification", "probabilities", (0, 1), 1), contents=folder / "model",
    )  # fmt: skip
    site = folder / "site" / "bench"
    point(
        site,
        stage(site, Configuration("bench", "local", 1, Link(1, bundle.hash)), {bundle.hash: bundle.path}),
    )
    row = frame.iloc[0].to_dict()
    return {name: None if value != value else value for name, value in row.items()}


def lua(path: Path, row: dict[str, object], pause_ms: float = 0.0) -> Path:
    """What wrk sends: always the same row, after a pause of so much on average."""
    body = json.dumps(row).replace("'", "\\'")
    pause = f"function delay() return math.random() * {2 * pause_ms} end\n" if pause_ms else ""
    path.write_text(
        f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = '{body}'\n{pause}"
    )
    return path


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    if shutil.which("wrk") is None:
        print("wrk is not installed: apt install wrk", file=sys.stderr)
        return NOT_MEASURED
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        row = prepare(folder)
        script = lua(folder / "post.lua", row)
        rates: dict[str, float] = {}
        for rival in ("plain", "batching"):
            port = free_port()
            with running(
                _uvicorn(f"benchmarks.http_rivals:{rival}", port),
                port,
                BENCH_PIPELINE=str(folder / "pipeline.joblib"),
            ) as base:
                wrk(f"{base}/predict", script, 2)
                found = wrk(f"{base}/predict", script, seconds)
            rates[rival] = found.rate
            print(f"FastAPI, {rival}: {_told(found)}")
        port = free_port()
        command = [
            sys.executable, "-m", "incumbent.serve", str(folder / "site"), "--port", str(port),
            "--min-workers", str(WORKERS), "--max-workers", str(WORKERS),
        ]  # fmt: skip
        with running(command, port) as base:
            url = f"{base}/models/bench/predict"
            wrk(url, script, 2)
            full = wrk(url, script, seconds)
            print(f"incumbent serve: {_told(full)}")
            pauses = lua(folder / "pauses.lua", row, CONNECTIONS / (full.rate / 2) * 1e3)
            ways = {
                "half of the connections": (script, CONNECTIONS // 2),
                "half of the requests a second": (pauses, CONNECTIONS),
            }
            ratios: dict[str, list[float]] = {way: [] for way in ways}
            turn = max(1, round(seconds / 3))  # wrk knows whole seconds
            empty_port = free_port()
            with running(_uvicorn("benchmarks.http_empty:empty", empty_port), empty_port) as empty:
                for way, how in 3 * [*ways.items()]:  # by turns, because what else the machine does changes
                    for who, asked in (("incumbent serve", url), ("an empty uvicorn", f"{empty}/predict")):
                        found = wrk(asked, how[0], turn, how[1])
                        print(f"{who}, {way}: {_told(found)}, p99 is {found.p99 / found.p50:.1f} × p50")
                        if asked == url:
                            ratios[way].append(found.p99 / found.p50)
            for way, each in ratios.items():
                note(f"p99 of a request at {way}", "p50", sorted(each)[1], AS_LONG, 4)
        for rival, rate in rates.items():
            print(f"{full.rate / rate:.1f} × the requests a second of FastAPI, {rival}")
            asked = 3 if rival == "batching" else 20
            note("one row a request over HTTP", f"FastAPI, {rival}", full.rate / rate, FASTER, asked)
    return 0


def _told(found: Load) -> str:
    return (
        f"{found.rate:,.0f} requests/s, p50 {found.p50:.2f} ms, p99 {found.p99:.2f} ms, {found.failed} failed"
    )


if __name__ == "__main__":
    sys.exit(main())
