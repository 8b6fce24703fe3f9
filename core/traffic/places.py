"""Where the log of a model at a site lies: where it is written, and where it comes home to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.publishing import site_folder
from incumbent.log.file import log_files

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

#: The folder of the log in a published folder, as :mod:`incumbent.predictor` has it.
LOG = "log"


@dataclass(frozen=True)
class Place:
    """The log of one model at one site.

    Parameters
    ----------
    away : Path
        Where the site's processes write.
    home : Path
        Where days that are over are kept; outcomes that people import are written here, too.
    """

    model: str
    site: str
    away: Path
    home: Path

    def files(self) -> list[Path]:
        """The files that have not been rolled yet, or not been deleted since, oldest day first.

        A site that cannot be reached has none.
        """
        try:
            return [*log_files(self.away), *log_files(self.home)]
        except OSError:
            return log_files(self.home)


def home_of(workspace: Workspace, model: str) -> Path:
    """Where a model's log is kept, a folder a site."""
    return workspace.marker / "traffic" / model


def places(workspace: Workspace, store: Store, model: str, site: str | None = None) -> tuple[Place, ...]:
    """The places of a model: of one site, or of all.

    Raises
    ------
    UsageError
        For a site that there is not.
    """
    names = [store.sites.get(site).name] if site is not None else [s.name for s in store.sites.list()]
    home = home_of(workspace, model)
    return tuple(
        Place(model, name, site_folder(workspace, store, model, name) / LOG, home / name) for name in names
    )


def copied_rows(workspace: Workspace, model: str) -> Path:
    """Where in the cache a check may have put rows of the log; what is erased there goes with it."""
    return workspace.cache / "logged" / model
