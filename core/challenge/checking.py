"""Stages that are checks: each a run of its own, executed within the challenge's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.challenge.stage import Challenge, Stage, StageVerdict
from core.runs import HANDLERS, Progress, execute_within, title
from incumbent.errors import IncumbentError, Interrupted
from store.records import Run

#: Why a stage is skipped for a version that nobody can run.
RECORDED = "a column of recorded predictions: there is nothing to run"


def check(
    challenge: Challenge, kind: str, progress: Progress, arguments: Mapping[str, Any] | None = None
) -> Stage:
    """Carry out a check of the version as a stage.

    Parameters
    ----------
    kind : str
        The check, as :data:`core.runs.HANDLERS` names it.
    arguments : mapping, optional
        Beside ``versions``, which is the version alone unless they say otherwise.

    Raises
    ------
    Interrupted
        Where it was stopped; the challenge stops with it.
    """
    if kind not in HANDLERS:
        return Stage(kind, "skipped", f"the {title(kind)} is not part of this release")
    errors: list[IncumbentError] = []
    wanted = {"versions": [challenge.number], **(arguments or {})}
    run = execute_within(challenge.context, kind, wanted, progress, errors.append)
    if run.state in ("cancelled", "interrupted"):
        raise Interrupted(f"stopped in the {title(kind)}", hint="what was measured is kept")
    challenge.runs[kind] = run
    if run.state != "done":
        said = errors[0].message if errors else (run.error or f"it is {run.state}")
        return Stage(kind, "error", f"could not be carried out: {said}", run.id)
    return Stage(kind, verdict_of(run, challenge.number), note_of(run, challenge.number), run.id)


def verdict_of(run: Run, version: int) -> StageVerdict:
    """What a check says of one version: the verdict beside its number, else the run's own."""
    own = _own(run, version).get("verdict")
    return own or run.verdict or "thin"


def note_of(run: Run, version: int) -> str:
    """What a check says of one version, in one line."""
    return str(_own(run, version).get("note") or run.note)


def _own(run: Run, version: int) -> Mapping[str, Any]:
    listed = (run.result or {}).get("versions") or ()
    return next((each for each in listed if each.get("version") == version), {})
