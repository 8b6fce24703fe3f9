"""What the drift check found, as the document that is printed, kept and drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.drift.inspection import Inspected
from core.drift.limits import Limit
from core.drift.measuring import PREDICTION
from core.drift.verdicts import ColumnVerdict

#: New and vanished categories that are named for a column.
NAMED = 50
_DIGITS = 6


def column_documents(found: Inspected, target: str) -> list[dict[str, Any]]:
    """Every column that the version was trained on, those with the worst verdict first."""
    documents = [
        column_document(found, name)
        for name in found.now.columns
        if name not in (PREDICTION, target) and name in found.verdicts
    ]
    order = {"fail": 0, "warn": 1, "thin": 2, "pass": 3}
    return sorted(documents, key=lambda d: order[d["verdict"]])


def column_document(found: Inspected, name: str) -> dict[str, Any]:
    """One column: verdict, figures, limits, both distributions, what past windows showed."""
    said: ColumnVerdict = found.verdicts[name]
    reference, window = found.now.drawn.get(name, ({}, {}))
    kind = str(found.profile[name]["kind"]) if name in found.profile else None
    new, vanished = found.now.new.get(name, {}), found.now.vanished.get(name, [])
    return {
        "column": name,
        "kind": kind or ("category" if "levels" in reference else "number"),
        "verdict": said.verdict,
        "reason": said.reason,
        "calendar": name in found.now.calendar,
        "read": name in found.read,
        "statistics": {k: _rounded(v) for k, v in found.now.columns[name].items()},
        "limits": {statistic: _limit(limit) for statistic, limit in said.limits.items()},
        "past": {
            statistic: [_rounded(m.columns.get(name, {}).get(statistic)) for _, m in found.past]
            for statistic in said.limits
        },
        "reference": _plain(reference),
        "window": _plain(window),
        "new_categories": [{"value": v, "count": n} for v, n in list(new.items())[:NAMED]],
        "vanished_categories": list(vanished)[:NAMED],
    }


def past_documents(found: Inspected) -> list[dict[str, Any]]:
    """The past windows that the limits rest on, newest first; the columns' ``past`` are in their order."""
    return [
        {
            "since": past.window.since.isoformat(),
            "until": past.window.until.isoformat(),
            "rows": measured.rows,
            "coverage": past.in_sample,
            "season": past.season,
        }
        for past, measured in found.past
    ]


def _limit(limit: Limit) -> dict[str, Any]:
    return {
        "high": _rounded(limit.high),
        "low": _rounded(limit.low),
        "basis": limit.basis,
        "windows": limit.windows,
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if value == value and abs(value) != float("inf") else None
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(v) for v in value]
    return _rounded(value)
