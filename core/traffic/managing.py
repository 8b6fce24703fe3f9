"""What people do to a log: bring it home now, prune it, tell outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.person import person
from core.spec import ModelSpec
from core.spec.log import parse_size
from core.timeline import Duration
from core.traffic.locking import alone
from core.traffic.places import places
from incumbent.errors import UsageError

if TYPE_CHECKING:
    from core.workspace import Workspace


def bring_home(
    workspace: Workspace, model: str, site: str | None = None, everything: bool = False
) -> dict[str, Any]:
    """Roll a model's log now; ``everything``: what was written today, too."""
    from core.traffic.housekeeping import keep_model

    with workspace.store() as store:
        store.models.get(model)
        rolled, pruned = keep_model(workspace, store, model, site, everything)
    return {
        "model": model,
        "predictions": rolled.predictions,
        "outcomes": rolled.outcomes,
        "files": rolled.deleted,
        "pruned": pruned,
        "problems": list(rolled.problems),
    }


def prune_now(
    workspace: Workspace, model: str, older_than: str | None, size: str | None, who: str | None = None
) -> dict[str, Any]:
    """Delete old rows at home, by what is given or else by what the spec says.

    Raises
    ------
    UsageError
        Where neither says what to delete.
    """
    from core.spec.log import LogSpec
    from core.traffic.pruning import prune

    with workspace.store() as store:
        said = ModelSpec.from_document(store.models.revision(model).document).log
        if older_than is not None or size is not None:
            if older_than is not None:
                Duration.parse(older_than)
            if size is not None:
                parse_size(size)
            said = LogSpec(keep=older_than, size=size)
        if said.keep is None and said.size is None:
            raise UsageError(
                f"nothing says how much of the log of {model} is kept",
                hint='give --older-than or --size, or write [log] keep = "90d" in the spec',
            )
        with alone(store, model):
            done = prune(places(workspace, store, model), said.keep_days, said.bytes)
        if done.parts:
            store.journal.add(
                who or person(),
                "log.prune",
                f"{model}: {done.predictions} logged predictions",
                model=model,
                detail=done._asdict(),
            )
    return {"model": model, **done._asdict()}


def tell_outcomes(workspace: Workspace, model: str, path: Path) -> dict[str, Any]:
    """Keep the outcomes of a file."""
    from core.traffic.outcomes import import_outcomes

    with workspace.store() as store:
        done = import_outcomes(workspace, store, model, path)
    return {
        "model": model,
        "outcomes": done.outcomes,
        "unknown_count": done.unknown_count,
        "unknown": list(done.unknown),
        "new_classes": list(done.new_classes),
    }
