"""What the night does with trials: looks, ends what is over, withdraws what is clearly worse, tells people.

Versions that answer callers are looked at every hour, by day too: one that fails or is slow is not let do so
until the night. An alert of a trial that was withdrawn stays open until the next night: what was wrong has
been taken away, but somebody has to hear of it. Where a site was away, the version is taken away as soon as
it is back, and the alert stays open until then.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.alerts import subject
from core.present import present
from core.trial.course import end, settled
from core.trial.left_over import left_over, take_away
from core.trial.looking import look
from incumbent.errors import IncumbentError
from store.clock import text

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store
    from store.records import Trial

#: Who withdraws a version by itself.
NIGHT = "night shift"
KIND = "trial"


def is_due(store: Store, answering: bool = False) -> bool:
    """Whether there is a trial to look at (``answering``: one whose version answers callers), or what a site
    still runs of one that is over.
    """
    running = any(_answers(trial) or not answering for trial in store.trials.running())
    return running or bool(left_over(store))


def look_at_all(
    workspace: Workspace, store: Store, now: datetime | None = None, answering: bool = False
) -> dict[str, Any]:
    """Look at every trial that runs, and do what follows.

    Parameters
    ----------
    answering : bool
        Only at those whose versions answer callers: what is done by day, between two nights.

    Returns
    -------
    dict
        ``looked`` (how many), ``ended`` (``{"model", "version", "outcome", "why"}``), ``problems`` in words.
    """
    moment = now or present()
    done: dict[str, Any] = {"looked": 0, "ended": [], "problems": []}
    for found in left_over(store):
        try:
            take_away(workspace, store, found, NIGHT)
        except IncumbentError as error:
            done["problems"].append(f"{found.live.model} at {found.live.site}: {error}")
    if not answering:
        _close_old_alerts(store, text(moment))
    for trial in store.trials.running():
        if answering and not _answers(trial):
            continue
        try:
            seen = look_at(workspace, store, trial, moment)
        except IncumbentError as error:  # one trial must not keep the others waiting
            done["problems"].append(f"{trial.model} v{trial.version}: {error}")
            continue
        done["looked"] += 1
        if seen.ended is not None:
            done["ended"].append(
                {
                    "model": seen.model,
                    "version": seen.version,
                    "outcome": seen.outcome,
                    "why": seen.ended_why,
                }
            )
    return done


def _answers(trial: Trial) -> bool:
    return trial.mode != "shadow"


def look_at(workspace: Workspace, store: Store, trial: Trial, now: datetime) -> Trial:
    """Look at one trial, and do what follows from how it stands."""
    trial = settled(workspace, store, trial, now)
    if trial.ended is not None:
        return trial
    before = trial.standing or {}
    trial = look(workspace, store, trial, now)
    found = dict(trial.standing or {})
    about = subject(trial.model, KIND, f"v{trial.version}")
    broken = [guard for guard in found["guards"] if guard["verdict"] == "fail"]
    if broken:
        why = "; ".join(f"{guard['guard']}: {guard['reason']}" for guard in broken)
        ended = end(workspace, store, trial, "withdrawn", why, NIGHT, now)
        message = f"v{trial.version} was withdrawn from its trial: {ended.ended_why}"
        store.alerts.open_or_confirm(trial.model, about, "fail", message, now=text(now))
        return ended
    if trial.until is not None and text(now) >= trial.until:
        ended = end(workspace, store, trial, "finished", found["reason"], NIGHT, now)
        store.alerts.close(about, now=text(now))
        return ended
    _tell(store, trial, before, found, about, text(now))
    return trial


def _tell(
    store: Store, trial: Trial, before: dict[str, Any] | Any, found: dict[str, Any], about: str, now: str
) -> None:
    """Open and close the alert of a trial that goes on; a verdict that is new goes into the journal."""
    if found["verdict"] == "invalid":
        store.alerts.open_or_confirm(trial.model, about, "warn", found["reason"], now=now)
    elif found["verdict"] == "better" and trial.until is None:
        message = f"v{trial.version} does better than the champion v{trial.champion}: {found['reason']}"
        store.alerts.open_or_confirm(trial.model, about, "warn", message, now=now)
    else:
        store.alerts.close(about, now=now)
    if found["verdict"] != before.get("verdict", "undecided"):
        store.journal.add(
            NIGHT,
            "trial.look",
            f"{trial.model}: v{trial.version} {found['reason']}",
            model=trial.model,
            detail={"trial": trial.id, "verdict": found["verdict"]},
            now=now,
        )


def _close_old_alerts(store: Store, now: str) -> None:
    """Close the alerts of trials that are over, but for those of this UTC day: a night that a site is away
    from is tried again every hour.
    """
    there = [*store.trials.running(), *(found.trial for found in left_over(store))]
    standing = {subject(trial.model, KIND, f"v{trial.version}") for trial in there}
    for alert in store.alerts.list():
        of_a_trial = alert.subject.startswith(subject(alert.model or "", KIND, "v"))
        if of_a_trial and alert.subject not in standing and alert.seen[:10] < now[:10]:
            store.alerts.close(alert.subject, now=now)
