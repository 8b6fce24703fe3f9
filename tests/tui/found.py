"""Documents as checks leave them, small and clearly synthetic."""

from __future__ import annotations

from typing import Any

from core.challenge.standing import standing as standing_of
from core.workspace import Workspace
from store import Store
from store.records import RunKind, Surprise

EDGE: dict[str, Any] = {
    "check": "edge", "model": "alpha", "version": 1, "verdict": "warn", "passed": 40,
    "failed": [
        {"case": None, "version": 1, "column": "carrier", "kind": "unseen", "also": ["empty"],
         "severity": "warn", "reason": "the chain behind answers", "suggestion": "add a rule",
         "row": {"distance": 3.0, "carrier": "ZZ"}, "got": {"value": 0.5}},
    ],
    "versions": [
        {"version": 1, "verdict": "warn", "note": "of 41 edge rows 1 are weak", "rows": 41,
         "became": {"answered": 30, "refused": 11}, "passed": 40, "failed": [], "more": 0,
         "columns_left_out": 0,
         "columns": [{"column": "carrier", "kind": "category", "rows": 17, "failed": 0, "weak": 1,
                      "moved": 0.2, "jumped": None}]},
    ],
}  # fmt: skip


def _latency(value: float) -> dict[str, float]:
    return {"value": value, "low": value * 0.8, "high": value * 1.3, "n": 500}


_PHASE = {f"p{share}_ms": _latency(value) for share, value in ((50, 0.1), (95, 0.4), (99, 2.5))}
STRESS: dict[str, Any] = {
    "check": "stress", "model": "alpha", "version": 1, "verdict": "pass", "passed": 0, "failed": [],
    "requirements": [],
    "load": {"expected": 10.0, "factor": 10.0, "tested": 100.0, "seconds": 4.0, "source": "the log"},
    "versions": [
        {"version": 1, "verdict": "pass", "note": "p99 2.5 ms", "factor": 10.0, "errors": 0, "fallbacks": 0,
         "volume": {"load": 100.0, "n": 500, "split_over": 1, **_PHASE},
         "single": {"n": 900, "throughput": _latency(4000.0), **_PHASE},
         "batch": {"n": 30, "size": 100, "throughput": 7000.0, **_PHASE},
         "ramp": [{"load": 900.0 * at, "p50_ms": 0.1 * at, "p99_ms": 0.5 * at * at, "keeps": at < 5}
                  for at in range(1, 6)],
         "holds_to": 3600.0, "breaks_at": 4500.0, "workers": {"expected": 1, "tested": 2},
         "memory": {"start_mb": 40.0, "end_mb": 44.0, "growth_mb": 4.0, "grows": False}},
    ],
}  # fmt: skip


def _column(name: str, verdict: str, reason: str, reference: Any, window: Any, **more: Any) -> dict[str, Any]:
    return {
        "column": name, "kind": "category" if "levels" in reference else "number", "verdict": verdict,
        "reason": reason, "calendar": False, "read": True,
        "statistics": {"rows": 900, "null_share": 0.1, "null_change": 0.08, "psi": 0.31, "ks": 0.2},
        "limits": {"psi": {"high": 0.2, "low": None, "basis": "past windows", "windows": 9}},
        "past": {"psi": [0.05, 0.04, 0.06]}, "reference": reference, "window": window,
        "new_categories": [], "vanished_categories": [], **more,
    }  # fmt: skip


_EDGES = [float(at) for at in range(11)]
DRIFT: dict[str, Any] = {
    "check": "drift", "model": "alpha", "version": 1, "verdict": "warn", "as_of": None, "from": "data",
    "coverage": "no", "note": "", "multivariate": None, "expected": None, "target": None, "past": [{}] * 9,
    "window": {"since": "2013-12-01T00:00:00", "until": "2013-12-08T00:00:00", "n": 900},
    "schema": [{"column": "gate", "change": "missing", "verdict": "fail", "reason": "gate is missing"}],
    "prediction": _column("(prediction)", "pass", "", {"edges": _EDGES, "shares": [0.1] * 10},
                          {"edges": _EDGES, "shares": [0.1] * 10, "below": 0.0, "above": 0.0}),
    "columns": [
        _column("carrier", "warn", "PSI 0.31 (limit 0.2)", {"levels": ["AA", "UA"], "shares": [0.5, 0.5]},
                {"levels": ["AA", "UA", "ZZ"], "shares": [0.4, 0.2, 0.4]},
                new_categories=[{"value": "ZZ", "count": 360}]),
        _column("distance", "pass", "", {"edges": _EDGES, "shares": [0.1] * 10},
                {"edges": _EDGES, "shares": [0.1] * 9 + [0.05], "below": 0.0, "above": 0.05}),
    ],
    "versions": [{"version": 1, "verdict": "warn", "note": "carrier: PSI 0.31 (limit 0.2)", "passed": 2,
                  "failed": [{"case": "carrier", "version": 1, "reason": "PSI", "verdict": "warn"}]}],
}  # fmt: skip


