"""Looking at trials: how they stand now, by the log."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.trial.course import settled
from core.trial.documents import document

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store
    from store.records import Trial


def status(
    workspace: Workspace,
    model: str | None = None,
    *,
    include_ended: bool = False,
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """The trials of a model, or of all, newest first, each as it stands at this moment.

    Parameters
    ----------
    include_ended : bool
        Those that are over, too, as they stood at their end. Where none runs, the last one is told anyway.
    """
    with workspace.store() as store:
        if model is not None:
            store.models.get(model)
        for trial in store.trials.running(model):
            settled(workspace, store, trial, now)
        trials: list[Trial] = list(store.trials.page(model).rows)
        running = [trial for trial in trials if trial.ended is None]
        chosen = trials if include_ended else running or trials[:1]
        return [
            document(store, look(workspace, store, trial, now) if trial.ended is None else trial)
            for trial in chosen
        ]


def look(workspace: Workspace, store: Store, trial: Trial, now: datetime | None = None) -> Trial:
    """A trial with its standing as it is now, which is kept."""
    from core.trial.standing import standing

    return store.trials.look(trial.id, standing(workspace, store, trial, now))
