"""Files against what is remembered of them: bundles, and what sites publish."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.doctor.finding import Finding, problem
from core.production import LOCAL
from core.publishing import configuration, site_folder
from core.reaching import away
from core.trial.left_over import left_at
from incumbent.algorithms.base import kind
from incumbent.errors import BundleError, IncumbentError, WorkError

if TYPE_CHECKING:
    from core.workspace import Workspace
    from incumbent.production import Configuration
    from store import Store
    from store.records import ProductionRevision

#: Parts of a configuration that follow settings and specs, which may change after a revision was published.
_FOLLOWS = frozenset(("trusted", "log", "key", "baseline"))


def bundles(workspace: Workspace, store: Store) -> Iterable[Finding]:
    """Whether every version's bundle is there, and as it was made."""
    for model in store.models.list(include_archived=True):
        for version in store.versions.list(model.name, include_archived=True, include_baseline=True):
            try:
                workspace.bundle(version.hash)
            except BundleError as error:
                yield problem(f"{model.name} v{version.number}", error)
    known = store.versions.hashes()
    folders = sorted(workspace.bundles.iterdir()) if workspace.bundles.is_dir() else []
    strays = [p.name for p in folders if p.is_dir() and p.name not in known]
    if strays:
        message = f"{len(strays)} folders in {workspace.relative(workspace.bundles)} belong to no version"
        yield Finding("bundles", "notice", message, "they may be deleted while nothing runs")


def published(workspace: Workspace, store: Store) -> Iterable[Finding]:
    """Whether every site has in place what the store says is live there."""
    for live in store.production.all_live():
        if live.champion is not None:
            yield from _site(workspace, store, live)
            yield from _untried(store, live)


def _site(workspace: Workspace, store: Store, live: ProductionRevision) -> Iterable[Finding]:
    from incumbent.bundle import Bundle
    from incumbent.production import bundle_path, read

    subject = f"{live.model} at {live.site}"
    hint = f"put its files in place again: incumbent production publish {live.model} --site {live.site}"
    hint += "" if live.site == LOCAL else " --repair"
    folder: Path = site_folder(workspace, store, live.model, live.site)
    why = away(workspace, store, live.site)
    if why is not None:
        message = f"nobody knows what it runs: {why}"
        yield Finding(subject, "problem", message, "mount or connect it; what it runs it goes on running")
        return
    try:
        found = read(folder)
    except WorkError as error:
        yield problem(subject, error, hint)
        return
    yield from _differs(workspace, store, live, found, hint)
    for link in found.links():
        try:
            Bundle.open(bundle_path(folder, link), expect=link.hash)
        except IncumbentError as error:
            yield problem(f"v{link.version} of {subject}", error, hint)


def _untried(store: Store, live: ProductionRevision) -> Iterable[Finding]:
    """Versions that are tried out at a site although no trial of them runs: nobody looks at how they do."""
    here = [trial for trial in store.trials.running(live.model) if live.site in trial.sites]
    watched = {number for trial in here for number in (trial.version, trial.champion)}
    tried = dict.fromkeys(live.shadows, "predicts in shadow")
    if live.challenger is not None:
        tried[live.challenger] = f"answers {live.share:.0%} of the keys"
    over = left_at(store, live)
    for number, how in tried.items():
        if number in watched:
            continue
        if over is not None and number in over.versions:
            yield Finding(
                f"{live.model} at {live.site}",
                "problem",
                f"v{number} {how}, although the trial of v{over.trial.version} is over: "
                "the site was away then",
                f"the night takes it away as soon as it can; now: incumbent trial stop {live.model} "
                f"--version {over.trial.version}",
            )
        else:
            yield Finding(
                f"{live.model} at {live.site}",
                "notice",
                f"v{number} {how}, and no trial of it runs there",
                f"hold it against the champion: incumbent trial start {live.model} {number} "
                f"--site {live.site}; or go back to before it: incumbent production history {live.model}",
            )


def _differs(
    workspace: Workspace, store: Store, live: ProductionRevision, found: Configuration, hint: str
) -> Iterable[Finding]:
    """Whether a site runs another revision than the store says, or the same one with other contents."""
    subject = f"{live.model} at {live.site}"
    if found.revision != live.number:
        behind = "is behind" if found.revision < live.number else "is ahead"
        message = f"it {behind}: it runs revision {found.revision}, the store says {live.number}"
        yield Finding(subject, "problem", message, hint)
        return
    wanted, there = configuration(workspace, store, live).document(), found.document()
    other = sorted(name for name in wanted if _plain(wanted[name]) != _plain(there.get(name)))
    if "trusted" in other and not _runs_user_code(store, live):
        other.remove("trusted")  # another model's code: nothing here asks for it
    if not other:
        return
    if set(other) <= _FOLLOWS:
        message = f"it was published before {', '.join(other)} changed"
        yield Finding(subject, "notice", message, hint)
    else:
        message = f"it was edited by hand: {', '.join(other)} of revision {live.number} not as the store says"
        yield Finding(subject, "problem", message, hint)


def _runs_user_code(store: Store, live: ProductionRevision) -> bool:
    versions = (store.versions.get(live.model, number) for number in live.versions)
    return any(kind(version.algorithm).runs_user_code for version in versions)


def _plain(value: Any) -> str:
    """A part of a configuration as its file would have it."""
    return json.dumps(value, sort_keys=True)
