"""A sample: what was predicted and what happened, on the rows that are measured together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.statistics.blocks import Blocks
from incumbent.errors import DataError


@dataclass(frozen=True, eq=False)
class Sample:
    """Predictions and truth of one slice.

    Parameters
    ----------
    actual : ndarray, shape (rows,)
        Class codes (integers) of a classification task, or numbers.
    blocks : Blocks
        Which rows move together.
    predicted : ndarray, shape (rows,), or None
        Predicted class codes, or numbers.
    probabilities : ndarray of float64, shape (rows, classes), or None
    scores : ndarray of float64, shape (rows,), or None
        Decision scores for the positive class, where there are no probabilities.
    weight : ndarray of float64, shape (rows,), or None
        Sample weights, none negative.
    classes : tuple of str
        Class names in the order of the codes; empty for regression.
    positive : int
        Code of the positive class, of two.
    cost : pair of float or None
        Cost of a false positive and of a false negative.

    Raises
    ------
    DataError
        Shapes that do not fit, or values that are not finite.

    Examples
    --------
    >>> from core.statistics.blocks import choose_blocks
    >>> Sample(np.array([0, 1, 1]), choose_blocks(None, None, 3), classes=("no", "yes")).rarer
    1
    """

    actual: NDArray[Any]
    blocks: Blocks
    predicted: NDArray[Any] | None = None
    probabilities: NDArray[np.float64] | None = None
    scores: NDArray[np.float64] | None = None
    weight: NDArray[np.float64] | None = None
    classes: tuple[str, ...] = ()
    positive: int = 1
    cost: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        rows = len(self.actual)
        for name in ("predicted", "probabilities", "scores", "weight"):
            array = getattr(self, name)
            if array is None:
                continue
            if len(array) != rows:
                raise DataError(f"{len(array)} {name} for {rows} rows", hint="measure them together")
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                row = int(np.flatnonzero(~np.isfinite(array.reshape(rows, -1)).all(axis=1))[0])
                raise DataError(f"{name} of row {row} is not finite", hint="look at that row's inputs")
        if len(self.blocks.codes) != rows:
            raise DataError(f"blocks of {len(self.blocks.codes)} rows for {rows} rows")
        if self.weight is not None and rows and self.weight.min() < 0:
            raise DataError(f"the weight of row {int(self.weight.argmin())} is negative")

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.actual)

    @cached_property
    def rarer(self) -> int | None:
        """Rows that are not of the commonest class (of two: rows of the rarer one), None for regression."""
        if not self.classes:
            return None
        if not self.n:
            return 0
        return self.n - int(np.bincount(self.actual, minlength=len(self.classes)).max())
