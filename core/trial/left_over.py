"""Versions whose trial is over and that a site still runs: it was away at the end of the trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.production import still_tried, write
from core.trial.sites import as_it_is

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store
    from store.records import ProductionRevision, Trial


@dataclass(frozen=True)
class LeftOver:
    """What a site still runs of a trial that is over."""

    live: ProductionRevision
    trial: Trial

    @property
    def versions(self) -> frozenset[int]:
        """What the trial had put there: its version and, at sites of its own, the champion as a shadow."""
        return _put_there(self.trial)


def left_over(store: Store, model: str | None = None) -> list[LeftOver]:
    """Every site that still runs what a trial has put there, although the trial is over."""
    everywhere = (live for live in store.production.all_live() if model in (None, live.model))
    return [found for live in everywhere if (found := left_at(store, live)) is not None]


def left_at(store: Store, live: ProductionRevision) -> LeftOver | None:
    """What one site still runs of a trial that is over; None where there is nothing."""
    beyond = _beyond(store, live)
    trial = _last(store, live, beyond) if beyond else None
    return None if trial is None else LeftOver(live, trial)


def take_away(workspace: Workspace, store: Store, found: LeftOver, who: str) -> None:
    """Leave a site those versions alone whose trials run.

    Raises
    ------
    WorkError
        Where the site is still away.
    """
    live, trial = found.live, found.trial
    wanted = {**as_it_is(live), **still_tried(store, live)}
    why = f"the trial of v{trial.version} is over ({trial.outcome}), and {live.site} can be reached again"
    write(workspace, store, live.model, live.site, wanted, live, "trial", why, who)


def _beyond(store: Store, live: ProductionRevision) -> set[int]:
    """Versions that are tried out at a site and of which no trial runs there."""
    if live.challenger is None and not live.shadows:
        return set()
    still = still_tried(store, live)
    tried = {live.challenger, *live.shadows} - {still["challenger"], *still["shadows"]}
    return {number for number in tried if number is not None}


def _last(store: Store, live: ProductionRevision, versions: set[int]) -> Trial | None:
    """The last trial that has put one of these versions at a site; None where it came otherwise."""
    past: list[Trial] = list(store.trials.page(live.model).rows)
    here = (trial for trial in past if trial.ended is not None and live.site in trial.sites)
    return next((trial for trial in here if _put_there(trial) & versions), None)


def _put_there(trial: Trial) -> frozenset[int]:
    shadow = {trial.champion} if trial.mode == "site" else set()
    return frozenset({trial.version, *shadow})
