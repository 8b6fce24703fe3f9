"""Histogram boosting that goes by the data type gets pandas categories; encoders go on getting text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from incumbent.bundle import Bundle
from incumbent.columns import encode
from tests.incumbent.fitting.making import registered, rows, trained

DIRECT = """
from sklearn.ensemble import HistGradientBoostingClassifier

def build():
    return HistGradientBoostingClassifier(max_iter=12, categorical_features="from_dtype", random_state=0)
"""
PASSED = """
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

def build():
    columns = make_column_transformer(
        (StandardScaler(), ["distance", "hour"]),
        ("passthrough", ["carrier"]),
        verbose_feature_names_out=False,
    )
    columns.set_output(transform="pandas")
    return make_pipeline(columns, HistGradientBoostingClassifier(max_iter=12, random_state=0))
"""
ENCODED = """
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

def build():
    unknown = dict(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
    columns = make_column_transformer((OrdinalEncoder(**unknown), ["carrier"]), remainder="passthrough")
    return make_pipeline(columns, HistGradientBoostingClassifier(max_iter=12, random_state=0))
"""


def _data() -> dict[str, Any]:
    return {n: c for n, c in rows().items() if n in ("when", "id", "distance", "hour", "carrier", "late")}


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    """What an author would write in a notebook."""
    carrier = pd.Categorical(columns["carrier"].decode())
    return pd.DataFrame({"distance": columns["distance"], "hour": columns["hour"], "carrier": carrier})


def _strange(columns: dict[str, Any]) -> dict[str, Any]:
    """The same rows with carriers that were never seen, and none at all."""
    carriers = [None if i % 3 == 0 else "never seen" if i % 3 == 1 else c
                for i, c in enumerate(columns["carrier"].decode())]  # fmt: skip
    return {**columns, "carrier": encode(carriers)}


@pytest.mark.parametrize(("source", "algorithm"), [(DIRECT, "native"), (PASSED, None), (ENCODED, "native")])
def test_the_bundle_predicts_as_the_notebook(tmp_path: Path, source: str, algorithm: str | None) -> None:
    columns = _data()
    bundle, result = trained(tmp_path, source, columns)
    assert algorithm in (None, bundle.manifest.algorithm), result["tried"]
    assert set(bundle.input.names) == {"distance", "hour", "carrier"}
    categories = [c.name for c in bundle.input.columns if c.as_category]
    assert categories == ([] if source is ENCODED else ["carrier"])
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    frame = _frame(columns)
    if source is ENCODED:
        frame = frame.astype({"carrier": object})
    estimator = namespace["build"]().fit(frame, columns["late"])
    for asked in (columns, _strange(columns)):
        given = _frame(asked).astype({"carrier": object})
        if source is not ENCODED:
            known = given["carrier"].isin(frame["carrier"].cat.categories)
            given["carrier"] = given["carrier"].where(known).astype(frame["carrier"].dtype)
        np.testing.assert_allclose(bundle.predict(asked), estimator.predict_proba(given), rtol=1e-12)


def test_a_fitted_one_that_comes_as_a_file(tmp_path: Path) -> None:
    from skops.io import dump

    columns = _data()
    estimator = HistGradientBoostingClassifier(max_iter=12, random_state=0)
    estimator.fit(_frame(columns), columns["late"])
    dump(estimator, tmp_path / "boosted.skops")
    bundle, _ = registered(tmp_path / "job", tmp_path / "boosted.skops", columns)
    assert bundle.manifest.algorithm == "native"
    np.testing.assert_allclose(bundle.predict(columns), estimator.predict_proba(_frame(columns)), rtol=1e-12)


def test_the_estimator_itself_is_given_categories_too(tmp_path: Path) -> None:
    from incumbent.fitting.frame import model_input

    bundle, _ = trained(tmp_path, DIRECT, _data())
    reopened = Bundle.open(bundle.path)
    given = model_input(reopened.input.check_columns(_strange(_data())), reopened.input)
    assert list(given["carrier"].dtype.categories) == sorted({"UA", "AA", "DL", "Zürich ☃"})
    assert given["carrier"].isna()[1]  # never seen
