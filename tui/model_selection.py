"""What actions would be done to on a tab of a model: the version in focus, and the record of the line."""

from __future__ import annotations

from collections.abc import Sequence

from store.records import Case, InboxEntry, Requirement, Run, Version
from tui.selection import Selection, WeakSpot
from tui.tabs import ModelData
from tui.tabs.checks import Check


def selected(data: ModelData, version: Version | None, record: object, marked: Sequence[int]) -> Selection:
    """The selection.

    Parameters
    ----------
    record : object
        What the line under the cursor stands for; None where there is none.
    marked : sequence of int
        The versions that are marked.
    """
    champion = data.status.champion
    return Selection(
        model=data.name,
        version=version.number if version else None,
        versions=_pair(tuple(marked), version, champion),
        champion=champion,
        archived=version is not None and version.archived is not None,
        requirement=record if isinstance(record, Requirement) else None,
        run=_run_of(record),
        case=record if isinstance(record, Case) else None,
        entry=record if isinstance(record, InboxEntry) else None,
        trial=data.trial,
        spot=record if isinstance(record, WeakSpot) else None,
        muted=data.status.muted,
    )


def _run_of(record: object) -> Run | None:
    """The run that a line stands for: its own, or that of a check at work."""
    if isinstance(record, Check):
        return record.active or next(iter(record.earlier), None)
    return record if isinstance(record, Run) else None


def _pair(marked: tuple[int, ...], version: Version | None, champion: int | None) -> tuple[int, ...]:
    """The two versions that would be compared: the marked ones, else the one in focus and the champion."""
    if len(marked) >= 2:
        return marked
    other = marked[0] if marked else champion
    if version is None or other is None or version.number == other:
        return marked
    return (other, version.number)
