"""A trial as plain data: what ``trial status --json`` prints, and screens draw. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store import Store
    from store.records import Trial


def document(store: Store, trial: Trial, standing: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A trial with its standing and its notes.

    Parameters
    ----------
    standing : mapping, optional
        As it is now; by default as the last look found it.
    """
    found = standing if standing is not None else trial.standing
    return {
        "id": trial.id,
        "model": trial.model,
        "version": trial.version,
        "champion": trial.champion,
        "mode": trial.mode,
        "share": trial.share,
        "sites": list(trial.sites),
        "guards": dict(trial.guards),
        "started": trial.started,
        "since": trial.since,
        "until": trial.until,
        "state": "running" if trial.ended is None else "ended",
        "ended": trial.ended,
        "outcome": trial.outcome,
        "ended_why": trial.ended_why,
        "who": trial.who,
        "why": trial.why,
        "standing": None if found is None else dict(found),
        "looked": trial.looked,
        "notes": [
            {"when": said.when, "who": said.who, "site": said.site, "note": said.note}
            for said in store.trials.notes(trial.id)
        ],
    }


def listing(store: Store, model: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Trials, newest first, each as its last look found it."""
    return [document(store, trial) for trial in store.trials.page(model, limit=limit).rows]
