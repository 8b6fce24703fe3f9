"""How long will a flight from New York be in the air, in minutes?

Plain scikit-learn. The interest of this model is not its fit (R² is about 0.98 all year) but its bias: the
winds of winter are not those of summer, and only a look at single months shows it.
"""

from __future__ import annotations

from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, SplineTransformer

PARAMS = {"kind": "linear", "alpha": 1.0, "trees": 60}

CATEGORIES = ["carrier", "origin", "dest"]


def build(kind: str, alpha: float, trees: int) -> Pipeline:
    """The pipeline, not fitted."""
    if kind == "linear":
        curves = make_pipeline(SimpleImputer(strategy="median"), SplineTransformer(n_knots=8))
        features = make_column_transformer(
            (curves, ["distance", "hour"]),
            (OneHotEncoder(handle_unknown="ignore"), CATEGORIES),
        )
        return make_pipeline(features, Ridge(alpha=alpha))
    if kind == "boosted":
        features = make_column_transformer(
            (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), CATEGORIES),
            ("passthrough", ["distance", "hour"]),
        )
        booster = HistGradientBoostingRegressor(max_iter=trees, early_stopping=False, random_state=0)
        return make_pipeline(features, booster)
    raise ValueError(f"kind is 'linear' or 'boosted', not {kind!r}")
