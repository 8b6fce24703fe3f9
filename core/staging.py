"""Staging: a published folder that serves a candidate as production would, gone when the test is over.

    .incumbent/staging/<process>-<token>/<model>/

What serves there is what a swap would publish: the candidate as champion, the live fallback chain behind it,
the live limits, the baseline last. Nothing else reads it, and production does not change.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.processes import process_lives
from core.publishing import configuration
from core.workspace import Workspace
from incumbent.errors import RefusedError, WorkError
from store import clock
from store.records import ProductionRevision

if TYPE_CHECKING:
    from store import Store

SITE = "staging"


def staging_folder(workspace: Workspace) -> Path:
    """Where staged sites lie; may be deleted at any time when nothing runs."""
    return workspace.marker / SITE


@contextmanager
def staged(workspace: Workspace, store: Store, model: str, version: int) -> Iterator[Path]:
    """A published folder that serves a version of a model while the block runs.

    What runs that were killed have left behind is removed first.

    Parameters
    ----------
    version : int
        The candidate; it takes the champion's place in the live configuration of ``local``.

    Yields
    ------
    Path
        The model's folder, for ``incumbent.open``; its parent is the site's.

    Raises
    ------
    RefusedError
        Where the version cannot run in production.
    BundleError
        Where a bundle is damaged.
    WorkError
        Where the files cannot be written.
    """
    from incumbent.production import point, stage

    revision = _revision(store, model, version)
    wanted = configuration(workspace, store, revision)
    bundles = {link.hash: workspace.bundle_path(link.hash) for link in wanted.links()}
    remove_leftovers(workspace)
    site = _new_site(workspace)
    try:
        folder = site / model
        try:
            point(folder, stage(folder, wanted, bundles))
        except OSError as error:
            raise _not_written(site, error) from None
        yield folder
    finally:
        shutil.rmtree(site, ignore_errors=True)


def remove_leftovers(workspace: Workspace) -> None:
    """Remove the staged sites of processes that are gone."""
    for site in staging_folder(workspace).glob("*-*"):
        process = site.name.partition("-")[0]
        if process.isdigit() and not process_lives(int(process)):
            shutil.rmtree(site, ignore_errors=True)


def _new_site(workspace: Workspace) -> Path:
    place = staging_folder(workspace)
    try:
        place.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=place))
    except OSError as error:
        raise _not_written(place, error) from None


def _revision(store: Store, model: str, number: int) -> ProductionRevision:
    """What a swap to the version would make of the live revision."""
    version = store.versions.get(model, number)
    if version.algorithm == "recorded":
        raise RefusedError(
            f"version {number} of {model} is a column of recorded predictions: nobody can run it",
            hint="register the fitted model itself",
        )
    live = store.production.live(model)
    return ProductionRevision(
        model=model,
        site=SITE,
        number=live.number + 1 if live else 1,
        champion=number,
        challenger=None,
        share=0.0,
        shadows=(),
        fallback=tuple(link for link in (live.fallback if live else ()) if link != number),
        limits=dict(live.limits) if live else {},
        when=clock.now(),
        who="",
        why="staged for a test",
        forced=False,
        undoes=None,
        published=None,
    )


def _not_written(place: Path, error: OSError) -> WorkError:
    return WorkError(
        f"a staging site could not be made at {error.filename or place}: {error.strerror}",
        hint="make room, or mend the folder",
    )
