"""Does an algorithm agree with the original estimator, on reference rows and on edge rows?

The difference of two scores a (the algorithm's) and b (the estimator's) is ``|a - b| / max(|b|, floor)``.
The floor keeps numbers near zero, which are differences of larger ones, from being held to digits that
float64 does not have: for probabilities it is 0.001, for numbers and decisions the root mean square of the
estimator's finite scores on the reference rows. Rows that the estimator refuses must be NaN, and no others.
The likeliest class must be the same, also where several are equally likely.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Sequence

import numpy as np

from incumbent.algorithms.base import FLOAT32
from incumbent.columns import Columns, row_count, take
from incumbent.fitting.edge_rows import edge_tables
from incumbent.fitting.frame import model_input, plain_rows
from incumbent.fitting.scores import truth
from incumbent.schema import InputSchema

if TYPE_CHECKING:
    from incumbent.bundle import Bundle

#: The largest relative difference at which an algorithm is accepted.
TOLERANCE = 1e-9
#: Reference rows, spread evenly over the training rows.
REFERENCE_ROWS = 512
#: Of these, how many go through the one-row path as well (every edge row does).
SINGLE_ROWS = 128
#: The same for scikit-learn itself, which takes ten milliseconds a row and one road for one row and for many.
SINGLE_ROWS_BY_SKLEARN = 24
PROBABILITY_FLOOR = 1e-3
#: So far may an estimator be from itself, one row and many: what float32 does. More is chance.
MOST_NOISE = FLOAT32


@dataclass(frozen=True)
class Case:
    """One table of rows, and what the estimator answers."""

    name: str
    columns: Columns
    expected: np.ndarray

    @property
    def rows(self) -> int:
        return len(self.expected)


@dataclass(frozen=True)
class Truth:
    """The cases of a fitted estimator, the floor of the relative difference, and its own noise.

    ``noise`` finds how far the estimator is from itself, asked once more and row by row: what it computes in
    float32 depends on how many rows it is given, and what it draws at random on nothing.
    """

    cases: "tuple[Case, ...]"
    floor: float
    noise: "Callable[[], float]" = lambda: 0.0


@dataclass(frozen=True)
class Agreement:
    """How far an algorithm is from the original estimator.

    Parameters
    ----------
    max_difference : float or None
        The largest relative difference; None where the algorithm answers a row that the estimator refuses,
        the other way round, or fails.
    reason : str
        Empty where it is accepted.
    """

    max_difference: "float | None"
    rows: int
    reference: int
    edge: int
    refused: int
    reason: str = ""

    @property
    def accepted(self) -> bool:
        return not self.reason

    def document(self) -> "dict[str, Any]":
        """Plain data, as the manifest has it."""
        return {
            "max_difference": self.max_difference,
            "rows": self.rows,
            "reference": self.reference,
            "edge": self.edge,
            "refused": self.refused,
        }


def reference_rows(columns: Columns, names: Sequence[str], most: int = REFERENCE_ROWS) -> "dict[str, Any]":
    """Rows spread evenly over a table, as whole arrays of their own."""
    rows = row_count(columns)
    at = _evenly(rows, most)
    return take({n: columns[n] for n in names}, at)


def find_truth(
    estimator: Any,
    score: "Callable[[Any], np.ndarray]",
    schema: InputSchema,
    reference: Columns,
    scores: str,
) -> Truth:
    """Ask the estimator for the scores of reference and edge rows.

    What it warns of on edge rows is not told: they are there to be extreme.
    """
    rows = row_count(reference)
    first = truth(score, model_input(reference, schema), rows, _width(score, schema, reference))
    cases = [Case("reference", reference, first)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for table in edge_tables(schema, reference, estimator):
            count = row_count(table)
            expected = truth(score, model_input(table, schema), count, first.shape[1:])
            cases.append(Case("edge", table, expected))
    floor = PROBABILITY_FLOOR if scores == "probabilities" else _size(first)
    return Truth(tuple(cases), floor, lambda: _noise(score, schema, cases[0], floor))


def _size(scores: np.ndarray) -> float:
    finite = scores[np.isfinite(scores)]
    return (float(np.sqrt(np.mean(finite**2))) if len(finite) else 0.0) or 1.0


def _noise(score: "Callable[[Any], np.ndarray]", schema: InputSchema, case: Case, floor: float) -> float:
    """How far the estimator's answers to single rows are from those to all of them; inf: not comparable."""
    at = _evenly(case.rows, SINGLE_ROWS_BY_SKLEARN)
    given = [model_input(take(case.columns, slice(i, i + 1)), schema) for i in at.tolist()]
    alone = np.concatenate([truth(score, row, 1, case.expected.shape[1:]) for row in given])
    difference = largest_difference(alone, case.expected[at], floor)
    return np.inf if difference is None else difference


def _evenly(rows: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, rows - 1, min(most, rows)).round().astype(np.int64))


def _width(
    score: "Callable[[Any], np.ndarray]", schema: InputSchema, reference: Columns
) -> "tuple[int, ...]":
    """Shape of one row's scores, from rows that the estimator answers.

    Where it refuses some (nulls that it was not fitted on) single rows are tried; where it refuses each of
    them its own error is raised.
    """
    try:
        return tuple(score(model_input(reference, schema)).shape[1:])
    except Exception:  # an estimator may raise anything at all for a row that it refuses
        last = min(row_count(reference), SINGLE_ROWS) - 1
        for at in range(last):
            try:
                return tuple(score(model_input(take(reference, slice(at, at + 1)), schema)).shape[1:])
            except Exception:  # the next row may do
                continue
        return tuple(score(model_input(take(reference, slice(last, last + 1)), schema)).shape[1:])


