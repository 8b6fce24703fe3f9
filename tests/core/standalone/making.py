"""Written files and expressions, loaded and compared with native steps."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

from core.standalone.source import Provenance, standalone_source
from incumbent.native.step import Predictor, Step
from incumbent.schema import InputSchema, OutputSchema
from tests.incumbent.native.conformance import Fitted, columns_of, one_by_one
from tests.incumbent.native.test_conformance import CASES, fitted_case

NUMBERS = OutputSchema("regression", "numbers")
ORIGIN = Provenance("model", 1, "0" * 64)
#: Scores are equal to so much of the row's largest; nearly all are equal to the last bit.
TOLERANCE = 1e-12


def loaded(source: str) -> dict[str, Any]:
    """A written file as a module's names."""
    names: dict[str, Any] = {"__name__": "standalone"}
    exec(compile(source, "model.py", "exec"), names)
    return names


@cache
def written(name: str) -> dict[str, Any]:
    """The file of a conformance case, loaded."""
    fitted = fitted_case(name)
    return loaded(standalone_source(fitted.step, fitted.schema, NUMBERS, ORIGIN))


def plain_rows(fitted: Fitted, rows: Any) -> list[dict[str, Any]]:
    """Rows as a caller has them."""
    columns = columns_of(rows)
    lists = [columns[n].tolist() if isinstance(columns[n], np.ndarray) else columns[n].decode().tolist()
             for n in fitted.schema.names]  # fmt: skip
    return [dict(zip(fitted.schema.names, values, strict=True)) for values in zip(*lists, strict=True)]


def native(fitted: Fitted, rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """The native row path's answers, and which rows it refuses."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return one_by_one(fitted, rows)


def apart(found: Sequence[float], expected: Sequence[float]) -> float:
    """The largest difference relative to the row's largest finite number."""
    assert len(found) == len(expected)
    scale = max((abs(v) for v in expected if abs(v) < 1e308), default=0.0) or 1.0
    worst = 0.0
    for a, b in zip(found, expected, strict=True):
        if not (a == b or (a != a and b != b)):
            worst = max(worst, abs(a - b) / scale)
            assert worst == worst, (found, expected)
    return worst


def one_of_each(predictors_only: bool = False) -> list[Any]:
    """Every conformance case; by default those run that bring an estimator that none before them had."""
    seen: set[str] = set()
    found = []
    for name, case in CASES.items():
        estimators = set(_estimators(case.estimator))
        if predictors_only and not hasattr(case.estimator, "predict"):
            continue
        found.append(pytest.param(name, marks=() if estimators - seen else pytest.mark.slow))
        seen |= estimators
    return found


def _estimators(part: object) -> Iterator[str]:
    if hasattr(part, "get_params") and not isinstance(part, type):
        yield type(part).__qualname__
        for value in vars(part).values():
            yield from _estimators(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _estimators(value)


def schema(**dtypes: str) -> InputSchema:
    """A schema from names and dtypes."""
    from incumbent.schema import InputColumn

    kinds = {"text": "category", "bool": "boolean"}
    return InputSchema(tuple(InputColumn(n, kinds.get(d, "number"), d) for n, d in dtypes.items()))


def scores_of(step: Step, inputs: InputSchema, row: Mapping[str, Any]) -> list[float]:
    """A native model's answer to a row."""
    from incumbent.native.model import NativeModel

    assert isinstance(step, Predictor)
    return NativeModel(inputs, step).predict_row(row)
