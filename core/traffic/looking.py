"""The log as the command line shows it: plain documents."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.traffic.places import places
from core.traffic.summary import Summary, summary, unseen
from core.traffic.traffic import Batch, Traffic

if TYPE_CHECKING:
    from core.workspace import Workspace


def traffic_document(workspace: Workspace, model: str, site: str | None, days: int) -> dict[str, Any]:
    """How much traffic a model had in the last days, as ``log show --json`` prints it."""
    with workspace.store() as store:
        store.models.get(model)
        found = summary(workspace, store, model, site, days)
    return {"model": model, "site": site, **_document(found)}


def rate_document(workspace: Workspace, model: str, site: str | None, days: int) -> dict[str, Any]:
    """Predictions a second, as ``log rate --json`` prints it; null where nothing was logged."""
    with workspace.store() as store:
        found = Traffic.open(workspace, store, model, site).rate(days)
    mean, peak = (None, None) if found is None else found
    return {"model": model, "site": site, "days": days, "mean": mean, "peak": peak}


def newest(
    workspace: Workspace, model: str, site: str | None, count: int, days: int, route: str | None = None
) -> list[dict[str, Any]]:
    """The newest logged predictions of the last days, newest first, with inputs and outcomes."""
    since = datetime.now(UTC) - timedelta(days=days)
    rows: deque[tuple[Any, dict[str, Any]]] = deque()
    with workspace.store() as store:
        for batch in Traffic.open(workspace, store, model, site).read(since):
            rows.extend(_newest_of(batch, count, route))
            rows = deque(sorted(rows, key=lambda row: row[0])[-count:])
    return [document for _, document in reversed(rows)]


def missing(workspace: Workspace, model: str, site: str | None) -> tuple[str, ...]:
    """Why rows may be missing: sites that serve the model and cannot be reached now, in words."""
    with workspace.store() as store:
        return unseen(workspace, store, model, places(workspace, store, model, site))


def _newest_of(batch: Batch, count: int, route: str | None) -> list[tuple[Any, dict[str, Any]]]:
    meta = batch.meta if route is None else batch.meta[batch.meta["route"] == route]
    meta = meta.sort_values("at", kind="stable").tail(count)
    inputs = batch.inputs.loc[meta.index]
    return [
        (told["at"], _row(told, own))
        for told, own in zip(meta.to_dict("records"), inputs.to_dict("records"), strict=True)
    ]


def _row(told: Mapping[Any, Any], inputs: Mapping[Any, Any]) -> dict[str, Any]:
    scores = told["probabilities"]
    return {
        "id": told["id"],
        "at": told["at"].isoformat() + "Z",
        "key": _plain(told["key"]),
        "version": _plain(told["version"]),
        "route": told["route"],
        "reason": _plain(told["reason"]),
        "value": _plain(told["value"]),
        "probabilities": scores if isinstance(scores, list) else None,
        "seconds": _plain(told["seconds"]),
        "actual": _plain(told["actual"]),
        "inputs": {str(name): _plain(value) for name, value in inputs.items()},
    }


def _plain(value: Any) -> Any:
    """A cell of a frame as JSON has it: null for what is missing."""
    import pandas as pd

    if pd.isna(value):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _document(found: Summary) -> dict[str, Any]:
    rate = found.rate
    return {
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "predictions": found.predictions,
        "fallbacks": found.fallbacks,
        "lost": found.lost,
        "p50_seconds": found.p50,
        "p99_seconds": found.p99,
        "rate": None if rate is None else {"mean": rate.mean, "peak": rate.peak},
        "versions": [
            {
                "version": v.version,
                "route": v.route,
                "predictions": v.predictions,
                "p50_seconds": v.p50,
                "p99_seconds": v.p99,
            }
            for v in found.versions
        ],
        "hours": [
            {"at": h.at.isoformat(), "predictions": h.predictions, "fallbacks": h.fallbacks}
            for h in found.hours
        ],
        "reasons": [{"reason": reason, "predictions": count} for reason, count in found.reasons],
        "problems": list(found.problems),
    }
