"""Figures of a stress test: queues against a simulation, quantiles, memory, requirements, the load."""

from __future__ import annotations

import heapq
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.checks.stress.figures import Figure, latency_figures, throughput_figure
from core.checks.stress.judging import faults, judge, latency_limits
from core.checks.stress.memory import Memory, memory_of
from core.checks.stress.queueing import chance_to_wait, wait_quantile, workers_needed
from incumbent.fitting.resident import resident_bytes
from incumbent.fitting.soak import PIECES, soak
from incumbent.fitting.stress import Worker, quantile
from store.records import Requirement


def required(metric: str, **limits: Any) -> Requirement:
    every: dict[str, Any] = {"min": None, "max": None, "mean": None, "range": None, **limits}
    return Requirement(1, "m", metric, limits.get("segment"), every["min"], every["max"], every["mean"],
                       every["range"], "", None, "me", "")  # fmt: skip


def simulated(workers: int, rate: float, service: float, count: int, seed: int = 5) -> np.ndarray:
    """Waits of customers in a queue with exponential times, first come first served."""
    random = np.random.default_rng(seed)
    arrivals = np.cumsum(random.exponential(1 / rate, count))
    free = [0.0] * workers
    waits = np.empty(count)
    for i, (arrival, work) in enumerate(zip(arrivals, random.exponential(service, count), strict=True)):
        start = max(arrival, heapq.heappop(free))
        waits[i] = start - arrival
        heapq.heappush(free, start + work)
    return waits[count // 10 :]


def test_waits_are_those_of_a_simulated_queue() -> None:
    waits = simulated(3, 100.0, 0.024, 60_000)
    assert np.mean(waits > 0) == pytest.approx(chance_to_wait(3, 2.4), abs=0.04)
    assert np.quantile(waits, 0.95) == pytest.approx(wait_quantile(3, 100.0, 0.024, 0.95), rel=0.2)


@given(st.integers(1, 60), st.floats(0.01, 0.99))
def test_the_chance_to_wait_is_a_chance_and_falls_with_more_workers(workers: int, utilisation: float) -> None:
    offered = workers * utilisation
    chance = chance_to_wait(workers, offered)
    assert 0 <= chance <= 1
    assert chance_to_wait(workers + 1, offered) <= chance + 1e-12


@given(st.floats(0.1, 1e4), st.floats(1e-5, 0.5), st.floats(1.0, 20.0))
def test_so_many_workers_keep_the_limit_and_one_fewer_does_not(
    rate: float, service: float, slack: float
) -> None:
    limit = service * (1 + slack)
    needed = workers_needed(rate, service, {0.99: limit}, {0.99: service})
    assert needed is not None and rate * service / needed <= 0.7 + 1e-9
    assert wait_quantile(needed, rate, service, 0.99) + service <= limit * (1 + 1e-9)
    fewer = needed - 1
    if fewer and rate * service / fewer <= 0.7:
        assert wait_quantile(fewer, rate, service, 0.99) + service > limit


def test_no_number_of_workers_makes_a_slow_model_quick() -> None:
    assert workers_needed(1.0, 0.05, {0.95: 0.01}, {0.95: 0.06}) is None


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=300), st.sampled_from([0.5, 0.95, 0.99]))
def test_quantiles_are_numpys(values: list[int], share: float) -> None:
    assert quantile(sorted(values), share) == np.quantile(values, share, method="inverted_cdf")


def test_intervals_cover_what_is_so() -> None:
    random = np.random.default_rng(1)
    truth = -np.log(0.5)
    covered = 0
    for _ in range(200):
        latencies = (random.exponential(1e6, 2_000)).astype(int).tolist()
        figure = latency_figures(latencies)["p50"]
        covered += figure.low <= truth <= figure.high
    assert 0.9 <= covered / 200 <= 0.99


def test_throughput_is_what_was_answered_in_the_time() -> None:
    figure = throughput_figure([1_000_000] * 100, 100, 0.1)
    assert figure.value == pytest.approx(1000) and figure.low == pytest.approx(figure.high)


def test_a_leak_is_told_from_a_warm_up() -> None:
    counts = list(range(0, 10_000, 100))
    mb = 2**20
    leaking = [50 * mb + 2_000 * n for n in counts]
    warm = [min(50 * mb + 20_000 * n, 90 * mb) for n in counts]
    filling = [50 * mb + 2_000 * (n if n < 7_000 else 7_000) for n in counts]
    flat = {"predictions": [0, 5], "bytes": [mb, mb]}

    def over(sizes: Sequence[int]) -> Memory:
        return memory_of(flat, {"predictions": counts, "bytes": sizes})

    leak = over(leaking)
    assert leak.grows and leak.leak_kb == pytest.approx(2_000 * 1000 / 1024)
    assert over([50 * mb + 80 * n for n in counts]).grows, "little, but with every prediction"
    assert not over([50 * mb + 80 * min(n, 7_000) for n in counts]).grows
    assert not over(warm).grows
    assert not over(filling).grows, "a buffer that is full before the end"
    assert not memory_of(flat, flat).grows


def soaked(size_after: Callable[[int], int]) -> tuple[list[tuple[int, int]], int]:
    """A soak in pieces of ten predictions, of something whose memory is a function of their number."""
    made: list[None] = []
    rests: list[None] = []
    found = soak(
        lambda: made.append(None), lambda: (len(made), size_after(len(made))), lambda: rests.append(None), 10
    )
    assert len(rests) >= len(found), "looked at only when nothing waits"
    return found, len(made)


