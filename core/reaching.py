"""Whether a site can be reached: a folder that is mounted or synchronised may be away for a while.

Where something was published at a site, its folder has to be there and to hold it. Else the folder is that of
a mount point without its mount: what is written there lands on the wrong disk, the site goes on with what it
has, and everybody believes that it does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from incumbent.errors import WorkError

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store


def away(workspace: Workspace, store: Store, site: str) -> str | None:
    """Why a site cannot be reached, as a sentence; None where it can.

    A folder of the workspace itself is never away, and neither is one where nothing has been published yet:
    those are made as they are needed.
    """
    path = Path(store.sites.get(site).path)
    if not path.is_absolute():
        return None
    served = store.production.published_at(site)
    if not served or any(_is_folder(path / model) for model in served):
        return None
    if not _is_folder(path):
        return f"{path}, the folder of {site}, cannot be reached"
    return f"{path}, the folder of {site}, holds nothing of what was published there: is it mounted?"


def need_reach(workspace: Workspace, store: Store, model: str, site: str) -> None:
    """Refuse to write to a site that is away.

    Raises
    ------
    WorkError
        What to do about it.
    """
    why = away(workspace, store, site)
    if why is not None:
        folder = Path(store.sites.get(site).path) / model
        raise WorkError(
            why,
            hint=f"nothing was changed: mount or connect it, then repeat; or, if what was there is lost for "
            f"good, make {folder} by hand first",
        )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a network folder that does not answer
        return False
