"""What every native step must prove, for each fitted estimator of a case.

A module ``cases_*.py`` beside this one lists its cases in ``CASES``; ``test_conformance.py`` runs them all.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from incumbent.columns import Array, column
from incumbent.fitting.convert import convert
from incumbent.native.blocks import Features, Raw
from incumbent.native.coefficients import FileArrays, read, write
from incumbent.native.model import NativeModel
from incumbent.native.step import Predictor, Refused, Step, build
from incumbent.schema import InputColumn, InputSchema

#: Relative agreement asked for on ordinary rows, and on edge rows.
ORDINARY, EDGE = 1e-12, 1e-9


@dataclass(frozen=True)
class Case:
    """An unfitted estimator and the rows that it is fitted on.

    Parameters
    ----------
    name : str
    estimator : estimator
    rows : DataFrame, ndarray or list of str
    target : array, optional
    edges : DataFrame, ndarray or list of str, optional
        More edge rows than those that every case gets.
    tolerance : float
        Relative agreement on ordinary rows.
    """

    name: str
    estimator: Any
    rows: Any
    target: Any = None
    edges: Any = None
    tolerance: float = ORDINARY
    fit_parameters: dict[str, Any] = field(default_factory=dict)


@dataclass
class Fitted:
    """A case whose estimator has been fitted and converted."""

    case: Case
    estimator: Any
    schema: InputSchema
    step: Step

    @property
    def edges(self) -> Any:
        """Edge rows: each differs from an ordinary row in one value."""
        found = edge_rows(self.case.rows)
        if self.case.edges is None:
            return found
        if isinstance(found, pd.DataFrame):
            return pd.concat([found, self.case.edges], ignore_index=True)
        return [*found, *self.case.edges] if isinstance(found, list) else np.vstack([found, self.case.edges])


def fit(case: Case) -> Fitted:
    from sklearn.base import clone

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator = clone(case.estimator)
        estimator.fit(case.rows, case.target, **case.fit_parameters)
    schema = schema_of(case.rows)
    return Fitted(case, estimator, schema, convert(estimator, schema))


def schema_of(rows: Any) -> InputSchema:
    """The schema of a frame, a matrix or texts."""
    form = "frame" if isinstance(rows, pd.DataFrame) else "text" if isinstance(rows, list) else "array"
    found = []
    for name, values in columns_of(rows).items():
        dtype = values.dtype.name if isinstance(values, np.ndarray) else "text"
        kind = {"text": "category", "bool": "boolean"}.get(dtype, "number")
        found.append(InputColumn(name, kind, "time" if dtype.startswith("datetime") else dtype))
    return InputSchema(tuple(found), form)


def columns_of(rows: Any) -> dict[str, Array]:
    """Rows as they reach an algorithm."""
    if isinstance(rows, pd.DataFrame):
        found = {}
        for n in rows.columns:
            textual = rows[n].dtype == object or isinstance(
                rows[n].dtype, (pd.StringDtype, pd.CategoricalDtype)
            )
            found[str(n)] = column(rows[n].astype(object).tolist() if textual else rows[n].to_numpy())
        return found
    if isinstance(rows, list):
        return {"text": column(rows)}
    return {f"x{i}": column(rows[:, i]) for i in range(rows.shape[1])}


def batch(fitted: Fitted, rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """Native results of many rows, shape (rows, outputs), and which of them are refused."""
    columns = columns_of(rows)
    if isinstance(fitted.step, Predictor):
        columns = fitted.schema.check_columns(columns)
        found = NativeModel(fitted.schema, fitted.step).predict(columns, len(rows))
        found = found[:, None] if found.ndim == 1 else found
        return found, np.isnan(found).any(axis=1)
    with np.errstate(all="ignore"):
        features = fitted.step.apply(Features(len(rows), tuple(Raw(c, n) for n, c in columns.items())))
        refused = np.zeros(len(rows), dtype=bool) if features.refused is None else features.refused
        return numeric(features), refused


def numeric(features: Features) -> np.ndarray:
    """Features as numbers; text as the hash of each value, so that it can be compared."""
    from incumbent.columns import Coded

    parts = []
    for block in features.blocks:
        if isinstance(block, Raw) and isinstance(block.column, Coded):
            parts.append(np.array([[_text_number(v)] for v in block.column.decode()]).reshape(-1, 1))
        else:
            parts.append(features.with_blocks(block).dense())
    return np.hstack(parts) if parts else np.zeros((features.rows, 0))


def one_by_one(fitted: Fitted, rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """Native results of the row path, shape (rows, outputs), and which rows are refused."""
    names = fitted.schema.names
    decoded = {n: c if isinstance(c, np.ndarray) else c.decode() for n, c in columns_of(rows).items()}
    found, refused = [], []
    model = NativeModel(fitted.schema, fitted.step) if isinstance(fitted.step, Predictor) else None
    for r in range(len(rows)):
        row = {n: _plain(decoded[n][r]) for n in names}
        if model is not None:
            scores: Sequence[Any] = model.predict_row(row)
            refused.append(any(s != s for s in scores))
        else:
            reader = NativeModel(fitted.schema, _NoPredictor())
            try:
                scores = fitted.step.row(reader.read_row(row))
                refused.append(False)
            except Refused:
                scores = []
                refused.append(True)
        found.append([_text_number(s) if s is None or isinstance(s, str) else s for s in scores])
    width = max((len(f) for f in found), default=0)
    return np.array([f or [np.nan] * width for f in found], dtype=np.float64), np.array(refused, dtype=bool)


class _NoPredictor:
    """Stands where a model needs a last step whose answers are not asked for."""

    def predict_row(self, x: Sequence[Any]) -> list[float]:
        raise AssertionError("not asked for")


def original(fitted: Fitted, rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """The same from the fitted estimator; rows that it raises an error for are refused."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        parts = _bisect(fitted, rows)
    width = max(p.shape[1] for p in parts if p is not None)
    found = [np.full((1, width), np.nan) if p is None else p for p in parts]
    refused = np.concatenate([np.full(len(f), p is None) for f, p in zip(found, parts)])
    if isinstance(fitted.step, Predictor):  # a prediction of NaN is none
        refused |= np.isnan(np.vstack(found)).any(axis=1)
    return np.vstack(found), refused


