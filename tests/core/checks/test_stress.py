"""The stress test as a run: what it measures of a real version, and slow ones caught."""

from __future__ import annotations

import pytest

from core import requirements
from core.workspace import Workspace
from tests.core.checks import faulty
from tests.core.checks.making import checked, ran

SLOW = """
import time


def fault(X, found):
    time.sleep(0.03)
    return found
"""


def test_a_quick_model_keeps_its_limits_and_its_figures_are_kept(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "latency_p50_ms", max=1000.0)
    requirements.set_requirement(house, "late", "throughput", min=1.0)
    document = checked(house, "late", "stress", versions=[1], rate=20.0, seconds=1.5)
    assert document["verdict"] == "pass", document["failed"]
    assert document["load"]["tested"] == 200 and document["load"]["source"] == "as given"
    assert {r["metric"]: r["verdict"] for r in document["requirements"]} == {
        "latency_p50_ms": "pass", "throughput": "pass",
    }  # fmt: skip
    (version,) = document["versions"]
    assert version["errors"] == version["fallbacks"] == 0
    assert version["volume"]["load"] >= 200 and version["volume"]["n"] > 50
    assert version["single"]["throughput"]["value"] > 100 and version["batch"]["throughput"] > 100
    assert version["workers"]["expected"] >= 1 and version["ramp"]
    assert version["memory"]["end_mb"] > 10 and len(version["memory"]["samples"]) > 3
    with house.store() as store:
        kept = {m.metric: m for m in store.measurements.of_run(document["run"])}
    assert set(kept) == {"latency_p50_ms", "latency_p95_ms", "latency_p99_ms", "throughput"}
    assert kept["throughput"].verdict == "pass" and kept["latency_p99_ms"].verdict is None


def test_a_model_slower_than_allowed_fails(house: Workspace) -> None:
    requirements.set_requirement(house, "late", "latency_p50_ms", max=0.0001)
    requirements.set_requirement(house, "late", "throughput", min=1e9)
    document = checked(house, "late", "stress", versions=[2], seconds=0.8)
    assert document["verdict"] == "fail"
    assert {f["kind"] for f in document["failed"] if f["severity"] == "fail"} >= {
        "latency_p50_ms",
        "throughput",
    }
    assert document["versions"][0]["workers"]["expected"] is None, "no number of workers makes it quick"
    assert document["versions"][0]["holds_to"] is None
    assert "guess" in document["load"]["source"]


def test_loads_that_make_no_sense_are_refused(house: Workspace) -> None:
    for arguments in ({"rate": -1.0}, {"seconds": 1e6}, {"factor": 0}):
        run = ran(house, "late", "stress", versions=[1], **arguments)
        assert run.state == "failed" and next(iter(arguments)) in str(run.error)


@pytest.mark.slow
def test_code_of_ones_own_that_sleeps_is_caught(house: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty.add(house, "sleepy", "[requirements]\nlatency_p50_ms = { max = 20 }\n",
               source=SLOW + faulty.OWN, task="classification")  # fmt: skip
    monkeypatch.setenv("FAULT", "1")
    document = checked(house, "sleepy", "stress", seconds=4.0)
    assert document["verdict"] == "fail"
    assert document["versions"][0]["volume"]["p50_ms"]["value"] > 30


LEAK = """
KEPT = []


def fault(X, found):
    KEPT.append(bytearray(100_000))
    return found
"""


@pytest.mark.slow
def test_a_leak_in_code_of_ones_own_is_told(house: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such code runs in a process of its own: its memory is counted too."""
    faulty.add(house, "leaky", source=LEAK + faulty.OWN, task="classification")
    sound = checked(house, "leaky", "stress", seconds=2.0)["versions"][0]
    assert not sound["memory"]["grows"]
    monkeypatch.setenv("FAULT", "1")
    (version,) = checked(house, "leaky", "stress", seconds=4.0)["versions"]
    assert version["memory"]["grows"] and version["memory"]["leak_kb"] == pytest.approx(1e5, rel=0.3)
    assert any("memory grows" in fault["reason"] for fault in version["failed"])
    assert version["memory"]["start_mb"] > 100, "scikit-learn itself takes as much, in the child"