def test_memory_is_looked_at_again_where_it_seems_to_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("incumbent.fitting.soak.gc.collect", lambda: 0)  # here it is a second each time
    mb = 2**20
    found, made = soaked(lambda n: 40 * mb + min(n, 25) * mb)
    assert made == 80 and len(found) == PIECES + 1
    found, made = soaked(lambda n: 40 * mb + min(n, 70) * mb)
    assert made == 80 + 160, "a buffer that fills late leaves a doubt, which the second round takes away"
    assert not memory_of(*[{"predictions": [n for n, _ in found], "bytes": [b for _, b in found]}] * 2).grows
    found, made = soaked(lambda n: 40 * mb + n * mb)
    assert memory_of(*[{"predictions": [n for n, _ in found], "bytes": [b for _, b in found]}] * 2).grows


def test_the_memory_of_what_was_started_is_counted_too() -> None:
    before = resident_bytes()
    code = "x = bytearray(64 << 20); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1) as child:
        assert child.stdout is not None and child.stdout.readline()
        assert resident_bytes() - before > 50 << 20
        assert resident_bytes(child.pid) > 60 << 20
        child.communicate(b"\n")


def test_requirements_are_judged_strictly_but_for_a_doubt() -> None:
    def verdict(requirement: Requirement, figure: Figure) -> str:
        (found,) = judge([requirement], {"latency_p99_ms": figure, "throughput": figure})
        return found.verdict

    limit = required("latency_p99_ms", max=5.0)
    assert verdict(limit, Figure(4.9, 4.5, 5.3, 1000)) == "pass"
    assert verdict(limit, Figure(5.1, 4.8, 5.4, 1000)) == "warn"
    assert verdict(limit, Figure(5.5, 5.2, 5.8, 1000)) == "fail"
    assert verdict(limit, Figure(6.0, 6.0, 6.0, 3)) == "fail", "few and slow is no excuse"
    assert verdict(required("latency_p99_ms", mean=5.0), Figure(6.0, 5.9, 6.1, 99)) == "fail"
    assert verdict(required("throughput", min=100.0), Figure(90.0, 80.0, 95.0, 99)) == "fail"
    assert verdict(required("throughput", mean=100.0), Figure(120.0, 80.0, 150.0, 99)) == "pass"


def test_other_requirements_are_left_to_others() -> None:
    others = [required("roc_auc", min=0.7), required("latency_p99_ms", max=1.0, segment="carrier"),
              required("profit", min=1.0)]  # fmt: skip
    assert judge(others, {"latency_p99_ms": Figure(9.0, 9.0, 9.0, 9)}) == []
    assert latency_limits([*others, required("latency_p95_ms", range=(0.0, 3.0)),
                           required("latency_p95_ms", max=2.0)]) == {0.95: 2.0}  # fmt: skip


def test_failures_and_stand_ins_under_load_are_faults() -> None:
    sound = {"errors": 0, "fallbacks": 0, "messages": {}}
    broken = {"errors": 3, "fallbacks": 2, "messages": {"OSError: disk": 3}}
    assert list(faults({"single": sound, "batch": sound, "volume": sound})) == []
    found = list(faults({"single": sound, "batch": broken, "volume": sound}))
    assert [(f.severity, f.kind) for f in found] == [("fail", "errors"), ("warn", "fallback")]
    assert "OSError: disk" in found[0].reason


class Slow:
    """A target that takes its time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.sizes: list[int] = []

    def send(self, rows: Sequence[Mapping[str, Any]]) -> int:
        self.sizes.append(len(rows))
        until = time.perf_counter() + self.seconds
        while time.perf_counter() < until:
            continue
        return 0

    def rest(self) -> None:
        pass


def test_an_open_load_counts_the_wait_that_a_closed_one_leaves_out() -> None:
    """Twice the load that the target can do: the queue grows, and latencies with it."""
    worker = Worker(Slow(0.004), [{"x": 1}])
    alone = sorted(worker.closed(0.1).latencies)
    tally = worker.open(500.0, 0.3)
    assert quantile(sorted(tally.latencies), 0.95) > 5 * quantile(alone, 0.5)
    assert tally.backlog > 20, "those that still wait are counted"
    assert tally.latencies[-1] > 0.05e9


def test_a_load_that_is_kept_up_with_has_latencies_of_the_service() -> None:
    worker = Worker(Slow(0.0005), [{"x": 1}])
    tally = worker.open(100.0, 0.4)
    assert tally.backlog <= 3 and 15 <= len(tally.latencies) <= 80
    assert quantile(sorted(tally.latencies), 0.5) < 0.01e9


def test_batches_have_their_size_and_errors_are_counted() -> None:
    target = Slow(0.001)
    Worker(target, [{"x": 1}, {"x": 2}]).closed(0.02, 7)
    assert set(target.sizes) == {7}

    class Failing:
        def send(self, rows: Sequence[Mapping[str, Any]]) -> int:
            raise ValueError("no")

        def rest(self) -> None:
            pass

    tally = Worker(Failing(), [{"x": 1}]).closed(0.01)
    assert tally.errors == len(tally.latencies) > 0 and tally.answered == 0
    assert tally.messages["ValueError: no"] == tally.errors