def _bisect(fitted: Fitted, rows: Any) -> list[np.ndarray | None]:
    try:
        return [_answers(fitted, rows)]
    except (ValueError, TypeError, AttributeError, OverflowError, IndexError):
        if len(rows) == 1:
            return [None]
        half = len(rows) // 2
        return [*_bisect(fitted, rows[:half]), *_bisect(fitted, rows[half:])]


def _answers(fitted: Fitted, rows: Any) -> np.ndarray:
    estimator = fitted.estimator
    if not isinstance(fitted.step, Predictor):
        found = estimator.transform(rows)
        found = found.toarray() if hasattr(found, "toarray") else np.asarray(found)
        if found.dtype == object:
            found = np.vectorize(_text_number, otypes=[float])(found)
        return np.asarray(found, dtype=np.float64)
    method = {"numbers": "predict", "probabilities": "predict_proba", "decisions": "decision_function"}
    found = np.asarray(getattr(estimator, method[fitted.step.scores])(rows), dtype=np.float64)
    return found.reshape(len(rows), -1)


def _text_number(value: Any) -> float:
    """Text as a number that differs from text to text; numbers as they are."""
    if value is None or value is pd.NA:
        return float("nan")
    if isinstance(value, str):
        return float(int.from_bytes(value.encode("utf-8", "surrogatepass")[:6], "big") * 64 + len(value))
    return float(value)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def edge_rows(rows: Any) -> Any:
    """Rows that differ from the first ordinary one in one value: nulls, infinities, huge, unseen, unicode."""
    if isinstance(rows, list):
        return ["", " ", "İstanbul ﬁancée naïve Straße 東京 \U0001f600", "a", "unseenword", "x" * 300, "\n\t"]
    numbers = [np.nan, np.inf, -np.inf, 1e300, -1e300, 2.0**24 + 1, -(2.0**53), 1e-310, 0.0, -0.0]
    if isinstance(rows, np.ndarray):
        found = np.repeat(rows[:1].astype(np.float64), len(numbers) * rows.shape[1], axis=0)
        for i in range(rows.shape[1]):
            found[i * len(numbers) : (i + 1) * len(numbers), i] = numbers
        return found
    changed = []
    for name in rows.columns:
        if pd.api.types.is_bool_dtype(rows[name]):
            values: list[Any] = [True, False]
        elif pd.api.types.is_numeric_dtype(rows[name]):
            values = numbers
        else:
            values = [np.nan, "never seen", "", "ünïcode 東京\U0001f600", "nan", "None"]
        changed += [(name, v) for v in values]
    found = {}
    for name in rows.columns:
        values = [v if n == name else rows[name].iloc[0] for n, v in changed]
        numeric_column = pd.api.types.is_numeric_dtype(rows[name]) and rows[name].dtype != bool
        dtype = "category" if isinstance(rows[name].dtype, pd.CategoricalDtype) else rows[name].dtype
        found[name] = pd.Series(values, dtype="float64" if numeric_column else dtype)
    return pd.DataFrame(found)


def agree(expected: np.ndarray, found: np.ndarray, tolerance: float) -> None:
    """Equal within a relative tolerance; numbers near zero are compared with the size of their column."""
    assert found.shape == expected.shape
    with np.errstate(all="ignore"):
        finite = np.where(np.isfinite(expected), np.abs(expected), 0.0)
        floor = np.minimum(np.median(finite, axis=0), 1.0) if len(finite) else 0.0
        excess = np.abs(found - expected) - tolerance * np.maximum(np.abs(expected), floor)
        equal = (found == expected) | (np.isnan(found) & np.isnan(expected)) | (excess <= 0)
    if not equal.all():
        r, c = np.argwhere(~equal)[0]
        raise AssertionError(
            f"{(~equal).sum()} of {equal.size} differ; row {r}, output {c}: "
            f"expected {expected[r, c]!r}, found {found[r, c]!r}"
        )


def through_file(fitted: Fitted, folder: Path) -> Fitted:
    """The same with a step that was written and read again."""
    arrays = FileArrays()
    write(folder, {"model": fitted.step.document(arrays, list(fitted.schema.names))}, arrays)
    step = build(read(folder)["model"], FileArrays(folder))
    return Fitted(fitted.case, fitted.estimator, fitted.schema, step)
