"""The files of production at a site: put in place, tried out, compared with what the store says is live."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.reaching import need_reach
from core.workspace import Workspace
from incumbent.errors import IncumbentError, RefusedError, UsageError, WorkError
from store.records import ProductionRevision, Version

if TYPE_CHECKING:
    from incumbent.production import Baseline, Configuration, Link
    from store import Store

BASELINE = 0  # the version that is the model's trivial baseline


def site_folder(workspace: Workspace, store: Store, model: str, site: str) -> Path:
    """Where a site keeps a model's published files."""
    return workspace.path(store.sites.get(site).path) / model


def configuration(workspace: Workspace, store: Store, revision: ProductionRevision) -> Configuration:
    """A revision as the published configuration that it is."""
    from core.scoring import trusted
    from core.spec import ModelSpec
    from core.spec.log import published
    from incumbent.production import Configuration

    model = revision.model
    spec = ModelSpec.from_document(store.models.revision(model).document)

    def link(number: int | None) -> Link | None:
        return None if number is None else _link(store.versions.get(model, number))

    return Configuration(
        model=model,
        site=revision.site,
        revision=revision.number,
        champion=link(revision.champion),
        challenger=link(revision.challenger),
        share=revision.share,
        shadows=tuple(_link(store.versions.get(model, n)) for n in revision.shadows),
        fallback=tuple(_link(store.versions.get(model, n)) for n in revision.fallback if isinstance(n, int)),
        baseline=_baseline(workspace, store, revision),
        limits=revision.limits,
        trusted=trusted(store),
        key=spec.key,
        log=published(spec),
        when=revision.when,
        who=revision.who,
        why=revision.why,
    )


def try_published(
    workspace: Workspace, store: Store, model: str, site: str, champion: int | None
) -> list[str]:
    """Put the champion's bundle at the site and run its cases through it there; what fails, as sentences."""
    if champion is None:
        return []
    from core.checks.cases import run_cases
    from core.scoring import open_scorer, trusted
    from core.spec import ModelSpec

    version = store.versions.get(model, champion)
    spec = ModelSpec.from_document(store.models.revision(model).document)
    target = _place_bundle(workspace, store, model, site, version)
    with open_scorer(
        workspace, target, expect=version.hash, python=spec.python, trusted=trusted(store)
    ) as scorer:
        results = run_cases(scorer, store.cases.binding(model, champion))
    return [r.reason for r in results if not r.passed and r.case.blocking]


def check_loads(workspace: Workspace, store: Store, version: Version) -> None:
    """Open a version as production would, and ask it for a golden row where it has one.

    Raises
    ------
    WorkError
        Where it does not load.
    """
    from core.scoring import open_scorer, trusted
    from core.spec import ModelSpec
    from incumbent.algorithms.base import kind

    spec = ModelSpec.from_document(store.models.revision(version.model).document)
    folder = workspace.bundle_path(version.hash)
    with open_scorer(
        workspace, folder, expect=version.hash, python=spec.python, trusted=trusted(store)
    ) as scorer:
        golden = [c.row for c in store.cases.binding(version.model, version.number) if c.kind == "golden"]
        scorer.row_scores(golden[:1])
        if not kind(version.algorithm).runs_user_code:
            scorer.bundle.algorithm()


def need_bounds(
    workspace: Workspace,
    store: Store,
    version: Version,
    site: str,
    limits: Mapping[str, Any],
    first: str = "",
) -> None:
    """Refuse a version that the limits of a site keep from loading: others of the chain would answer for it.

    Parameters
    ----------
    first : str
        What has to be done before the limits can be changed, as the hint begins.

    Raises
    ------
    RefusedError
    """
    why = why_unloaded(workspace, store, version, limits)
    if why:
        more = f"incumbent production limits {version.model} --site {site} --set memory_mb=N --reason WHY"
        raise RefusedError(
            f"version {version.number} of {version.model} {why}", hint=f"{first}give it more: {more}"
        )


def check_bounds(
    workspace: Workspace, store: Store, revision: ProductionRevision, limits: Mapping[str, Any]
) -> None:
    """Refuse limits within which a version of a revision does not even load.

    Only what runs in a process of its own is bound by them, and only tighter bounds than those that are live
    have to be tried.

    Raises
    ------
    UsageError
    """
    from incumbent.answering.limits import read_limits

    (before, _), (wanted, _) = read_limits(revision.limits), read_limits(limits)
    tighter = wanted.start < before.start or 0 < wanted.memory < (before.memory or math.inf)
    if not wanted.isolate or not (tighter or not before.isolate):
        return
    for number in revision.versions:
        if number == BASELINE:
            continue
        why = why_unloaded(workspace, store, store.versions.get(revision.model, number), limits)
        if why:
            raise UsageError(
                f"version {number} {why}",
                hint="it would be skipped, and the chain would answer; by default they are 4,096 and 60",
            )


