"""Whether the training range that somebody states for a registered model can be true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incumbent.errors import DataError

if TYPE_CHECKING:
    from core.spec import ModelSpec
    from core.workspace import Workspace
    from store import Store

#: How many more rows than its range holds a model may have seen, as a share: rows corrected or removed since.
SLACK = 0.01


@dataclass(frozen=True)
class Claim:
    """The range as a person writes it; ``until`` is exclusive."""

    since: str | None
    until: str | None


def doubt_of(workspace: Workspace, store: Store, spec: ModelSpec, claimed: Claim, seen: int | None) -> str:
    """Why a stated range cannot be true; empty where nothing speaks against it.

    Parameters
    ----------
    seen : int or None
        At least how many rows the file records that it learned from; None where it records none.

    Returns
    -------
    str
        Empty also where nothing was stated, the model has no time, or its data cannot be read now.
    """
    if seen is None or spec.time is None or not (claimed.since or claimed.until):
        return ""
    try:
        held = _labelled_rows(workspace, store, spec, claimed)
    except DataError:
        return ""
    if seen <= held * (1 + SLACK):
        return ""
    return (
        f"the file says it learned from at least {seen:,} rows, the claimed range holds {held:,}: "
        "its range is taken as unknown"
    )


def _labelled_rows(workspace: Workspace, store: Store, spec: ModelSpec, claimed: Claim) -> int:
    """Rows of the range with a label, whenever it came."""
    from core.versions.rows import source_of
    from incumbent.fitting.frame import known

    source = source_of(workspace, store, spec, claimed.since, claimed.until)
    start = None if claimed.since is None else source.moment(claimed.since, "--trained-since")
    end = None if claimed.until is None else source.moment(claimed.until, "--trained-until")
    return int(known(source.read_columns(start, end)[spec.target]).sum())
