"""How well one column, or one model's scores, tell the outcome: out of sample, 0 (not at all) to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from incumbent.columns import Array, Coded

#: Bins that the values of a number or a time are cut into.
BINS = 200
#: Rounds of boosting, and the part of what is left that each adds.
ROUNDS, PART = 60, 0.3
#: Rows of a class, on each side, without which the class is left out.
FEWEST = 10


@dataclass(frozen=True)
class Truth:
    """What happened, row by row, oldest first.

    Parameters
    ----------
    values : ndarray, shape (rows,)
        Numbers, or positions of classes.
    classes : int
        0 for numbers.
    """

    values: NDArray[np.float64]
    classes: int

    @property
    def middle(self) -> int:
        """Where the younger half begins."""
        return len(self.values) // 2

    @property
    def judged(self) -> list[int]:
        """The classes that are judged: of two the second, of more those that have rows enough."""
        listed = [1] if self.classes == 2 else list(range(self.classes))
        return [c for c in listed if self._enough(self.values == c)]

    def _enough(self, member: NDArray[np.bool_]) -> bool:
        younger = int(member[self.middle :].sum())
        return FEWEST <= younger <= len(member) - self.middle - FEWEST


def separation(column: Array, truth: Truth) -> float:
    """How well a column alone tells the outcome of the younger half, learned on the older half.

    The mean outcome of each value (numbers and times are cut into bins, null is a value) is the prediction;
    of numbers, a straight line too. The quality is that of :func:`quality`.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> late = Truth(random.integers(0, 2, 2000).astype(float), 2)
    >>> separation(late.values + random.normal(0, 0.1, 2000), late) > 0.99
    True
    >>> separation(random.normal(0, 1, 2000), late) < 0.6
    True
    """
    codes, count = _bins(column, truth.middle)
    if truth.classes:
        found = [
            _areas(_means(codes, count, truth.values == c, truth.middle), truth, c) for c in truth.judged
        ]
        return float(np.mean(found)) if found else 0.0
    by_bins = quality(_means(codes, count, truth.values, truth.middle), truth)
    return max(by_bins, quality(_line(column, truth), truth))


def quality(predicted: NDArray[np.float64], truth: Truth) -> float:
    """Share of the variance of the younger half that predictions explain, 0 where it is none.

    Parameters
    ----------
    predicted : ndarray, shape (rows,)
        Of every row; the younger half is judged.
    """
    actual, said = truth.values[truth.middle :], predicted[truth.middle :]
    spread = float(np.sum((actual - actual.mean()) ** 2)) if len(actual) else 0.0
    if spread == 0:
        return 0.0
    return max(0.0, 1.0 - float(np.sum((actual - said) ** 2)) / spread)


def scores_quality(scores: NDArray[np.float64], truth: Truth) -> float:
    """How well a model's scores tell the outcome of the younger half.

    Parameters
    ----------
    scores : ndarray, shape (rows,) or (rows, classes)
        As :meth:`core.scoring.Scorer.scores` gives them.
    """
    filled = np.nan_to_num(np.asarray(scores, dtype=np.float64))
    if not truth.classes:
        return quality(filled.reshape(len(filled)), truth)
    found = []
    for c in truth.judged:
        of_class = filled[:, min(c, filled.shape[1] - 1)] if filled.ndim == 2 else filled
        found.append(_areas(of_class, truth, c))
    return float(np.mean(found)) if found else 0.0


def together_quality(columns: Sequence[Array], truth: Truth) -> float:
    """How well columns together tell the outcome of the younger half, learned on the older half.

    An additive model: round by round, the column whose bins explain most of what is left adds a part of it
    (component-wise L2 boosting; Bühlmann & Yu 2003, JASA 98). It needs no library that takes seconds to load.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> one, two = random.normal(size=(2, 3000))
    >>> together_quality([one, two], Truth(one + np.abs(two), 0)) > 0.9
    True
    """
    binned = [_bins(column, truth.middle) for column in columns]
    if not truth.classes:
        return quality(_boosted(binned, truth.values, truth.middle), truth)
    found = [
        _areas(_boosted(binned, (truth.values == c).astype(np.float64), truth.middle), truth, c)
        for c in truth.judged
    ]
    return float(np.mean(found)) if found else 0.0


def _boosted(
    binned: Sequence[tuple[NDArray[np.int64], int]], outcome: NDArray[np.float64], middle: int
) -> NDArray[np.float64]:
    older = outcome[:middle]
    said = np.full(len(outcome), older.mean() if middle else 0.0)
    for _ in range(ROUNDS):
        left = older - said[:middle]
        steps = [_shrunk(codes[:middle], count, left) for codes, count in binned]
        gains = [float(step[codes[:middle]] @ left) for (codes, _), step in zip(binned, steps, strict=True)]
        best = int(np.argmax(gains))
        said = said + PART * steps[best][binned[best][0]]
    return said


def _shrunk(codes: NDArray[np.int64], count: int, left: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each bin, drawn to nothing where few rows say it."""
    sums = np.bincount(codes, weights=left, minlength=count)
    means: NDArray[np.float64] = sums / (np.bincount(codes, minlength=count) + FEWEST)
    return means


