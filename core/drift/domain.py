"""One figure over all columns: can a classifier tell the window's rows from those of training?

An area under the ROC curve of 0.5 says that it cannot. It is measured on rows that the classifier has not
seen (cross-validation over consecutive stretches), with an interval over the stretches. It sees what no
column shows alone; it informs, and never decides (Lopez-Paz & Oquab 2017).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.statistics.quantiles import student
from incumbent.columns import Array, Coded, Columns, row_count, take

#: Rows of either side, evenly spread.
MOST_ROWS = 10_000
FOLDS = 6
MOST_COLUMNS_NAMED = 5


def tell_apart(training: Columns, window: Columns, names: list[str], seed: int = 0) -> dict[str, Any] | None:
    """How well a classifier tells two sets of rows apart.

    Parameters
    ----------
    training, window : Columns
    names : list of str
        The columns that it may look at.

    Returns
    -------
    dict or None
        ``{"auc", "low", "high", "rows", "columns"}``: the columns that it leans on, with the loss of AUC when
        one is shuffled. None with too few rows or columns.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    sides = [_sampled(rows) for rows in (training, window)]
    if not names or min(row_count(side) for side in sides) < 10 * FOLDS:
        return None
    features = np.column_stack([_feature(sides[0][n], sides[1][n]) for n in names])
    label = np.repeat([0, 1], [row_count(side) for side in sides])
    fold = np.concatenate([np.arange(row_count(s)) * FOLDS // row_count(s) for s in sides])
    with threadpool_limits(1):  # threads that wait for one another are slower than one, on a busy machine
        each, losses = _by_stretch(features, label, fold, seed)
    reach = student(0.975, FOLDS - 1) * each.std(ddof=1) / np.sqrt(FOLDS)
    order = np.argsort(-losses)[:MOST_COLUMNS_NAMED]
    return {
        "auc": float(each.mean()),
        "low": float(max(0.0, each.mean() - reach)),
        "high": float(min(1.0, each.mean() + reach)),
        "rows": [row_count(side) for side in sides],
        "columns": [{"column": names[i], "loss": float(losses[i])} for i in order if losses[i] > 0],
    }


def _by_stretch(
    features: NDArray[np.float64], label: NDArray[np.int64], fold: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The AUC on each held-out stretch, and the mean loss of it when one feature is shuffled."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(seed)
    each, losses = np.zeros(FOLDS), np.zeros(features.shape[1])
    for k in range(FOLDS):
        model = HistGradientBoostingClassifier(max_iter=50, max_leaf_nodes=15, random_state=seed)
        model.fit(features[fold != k], label[fold != k])
        held, truth = features[fold == k], label[fold == k]
        each[k] = roc_auc_score(truth, model.predict_proba(held)[:, 1])
        for i in range(features.shape[1]):
            shuffled = held.copy()
            shuffled[:, i] = random.permutation(shuffled[:, i])
            losses[i] += (each[k] - roc_auc_score(truth, model.predict_proba(shuffled)[:, 1])) / FOLDS
    return each, losses


def _sampled(rows: Columns) -> dict[str, Array]:
    count = row_count(rows)
    places = np.linspace(0, count - 1, MOST_ROWS).astype(np.int64) if count > MOST_ROWS else np.arange(count)
    return take(rows, places)


def _feature(training: Array, window: Array) -> NDArray[np.float64]:
    """A column of both sides as numbers; categories by their rank among the training's commonest."""
    if isinstance(training, Coded) and isinstance(window, Coded):
        counts = np.bincount(training.codes[training.codes >= 0], minlength=len(training.values))
        order = [str(training.values[i]) for i in np.argsort(-counts, kind="stable")]
        rank = {value: float(i) for i, value in enumerate(order)}
        return np.concatenate([_ranks(side, rank) for side in (training, window)])
    return np.concatenate([_numbers(side) for side in (training, window)])


def _ranks(column: Coded, rank: dict[str, float]) -> NDArray[np.float64]:
    table = np.array([*(rank.get(str(v), float(len(rank))) for v in column.values), np.nan])
    found: NDArray[np.float64] = table[column.codes]
    return found


def _numbers(column: Array) -> NDArray[np.float64]:
    values = np.asarray(column)
    if values.dtype.kind == "M":
        return np.where(np.isnat(values), np.nan, values.astype(np.int64).astype(np.float64))
    return np.where(np.isfinite(values), values, np.nan).astype(np.float64)
