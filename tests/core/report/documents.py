"""Documents of runs as their checks write them, small; every text in them can be made a hostile one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from store import Store
from store.records import Run, Verdict

#: Texts that data may hold, and that have broken pages before.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]></style></svg><iframe src='javascript:alert(1)'>",
    "![x](http://example.org/x.png) [y](javascript:alert(1)) <b>&lt;",
    "| a | b |\n# Not a heading\n---\n* not an item\n```\n",
    "\u202egnirts desrever\u202c \u0000\u0007\u200b",
    "שלום مرحبا 航班 " + "x" * 5000,
    "&#60;script&#62; &amp; \\*\\_ `code` **bold** _it_ ~~s~~ www.example.org http://example.org",
)

#: Words of a document that code decides by; data never writes them.
_WORDS = frozenset(
    {
        "verdict",
        "check",
        "severity",
        "change",
        "role",
        "since",
        "until",
        "as_of",
        "coverage",
        "stage",
        "worth",
        "basis",
        "from",
    }
)
#: Mappings whose names come from data, or from the maintainer's own files.
_NAMED = frozenset(
    {"metrics", "overall", "segments", "environment", "became", "row", "realised", "parameters"}
)


def figure(value: float, width: float = 0.05, n: int = 400) -> dict[str, Any]:
    """A metric with its interval."""
    return {"value": value, "low": value - width, "high": value + width, "n": n}


def metrics(value: float) -> dict[str, Any]:
    """A few metrics, one without a value."""
    none = {"value": None, "low": None, "high": None, "n": 0, "reason": "one class only"}
    return {"roc_auc": figure(value), "log_loss": figure(1.2 - value), "precision": none}


def backtest() -> dict[str, Any]:
    """Two versions and the baseline over four months; the first one shaped version 1."""

    def partition(at: int, value: float) -> dict[str, Any]:
        return {
            "partition": f"2024-0{at}",
            "since": f"2024-0{at}-01",
            "until": f"2024-0{at + 1}-01",
            "n": 400,
            "coverage": "no" if at > 1 else "in-sample",
            "counts": at > 1,
            "in_sample": at == 1,
            "verdict": "pass" if at > 1 else None,
            "metrics": metrics(value),
            "reasons": [],
            "segments": {"carrier=AA": metrics(value - 0.1)},
        }

    def version(number: int, value: float, role: str, compared: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "version": number,
            "role": role,
            "rule": "prior" if number == 0 else "",
            "verdict": "pass",
            "note": f"all is well at {value}",
            "overall": metrics(value),
            "comparison": compared,
            "partitions": [partition(at, value + at / 100) for at in range(1, 5)],
        }

    compared = {
        "champion": 1,
        "outcome": "better",
        "reason": "roc_auc is better by 0.1",
        "roc_auc": {"difference": 0.1, "low": 0.05, "high": 0.15, "n": 1200, "better": True},
        "log_loss": {"difference": 0.02, "low": -0.05, "high": 0.09, "n": 1200, "better": None},
    }
    return {
        "check": "backtest",
        "model": "late",
        "metric": "roc_auc",
        "verdict": "pass",
        "as_of": None,
        "versions": [
            version(0, 0.5, "baseline", None),
            version(1, 0.7, "champion", None),
            version(2, 0.8, "candidate", compared),
        ],
    }


def nowtest() -> dict[str, Any]:
    """The newest window of version 1."""
    return {
        "check": "nowtest",
        "model": "late",
        "version": 1,
        "verdict": "warn",
        "coverage": "no",
        "window": {"since": "2024-06-01T00:00:00", "until": "2024-06-15T00:00:00", "n": 224},
        "metrics": metrics(0.61),
        "failed": [{"verdict": "warn", "reason": "roc_auc 0.61 is near min 0.6"}],
        "others": [{"version": 0, "role": "baseline", "metrics": metrics(0.5), "coverage": "no"}],
        "segments": {"carrier=AA": metrics(0.6)},
        "early_warning": {"rising": True, "reason": "the loss has risen"},
    }


def regression() -> dict[str, Any]:
    """One case of many that failed."""
    failed = {
        "case": 7,
        "version": 1,
        "kind": "behavioural",
        "reason": "expected yes, got no",
        "blocking": True,
        "got": {"label": "no"},
        "expected": {"label": "yes"},
        "origin": "incident",
        "note": "the storm of May",
    }
    together = {"metric": "accuracy", "verdict": "fail", "reason": "accuracy 0.4 is below min 0.5"}
    return {
        "check": "regression",
        "model": "late",
        "version": 1,
        "verdict": "fail",
        "passed": 31,
        "failed": [failed],
        "versions": [
            {
                "version": 1,
                "verdict": "fail",
                "note": "1 of 32 fails",
                "passed": 31,
                "through": "bundle",
                "failed": [failed],
                "case_set": [together],
            }
        ],
    }


def edge() -> dict[str, Any]:
    """A weak spot of one column."""
    spot = {
        "case": None,
        "version": 1,
        "column": "carrier",
        "kind": "unseen category",
        "also": ["empty text"],
        "severity": "fail",
        "reason": "an answer that is not finite",
        "suggestion": "impute it",
        "row": {"carrier": "ZZ", "distance": 7.5},
        "got": {"value": "nan"},
    }
    column = {
        "column": "carrier",
        "kind": "category",
        "rows": 17,
        "failed": 1,
        "weak": 0,
        "moved": 0.3,
        "jumped": None,
    }
    return {
        "check": "edge",
        "model": "late",
        "version": 1,
        "verdict": "fail",
        "passed": 100,
        "failed": [spot],
        "versions": [
            {
                "version": 1,
                "verdict": "fail",
                "note": "1 fails",
                "rows": 101,
                "more": 0,
                "became": {"answered": 90, "refused": 11},
                "failed": [spot],
                "columns": [column],
            }
        ],
    }


def stress() -> dict[str, Any]:
    """A version under growing load."""
    phase = {"n": 900, "p50_ms": figure(0.3, 0.02), "p95_ms": figure(0.6, 0.1), "p99_ms": figure(5.1, 2.0)}
    ramp = [
        {
            "load": 300.0 * at,
            "share": at / 5,
            "keeps": at < 4,
            "p50_ms": 0.2 * at,
            "p95_ms": 0.5 * at,
            "p99_ms": 2.0 * at,
        }
        for at in range(1, 6)
    ]
    version = {
        "version": 1,
        "verdict": "pass",
        "note": "p99 5.1 ms",
        "passed": 1,
        "failed": [],
        "factor": 10.0,
        "single": {**phase, "throughput": figure(1800.0, 200.0)},
        "volume": {**phase, "load": 285.0},
        "batch": {**phase, "size": 100, "throughput": 5600.0},
        "ramp": ramp,
        "holds_to": 900.0,
        "breaks_at": 1200.0,
        "workers": {"expected": 1, "tested": 2},
        "errors": 0,
        "fallbacks": 0,
        "memory": {
            "start_mb": 38.0,
            "end_mb": 51.0,
            "growth_mb": 13.0,
            "samples": [[1, 38.0], [500, 45.0], [900, 51.0]],
        },
    }
    return {
        "check": "stress",
        "model": "late",
        "version": 1,
        "verdict": "pass",
        "passed": 1,
        "failed": [{"version": 1, "severity": "warn", "reason": "memory grew"}],
        "requirements": [],
        "load": {"expected": 10.0, "factor": 10.0, "tested": 100.0, "seconds": 10.0, "source": "a guess"},
        "versions": [version],
    }


def drift() -> dict[str, Any]:
    """A number that moved, a category that did not, predictions, and all columns at once."""

    def column(name: str, kind: str, verdict: str, psi: float, **drawn: Any) -> dict[str, Any]:
        return {
            "column": name,
            "kind": kind,
            "verdict": verdict,
            "reason": "moved" if verdict != "pass" else "",
            "calendar": False,
            "read": True,
            "new_categories": [{"value": "ZZ", "count": 3}],
            "vanished_categories": ["YY"],
            "statistics": {"psi": psi, "null_share": 0.01, "ks": 0.2},
            "limits": {"psi": {"high": 0.2, "low": None, "basis": "past windows", "windows": 3}},
            "past": {"psi": [0.05, 0.07, None]},
            **drawn,
        }

    bins = {"edges": [0.0, 1.0, 2.0, 4.0]}
    number = {"reference": {**bins, "shares": [0.2, 0.3, 0.5]}, "window": {**bins, "shares": [0.5, 0.3, 0.2]}}
    levels = {"levels": ["AA", "BB"]}
    category = {"reference": {**levels, "shares": [0.4, 0.6]}, "window": {**levels, "shares": [0.5, 0.5]}}
    return {
        "check": "drift",
        "model": "late",
        "version": 1,
        "verdict": "warn",
        "from": "data",
        "note": "",
        "window": {"since": "2024-06-01T00:00:00", "until": "2024-06-15T00:00:00", "n": 224},
        "past": [{}, {}, {}],
        "schema": [{"column": "wind", "change": "new", "verdict": "pass", "reason": "wind is new"}],
        "columns": [
            column("distance", "number", "warn", 0.5, **number),
            column("carrier", "category", "pass", 0.01, **category),
        ],
        "prediction": column("(prediction)", "number", "pass", 0.02, **number),
        "target": None,
        "multivariate": {
            "auc": 0.6,
            "low": 0.55,
            "high": 0.65,
            "columns": [{"column": "distance", "loss": 0.1}],
        },
        "expected": {"rows": 224, "labelled": 200, "metrics": metrics(0.7), "realised": {"roc_auc": 0.69}},
        "versions": [{"version": 1, "verdict": "warn", "note": "distance moved", "passed": 1, "failed": []}],
    }


def software() -> dict[str, Any]:
    """A test command that failed."""
    return {
        "check": "software",
        "model": "late",
        "version": 1,
        "verdict": "fail",
        "passed": 0,
        "command": "pytest ../app/tests",
        "folder": "app",
        "environment": {"Python": "3.11.7"},
        "failed": [{"case": None, "version": 1, "reason": "exit code 1"}],
        "versions": [
            {"version": 1, "verdict": "fail", "note": "exit code 1", "output": "E  assert 0\nfailed"}
        ],
    }


def challenge(edge_run: int | None = None) -> dict[str, Any]:
    """A version that is fit; one stage has a run of its own."""
    comparison = {
        "champion": 1,
        "opponent": 1,
        "metric": "roc_auc",
        "worth": 0.005,
        "confidence": 0.99,
        "look": 2,
        "outcome": "undecided",
        "reason": "roc_auc is better by 0.03",
        "roc_auc": {"difference": 0.03, "low": 0.01, "high": 0.05, "n": 900, "better": True},
        "rows": {"fingerprint": "06ca32bd", "since": "2024-04-01T00:00:00", "until": "2024-07-01T00:00:00"},
    }
    evidence = {
        "agreement": {"max_difference": 0.0, "rows": 929},
        "suspicions": [{"column": "id", "verdict": "warn"}],
    }
    return {
        "check": "challenge",
        "model": "late",
        "version": 2,
        "champion": 1,
        "opponent": 1,
        "verdict": "fit",
        "reason": "roc_auc is better by 0.03",
        "comparison": comparison,
        "inherits": None,
        "fingerprint": {
            "bundle": "70d180",
            "data": "df32e5",
            "requirements": [3, 4],
            "spec": 1,
            "champion": 1,
        },
        "stages": [
            {
                "stage": "integrity",
                "verdict": "pass",
                "reason": "whole",
                "run": None,
                "seconds": 1.1,
                "evidence": evidence,
            },
            {"stage": "edge", "verdict": "fail", "reason": "1 fails", "run": edge_run, "seconds": 2.0},
            {"stage": "software", "verdict": "skipped", "reason": "none is set", "run": None, "seconds": 0.0},
        ],
    }


def diff() -> dict[str, Any]:
    """Two versions side by side."""
    return {
        "model": "late",
        "a": 1,
        "b": 2,
        "identical": False,
        "reason": None,
        "metric": "roc_auc",
        "decisions": {
            "rows": 500,
            "flips": 20,
            "share": 0.04,
            "since": "2024-06-01",
            "until": "2024-07-01",
            "mean_difference": 0.01,
            "largest_difference": 0.4,
            "outcomes": [{"a": "yes", "b": "no", "rows": 20}],
            "segments": [{"column": "carrier", "value": "AA", "flips": 9, "rows": 100, "share": 0.09}],
            "examples": [
                {
                    "a": "yes",
                    "b": "no",
                    "a_score": 0.8,
                    "b_score": 0.4,
                    "actual": "no",
                    "row": {"carrier": "AA"},
                }
            ],
        },
        "measurements": [{"metric": "roc_auc", "partition": None, "a": figure(0.7), "b": figure(0.8)}],
        "parameters": [{"name": "C", "a": 1.0, "b": 0.02}],
        "packages": [],
        "algorithm": {"a": "native", "b": "native"},
        "threshold": {"a": None, "b": None},
        "data": {"a": {"rows": 900, "until": "2024-03-01"}, "b": {"rows": 1200, "until": "2024-04-01"}},
        "features": {"added": ["wind"], "removed": [], "kept": 3},
        "schema": {"new_categories": {"carrier": ["ZZ"]}},
        "coefficients": {
            "compared": 10,
            "moved": 4,
            "only_a": ["x"],
            "only_b": [],
            "largest": [{"name": "carrier=AA", "a": 0.1, "b": 0.3}],
        },
        "source": {"changed": True, "diff": "-C = 1\n+C = 2", "files": []},
    }


def train() -> dict[str, Any]:
    """A version that was trained: a document of no check."""
    return {
        "model": "late",
        "version": 2,
        "algorithm": "native",
        "hash": "70d180",
        "warnings": [],
        "trained": {"rows": 1200, "since": "2024-01-01", "until": "2024-04-01"},
        "parameters": {"C": 0.02},
        "validation": {"method": "hold-out", "folds": [{"rows_fitted": 900, "scores": {"roc_auc": 0.7}}]},
    }


#: Kind of run → its document.
ALL: dict[str, Callable[[], dict[str, Any]]] = {
    "backtest": backtest,
    "nowtest": nowtest,
    "regression": regression,
    "edge": edge,
    "stress": stress,
    "drift": drift,
    "software": software,
    "challenge": challenge,
    "diff": diff,
    "train": train,
}

_AS_RUN: dict[str, Verdict] = {"fit": "pass"}


def keep(store: Store, kind: str, document: dict[str, Any], note: str = "as it is", **run: Any) -> Run:
    """A run of the model ``late`` that found this."""
    if store.models.find("late") is None:
        store.models.apply("late", {"name": "late", "metric": "roc_auc"}, who="ada")
    said = document.get("verdict")
    queued = store.runs.enqueue("late", kind, run.pop("arguments", {}), why="test", who="ada", **run)
    return store.runs.conclude(queued.id, None if said is None else _AS_RUN.get(said, said), note, document)


def made_hostile(value: Any, text: str, name: str = "") -> Any:
    """A document in which every text that could come from data is this one."""
    if isinstance(value, dict):
        renamed = (lambda key: f"{text} {key}") if name in _NAMED else (lambda key: key)
        return {renamed(k): made_hostile(v, text, k) for k, v in value.items()}
    if isinstance(value, list):
        return [made_hostile(each, text, name) for each in value]
    return text if isinstance(value, str) and name not in _WORDS else value
