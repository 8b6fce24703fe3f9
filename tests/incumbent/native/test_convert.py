"""What the native algorithm declines, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, SplineTransformer, StandardScaler

from incumbent.fitting.convert import Unsupported, convert
from incumbent.schema import InputColumn, InputSchema

from .conformance import schema_of
from .data import TEXTS, frame, matrix

X = matrix()
FRAME = frame(nulls=False)


class Centered(StandardScaler):
    """A subclass, whose methods may do anything."""


def doubled(x: Any) -> Any:
    return x * 2


@pytest.mark.parametrize(
    ("estimator", "rows", "reason"),
    [
        (Centered(), X, "not one of the estimators"),
        (NMF(2, max_iter=10, tol=10.0), np.abs(X), "not one of the estimators"),
        (FunctionTransformer(doubled), X, "a function of its own"),
        (FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": 1}), X, "a function of its own"),
        (CountVectorizer(tokenizer=str.split, token_pattern=None), TEXTS, "tokenizer="),
        (CountVectorizer(analyzer=str.split), TEXTS, "analyzer="),
        (SplineTransformer(degree=0), X, "degree=0"),
        (OneHotEncoder(feature_name_combiner=lambda a, b: f"{a}={b}"), FRAME, "feature_name_combiner="),
        (
            ColumnTransformer([("s", StandardScaler(), ["delay"])], transformer_weights={"s": 2.0}),
            FRAME,
            "transformer_weights",
        ),
        (SimpleImputer(strategy="most_frequent"), FRAME[["carrier", "delay"]], "text and numbers together"),
    ],
)
def test_what_is_not_covered_is_declined_with_its_reason(estimator: Any, rows: Any, reason: str) -> None:
    fitted = estimator.fit(rows)
    with pytest.raises(Unsupported, match=reason) as caught:
        convert(fitted, schema_of(rows))
    assert "sklearn algorithm" in caught.value.hint


def test_text_that_spells_numbers_is_not_taken_for_numbers() -> None:
    rows = pd.DataFrame({"a": ["1", "2", "3"]}, dtype=object)
    fitted = StandardScaler().fit(rows)
    with pytest.raises(Unsupported, match="'a', which is text"):
        convert(fitted, schema_of(rows))


def test_a_schema_of_another_width_is_declined() -> None:
    fitted = make_pipeline(StandardScaler(), LinearRegression()).fit(X, X[:, 0])
    schema = InputSchema(tuple(InputColumn(f"x{i}", "number", "float64") for i in range(3)), "array")
    with pytest.raises(Unsupported, match="4 features"):
        convert(fitted, schema)
