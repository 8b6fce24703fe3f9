"""``baseline``: what anybody could say without a model, and so what every version must beat.

Classification: the share of each class among the training rows. Regression: the median of the target, or,
where that was nearer on the training rows, the last value: the newest label known at the row's time, which a
column has to bring (checks make it from the data). Where no label is known, and in production, the answer is
the constant that stands in ``coefficients.json``.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from incumbent.errors import BundleError, DataError

if TYPE_CHECKING:
    import numpy as np

    from incumbent.columns import Array, Columns
    from incumbent.native.constant import Constant
    from incumbent.schema import InputSchema, OutputSchema


class Baseline:
    """The same scores for every row, or the last known label that the row brings.

    Parameters
    ----------
    values : sequence of float
        One number (regression), or one probability a class.
    last : str, optional
        The column with the last known label.
    """

    name = "baseline"

    def __init__(self, values: Sequence[float], last: "str | None" = None) -> None:
        self.values = [float(v) for v in values]
        self.last = last

    def predict(self, columns: "Columns", rows: int) -> "np.ndarray":
        """Scores of many rows, (rows,) or (rows, classes)."""
        import numpy as np

        if self.last is not None and self.last in columns:
            labels = np.asarray(columns[self.last], dtype=np.float64)
            return np.where(np.isfinite(labels), labels, self.values[0])
        found = np.tile(np.array(self.values), (rows, 1))
        return found[:, 0] if len(self.values) == 1 else found

    def predict_row(self, row: Mapping[str, Any]) -> "list[float]":
        """Scores of one row."""
        label = None if self.last is None else row.get(self.last)
        return list(self.values) if label is None or not math.isfinite(label) else [float(label)]


def open_baseline(
    folder: Path, inputs: "InputSchema", output: "OutputSchema", manifest: Mapping[str, Any]
) -> Baseline:
    """The algorithm of a bundle's folder.

    Raises
    ------
    BundleError
        Where its file is missing, damaged, or of other classes than the manifest's.
    """
    from incumbent.native import coefficients
    from incumbent.native.constant import Constant

    document = coefficients.read(folder)
    try:
        constant = Constant.from_document(document["model"], coefficients.FileArrays(Path(folder)))
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, f"{type(error).__name__} {error}") from error
    if constant.scores != output.scores:
        raise _damaged(folder, f"it holds {constant.scores}, the manifest says {output.scores}")
    expected = list(output.labels) if output.task == "classification" else ["median"]
    if constant.labels != expected or len(constant.values) != len(expected):
        raise _damaged(folder, f"it is of {constant.labels}, the manifest of {expected}")
    return Baseline(constant.values, document.get("last"))


def _damaged(folder: Path, what: str) -> BundleError:
    return BundleError(
        f"{Path(folder) / 'coefficients.json'} is damaged: {what}",
        hint="restore the bundle from a backup, or register the version again",
    )


def write_baseline(
    folder: "str | Path",
    output: "OutputSchema",
    actual: "Array | Sequence[Any]",
    last: "str | None" = None,
) -> "OutputSchema":
    """Write the baseline of a target's values into a folder.

    Parameters
    ----------
    folder : path
        Becomes the ``contents`` of a bundle.
    output : OutputSchema
        Of the model that the baseline stands beside: its task, classes and positive class are taken.
    actual : array, Coded or sequence
        The target of the training rows; nulls are left out.
    last : str, optional
        The column that brings the last known label (regression): it is the answer where it has one.

    Returns
    -------
    OutputSchema
        What the baseline's bundle says of its output. It needs no input column but ``last``.

    Raises
    ------
    DataError
        For a target without a known value, or with a class that ``output`` does not have.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from incumbent.schema import OutputSchema
    >>> schema = OutputSchema("classification", "decisions", ("no", "yes"), positive="yes")
    >>> folder = mkdtemp()
    >>> write_baseline(folder, schema, ["no", "no", "no", "yes", None]).scores
    'probabilities'
    >>> import json
    >>> json.loads((Path(folder) / "coefficients.json").read_text())["model"]["values"]
    {'no': 0.75, 'yes': 0.25}
    """
    from incumbent.native import coefficients

    known = [v for v in _listed(actual) if not (v is None or v != v)]
    if not known:
        raise DataError("no row has a known target", hint="a baseline is made of the training rows' targets")
    constant = _prior(output, known) if output.task == "classification" else _median(known)
    arrays = coefficients.FileArrays()
    document: "dict[str, Any]" = {"rows": len(known), "model": constant.document(arrays, ())}
    if last is not None:
        document["last"] = last
    coefficients.write(folder, document, arrays)
    return replace(output, scores=constant.scores, threshold=None)


def _listed(actual: "Array | Sequence[Any]") -> "list[Any]":
    from incumbent.columns import Coded

    if isinstance(actual, Coded):
        return list(actual.decode())
    return actual.tolist() if hasattr(actual, "tolist") else list(actual)


def _prior(output: "OutputSchema", known: "list[Any]") -> "Constant":
    from incumbent.native.constant import Constant

    counts = dict.fromkeys(output.classes, 0)
    for value in known:
        if value not in counts:
            raise DataError(
                f"the target has the class {value!r}, which is not among {', '.join(output.labels)}"
            )
        counts[value] += 1
    return Constant([n / len(known) for n in counts.values()], "probabilities", output.labels)


def _median(known: "list[Any]") -> "Constant":
    from statistics import median

    from incumbent.native.constant import Constant

    return Constant([median(float(v) for v in known)], "numbers", ["median"])
