"""The last word of each check on the version that serves now.

A check's verdict is that of the champion of its moment. After a swap it says nothing of the new champion,
unless the run judged that one too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from store.records import ModelOverview, ProductionRevision, Run

if TYPE_CHECKING:
    from store import Store

#: Checks whose verdict is that of one version.
OF_A_VERSION = ("backtest", "nowtest", "regression", "edge", "stress", "software", "drift")


def arrivals(store: Store, site: str) -> dict[str, ProductionRevision]:
    """Model → the revision with which its champion came; later ones (a trial, another limit) kept it."""
    found = {}
    for live in store.production.all_live(site):
        came = live
        for revision in store.production.history(live.model, site).rows:
            if revision.number <= live.number and revision.champion == live.champion:
                came = revision
            elif revision.number < live.number:
                break
        found[live.model] = came
    return found


def of_the_champion(store: Store, found: ModelOverview, came: ProductionRevision | None) -> ModelOverview:
    """The same, each check with its verdict on the present champion; None where it has not judged that one.

    Parameters
    ----------
    came : ProductionRevision or None
        With which the champion came; runs that ended since then are taken as they are.
    """
    if came is None or came.champion is None:
        return found
    checks = {
        kind: _of_version(store.runs.get(run.id), came.champion)
        if kind in OF_A_VERSION and (run.finished or "") < came.when
        else run
        for kind, run in found.checks.items()
    }
    return replace(found, checks=checks)


def _of_version(run: Run, champion: int) -> Run:
    result = run.result or {}
    judged = _judged(result)
    if judged == champion:
        return run
    mine: Mapping[str, Any] = next(
        (each for each in result.get("versions", ()) if each.get("version") == champion), {}
    )
    if mine.get("verdict"):
        return replace(run, verdict=mine["verdict"], note=mine.get("note") or run.note)
    if judged is None:
        return run
    note = f"v{champion} has not been judged since it serves (v{judged}: {run.verdict})"
    return replace(run, verdict=None, note=note)


def _judged(result: Mapping[str, Any]) -> int | None:
    """The version whose verdict a run has."""
    if result.get("version") is not None:
        return int(result["version"])
    chief = (each for each in result.get("versions", ()) if each.get("role") == "champion")
    return next((int(each["version"]) for each in chief), None)