def why_unloaded(workspace: Workspace, store: Store, version: Version, limits: Mapping[str, Any]) -> str:
    """Why a version does not load within limits, as what a version does; empty where it does.

    Only what runs in a process of its own is bound by them.
    """
    from core.child import job_folder, run_job
    from core.scoring import trusted
    from core.spec import ModelSpec
    from incumbent.algorithms.base import kind
    from incumbent.answering.limits import read_limits

    wanted, _ = read_limits(limits)
    if not wanted.isolate or kind(version.algorithm).returns:
        return ""
    spec = ModelSpec.from_document(store.models.revision(version.model).document)
    job = {
        "job": "bounds",
        "bundle": str(workspace.bundle_path(version.hash)),
        "expect": version.hash,
        "trusted": dict(trusted(store)),
        "limits": dict(limits),
    }
    with job_folder(workspace) as folder:
        try:
            run_job(workspace, folder, job, python=spec.python)
        except IncumbentError as error:
            bounds = f"memory_mb {wanted.memory:,} and start_s {wanted.start:g}"
            return f"does not load within {bounds}: {error.message}"
    return ""


def _place_bundle(workspace: Workspace, store: Store, model: str, site: str, version: Version) -> Path:
    from incumbent.production import place_bundle

    need_reach(workspace, store, model, site)
    folder = site_folder(workspace, store, model, site)
    try:
        return place_bundle(folder, _link(version), workspace.bundle_path(version.hash))
    except OSError as error:
        raise _not_written(folder, error) from None


def put_files(workspace: Workspace, store: Store, revision: ProductionRevision) -> None:
    """Write a revision's files at its site and move the pointer to them.

    Within a transaction that is not kept after all, the pointer goes back to where it was.

    Raises
    ------
    WorkError
        Where they cannot be written; what was live still is.
    """
    from incumbent.files import copy_beside
    from incumbent.production import point, stage

    need_reach(workspace, store, revision.model, revision.site)
    wanted = configuration(workspace, store, revision)
    folder = site_folder(workspace, store, revision.model, revision.site)
    bundles = {link.hash: workspace.bundle_path(link.hash) for link in wanted.links()}
    pointer = folder / "current.json"
    try:
        staged = stage(folder, wanted, bundles)
        before = copy_beside(pointer)  # now: on a full disk there is no room for it any more
        try:
            point(folder, staged)
        except BaseException:
            _settle(pointer, before, stays=False)  # it may have moved, and been interrupted then
            raise
    except OSError as error:
        raise _not_written(folder, error) from None
    store.afterwards(partial(_settle, pointer, before))


def _settle(pointer: Path, before: Path | None, stays: bool) -> None:
    """Leave a pointer where it is, or move it back to where it was before."""
    with suppress(OSError):  # where it does not go back the site is ahead, and doctor says so
        if before is None:
            if not stays:
                pointer.unlink(missing_ok=True)
        elif stays:
            before.unlink(missing_ok=True)
        else:
            os.replace(before, pointer)


def ensure_published(workspace: Workspace, store: Store, live: ProductionRevision) -> ProductionRevision:
    """The live revision, its files put in place again where they are not."""
    if live.published and in_place(workspace, store, live):
        return live
    put_files(workspace, store, live)
    return store.production.mark_published(live.model, live.number, live.site)


def in_place(workspace: Workspace, store: Store, revision: ProductionRevision) -> bool:
    """Whether a site's pointer leads to exactly this revision (a swap that was killed may have moved it)."""
    from incumbent.bundle import Bundle
    from incumbent.production import bundle_path, read

    folder = site_folder(workspace, store, revision.model, revision.site)
    try:
        found = read(folder)
        for link in found.links():
            Bundle.open(bundle_path(folder, link), expect=link.hash)
    except IncumbentError:
        return False
    named = (found.revision, found.when, found.champion and found.champion.version)
    if named != (revision.number, revision.when, revision.champion):
        return False
    wanted = configuration(workspace, store, revision)
    return (found.key, found.log) == (wanted.key, wanted.log)


def tell_sites(workspace: Workspace, store: Store, model: str) -> None:
    """Put what serves in place again at every site where it differs: a spec has changed what is logged.

    Raises
    ------
    WorkError
        Naming the sites that could not be told; they go on as before.
    """
    failed = []
    for live in store.production.all_live():
        if live.model == model and not in_place(workspace, store, live):
            try:
                put_files(workspace, store, live)
            except WorkError as error:
                failed.append(f"{live.site}: {error.message}")
    if failed:
        raise WorkError(
            f"the spec of {model} is applied, but not every site knows of it: {'; '.join(failed)}",
            hint=f"mend the folder, then `incumbent production publish {model} --site SITE --repair`",
        )


def _not_written(place: Path, error: OSError) -> WorkError:
    return WorkError(
        f"the files could not be put in place at {error.filename2 or error.filename or place}: "
        f"{error.strerror}",
        hint="nothing was changed: what was live still is; make room or mend the folder, then repeat",
    )


def _baseline(workspace: Workspace, store: Store, revision: ProductionRevision) -> Baseline | None:
    """The numbers of the model's trivial baseline, to lie in the configuration itself."""
    from incumbent.production import Baseline

    version = store.versions.find(revision.model, BASELINE)
    if version is None:
        return None
    bundle = workspace.bundle(version.hash)
    scores = bundle.algorithm().predict_row({})
    output = bundle.output
    if output.task == "regression":
        return Baseline(scores[0])
    return Baseline(output.decide_row(scores), tuple(scores), output.classes)


def _link(version: Version) -> Link:
    from incumbent.production import Link

    return Link(version.number, version.hash)