def challenge(fingerprint: dict[str, Any], verdict: str = "better") -> dict[str, Any]:
    """A challenge of v2 of alpha; ``fingerprint`` is what it stands on."""
    names = ("integrity", "regression", "edge", "stress", "backtest", "nowtest", "requirements", "software",
             "published")  # fmt: skip
    stages = [
        {"stage": name, "verdict": "skipped" if name == "software" else "pass", "run": None, "seconds": 1.5,
         "reason": f"{name} is well"}
        for name in names
    ]  # fmt: skip
    return {
        "check": "challenge", "model": "alpha", "version": 2, "champion": 1, "opponent": 1,
        "verdict": verdict, "reason": "roc_auc is better by 0.04", "as_of": None, "stages": stages,
        "inherits": None,
        "comparison": {"opponent": 1, "outcome": "better", "metric": "roc_auc", "worth": 0.01,
                       "roc_auc": {"difference": 0.04, "low": 0.02, "high": 0.06, "better": True, "n": 9000}},
        "fingerprint": fingerprint,
    }  # fmt: skip


SURPRISE = Surprise(
    "mistake", "row 1", "log", {"distance": 3.0, "carrier": "ZZ"}, {"value": 0, "version": 1}, 1,
    "it said 0, it was 1", 0.9, count=3, first="2013-12-01", last="2013-12-07",
)  # fmt: skip


def standing() -> dict[str, Any]:
    """A trial's, after three weeks: the interval has closed to above nothing."""
    path = [
        {
            "at": f"2013-12-{day:02d}T00:00:00",
            "effect": 0.01,
            "low": 0.01 - 0.1 / day,
            "high": 0.01 + 0.1 / day,
        }
        for day in range(5, 25)
    ]
    return {
        "verdict": "better", "reason": "v2 gains 0.01 on every key", "loss": "brier", "effect": 0.01,
        "low": 0.004, "high": 0.016, "champion_loss": 0.2, "challenger_loss": 0.19, "judged": 5000,
        "waiting": 300, "days": 20, "days_to_tell": None, "silent": [], "path": path,
        "ratio": {"expected": 0.2, "found": 0.21, "units": 5000, "evidence": 0.1, "broken": False},
        "guards": [{"guard": "errors", "verdict": "pass", "reason": "none of either"}],
    }  # fmt: skip


def add_to(workspace: Workspace) -> None:
    """Give ``alpha`` a run of each check, a challenge of v2 that stands, an inbox and a trial."""
    with workspace.store() as store:
        for kind, result in (("edge", EDGE), ("stress", STRESS), ("drift", DRIFT)):
            _conclude(store, kind, result, {})
        stands = standing_of(store, store.versions.get("alpha", 2)).document()
        _conclude(store, "challenge", challenge(stands), {"version": 2})
        store.inbox.keep("alpha", [SURPRISE], 50)
        trial = store.trials.add(
            "alpha", 2, 1, mode="share", share=0.2, who="ada", why="looks good", until="2027-01-01T00:00:00Z"
        )
        store.trials.look(trial.id, standing())


def _conclude(store: Store, kind: RunKind, result: dict[str, Any], arguments: dict[str, Any]) -> None:
    run = store.runs.enqueue("alpha", kind, arguments, why="nightly", who="schedule")
    store.runs.claim(1, run.id)
    verdict = "pass" if kind == "challenge" else result["verdict"]
    store.runs.conclude(run.id, verdict, f"v1: what {kind} found", {**result, "run": run.id})
