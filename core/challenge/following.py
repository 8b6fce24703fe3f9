"""A challenge that is still at work, stage by stage: what is done, what is on, what is to come.

Imports nothing heavy: screens ask it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.runs import part_of
from core.wording import kind_word

if TYPE_CHECKING:
    from store import Store
    from store.records import Run

#: The stages in order, as :data:`core.challenge.stages.STAGES` has them, without loading what they do.
NAMES = (
    "integrity", "regression", "edge", "stress", "backtest", "nowtest", "requirements", "software",
    "published",
)  # fmt: skip


def stages_of(store: Store, run: Run) -> list[dict[str, Any]]:
    """The stages of a challenge, each as its document will list it, as far as they have come.

    Parameters
    ----------
    run : Run
        Of kind ``challenge``, in any state.

    Returns
    -------
    list of dict
        ``stage``, ``verdict`` (None while it is not known), ``reason``, ``run``, and ``state``: ``done``,
        ``running``, ``queued``, or what the challenge ended as.
    """
    known = store.runs.get(run.id)
    if known.result is not None:
        return [{**stage, "state": "done"} for stage in known.result["stages"]]
    own = part_of(known)
    parts = {part.kind: part for part in store.runs.page(known.model, limit=100).rows if part.why == own}
    at = _position(known)
    ended = known.state not in ("queued", "running")
    return [_stage(name, at, position, parts.get(name), known, ended) for position, name in enumerate(NAMES)]


def _position(run: Run) -> int:
    """Which stage a running challenge is at, by what its row says that it does."""
    words = [kind_word(name) for name in NAMES]
    said = run.note.partition(":")[0]
    return words.index(said) if said in words else 0


def _stage(name: str, at: int, position: int, part: Run | None, whole: Run, ended: bool) -> dict[str, Any]:
    state = "done" if position < at else "running" if position == at else "queued"
    if part is not None:
        state = part.state
    elif ended and state != "done":
        state = whole.state
    elif whole.state == "queued":
        state = "queued"
    return {
        "stage": name,
        "verdict": None if part is None else part.verdict,
        "reason": "" if part is None else part.note,
        "run": None if part is None else part.id,
        "state": state,
    }
