"""The recipe of a version: what a retraining repeats on more rows (rule 6).

A version that has learned from every row has none left to be judged by. So its recipe is judged: the same
pipeline file and parameters, trained to an earlier moment (without a time column: with rows held out), on the
rows that it has not seen. The version trained on everything inherits that verdict, marked as inherited; how
well a recipe does as history goes on is what the walk-forward back-test shows (Tashman 2000).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.challenge.gate import last_challenge
from core.challenge.standing import Standing, standing

if TYPE_CHECKING:
    from core.challenge.stage import Challenge
    from store.records import Run, Version


@dataclass(frozen=True)
class Inherited:
    """The verdict of the same recipe, trained to an earlier moment.

    Parameters
    ----------
    version : int
        Whose verdict it is.
    run : Run
        Its challenge, which still stands.
    """

    version: int
    run: Run

    @property
    def result(self) -> dict[str, Any]:
        """The document of that challenge."""
        return dict(self.run.result or {})

    @property
    def reason(self) -> str:
        """For people."""
        return (
            f"inherits from v{self.version}, the same recipe trained to an earlier moment, "
            f"which is {self.result['verdict']} (challenge {self.run.id})"
        )

    def comparison(self) -> dict[str, Any] | None:
        """The comparison of that challenge; it is no look of its own."""
        found = self.result["comparison"]
        if found is None:
            return None
        reason = f"{found['reason']} ({self.reason})"
        return {**found, "look": None, "inherits": self.version, "reason": reason}


def inherited(challenge: Challenge, data: str) -> Inherited | None:
    """What a version inherits: the standing verdict, fit or better, of its recipe; None without one.

    Parameters
    ----------
    data : str
        Fingerprint of the model's rows now.
    """
    store = challenge.context.store
    for twin in twins(challenge, challenge.version):
        run = last_challenge(store, challenge.model, twin.number)
        if run is None or run.result is None or run.result["verdict"] not in ("fit", "better"):
            continue
        if not Standing.from_document(run.result["fingerprint"]).changed(standing(store, twin, data)):
            return Inherited(twin.number, run)
    return None


def twins(challenge: Challenge, version: Version) -> Iterator[Version]:
    """The versions of the same recipe that have learned from fewer rows, those that saw most first."""
    own = recipe_of(challenge, version)
    if own is None:
        return
    others = challenge.context.store.versions.list(version.model)
    fewer = sorted(
        (v for v in others if _saw_less(v, version)),
        key=lambda v: (str(v.trained_until), v.trained_rows or 0),
        reverse=True,
    )
    for other in fewer:
        if recipe_of(challenge, other) == own:
            yield other


def _saw_less(one: Version, other: Version) -> bool:
    """Whether a version was trained to an earlier moment, or held rows out where the other held out none."""
    if other.trained_until is not None:
        return one.trained_until is not None and one.trained_until < other.trained_until
    if one.held_out is None or other.held_out is None:
        return False
    return bool(one.held_out["share"] > other.held_out["share"] == 0)


def recipe_of(challenge: Challenge, version: Version) -> str | None:
    """What tells recipes apart: pipeline file, modules beside it, parameters, seed; None where unknown."""
    folder = challenge.context.workspace.bundle_path(version.hash)
    try:
        lineage = json.loads((folder / "lineage.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    pipeline = lineage.get("pipeline") or {}
    if "sha256" not in pipeline:
        return None
    parts = [pipeline["sha256"], pipeline.get("modules"), lineage.get("parameters"), lineage.get("seed")]
    return json.dumps(parts, sort_keys=True)
