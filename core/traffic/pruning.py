"""Deleting logged rows by age or size; what was counted of them stays."""

from __future__ import annotations

import time
from typing import NamedTuple

from core.traffic.parts import Part, parts
from core.traffic.places import Place

_DAY = 86_400_000_000_000


class Pruned(NamedTuple):
    """What was deleted: parts, their predictions, bytes."""

    parts: int
    predictions: int
    bytes: int


def prune(
    all_places: tuple[Place, ...], keep_days: int | None, size: int | None, now: float | None = None
) -> Pruned:
    """Delete the rows of days that are too old, then of the oldest ones until the rest is small enough.

    Parameters
    ----------
    keep_days : int or None
        Days; None: for ever.
    size : int or None
        Bytes that the rows of all places together may take at home.
    now : float, optional
        Seconds since 1970.
    """
    moment = int((time.time() if now is None else now) * 1e9)
    kept = sorted((p for place in all_places for p in parts(place.home) if not p.pruned), key=_newest)
    doomed = [] if keep_days is None else [p for p in kept if _newest(p) < moment - keep_days * _DAY]
    if size is not None:
        left = [part for part in kept if part not in doomed]
        total = sum(part.size() for part in left)
        for part in left:
            if total <= size:
                break
            total -= part.size()
            doomed.append(part)
    bytes_deleted = sum(part.size() for part in doomed)
    for part in doomed:
        part.prune()
    return Pruned(
        len(doomed), sum(0 if p.predictions is None else p.predictions.count for p in doomed), bytes_deleted
    )


def _newest(part: Part) -> int:
    return max((rows.last for rows in (part.predictions, part.outcomes) if rows is not None), default=0)
