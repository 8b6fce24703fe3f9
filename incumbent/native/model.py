"""A native model: the steps of a fitted pipeline over the input columns of a bundle."""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.columns import Array, Coded, Columns
from incumbent.errors import BundleError
from incumbent.native import coefficients
from incumbent.native.blocks import EXACT, Features, Raw
from incumbent.native.step import Predictor, Refused, build
from incumbent.schema import InputColumn, InputSchema

#: Rows that go through the steps at a time: the intermediate arrays stay in the processor's cache.
CHUNK = 8_192


class NativeModel:
    """Scores rows with the steps of a fitted pipeline, without scikit-learn.

    Parameters
    ----------
    schema : InputSchema
        The columns, in the order of the estimator's features.
    step : Predictor
    """

    name = "native"

    def __init__(self, schema: InputSchema, step: Predictor) -> None:
        self.schema = schema
        self.step = step
        self._row = step.predict_row
        self._readers = [(str if c.takes_text else float, _reader(c)) for c in schema.columns]
        self._values = _getter(schema.names)
        self._outputs: "int | None" = None

    def predict(self, columns: Columns, rows: int) -> np.ndarray:
        """Scores of many rows: (rows,) or (rows, classes), NaN for rows that the estimator would refuse."""
        if rows <= CHUNK:
            return self._predict(columns, rows, None)
        parts = [
            self._predict(columns, min(CHUNK, rows - start), slice(start, start + CHUNK))
            for start in range(0, rows, CHUNK)
        ]
        return np.concatenate(parts)

    def _predict(self, columns: Columns, rows: int, part: "slice | None") -> np.ndarray:
        blocks = tuple(Raw(_slice(columns[c.name], part), c.name) for c in self.schema.columns)
        with np.errstate(all="ignore"):  # refused rows go on as any others do
            return self.step.predict(Features(rows, blocks))

    def predict_row(self, row: Mapping[str, Any]) -> "list[float]":
        """Scores of one row, which has been validated; NaN for a row that the estimator would refuse."""
        try:
            return self._row(self.read_row(row))
        except Refused:
            return self._refusal()

    def read_row(self, row: Mapping[str, Any]) -> "list[Any]":
        """A row's values in the order of the columns: numbers (NaN for null), text or None."""
        return [
            v if v.__class__ is usual else read(v)
            for v, (usual, read) in zip(self._values(row), self._readers)
        ]

    def _refusal(self) -> "list[float]":
        if self._outputs is None:
            blocks = tuple(Raw(_nulls(c), c.name) for c in self.schema.columns)
            with np.errstate(all="ignore"):
                self._outputs = self.step.predict(Features(1, blocks)).size
        return [float("nan")] * self._outputs

    def document(self, arrays: coefficients.FileArrays) -> "dict[str, Any]":
        """The model as readable plain data."""
        return {"model": self.step.document(arrays, list(self.schema.names))}

    def save(self, folder: "str | Path") -> "list[str]":
        """Write ``coefficients.json`` and its arrays into a folder; answers the names of the files."""
        arrays = coefficients.FileArrays()
        return coefficients.write(folder, self.document(arrays), arrays)

    @classmethod
    def load(cls, folder: "str | Path", schema: InputSchema) -> "NativeModel":
        """The model in a folder.

        Raises
        ------
        BundleError
            Where its files are missing, damaged or of a newer format.
        """
        folder = Path(folder)
        document = coefficients.read(folder)
        try:
            step = build(document["model"], coefficients.FileArrays(folder))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            if isinstance(error, BundleError):
                raise
            raise BundleError(
                f"{folder / coefficients.FILE} is damaged: {type(error).__name__} {error}",
                hint="restore the bundle from a backup, or register the version again",
            ) from error
        if not isinstance(step, Predictor):
            raise BundleError(f"{folder / coefficients.FILE} holds steps that end without a prediction")
        return cls(schema, step)


def _slice(column: Array, part: "slice | None") -> Array:
    if part is None:
        return column
    return column.take(part) if isinstance(column, Coded) else column[part]


def _getter(names: Sequence[str]) -> "Callable[[Mapping[str, Any]], Sequence[Any]]":
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: [row[name] for name in names]


def _nulls(column: InputColumn) -> Array:
    if column.takes_text:
        return Coded(np.full(1, -1, dtype=np.int32), ())
    return np.array(["NaT"], dtype="datetime64[us]") if column.dtype == "time" else np.full(1, np.nan)


def _reader(column: InputColumn) -> "Callable[[Any], Any]":
    if column.takes_text:
        return _text
    if column.dtype == "time":
        return _as_is
    return _whole if column.dtype == "int64" else _number


def _as_is(value: Any) -> Any:
    return value


def _text(value: Any) -> Any:
    return value if value.__class__ is str else None if value is None or value != value else str(value)


def _number(value: Any) -> float:
    return value if value.__class__ is float else float("nan") if value is None else float(value)


def _whole(value: Any) -> Any:
    if value.__class__ is int:
        return float(value) if -EXACT <= value <= EXACT else value
    return _number(value)
