"""What an action would be done to: what is selected on the screen that is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.actions import Action
from store.records import Alert, Case, InboxEntry, Requirement, Run, Schedule, Trial

_ASKED_FOR = {
    "model": "select a model first",
    "version": "select a version first",
    "versions": "mark two versions with space first",
    "run": "select a run first",
    "alert": "select an alert first",
    "check": "select a schedule first",
    "metric": "select a requirement first",
    "case": "select a case first",
    "entry": "select an entry of the inbox first",
    "trial": "no trial is under way",
    "spot": "select a weak spot of an edge test first",
}


class WeakSpot(NamedTuple):
    """A weak spot of an edge test: its run, its number there (from 1), and what the test says of it."""

    run: int
    entry: int
    document: Mapping[str, Any]


#: Checks that judge the marked versions, where there are any.
_OF_MARKED = tuple(
    f"check.{kind}" for kind in ("nowtest", "backtest", "regression", "edge", "stress", "software")
)


@dataclass(frozen=True)
class Selection:
    """What is selected; None where nothing of the kind is."""

    model: str | None = None
    version: int | None = None
    versions: tuple[int, ...] = ()
    champion: int | None = None
    former: int | None = None  # the last other champion at the site
    archived: bool = False
    run: Run | None = None
    alert: Alert | None = None
    schedule: Schedule | None = None
    requirement: Requirement | None = None
    case: Case | None = None
    entry: InboxEntry | None = None
    trial: Trial | None = None
    spot: WeakSpot | None = None
    muted: bool = False
    demoted: bool = False
    site: str = "local"


def obstacle(action: Action, chosen: Selection) -> str:
    """Why an action cannot be done to this; empty if it can."""
    for name in action.needs:
        if not _has(chosen, name):
            return _ASKED_FOR[name]
    check = _CHECKS.get(action.id)
    return check(chosen) if check else ""


def arguments(action: Action, chosen: Selection) -> dict[str, Any]:
    """The keywords of an action's function that the selection gives."""
    given: dict[str, Any] = {}
    if "model" in action.needs:
        given["model"] = chosen.model
    if "version" in action.needs:
        given["version"] = chosen.version
    if "versions" in action.needs:
        given["a"], given["b"] = sorted(chosen.versions)[:2]
    if "run" in action.needs and chosen.run:
        given["run"] = chosen.run.id
    if "alert" in action.needs and chosen.alert:
        given["alert"] = chosen.alert.id
    if "check" in action.needs and chosen.schedule:
        given["check"] = chosen.schedule.check
    if "case" in action.needs and chosen.case:
        given["case"] = chosen.case.id
    if "spot" in action.needs and chosen.spot:
        given["run"], given["entry"] = chosen.spot.run, chosen.spot.entry
    if "trial" in action.needs and chosen.trial:
        given["trial"] = chosen.trial.id
    if "entry" in action.needs and chosen.entry:
        given["entry"] = chosen.entry.id
    if "metric" in action.needs and chosen.requirement:
        given["metric"], given["segment"] = chosen.requirement.metric, chosen.requirement.segment
    if action.id.startswith("production."):
        given["site"] = chosen.site
    if action.id in _OF_MARKED and chosen.versions:
        given["versions"] = sorted(chosen.versions)
    return given


def _has(chosen: Selection, name: str) -> bool:
    if name == "versions":
        return len(chosen.versions) == 2
    if name == "check":
        return chosen.schedule is not None
    if name == "metric":
        return chosen.requirement is not None
    return getattr(chosen, name) is not None


def _swap(chosen: Selection) -> str:
    if chosen.version == 0:
        return "the baseline stands behind every version; it is not swapped in"
    return f"v{chosen.version} is in production already" if chosen.version == chosen.champion else ""


def _spot_case(chosen: Selection) -> str:
    found = chosen.spot.document if chosen.spot else {}
    if not isinstance(found.get("row"), Mapping):
        return "it is about no single row"
    return "" if found.get("whole", True) else "the test kept its row in part only"


def _roll_back(chosen: Selection) -> str:
    if chosen.champion is None:
        return "nothing is in production"
    return "" if chosen.former is not None else f"v{chosen.champion} is the first champion"


def _restore(chosen: Selection) -> str:
    return "" if chosen.demoted else "the champion is not set aside"


def _try(chosen: Selection) -> str:
    if chosen.champion is None:
        return "nothing is in production that it could be held against"
    return f"v{chosen.version} is the champion" if chosen.version == chosen.champion else ""


def _cancel(chosen: Selection) -> str:
    run = chosen.run
    return "" if run and run.state in ("queued", "running") else "the run has ended"


def _pause(chosen: Selection) -> str:
    return "it is paused already" if chosen.schedule and chosen.schedule.paused else ""


def _resume(chosen: Selection) -> str:
    return "" if chosen.schedule and chosen.schedule.paused else "it is not paused"


def _acknowledge(chosen: Selection) -> str:
    if chosen.alert and chosen.alert.closed:
        return "the alert has closed"
    return "it is acknowledged already" if chosen.alert and chosen.alert.acknowledged else ""


def _unacknowledge(chosen: Selection) -> str:
    return "" if chosen.alert and chosen.alert.acknowledged else "nobody acknowledged it"


def _snooze(chosen: Selection) -> str:
    return "the alert has closed" if chosen.alert and chosen.alert.closed else ""


def _archive(chosen: Selection) -> str:
    if chosen.version == chosen.champion:
        return f"v{chosen.version} is in production"
    return "it is archived already" if chosen.archived else ""


_CHECKS: dict[str, Callable[[Selection], str]] = {
    "production.swap": _swap,
    "production.rollback": _roll_back,
    "trial.start": _try,
    "production.fallback": lambda s: "" if s.champion is not None else "nothing is in production",
    "production.limits": lambda s: "" if s.champion is not None else "nothing is in production",
    "production.restore": _restore,
    "edge.case": _spot_case,
    "production.rule": lambda s: "" if s.champion is not None else "nothing is in production",
    "production.publish": lambda s: "" if s.champion is not None else "nothing is in production",
    "run.cancel": _cancel,
    "schedule.pause": _pause,
    "schedule.resume": _resume,
    "alert.acknowledge": _acknowledge,
    "alert.unacknowledge": _unacknowledge,
    "alert.snooze": _snooze,
    "alert.mute": lambda s: "it is muted already" if s.muted else "",
    "alert.unmute": lambda s: "" if s.muted else "it is not muted",
    "version.archive": _archive,
    "version.unarchive": lambda s: "" if s.archived else "it is not archived",
    "version.reproduce": lambda s: "the baseline is not trained" if s.version == 0 else "",
}
