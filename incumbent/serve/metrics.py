"""What Prometheus is told: counts, times and gauges of every worker, as one text.

With several workers each writes its figures into files of a folder that they share (that is how
``prometheus_client`` does it, told by ``PROMETHEUS_MULTIPROC_DIR`` before it is imported), and whichever
worker is asked adds them up.
"""

from __future__ import annotations

import os
import threading
from collections import Counter as Tally
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Mapping

if TYPE_CHECKING:
    from prometheus_client import Histogram, Metric

    from incumbent.prediction import Prediction

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
KIND = b"text/plain; version=0.0.4; charset=utf-8"
#: Seconds: from a linear model on an idle machine to the longest that a caller waits.
_TIMES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 10_000)


class Metrics:
    """The figures of one service."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "incumbent_requests",
            "Requests by endpoint and status.",
            ["endpoint", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "incumbent_request_seconds", "Time from a request's headers to its answer.", ["endpoint"],
            buckets=_TIMES, registry=registry,
        )  # fmt: skip
        self._predictions = Counter(
            "incumbent_predictions", "Predictions by who answered.", ["model", "version", "route"],
            registry=registry,
        )  # fmt: skip
        self._together = Histogram(
            "incumbent_rows_together", "Rows that were predicted together.", ["model"], buckets=_ROWS,
            registry=registry,
        )  # fmt: skip
        self._under_way = Gauge(
            "incumbent_requests_under_way", "Requests that wait for their answer.", registry=registry,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self._workers = Gauge(
            "incumbent_workers", "Worker processes.", registry=registry, multiprocess_mode="livesum"
        )
        self._revision = Gauge(
            "incumbent_production_revision", "The production revision that is live.", ["model"],
            registry=registry, multiprocess_mode="livemax",
        )  # fmt: skip
        self._problems = Gauge(
            "incumbent_problems", "Problems that the model's predictor reports.", ["model"],
            registry=registry, multiprocess_mode="livemax",
        )  # fmt: skip
        # counted here, and told once a second: a look-up instead of a write to a shared file a request
        self._answered: "Tally[tuple[str, int]]" = Tally()
        self._said: "Tally[tuple[str, int | None, str]]" = Tally()
        self._times: "dict[str, Histogram]" = {}
        self._telling = threading.Lock()

    def request(self, endpoint: str, status: int, seconds: float) -> None:
        """A request that has been answered."""
        self._answered[endpoint, status] += 1
        times = self._times.get(endpoint)
        if times is None:
            times = self._times[endpoint] = self._seconds.labels(endpoint)
        times.observe(seconds)

    def prediction(self, model: str, said: "Prediction") -> None:
        """A prediction that was made."""
        self._said[model, said.version, said.route] += 1

    def together(self, model: str, rows: int) -> None:
        """Rows that went together."""
        self._together.labels(model).observe(rows)

    def text(self, under_way: int, models: "Mapping[str, tuple[int, int]]") -> bytes:
        """Everything, in Prometheus' text format.

        Parameters
        ----------
        under_way : int
            Requests that wait for their answer in this process.
        models : mapping
            Of each model's name to its revision and how many problems it has.
        """
        from prometheus_client import CollectorRegistry, generate_latest

        self.now(under_way, models)
        if FOLDER not in os.environ:
            return bytes(generate_latest(self._registry))
        registry = CollectorRegistry(auto_describe=False)
        registry.register(OfAllWorkers(Path(os.environ[FOLDER])))
        return bytes(generate_latest(registry))

    def now(self, under_way: int, models: "Mapping[str, tuple[int, int]]") -> None:
        """Tell the gauges of this process, and what was counted since the last time."""
        with self._telling:
            answered, self._answered = self._answered, Tally()
            said, self._said = self._said, Tally()
        for (endpoint, status), count in answered.items():
            self._requests.labels(endpoint, str(status)).inc(count)
        for (model, version, route), count in said.items():
            named = "none" if version is None else str(version)
            self._predictions.labels(model, named, route).inc(count)
        self._under_way.set(under_way)
        self._workers.set(1)
        for name, (revision, problems) in models.items():
            self._revision.labels(name).set(revision)
            self._problems.labels(name).set(problems)


class OfAllWorkers:
    """The figures of all workers, added up: a collector for Prometheus' registry.

    A worker that is just beginning has made a file with nothing in it yet, which ``prometheus_client`` cannot
    read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> "Iterable[Metric]":
        """The figures."""
        from prometheus_client.multiprocess import MultiProcessCollector

        files = [str(path) for path in self._folder.glob("*.db") if _has_begun(path)]
        found: "Iterable[Metric]" = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return found


def _has_begun(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:  # its worker has ended
        return False


def forget(pid: int) -> None:
    """A worker has ended: its gauges are no more, its counts stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]
