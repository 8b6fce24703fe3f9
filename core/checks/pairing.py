"""Two versions on the same rows: which rows count for one, which for both, and what was found there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.checks.cut import Cut, shared
from core.checks.measure import Found, measure_all
from core.checks.slices import Slice, Wish
from core.checks.subjects import Subject

if TYPE_CHECKING:
    from core.checks.setup import Setup
    from core.statistics.estimate import Estimate
    from store import Store


def own_wishes(subject: Subject, piece: Slice) -> list[Wish]:
    """A version on the rows of a slice that count for it; of one that it has seen a part of, on all too."""
    cuts = dict.fromkeys((own_cut(subject, piece), None))
    return [Wish(subject.number, subject.hash, cut) for cut in cuts]


def own_cut(subject: Subject, piece: Slice) -> Cut | None:
    """Which rows of a slice count for a version (None: all are measured)."""
    return subject.coverage(piece)[1]


def shared_cut(one: Subject, other: Subject, piece: Slice) -> Cut | None:
    """Which rows of a slice count for both versions."""
    return shared(own_cut(one, piece), own_cut(other, piece))


def paired(
    one: Subject, other: Subject, pieces: Sequence[Slice], found: Found
) -> list[tuple[Slice, tuple[dict[str, Estimate], dict[str, Estimate]]]]:
    """The slices that count for two versions, with what was measured of both on the same rows."""
    pairs = []
    for piece in pieces:
        states = {s.coverage(piece)[0] for s in (one, other)}
        if states & {"in-sample", "hindsight"}:
            continue
        cut = shared_cut(one, other, piece)
        mine = found.get((piece.label, Wish(one.number, one.hash, cut)))
        theirs = found.get((piece.label, Wish(other.number, other.hash, cut)))
        if mine is not None and theirs is not None:
            pairs.append((piece, (mine.estimates, theirs.estimates)))
    return pairs


def measured_pairs(
    store: Store, setup: Setup, numbers: tuple[int, int], pieces: Sequence[Slice]
) -> list[tuple[dict[str, Estimate], dict[str, Estimate]]]:
    """What is found of two versions of a setup on the rows of some slices that count for both.

    Parameters
    ----------
    numbers : pair of int
        The versions, in the order of what is returned.
    """
    by_number = {subject.number: subject for subject in setup.subjects}
    one, other = (by_number[number] for number in numbers)
    plan = {
        piece: [Wish(s.number, s.hash, shared_cut(one, other, piece)) for s in (one, other)]
        for piece in pieces
        if piece.labelled
    }
    found = measure_all(
        store, setup.setting, plan, progress=lambda share, note: None, cancelled=lambda: False
    )
    return [pair for _, pair in paired(one, other, pieces, found)]
