"""The gate: what the last challenge says of a version, and whether its word still stands.

Imports nothing heavy: screens ask it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.challenge.standing import Standing, data_fingerprint, standing
from incumbent.errors import IncumbentError

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store
    from store.records import Run

GateVerdict = Literal["unchallenged", "unfit", "undecided", "fit", "better"]

#: So many challenges of a model are searched for the last one of a version.
MOST = 500


@dataclass(frozen=True)
class Gate:
    """Whether a version may be put in production.

    Parameters
    ----------
    verdict : str
        Of its last challenge; ``unchallenged`` where there was none.
    reason : str
        Why, in one line for people.
    stages : tuple of mapping
        As the challenge's document lists them.
    stale : str
        What has changed since, in a few words; empty where the verdict stands.
    run : int or None
        The challenge.
    comparison : mapping or None
        With whom it had to beat.
    """

    verdict: GateVerdict
    reason: str
    stages: tuple[Mapping[str, Any], ...] = ()
    stale: str = ""
    run: int | None = None
    comparison: Mapping[str, Any] | None = None

    @property
    def opens(self) -> bool:
        """Whether it lets the version through, with a reason where it is not better."""
        return self.verdict in ("fit", "better") and not self.stale

    @property
    def refusal(self) -> str:
        """Why it does not open, for people; empty where it does."""
        if self.opens:
            return ""
        if self.verdict == "unchallenged":
            return "has not been challenged"
        if self.stale:
            return f"has to be challenged again: {self.stale} since run {self.run}"
        return f"is {self.verdict}: {self.reason}"

    def document(self) -> dict[str, Any]:
        """Plain data, as journal and screens keep it."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "stages": [dict(stage) for stage in self.stages],
            "stale": self.stale or None,
            "run": self.run,
            "comparison": None if self.comparison is None else dict(self.comparison),
        }


def gate(workspace: Workspace, store: Store, model: str, version: int, *, look_at_data: bool = True) -> Gate:
    """What stands between a version and production.

    Parameters
    ----------
    version : int
    look_at_data : bool
        Whether to see if the data has changed, which loads what reads it. A screen leaves it out; the swap
        itself does not.

    Raises
    ------
    UsageError
        For a version that there is not.
    """
    known = store.versions.get(model, version)
    run = last_challenge(store, model, version)
    if run is None or run.result is None:
        return Gate("unchallenged", "it has not been challenged")
    data, unread = _data(workspace, store, model) if look_at_data else (None, "")
    stale = Standing.from_document(run.result["fingerprint"]).changed(standing(store, known, data))
    return Gate(
        verdict=run.result["verdict"],
        reason=run.result["reason"],
        stages=tuple(run.result["stages"]),
        stale=stale or unread,
        run=run.id,
        comparison=run.result["comparison"],
    )


def last_challenge(store: Store, model: str, version: int) -> Run | None:
    """The newest challenge of a version that was carried out, with its document; not one of the past."""
    for run in store.runs.page(model, kind="challenge", state="done", limit=MOST).rows:
        if run.arguments.get("version") == version and run.as_of is None:
            found: Run = store.runs.get(run.id)
            return found
    return None


def _data(workspace: Workspace, store: Store, model: str) -> tuple[str | None, str]:
    try:
        return data_fingerprint(workspace, store, model), ""
    except IncumbentError as error:
        return None, f"nobody can tell whether the data has changed ({error.message})"
