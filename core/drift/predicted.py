"""A version's answers as a column, compared with its answers on training rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from incumbent.columns import Array, Coded, Columns
from incumbent.errors import InputError
from incumbent.profile import profile
from incumbent.schema import OutputSchema

if TYPE_CHECKING:
    from core.scoring import Scorer

#: Training rows that the reference of the answers is made from, the last ones.
MOST_ROWS = 100_000


@dataclass(frozen=True)
class Predictions:
    """How a version answers.

    Parameters
    ----------
    answers : callable
        Rows in, one column of answers out; None where the rows lack what the version reads, or have another
        kind of it.
    reference : mapping
        The profile of such a column, over training rows.
    """

    answers: Callable[[Columns], Array | None]
    reference: Mapping[str, Any]


def answer_column(output: OutputSchema, scores: np.ndarray) -> Array:
    """Scores as one column: a number, the positive class's probability, or the class of a task with several.

    Examples
    --------
    >>> output = OutputSchema("classification", "probabilities", (0, 1), positive=1)
    >>> answer_column(output, np.array([[0.9, 0.1]])).tolist()
    [0.1]
    """
    if output.task == "regression" or scores.ndim == 1:
        return np.asarray(scores, dtype=np.float64)
    if len(output.classes) == 2:
        positive = 1 if output.positive_index is None else output.positive_index
        return np.asarray(scores[:, positive], dtype=np.float64)
    return Coded(np.asarray(output.decide(scores), dtype=np.int32), output.labels)


def answers_of(scorer: Scorer) -> Callable[[Columns], Array | None]:
    """How an open version answers rows; None for rows that it cannot take, of which the schema tells."""
    names = scorer.bundle.input.names

    def answers(rows: Columns) -> Array | None:
        if any(name not in rows for name in names):
            return None
        try:
            scores = scorer.scores({name: rows[name] for name in names})
        except InputError:  # a column of another kind
            return None
        return answer_column(scorer.bundle.output, scores)

    return answers


def reference_of(answers: Array) -> dict[str, Any]:
    """The profile of a column of answers."""
    found: dict[str, Any] = profile({"answers": answers})["columns"]["answers"]
    return found
