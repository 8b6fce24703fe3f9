"""Short ways to make what many tests need."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from store import Store
from store.records import Measurement, Run, Verdict

NIGHT = "2026-01-01T02:00:00.000Z"

PLAIN = Measurement(
    run=0, model="flights", version=1, check="nowtest", partition=None, segment=None, since=None, until=None,
    metric="roc_auc", value=0.7, low=0.68, high=0.72, n=1000, in_sample="no", verdict="pass", reason=None,
    as_of=None, when="",
)  # fmt: skip


def measured(**changes: Any) -> Measurement:
    """A measurement like any other, but for what is said."""
    return replace(PLAIN, **changes)


def judged(
    store: Store,
    *measurements: Measurement,
    verdict: Verdict | None = "pass",
    kind: str = "nowtest",
    as_of: str | None = None,
    model: str = "flights",
) -> Run:
    """A run that was queued, claimed and concluded."""
    run = store.runs.enqueue(model, kind, why="test", who="ada", as_of=as_of)
    store.runs.claim(1, run.id)
    return store.runs.conclude(run.id, verdict, "", None, measurements)
