"""What a trial changes at its sites, and how that is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.production import LOCAL, failing_cases, write
from incumbent.errors import IncumbentError, RefusedError

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store
    from store.records import ProductionRevision, Trial


def basis(store: Store, model: str, site: str) -> tuple[ProductionRevision | None, ProductionRevision]:
    """What is live at a site, and what a trial there builds on: that, or else what ``local`` runs.

    What is tried out at ``local`` is of its trials, and does not come along.

    Raises
    ------
    UsageError
        For a site that there is not.
    RefusedError
        Where nothing of the model is in production.
    """
    store.sites.get(site)
    live = store.production.live(model, site)
    base = live
    if base is None or base.champion is None:
        local = store.production.live(model, LOCAL)
        base = None if local is None else replace(local, challenger=None, share=0.0, shadows=())
    if base is None or base.champion is None:
        raise RefusedError(
            f"nothing of {model} is in production: there is nothing to try a version against",
            hint=f"put a version there first: `incumbent challenge {model} VERSION`, then production swap",
        )
    return live, base


@dataclass(frozen=True)
class Step:
    """What a trial changes at one site.

    Parameters
    ----------
    live : ProductionRevision or None
        What runs there now; None: nothing yet.
    wanted : mapping
        The configuration with the version on trial.
    failures : tuple of str
        Cases that the champion fails there, where it begins there with this.
    """

    site: str
    live: ProductionRevision | None
    wanted: Mapping[str, Any]
    failures: tuple[str, ...] = ()


def steps(
    workspace: Workspace, store: Store, trial: Mapping[str, Any], sites: Sequence[str]
) -> tuple[Step, ...]:
    """What a trial would change at its sites; nothing is changed yet.

    Parameters
    ----------
    trial : mapping
        ``model``, ``version``, ``mode`` and ``share``.

    Raises
    ------
    RefusedError
        Where the champion begins at a site with the trial, and fails a case there.
    """
    found = []
    for site in sites:
        live, base = basis(store, trial["model"], site)
        wanted = with_version(base, trial["version"], trial["mode"], trial["share"])
        failures: Sequence[str] = ()
        if live is None:  # what serves goes on serving: its cases do not stand in the way of a trial
            failures = failing_cases(workspace, store, trial["model"], site, wanted["champion"], False)
        found.append(Step(site, live, wanted, tuple(failures)))
    return tuple(found)


def begin_at(
    workspace: Workspace, store: Store, model: str, planned: Sequence[Step], why: str, who: str
) -> None:
    """Let the version of a trial run at sites; at all of them or at none. To be called in a transaction."""
    for step in planned:
        write(
            workspace, store, model, step.site, step.wanted, step.live, "trial", why, who,
            failures=step.failures,
        )  # fmt: skip


def end_at(workspace: Workspace, store: Store, trial: Trial, why: str, who: str) -> list[str]:
    """Take the version of a trial away from its sites; sites that could not be told, with the reason.

    Where it has become the champion it stays, without the trace of the trial. To be called in a transaction.
    """
    untold = []
    for site in trial.sites:
        live = store.production.live(trial.model, site)
        if live is None:
            continue
        wanted = without_version(live, trial)
        if wanted == as_it_is(live):
            continue
        try:
            write(workspace, store, trial.model, site, wanted, live, "trial", why, who)
        except IncumbentError as error:
            untold.append(f"{site}: {error.message}")
    return untold


def with_version(base: ProductionRevision, version: int, mode: str, share: float) -> dict[str, Any]:
    """A configuration in which a version is tried out."""
    wanted = as_it_is(base)
    shadows = [n for n in base.shadows if n != version]
    if mode == "shadow":
        return {**wanted, "shadows": [*shadows, version]}
    if mode == "site":  # the version answers, and the champion shadows: rows are paired
        shadows = [*shadows, *(n for n in [base.champion] if n is not None and n not in shadows)]
    return {**wanted, "challenger": version, "share": share, "shadows": shadows}


def without_version(live: ProductionRevision, trial: Trial) -> dict[str, Any]:
    """A configuration without what a trial has put in it."""
    wanted = as_it_is(live)
    if live.challenger == trial.version and trial.mode != "shadow":
        wanted |= {"challenger": None, "share": 0.0}
    gone = {trial.version} if trial.mode == "shadow" else {trial.champion} if trial.mode == "site" else set()
    return {**wanted, "shadows": [n for n in live.shadows if n not in gone]}


def is_at(live: ProductionRevision | None, trial: Trial) -> bool:
    """Whether a configuration still has a trial's version where the trial has put it."""
    if live is None:
        return False
    return trial.version in live.shadows if trial.mode == "shadow" else live.challenger == trial.version


def as_it_is(live: ProductionRevision) -> dict[str, Any]:
    """What is live, as a configuration that changes nothing."""
    return {
        "champion": live.champion,
        "challenger": live.challenger,
        "share": live.share,
        "shadows": list(live.shadows),
        "fallback": live.fallback,
        "limits": dict(live.limits),
    }
