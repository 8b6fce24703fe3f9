"""What a file of the log has counted and is not home: it may be written on after some of it came home.

A file counts from its beginning. A part that was made of it alone tells how much of that is home; files that
may be written on therefore get parts of their own (:mod:`core.traffic.rolling`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from core.traffic.parts import Part
from incumbent.log.reader import LogReader


class Counted(NamedTuple):
    """Counts as :class:`incumbent.log.tally.Tally` has them; ``lost`` has when (nanoseconds) and how many."""

    hours: Counter[tuple[int, int, str, int]]
    reasons: Counter[tuple[int, str, str]]
    seconds: Counter[int]
    lost: tuple[tuple[int, int], ...]


def counted(reader: LogReader, home: Sequence[Part]) -> Counted:
    """What a file has counted, without what is home.

    Parameters
    ----------
    home : sequence of Part
        Those of its site. Where one was made of this file and others, nobody can tell them apart: nothing is
        counted then.
    """
    own = [part for part in home if reader.path.name in part.sources]
    if any(len(part.sources) > 1 for part in own):
        return Counted(Counter(), Counter(), Counter(), ())
    hours = Counter({(h, v, r, b): count for h, v, r, b, count in reader.counts("hours")})
    reasons = Counter({(h, r, t): count for h, r, t, count in reader.counts("reasons")})
    for part in own:
        hours -= Counter({(h, v, r, b): count for h, v, r, b, count in part.hours})
        reasons -= Counter({(h, r, t): count for h, r, t, count in part.reasons})
    last = max((part.seconds[1] for part in own if part.seconds is not None), default=-1)
    seconds = Counter({at: count for at, count in reader.counts("seconds") if at > last})
    return Counted(hours, reasons, seconds, _after(reader.counts("lost"), sum(part.lost for part in own)))


def _after(lost: Sequence[tuple[int, int]], home: int) -> tuple[tuple[int, int], ...]:
    """What was lost after so many were."""
    left = []
    for at, count in sorted(lost):
        taken = min(home, count)
        home -= taken
        if count > taken:
            left.append((at, count - taken))
    return tuple(left)
