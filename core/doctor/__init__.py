"""What is wrong with a workspace, and what to do about each thing.

A *problem* is broken now; a *notice* is worth knowing. Examinations are in a file for each room of the house:
:mod:`core.doctor.house` (store, disk, environment), :mod:`core.doctor.files` (bundles, published folders),
:mod:`core.doctor.again` (versions whose libraries have changed), :mod:`core.doctor.outside` (data,
interpreters, deliveries, who keeps the night) and :mod:`core.doctor.without` (what is left without a store).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from core.doctor.again import reproduced
from core.doctor.files import bundles, published
from core.doctor.finding import Finding
from core.doctor.house import disk, distributions, house_store
from core.doctor.outside import data, deliveries, interpreters, night
from core.doctor.without import without_store
from incumbent.errors import IncumbentError, StoreError

if TYPE_CHECKING:
    from core.workspace import Workspace
    from store import Store

__all__ = ["EXAMINATIONS", "Finding", "examine"]

Progress = Callable[[float | None, str], None]

#: What is examined, in order: name → examination.
EXAMINATIONS: dict[str, Callable[[Workspace, Store], Iterable[Finding]]] = {
    "store": house_store,
    "bundles": bundles,
    "reproduction": reproduced,
    "production": published,
    "data": data,
    "interpreters": interpreters,
    "night": night,
    "notifications": deliveries,
    "disk": disk,
    "environment": distributions,
}


def examine(workspace: Workspace, progress: Progress = lambda fraction, note: None) -> tuple[Finding, ...]:
    """Examine everything.

    Returns
    -------
    tuple of Finding
        Problems first; empty where all is well. Where the store does not even open: what can be said and
        saved without it.
    """
    found: list[Finding] = []
    try:
        opened = workspace.store()
    except StoreError as error:
        return _worst_first(without_store(workspace, error))
    with opened as store:
        for done, (name, examination) in enumerate(EXAMINATIONS.items()):
            progress(done / len(EXAMINATIONS), name)
            try:
                found += examination(workspace, store)
            except IncumbentError as error:
                found.append(Finding(name, "problem", error.message, error.hint))
    return _worst_first(found)


def _worst_first(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=lambda finding: finding.severity != "problem"))
