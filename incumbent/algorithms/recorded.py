"""``recorded``: a model that cannot be run here, judged by a column of its stored predictions.

``recorded.json`` in the bundle names the column and says what stands in it: a ``number`` (regression), the
``probability`` of the positive class, or a ``class``, which counts as certain.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence, cast

from incumbent.errors import BundleError, DataError
from incumbent.schema import InputColumn, InputSchema, OutputSchema

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Array, Columns

FILE = "recorded.json"
FORMAT = 1
MEANINGS = ("number", "probability", "class")


class Recorded:
    """Reads predictions instead of making them.

    Parameters
    ----------
    column : str
    meaning : str
        One of :data:`MEANINGS`.
    output : OutputSchema
    """

    name = "recorded"

    def __init__(self, column: str, meaning: str, output: OutputSchema) -> None:
        self.column = column
        self.meaning = meaning
        self.positions = {c: i for i, c in enumerate(output.classes)}
        positive = output.positive_index
        self.positive = 1 if positive is None else positive

    def predict(self, columns: "Columns", rows: int) -> "np.ndarray":
        """Scores of many rows; NaN where nothing usable was recorded."""
        import numpy as np

        from incumbent.columns import Coded

        values = columns[self.column]
        if self.meaning == "class":
            distinct, codes = _distinct(values)
            table = np.array([*(self._certain(v) for v in distinct), self._certain(None)])
            return np.asarray(table[codes])
        found = np.full(rows, np.nan) if isinstance(values, Coded) else np.array(values, dtype=np.float64)
        if self.meaning == "number":
            found[~np.isfinite(found)] = np.nan
            return found
        found[~((found >= 0.0) & (found <= 1.0))] = np.nan
        both = [1.0 - found, found]
        return np.stack(both if self.positive == 1 else both[::-1], axis=1)

    def predict_row(self, row: Mapping[str, Any]) -> "list[float]":
        """Scores of one row; NaN where nothing usable was recorded."""
        value = row[self.column]
        if self.meaning == "class":
            return self._certain(value)
        found = math.nan if value is None else float(value)
        if self.meaning == "number":
            return [found if math.isfinite(found) else math.nan]
        p = found if 0.0 <= found <= 1.0 else math.nan
        return [1.0 - p, p] if self.positive == 1 else [p, 1.0 - p]

    def _certain(self, value: Any) -> "list[float]":
        at = self.positions.get(value)
        if at is None:
            return [math.nan] * len(self.positions)
        return [1.0 if i == at else 0.0 for i in range(len(self.positions))]


def _distinct(values: "Array") -> "tuple[Sequence[Any], np.ndarray]":
    """Distinct values, and the position of each row's among them (-1: null)."""
    import numpy as np

    from incumbent.columns import Coded

    if isinstance(values, Coded):
        return values.values, values.codes
    distinct, codes = np.unique(values, return_inverse=True)
    return distinct.tolist(), codes


def open_recorded(
    folder: Path, inputs: InputSchema, output: OutputSchema, manifest: Mapping[str, Any]
) -> Recorded:
    """The algorithm of a bundle's folder.

    Raises
    ------
    BundleError
        Where its file is missing, damaged, or names a column that the manifest does not have.
    """
    path = Path(folder) / FILE
    hint = "restore the bundle from a backup, or register the version again"
    try:
        document = json.loads(path.read_text("utf-8"))
        written, column, meaning = document["format"], document["column"], document["meaning"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{path} cannot be read: {error}", hint) from error
    if written != FORMAT:
        raise BundleError(
            f"{path} has format {written!r}; this Incumbent reads {FORMAT}",
            hint="the bundle was made by a newer Incumbent: update this one",
        )
    if meaning not in MEANINGS or column not in inputs.names:
        raise BundleError(f"{path} is damaged: the column {column!r} as {meaning!r}", hint)
    return Recorded(column, meaning, output)


def write_recorded(
    folder: "str | Path", column: str, values: "Array | Sequence[Any]", output: OutputSchema
) -> "tuple[InputSchema, OutputSchema]":
    """Write what reads a column of stored predictions into a folder.

    Parameters
    ----------
    folder : path
        Becomes the ``contents`` of a bundle.
    column : str
    values : array, Coded or sequence
        What is recorded: numbers for regression; for two classes probabilities of the positive one, or
        classes; for more classes, classes. Nulls are rows without a prediction.
    output : OutputSchema
        Task, classes and positive class of the model; what else it says is kept as far as it applies.

    Returns
    -------
    InputSchema, OutputSchema
        What the bundle says of its input and output.

    Raises
    ------
    DataError
        For values that are neither.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> two = OutputSchema("classification", "decisions", (0, 1), positive=1)
    >>> inputs, outputs = write_recorded(mkdtemp(), "score", [0.2, None, 0.9], two)
    >>> inputs.columns[0].dtype, outputs.scores
    ('float64', 'probabilities')
    """
    from incumbent.columns import Coded
    from incumbent.columns import column as as_column

    found = values if isinstance(values, Coded) else as_column(cast("Sequence[Any]", values))
    textual = isinstance(found, Coded)
    meaning = _meaning(column, found, output)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    document = {"format": FORMAT, "column": column, "meaning": meaning}
    (target / FILE).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    kind = InputColumn(column, "category" if textual else "number", "text" if textual else "float64")
    scores = "numbers" if meaning == "number" else "probabilities"
    threshold = output.threshold if meaning == "probability" else None
    schema = OutputSchema(
        output.task, scores, output.classes, output.positive, threshold, output.low, output.high
    )
    return InputSchema((kind,)), schema


def _meaning(column: str, values: "Array", output: OutputSchema) -> str:
    import numpy as np

    from incumbent.columns import Coded

    distinct, _ = _distinct(values)
    known = [v for v in distinct if v == v]
    if not known:
        raise DataError(f"the column {column!r} holds no prediction at all")
    if output.task == "regression":
        if isinstance(values, Coded) or not np.issubdtype(values.dtype, np.number):
            raise DataError(f"the column {column!r} holds {known[0]!r}, where predicted numbers must be")
        return "number"
    strangers = [v for v in known if v not in output.classes]
    if not strangers:
        return "class"
    numeric = not isinstance(values, Coded) and values.dtype.kind in "fiub"
    if numeric and len(output.classes) == 2 and 0 <= min(known) <= max(known) <= 1:
        return "probability"
    raise DataError(
        f"the column {column!r} holds {strangers[0]!r}, which is no class of the model"
        + (" and no probability" if len(output.classes) == 2 else ""),
        hint=f"classes: {', '.join(output.labels)}",
    )
