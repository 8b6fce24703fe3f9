"""Metrics of predicted classes: formulas over the counts of actual, predicted and right rows of each class.

Equal to scikit-learn's, sample weights included, with one difference: a share of nothing (the precision of a
model that never says "positive") is undefined here, not 0. In averages over classes it counts as 0, as there.
"""

from __future__ import annotations

import numpy as np

from core.metrics.workings import Floats, Undefined, Workings, computes, ratio


@computes("accuracy")
def accuracy(w: Workings) -> Floats:
    """Share of rows that are right."""
    return ratio(w.hits.sum(axis=1), w.total)


@computes("error_rate")
def error_rate(w: Workings) -> Floats:
    """Share of rows that are wrong."""
    return ratio(_wrong(w), w.total)


def _wrong(w: Workings) -> Floats:
    """Weight of the rows that are wrong, shape (1 + blocks,)."""
    return w.sums(w.predicted != w.sample.actual)


@computes("balanced_accuracy")
def balanced_accuracy(w: Workings) -> Floats:
    """Recall of each class that happened, mean over them (Brodersen et al. 2010)."""
    happened = w.truth > 0
    recalls = np.divide(w.hits, w.truth, out=np.zeros_like(w.hits), where=happened)
    return ratio(recalls.sum(axis=1), happened.sum(axis=1))


def _positive(w: Workings, table: Floats) -> Floats:
    _ = w.is_positive  # two classes, or undefined
    column: Floats = table[:, w.sample.positive]
    return column


@computes("precision")
def precision(w: Workings) -> Floats:
    """Share of predicted positives that are right."""
    called = _positive(w, w.called)
    if not called[0]:
        raise Undefined("no row was predicted positive")
    return ratio(_positive(w, w.hits), called)


@computes("recall")
def recall(w: Workings) -> Floats:
    """Share of positives that were found."""
    positives = _positive(w, w.truth)
    if not positives[0]:
        raise Undefined("no row is positive")
    return ratio(_positive(w, w.hits), positives)


@computes("specificity")
def specificity(w: Workings) -> Floats:
    """Share of negatives that were left alone."""
    _ = w.is_positive
    negative = 1 - w.sample.positive
    if not w.truth[0, negative]:
        raise Undefined("no row is negative")
    return ratio(w.hits[:, negative], w.truth[:, negative])


@computes("f1")
def f1(w: Workings) -> Floats:
    """Harmonic mean of precision and recall."""
    named = _positive(w, w.truth) + _positive(w, w.called)
    if not named[0]:
        raise Undefined("no row is positive or was predicted so")
    return ratio(2 * _positive(w, w.hits), named)


def _shares(w: Workings, which: str) -> Floats:
    below = {"precision": w.called, "recall": w.truth, "f1": (w.truth + w.called) / 2}[which]
    shares: Floats = np.divide(w.hits, below, out=np.zeros_like(w.hits), where=below > 0)
    return shares


def _averaged(which: str) -> None:
    @computes(f"{which}_macro")
    def macro(w: Workings) -> Floats:
        present = w.truth + w.called > 0
        return ratio(_shares(w, which).sum(axis=1), present.sum(axis=1))

    @computes(f"{which}_weighted")
    def weighted(w: Workings) -> Floats:
        return ratio((_shares(w, which) * w.truth).sum(axis=1), w.total)

    @computes(f"{which}_micro")
    def micro(w: Workings) -> Floats:
        return accuracy(w)  # one class a row: every miss is one false positive and one false negative


for _which in ("precision", "recall", "f1"):
    _averaged(_which)


@computes("mcc")
def mcc(w: Workings) -> Floats:
    """Correlation of predicted and actual classes (Matthews 1975; Gorodkin 2004 for many classes).

    A model that says the same of every row gets 0, the limit of what a random one gets.
    """
    truth, called, total = w.truth, w.called, w.total
    spread_truth = total**2 - (truth**2).sum(axis=1)
    spread_called = total**2 - (called**2).sum(axis=1)
    one_class = (truth > 0).sum(axis=1) < 2
    if one_class[0]:
        raise Undefined("only one class happened")
    together = w.hits.sum(axis=1) * total - (truth * called).sum(axis=1)
    same = (called > 0).sum(axis=1) < 2
    below = np.sqrt(np.where(same, 1.0, spread_truth * spread_called))
    return np.where(one_class, np.nan, np.where(same, 0.0, together / below))


@computes("cost")
def cost(w: Workings) -> Floats:
    """Mean cost of a row, from the costs of a false positive and of a false negative."""
    if w.sample.cost is None:
        raise Undefined("the spec states no costs")
    false_positive, false_negative = w.sample.cost
    wrong = w.predicted != w.sample.actual
    return w.mean(wrong * np.where(w.is_positive, false_negative, false_positive))


def _counted(w: Workings, rows: Floats) -> Floats:
    """A count, and what it would be without each block on as many rows as there are.

    A count grows with the rows, so leaving out a block must be paid back in proportion: the precision of a
    count is that of the share times the number of rows. ``rows`` is their weight, shape (1 + blocks,).
    """
    return ratio(rows * w.total[0], w.total)


@computes("errors")
def errors(w: Workings) -> Floats:
    """Weight of the rows that are wrong."""
    return _counted(w, _wrong(w))


@computes("false_positives")
def false_positives(w: Workings) -> Floats:
    """Weight of the negatives that were called positive."""
    _ = w.is_positive
    return _counted(w, w.confusion[:, 1 - w.sample.positive, w.sample.positive])


@computes("false_negatives")
def false_negatives(w: Workings) -> Floats:
    """Weight of the positives that were missed."""
    _ = w.is_positive
    return _counted(w, w.confusion[:, w.sample.positive, 1 - w.sample.positive])


@computes("positive_rate")
def positive_rate(w: Workings) -> Floats:
    """Share of rows predicted positive."""
    return ratio(_positive(w, w.called), w.total)


@computes("target_rate")
def target_rate(w: Workings) -> Floats:
    """Share of rows that are positive."""
    return ratio(_positive(w, w.truth), w.total)
