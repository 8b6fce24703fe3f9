"""Metrics of the order in which a model ranks rows, exact without each block in one sort."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.metrics.loops import ascending_order, compiled
from core.metrics.workings import Floats, Undefined, Workings, computes, ratio

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
#: Concordant weight of all pairs, of those that each block takes part in, and of those inside each block.
_Pairs = tuple[float, Floats, Floats]


@computes("roc_auc")
def roc_auc(w: Workings) -> Floats:
    """Chance that a positive row is ranked above a negative one, ties counting half.

    The pairs lost with a block are those of its positives with all negatives, those of its negatives with all
    positives, less those within it, which both count (the structural components of DeLong, DeLong &
    Clarke-Pearson 1988, summed by block as in Obuchowski 1997).
    """
    return area(w, w.is_positive, w.scores, w.order)


def area(w: Workings, positive: Flags, scores: Floats, order: Codes) -> Floats:
    """Area under the ROC curve of any split of the rows in two, shape (1 + blocks,)."""
    positives, negatives = w.sums(positive), w.sums(~positive)
    if not positives[0] or not negatives[0]:
        raise Undefined("only one class happened")
    pairs, lost, within = _counted(w, positive, scores, order) or _summed(w, positive, scores, order)
    concordant = np.concatenate([[pairs], pairs - lost + within])
    return np.clip(ratio(concordant, positives * negatives), 0.0, 1.0)


def _counted(w: Workings, positive: Flags, scores: Floats, order: Codes) -> _Pairs | None:
    """Pairs of rows without weights, in one compiled pass; None where numpy shall do it."""
    loop = compiled("concordance", w.sample.n) if w.sample.weight is None else None
    if loop is None:
        return None
    below, lost, within = np.zeros((3, w.count))
    pairs = loop(order, scores, positive, w.sample.blocks.codes, below, lost, within)
    return pairs, lost, within


def _summed(w: Workings, positive: Flags, scores: Floats, order: Codes) -> _Pairs:
    block = w.sample.blocks.codes[order]
    ranked = scores[order]
    weight = w.weight[order]
    up = np.where(positive[order], weight, 0.0)
    down = weight - up
    of_positives, of_negatives = _pairs(up, down, _changes(ranked))
    lost = np.bincount(block, of_positives + of_negatives, w.count)
    within = _pairs_within(w, block, ranked, up, down)
    return float(of_positives.sum()), lost, within


def _pairs_within(w: Workings, block: Codes, ranked: Floats, up: Floats, down: Floats) -> Floats:
    """Concordant weight of the pairs inside each block, shape (blocks,)."""
    together = np.argsort(_narrow(block, w.count), kind="stable")  # by block, then by score
    block, ranked, up, down = block[together], ranked[together], up[together], down[together]
    enters = _changes(block)
    below = np.cumsum(down) - down
    base = below[enters][np.cumsum(enters) - 1]
    of_positives, _ = _pairs(up, down, _changes(ranked) | enters)
    return np.bincount(block, of_positives - up * base, w.count)


def _narrow(block: Codes, count: int) -> NDArray[np.integer[Any]]:
    """The same codes as short integers where they fit: numpy sorts those by radix, ten times faster."""
    return block.astype(np.uint16) if count <= 65_535 else block


def _changes(of: NDArray[np.generic]) -> Flags:
    """Which entries differ from the one before; the first always does."""
    changes = np.ones(len(of), dtype=np.bool_)
    np.not_equal(of[1:], of[:-1], out=changes[1:])
    return changes


def _pairs(up: Floats, down: Floats, new: Flags) -> tuple[Floats, Floats]:
    """For each row in rank order: weight of the concordant pairs it is the positive, or the negative, of.

    ``new`` marks where a group of tied rows begins.
    """
    starts = np.flatnonzero(new)
    group = np.cumsum(new) - 1
    down_in = np.add.reduceat(down, starts)
    up_in = np.add.reduceat(up, starts)
    down_below = np.cumsum(down_in) - down_in / 2
    up_above = up_in.sum() - np.cumsum(up_in) + up_in / 2
    return up * down_below[group], down * up_above[group]


@computes("roc_auc_ovr")
def roc_auc_ovr(w: Workings) -> Floats:
    """ROC AUC of each class against the rest, mean over classes (Hand & Till 2001, section 2)."""
    areas: Floats = _one_against_rest(w).mean(axis=1)
    return areas


@computes("roc_auc_ovr_weighted")
def roc_auc_ovr_weighted(w: Workings) -> Floats:
    """ROC AUC of each class against the rest, weighted by the class's rows."""
    return ratio((_one_against_rest(w) * w.truth).sum(axis=1), w.total)


def _one_against_rest(w: Workings) -> Floats:
    missing = np.flatnonzero(w.truth[0] == 0)
    if len(missing):
        raise Undefined(f"class {w.sample.classes[missing[0]]!r} never happened")
    columns = []
    for code in range(len(w.sample.classes)):
        scores = np.ascontiguousarray(w.probabilities[:, code])
        columns.append(area(w, w.sample.actual == code, scores, ascending_order(scores)))
    return np.stack(columns, axis=1)


@computes("average_precision")
def average_precision(w: Workings) -> Floats:
    """Sum over thresholds of the gain in recall times the precision there, without interpolation.

    Only thresholds at which a positive row lies add anything, so only those are kept; each block then costs
    one pass over them.
    """
    positives = w.sums(w.is_positive)
    if not positives[0]:
        raise Undefined("no row is positive")
    order = w.order[::-1]
    weight, block = w.weight[order], w.sample.blocks.codes[order]
    up = np.where(w.is_positive[order], weight, 0.0)
    starts = np.flatnonzero(_changes(w.scores[order]))
    gained = np.add.reduceat(up, starts)
    useful = gained > 0
    ends = np.concatenate([starts[1:], [len(order)]])[useful] - 1
    gained, found, seen = gained[useful], np.cumsum(up)[ends], np.cumsum(weight)[ends]
    out = np.empty(1 + w.count)
    out[0] = (gained * found / seen).sum() / positives[0]
    point = np.searchsorted(ends, np.arange(len(order)))
    by_block = np.argsort(_narrow(block, w.count), kind="stable")
    last_of = np.cumsum(w.sample.blocks.sizes)
    for b, rows in enumerate(np.split(by_block, last_of[:-1])):
        gained_less = gained - np.bincount(point[rows], up[rows], len(ends) + 1)[:-1]
        seen_less = seen - np.cumsum(np.bincount(point[rows], weight[rows], len(ends) + 1)[:-1])
        found_less = np.cumsum(gained_less)
        precision = np.divide(found_less, seen_less, out=np.zeros_like(found_less), where=gained_less > 0)
        out[1 + b] = (gained_less * precision).sum() / positives[1 + b]
    return out