def compare(bundle: "Bundle", found: Truth, tolerance: float = TOLERANCE) -> Agreement:
    """Compare a bundle's algorithm, its batch path and its one-row path, with the estimator."""
    largest, reason = 0.0, ""
    for case in found.cases:
        for path in (_batch, _one_by_one):
            try:
                answered, expected = path(bundle, case)
                difference = largest_difference(answered, expected, found.floor)
            except Exception as error:  # any failure of a candidate is a reason to try the next one
                reason = reason or f"{path.__name__[1:]} on {case.name} rows: {type(error).__name__}: {error}"
                continue
            if difference is None:
                reason = reason or _about_refusal(answered, expected, case, bundle)
                continue
            largest = max(largest, difference)
            if difference > tolerance and bundle.manifest.algorithm == "sklearn" and not reason:
                noise = found.noise()  # here the estimator is compared with itself
                if noise > MOST_NOISE:
                    reason = f"gives the same rows other scores each time it is asked (by {noise:.1e})"
                tolerance = MOST_NOISE if noise > tolerance else tolerance
            if difference > tolerance:
                reason = reason or _about_difference(answered, expected, case, found.floor)
            elif (at := _named_otherwise(answered, expected)) is not None:
                reason = reason or f"names another class ({case.name} row {at} of {case.rows})"
    reference = sum(c.rows for c in found.cases if c.name == "reference")
    edge = sum(c.rows for c in found.cases if c.name == "edge")
    refused = sum(int(_refused(c.expected).sum()) for c in found.cases)
    return Agreement(largest, reference + edge, reference, edge, refused, reason)


def _named_otherwise(answered: np.ndarray, expected: np.ndarray) -> "int | None":
    """The first row whose likeliest class is another one: scores of several classes may be equal."""
    if expected.ndim != 2 or not expected.shape[1]:
        return None
    ours, theirs = (np.nan_to_num(scores, nan=-np.inf).argmax(axis=1) for scores in (answered, expected))
    apart = np.flatnonzero(ours != theirs)
    return int(apart[0]) if len(apart) else None


def _batch(bundle: "Bundle", case: Case) -> "tuple[np.ndarray, np.ndarray]":
    return np.asarray(bundle.predict(case.columns, case.rows)), case.expected


def _one_by_one(bundle: "Bundle", case: Case) -> "tuple[np.ndarray, np.ndarray]":
    sampled = SINGLE_ROWS_BY_SKLEARN if bundle.manifest.algorithm == "sklearn" else SINGLE_ROWS
    most = case.rows if case.name == "edge" else sampled
    at = _evenly(case.rows, most)
    rows = plain_rows(take(case.columns, at), bundle.input.names)
    answered = np.array([bundle.predict_row(row) for row in rows], dtype=np.float64)
    expected = case.expected[at]
    return answered.reshape(expected.shape), expected


def largest_difference(answered: np.ndarray, expected: np.ndarray, floor: float) -> "float | None":
    """The largest relative difference, None where NaN and infinities do not stand in the same places.

    Examples
    --------
    >>> largest_difference(np.array([1.0, np.nan]), np.array([1.0, np.nan]), 1.0)
    0.0
    >>> largest_difference(np.array([1.0]), np.array([np.nan]), 1.0) is None
    True
    """
    if answered.shape != expected.shape:
        return None
    finite = np.isfinite(expected)
    same_places = np.array_equal(answered[~finite], expected[~finite], equal_nan=True)
    if not same_places or not np.isfinite(answered[finite]).all():
        return None
    if not finite.any():
        return 0.0
    return float(differences(answered[finite], expected[finite], floor).max())


def differences(answered: np.ndarray, expected: np.ndarray, floor: float) -> np.ndarray:
    """Relative differences of finite scores."""
    found: np.ndarray = np.abs(answered - expected) / np.maximum(np.abs(expected), floor)
    return found


def _refused(scores: np.ndarray) -> np.ndarray:
    missing = np.isnan(scores)
    return missing if missing.ndim == 1 else np.asarray(missing.all(axis=1))


def _about_refusal(answered: np.ndarray, expected: np.ndarray, case: Case, bundle: "Bundle") -> str:
    if answered.shape != expected.shape:
        return f"scores of the shape {answered.shape} where the estimator has {expected.shape}"
    ours, theirs = np.isfinite(answered), np.isfinite(expected)
    at = (
        int(np.flatnonzero((ours != theirs).reshape(len(expected), -1).any(axis=1))[0])
        if (ours != theirs).any()
        else 0
    )
    who = (
        "answers a row that the estimator refuses"
        if ours.reshape(len(expected), -1)[at].any()
        else ("refuses a row that the estimator answers")
    )
    return f"{who} ({case.name} row {at} of {case.rows})"


def _about_difference(answered: np.ndarray, expected: np.ndarray, case: Case, floor: float) -> str:
    filled = np.where(np.isfinite(expected), differences(answered, expected, floor), 0.0)
    by_row = filled.reshape(len(expected), -1).max(axis=1)
    at = int(by_row.argmax())
    return f"differs from the estimator by {by_row[at]:.1e} ({case.name} row {at} of {case.rows})"