def area(scores: NDArray[np.float64], member: NDArray[np.bool_]) -> float:
    """Area under the ROC curve (Mann & Whitney 1947, ties counted half); 0.5 where one side is empty.

    Examples
    --------
    >>> area(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, False, True, True]))
    0.875
    """
    positives, negatives = int(member.sum()), int((~member).sum())
    if not positives or not negatives:
        return 0.5
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[member].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _areas(scores: NDArray[np.float64], truth: Truth, of_class: int) -> float:
    found = area(scores[truth.middle :], truth.values[truth.middle :] == of_class)
    return max(found, 1 - found)


def _bins(column: Array, middle: int) -> tuple[NDArray[np.int64], int]:
    """A code for each row, and how many codes there are; null is the last."""
    if isinstance(column, Coded):
        count = len(column.values) + 1
        return np.where(column.codes < 0, count - 1, column.codes).astype(np.int64), count
    values = _numbers(column)
    known = values[:middle][np.isfinite(values[:middle])]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.empty(0)
    codes = np.searchsorted(edges, values, side="right")
    return np.where(np.isfinite(values), codes, len(edges) + 1), len(edges) + 2


def _numbers(column: NDArray[np.generic]) -> NDArray[np.float64]:
    if column.dtype.kind == "M":
        micros = column.astype("datetime64[us]")
        return np.where(np.isnat(micros), np.nan, micros.view(np.int64).astype(np.float64))
    return column.astype(np.float64)


def _means(
    codes: NDArray[np.int64], count: int, outcome: NDArray[np.generic], middle: int
) -> NDArray[np.float64]:
    """The mean outcome of each row's code in the older half; of codes that it lacks, the mean of all."""
    older = outcome[:middle].astype(np.float64)
    sums = np.bincount(codes[:middle], weights=older, minlength=count)
    rows = np.bincount(codes[:middle], minlength=count)
    overall = float(older.mean()) if middle else 0.0
    means = np.where(rows > 0, sums / np.maximum(rows, 1), overall)
    return means[codes]


def _line(column: Array, truth: Truth) -> NDArray[np.float64]:
    """The straight line through the older half; its mean where the column is no number."""
    overall = float(truth.values[: truth.middle].mean()) if truth.middle else 0.0
    flat = np.full(len(truth.values), overall)
    if isinstance(column, Coded):
        return flat
    values = _numbers(column)
    older = values[: truth.middle]
    sound = np.isfinite(older)
    if sound.sum() < FEWEST or np.ptp(older[sound]) == 0:
        return flat
    centre = older[sound].mean()
    away = older[sound] - centre
    slope = float(away @ (truth.values[: truth.middle][sound] - overall)) / float(away @ away)
    return np.where(np.isfinite(values), overall + slope * (values - centre), overall)
