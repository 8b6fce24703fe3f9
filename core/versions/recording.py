"""A version that is a column of stored predictions, for a model that nobody can run here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incumbent.bundle import Bundle, write_bundle
from incumbent.errors import DataError
from incumbent.schema import OutputSchema

if TYPE_CHECKING:
    from core.spec import ModelSpec
    from core.versions.rows import TrainingRows


def write_recorded_bundle(
    folder: Path, spec: ModelSpec, column: str, rows: TrainingRows, trained: Mapping[str, Any]
) -> Bundle:
    """Write ``folder/bundle``, which reads a column.

    Parameters
    ----------
    trained : mapping
        What a person says of its training, for the lineage.

    Raises
    ------
    DataError
        Where the data lack the column, or it holds no predictions for the task.
    """
    from difflib import get_close_matches

    import numpy as np

    from incumbent.algorithms.recorded import write_recorded
    from incumbent.fitting.frame import target_values
    from incumbent.fitting.outputs import positive_of

    if column not in rows.columns:
        close = get_close_matches(column, list(rows.columns), 1)
        hint = f"did you mean {close[0]!r}?" if close else f"they have {', '.join(rows.columns)}"
        raise DataError(f"the data have no column {column!r} of predictions", hint)
    target = target_values(rows.columns[spec.target], spec.task)
    if spec.task == "classification":
        classes = tuple(np.unique(target).tolist())
        positive = positive_of(classes, {"positive": spec.positive})
        output = OutputSchema("classification", "probabilities", classes, positive, spec.threshold)
    else:
        numbers = target.astype(np.float64)
        output = OutputSchema("regression", "numbers", low=float(numbers.min()), high=float(numbers.max()))
    contents = folder / "contents"
    inputs, described = write_recorded(contents, column, rows.columns[column], output)
    return write_bundle(
        folder / "bundle",
        model=spec.name,
        algorithm="recorded",
        input=inputs,
        output=described,
        contents=contents,
        lineage={
            "format": 1,
            "origin": "registered",
            "collection": dict(rows.collection),
            "parameters": {"column": column},
            "trained": dict(trained),
        },
    )
