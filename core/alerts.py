"""What is wrong in production, until a better verdict says that it is right again.

A check of the champion that fails or warns opens an alert; one that passes closes it; one that is thin leaves
it as it is. A check that could not run is a failure too: silence is not a pass. Of runs that pretend to be at
some moment (as-of), the one at the latest moment speaks: looking back at last spring does not close today's
alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from core.runs.context import Finding, Outcome
from core.runs.handlers import CHECKS, title
from store.records import Alert, Run

if TYPE_CHECKING:
    from store import Store

Severity = Literal["warn", "fail"]

#: What a verdict means for the alert of its check: a severity opens or keeps it, "close" closes it, None
#: leaves it.
CONSEQUENCES: dict[str, Severity | Literal["close"] | None] = {
    "pass": "close",
    "thin": None,
    "warn": "warn",
    "fail": "fail",
    "error": "fail",
}


def subject(model: str, kind: str, suffix: str = "") -> str:
    """What an alert is about, unique while it is open.

    >>> subject("flights", "nowtest", "carrier=UA")
    'flights nowtest carrier=UA'
    """
    return " ".join(part for part in (model, kind, suffix) if part)


def conclude(store: Store, run: Run, outcome: Outcome) -> None:
    """Open, confirm and close the alerts that an outcome speaks of. Call it inside the run's transaction."""
    if run.model is None or run.kind not in CHECKS or is_hindsight(store, run):
        return
    for finding in findings(store, run, outcome):
        _apply(store, run, finding)


def could_not_run(store: Store, run: Run, error: str) -> None:
    """Open the alert of a check that could not be carried out. Call it inside the run's transaction."""
    if run.model is None or run.kind not in CHECKS or champion(store, run.model) is None:
        return
    _apply(store, run, Finding("", "error", f"{title(run.kind)} could not run: {error}"))


def findings(store: Store, run: Run, outcome: Outcome) -> Sequence[Finding]:
    """What an outcome says about the champion: its own list, or the verdict in its document."""
    if outcome.alerts is not None:
        return [Finding(*found) for found in outcome.alerts]
    if outcome.verdict is None or run.model is None:
        return ()
    number = champion(store, run.model)
    if number is None:
        return ()
    document = outcome.result
    if "versions" in document:
        judged = next((each for each in document["versions"] if each.get("version") == number), None)
        return () if judged is None else (Finding("", judged["verdict"], judged.get("note") or outcome.note),)
    if document.get("version", number) != number:
        return ()
    return (Finding("", outcome.verdict, outcome.note),)


def champion(store: Store, model: str, site: str = "local") -> int | None:
    """The version in production."""
    live = store.production.live(model, site)
    return None if live is None else live.champion


def is_hindsight(store: Store, run: Run) -> bool:
    """Whether the same check has been concluded for a later moment already."""
    if run.as_of is None:
        return False
    return any(
        _is_later(other, run) for other in store.runs.page(model=run.model, kind=run.kind, state="done").rows
    )


def _is_later(other: Run, run: Run) -> bool:
    if other.id == run.id:
        return False
    return other.as_of is None or run.as_of is None or other.as_of > run.as_of


def _apply(store: Store, run: Run, finding: Finding) -> None:
    about = subject(run.model or "", run.kind, finding.suffix)
    consequence = CONSEQUENCES[finding.verdict]
    if consequence == "close":
        store.alerts.close(about, run.id)
    elif consequence is not None:
        store.alerts.open_or_confirm(run.model, about, consequence, finding.message, run.id)


def as_document(alert: Alert) -> dict[str, Any]:
    """An alert as ``alert list --json`` prints it."""
    return {
        "id": alert.id,
        "model": alert.model,
        "subject": alert.subject,
        "severity": alert.severity,
        "message": alert.message,
        "run": alert.run,
        "opened": alert.opened,
        "closed": alert.closed,
        "seen": alert.seen,
        "acknowledged": alert.acknowledged,
        "acknowledged_by": alert.acknowledged_by,
        "snoozed_until": alert.snoozed_until,
        "notified": alert.notified,
    }
