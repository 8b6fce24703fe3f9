"""What is wrong in production, until a better verdict says that it is right again.

A check of the champion that fails or warns opens an alert; one that passes closes it; one that is thin
leaves it as it is. A warning that is no alarm opens none, and makes one that is open milder. A check that
could not run is a failure too: silence is not a pass. Of runs that pretend to be at some moment (as-of),
the one at the latest moment speaks, and a look at a part of history does not speak at all: looking back at
last spring must not close today's alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from core.person import person
from core.present import present
from core.runs.context import Finding, Outcome
from core.runs.handlers import CHECKS
from incumbent.errors import InputError, RefusedError, UsageError
from store.records import Alert, Run
from store.run_history import NARROWING

if TYPE_CHECKING:
    from core.workspace import Workspace
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
    if _speaks(store, run):
        for finding in findings(store, run, outcome):
            _apply(store, run, finding)


def could_not_run(store: Store, run: Run, error: BaseException, said: str) -> None:
    """Open the alert of a check that could not be carried out. Call it inside the run's transaction.

    What a person asked for wrongly is that person's to mend, and no alert.
    """
    if asked_wrongly(run, error) or not _speaks(store, run) or champion(store, run.model or "") is None:
        return
    _apply(store, run, Finding("", "error", f"could not run: {said}"))


def asked_wrongly(run: Run, error: BaseException) -> bool:
    """Whether a person asked for what cannot be, or what is refused: that says nothing of the model."""
    return isinstance(error, (UsageError, InputError, RefusedError)) and run.schedule is None


def was_interrupted(store: Store, run: Run) -> None:
    """Open the alert of a check that was interrupted twice. Call it inside the sweep's transaction."""
    if run.kind in CHECKS and run.model is not None and champion(store, run.model) is not None:
        _apply(store, run, Finding("", "error", f"could not run: interrupted twice, last in run {run.id}"))


def _speaks(store: Store, run: Run) -> bool:
    """Whether this run is the latest word on what production runs."""
    if run.model is None or run.kind not in CHECKS or any(run.arguments.get(name) for name in NARROWING):
        return False
    latest = store.runs.last(run.model, run.kind)
    return latest is None or latest.id == run.id


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
        if judged is None or judged.get("verdict") is None:
            return ()
        return (Finding("", judged["verdict"], judged.get("note") or outcome.note),)
    if document.get("version", number) != number:
        return ()
    return (Finding("", outcome.verdict, outcome.note),)


def champion(store: Store, model: str, site: str = "local") -> int | None:
    """The version in production."""
    live = store.production.live(model, site)
    return None if live is None else live.champion


def _apply(store: Store, run: Run, finding: Finding) -> None:
    about = subject(run.model or "", run.kind, finding.suffix)
    consequence = CONSEQUENCES[finding.verdict]
    if consequence == "close":
        store.alerts.close(about, run.id)
    elif consequence is not None and (finding.opens or store.alerts.open_of(about) is not None):
        store.alerts.open_or_confirm(run.model, about, consequence, finding.message, run.id)


def list_alerts(workspace: Workspace, open_only: bool = True, model: str | None = None) -> tuple[Alert, ...]:
    """Alerts, newest first; with ``open_only`` false also those that have closed."""
    with workspace.store() as store:
        return store.alerts.list(open_only, model)


def acknowledge(workspace: Workspace, alert: int, who: str | None = None) -> Alert:
    """Say that somebody knows: it stays open and notifies no more, unless it grows worse."""
    with workspace.store() as store, store.transaction():
        known = store.alerts.acknowledge(alert, who or person())
        undo = {"action": "alert.unacknowledge", "arguments": {"alert": alert}}
        store.journal.add(who or person(), "alert.acknowledge", known.subject, model=known.model, undo=undo)
        return known


def unacknowledge(workspace: Workspace, alert: int, who: str | None = None) -> Alert:
    """Take an acknowledgement back."""
    with workspace.store() as store, store.transaction():
        open_again = store.alerts.unacknowledge(alert)
        store.journal.add(who or person(), "alert.unacknowledge", open_again.subject, model=open_again.model)
        return open_again


def snooze(
    workspace: Workspace,
    alert: int,
    duration: str = "1d",
    who: str | None = None,
    now: datetime | None = None,
) -> Alert:
    """Let an alert be silent for a while, a day by default.

    Parameters
    ----------
    duration : str
        ``12h``, ``3d``, ``1 week``; ``0`` lets it speak again.
    """
    from core.timeline.durations import Duration
    from store.clock import text

    until = None if duration == "0" else text(Duration.parse(duration).after(now or present()))
    with workspace.store() as store, store.transaction():
        quiet = store.alerts.snooze(alert, until)
        undo = (
            None
            if until is None
            else {"action": "alert.snooze", "arguments": {"alert": alert, "duration": "0"}}
        )
        store.journal.add(
            who or person(),
            "alert.snooze",
            quiet.subject,
            model=quiet.model,
            detail={"until": until},
            undo=undo,
        )
        return quiet


def mute(workspace: Workspace, model: str, who: str | None = None) -> None:
    """Let nothing of a model notify; its alerts still open and close."""
    with workspace.store() as store, store.transaction():
        store.alerts.mute(model, who or person())
        undo = {"action": "alert.unmute", "arguments": {"model": model}}
        store.journal.add(who or person(), "alert.mute", model, model=model, undo=undo)


def muted(workspace: Workspace) -> frozenset[str]:
    """The models of which nothing notifies."""
    with workspace.store() as store:
        found: frozenset[str] = store.alerts.muted()
    return found


def unmute(workspace: Workspace, model: str, who: str | None = None) -> None:
    """Let a muted model notify again."""
    with workspace.store() as store, store.transaction():
        store.alerts.unmute(model)
        undo = {"action": "alert.mute", "arguments": {"model": model}}
        store.journal.add(who or person(), "alert.unmute", model, model=model, undo=undo)
