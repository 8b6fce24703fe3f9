"""The last word of each check on the version that serves now.

A check's verdict is that of the champion of its moment. After a swap it says nothing of the new champion,
unless the run judged that one too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from store.records import ModelOverview, ProductionRevision, Run

if TYPE_CHECKING:
    from store import Store

#: Checks whose verdict is that of one version.
OF_A_VERSION = ("backtest", "nowtest", "regression", "edge", "stress", "software", "drift")


def arrival(revisions: Iterable[ProductionRevision], live: ProductionRevision) -> ProductionRevision:
    """The revision, of those of a site, newest first, with which the champion of one of them came."""
    came = live
    for revision in revisions:
        if revision.number <= live.number and revision.champion == live.champion:
            came = revision
        elif revision.number < live.number:
            break
    return came


def of_the_champion(store: Store, found: ModelOverview, came: ProductionRevision | None) -> ModelOverview:
    """The same, each check with its verdict on the present champion; None where it has not judged that one.

    Parameters
    ----------
    came : ProductionRevision or None
        With which the champion came; runs that ended since then are taken as they are.
    """
    checks = {kind: of_champion(store, run, came) for kind, run in found.checks.items()}
    return replace(found, checks=checks)


def of_champion(store: Store, run: Run, came: ProductionRevision | None) -> Run:
    """A run with its verdict on the champion that came so; None where that of one version is of another."""
    if came is None or came.champion is None:
        return run
    older = run.kind in OF_A_VERSION and (run.finished or "") < came.when
    return _of_version(store.runs.get(run.id), came.champion) if older else run


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
    if judged is None and not result.get("versions"):
        return run
    before = "" if judged is None else f" (v{judged}: {run.verdict})"
    note = f"v{champion} has not been judged since it serves{before}"
    return replace(run, verdict=None, note=note)


def _judged(result: Mapping[str, Any]) -> int | None:
    """The version whose verdict a run has."""
    if result.get("version") is not None:
        return int(result["version"])
    chief = (each for each in result.get("versions", ()) if each.get("role") == "champion")
    return next((int(each["version"]) for each in chief), None)
