"""Will a flight leave New York more than 15 minutes late?

Plain scikit-learn: importable and testable without Incumbent. ``kind`` chooses between a simple model whose
coefficients can be read, and a boosted one.
"""

from __future__ import annotations

from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, SplineTransformer, StandardScaler

PARAMS = {"kind": "linear", "C": 0.1, "learning_rate": 0.08, "trees": 120, "leaves": 31}

CATEGORIES = ["carrier", "origin", "dest", "weekday"]
NUMBERS = ["distance", "temp", "humid", "wind_speed", "precip", "pressure", "visib"]


def build(kind: str, C: float, learning_rate: float, trees: int, leaves: int) -> Pipeline:
    """The pipeline, not fitted."""
    if kind == "linear":
        return _linear(C)
    if kind == "boosted":
        return _boosted(learning_rate, trees, leaves)
    raise ValueError(f"kind is 'linear' or 'boosted', not {kind!r}")


def _linear(C: float) -> Pipeline:
    features = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
        (make_pipeline(SimpleImputer(strategy="median"), SplineTransformer(n_knots=6)), ["hour"]),
        (OneHotEncoder(handle_unknown="ignore", min_frequency=50), CATEGORIES),
    )
    return make_pipeline(features, LogisticRegression(C=C, max_iter=1000))


def _boosted(learning_rate: float, trees: int, leaves: int) -> Pipeline:
    features = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), CATEGORIES),
        ("passthrough", [*NUMBERS, "hour"]),
    )
    booster = HistGradientBoostingClassifier(
        learning_rate=learning_rate,
        max_iter=trees,
        max_leaf_nodes=leaves,
        early_stopping=False,
        random_state=0,
    )
    return make_pipeline(features, booster)
