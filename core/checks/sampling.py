"""From rows and scores to a sample that can be measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from core.metrics.sample import Sample
from core.statistics.blocks import Blocks, choose_blocks
from incumbent.columns import Array, Coded, Columns, row_count, take
from incumbent.errors import DataError
from incumbent.schema import OutputSchema

if TYPE_CHECKING:
    from core.spec import ModelSpec

#: Segments of a column that are measured, the largest ones.
MOST_SEGMENTS = 50


@dataclass(frozen=True)
class Answered:
    """What a version says on some rows.

    ``scores`` are the algorithm's, with the rows that it refuses answered as production would: by the
    baseline. ``refused`` counts those.
    """

    scores: np.ndarray
    refused: int


def answer(scores: np.ndarray, fallback: np.ndarray) -> Answered:
    """Scores with the refused rows (NaN) filled from the baseline's scores of one row."""
    flat = scores if scores.ndim == 1 else scores[:, 0]
    refused = ~np.isfinite(flat)
    count = int(refused.sum())
    if not count:
        return Answered(scores, 0)
    filled = scores.copy()
    filled[refused] = fallback if scores.ndim == 2 and len(fallback) == scores.shape[1] else fallback[-1]
    return Answered(filled, count)


def labelled_rows(target: Array) -> np.ndarray:
    """Which rows have a target, shape (rows,)."""
    if isinstance(target, Coded):
        return target.codes >= 0
    if target.dtype.kind == "f":
        return ~np.isnan(target)
    return np.ones(len(target), dtype=bool)


def class_codes(target: Array, classes: tuple[Any, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The target as positions in the classes; classes that the model does not know come after them.

    Returns
    -------
    codes : ndarray of int64, shape (rows,)
    names : tuple of str
    """
    if isinstance(target, Coded):
        known = {str(c): i for i, c in enumerate(classes)}
        names = [str(c) for c in classes]
        table = np.empty(len(target.values), dtype=np.int64)
        used = set(np.unique(target.codes).tolist())
        for i, value in enumerate(target.values):
            if value not in known and i in used:
                known[value] = len(names)
                names.append(value)
            table[i] = known.get(value, 0)
        return table[target.codes], tuple(names)
    values = target.astype(np.float64)
    numeric = np.array([_number(c) for c in classes], dtype=np.float64)
    others = np.setdiff1d(values, numeric)
    every = np.concatenate([numeric, others])
    order = np.argsort(every, kind="stable")
    codes = order[np.searchsorted(every[order], values)]
    return codes, (*(str(c) for c in classes), *(f"{v:g}" for v in others))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise DataError(
            f"the target's values are numbers, but the model was trained on the class {value!r}",
            hint="the target column has another type than when the model was trained",
        ) from None


@dataclass(frozen=True, eq=False)
class Truth:
    """What happened on some labelled rows, worked out once for all versions that are held against it.

    Parameters
    ----------
    spec : ModelSpec
    rows : mapping of str to array
        Target, and time, group and weight where the spec names them.
    """

    spec: ModelSpec
    rows: Columns
    _coded: dict[tuple[Any, ...], tuple[np.ndarray, tuple[str, ...]]] = field(default_factory=dict)

    @cached_property
    def blocks(self) -> Blocks:
        """Which rows move together."""
        spec, rows = self.spec, self.rows
        times = None if spec.time is None else np.asarray(rows[spec.time])
        group = None if spec.group is None else _group(rows[spec.group])
        return choose_blocks(times, group, row_count(rows))

    @cached_property
    def weight(self) -> np.ndarray | None:
        """Weight of each row, None where the spec names no such column."""
        if self.spec.weight is None:
            return None
        return np.nan_to_num(np.asarray(self.rows[self.spec.weight], dtype=np.float64))

    def classes(self, known: tuple[Any, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
        """The target as :func:`class_codes` gives it for these classes."""
        if known not in self._coded:
            self._coded[known] = class_codes(self.rows[self.spec.target], known)
        return self._coded[known]

    def at(self, positions: np.ndarray) -> Truth:
        """The same of some of the rows."""
        return Truth(self.spec, take(self.rows, positions))


def sample_of(truth: Truth, output: OutputSchema, scores: np.ndarray) -> Sample:
    """What a version said, beside what happened.

    Parameters
    ----------
    scores : ndarray
        The version's, finite.
    """
    if output.task == "regression":
        actual = np.asarray(truth.rows[truth.spec.target], dtype=np.float64)
        return Sample(actual, truth.blocks, predicted=scores, weight=truth.weight)
    actual, names = truth.classes(output.classes)
    unknown = len(names) - len(output.classes)
    probabilities = decisions = None
    if output.scores == "probabilities":
        probabilities = np.pad(scores, ((0, 0), (0, unknown))) if unknown else scores
    elif scores.ndim == 1:
        positive = output.positive_index
        decisions = -scores if positive == 0 else scores
    cost = truth.spec.cost
    return Sample(
        actual,
        truth.blocks,
        predicted=output.decide(scores),
        probabilities=probabilities,
        scores=decisions,
        weight=truth.weight,
        classes=names,
        positive=1 if output.positive_index is None else output.positive_index,
        cost=None if cost is None else (cost.fp, cost.fn),
    )


def _group(column: Array) -> np.ndarray:
    return column.codes if isinstance(column, Coded) else np.asarray(column)


def segments(column: Array, name: str, only: str | None = None) -> Iterator[tuple[str, np.ndarray]]:
    """The rows of each value of a column, the commonest first: pairs of ``name=value`` and positions.

    With ``only`` it is the one value that is written so, however rare.
    """
    if isinstance(column, Coded):
        codes, values = column.codes, [*column.values, "(missing)"]
        codes = np.where(codes < 0, len(values) - 1, codes)
    else:
        distinct, codes = np.unique(np.asarray(column), return_inverse=True)
        values = [_shown(v) for v in distinct.tolist()]
    counts = np.bincount(codes, minlength=len(values))
    commonest = np.argsort(-counts, kind="stable")
    for code in commonest[:MOST_SEGMENTS] if only is None else commonest:
        if counts[code] and only in (None, str(values[code])):
            yield f"{name}={values[code]}", np.flatnonzero(codes == code)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "(missing)" if value != value else f"{value:g}"
    return str(value)
