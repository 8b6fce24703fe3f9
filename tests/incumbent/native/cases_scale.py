"""Scalers and what composes them."""

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)

from .conformance import Case
from .data import frame, matrix, with_nulls

X = matrix()
NULLS = with_nulls(X)
FRAME = frame()

CASES = [
    Case("standard", StandardScaler(), NULLS),
    Case("standard-no-mean", StandardScaler(with_mean=False), NULLS),
    Case("standard-nothing", StandardScaler(with_mean=False, with_std=False), NULLS),
    Case("minmax", MinMaxScaler((-1, 2)), NULLS),
    Case("minmax-clip", MinMaxScaler(clip=True), NULLS),
    Case("maxabs", MaxAbsScaler(), NULLS),
    Case("robust", RobustScaler(), NULLS),
    Case("robust-no-scaling", RobustScaler(with_scaling=False), NULLS),
    Case("pipeline", make_pipeline(StandardScaler(), "passthrough", MinMaxScaler()), X),
    Case(
        "columns",
        ColumnTransformer(
            [
                ("scaled", StandardScaler(), ["delay", "distance"]),
                ("dropped", "drop", ["carrier", "origin"]),
                ("kept", "passthrough", slice("month", "weekend")),
            ]
        ),
        FRAME,
    ),
    Case(
        "columns-nested",
        ColumnTransformer(
            [
                (
                    "a",
                    make_pipeline(ColumnTransformer([("x", StandardScaler(), [1])], remainder="passthrough")),
                    [0, -2, 1],
                ),
                (
                    "b",
                    FeatureUnion(
                        [("r", RobustScaler()), ("f", FunctionTransformer())], transformer_weights={"r": 0.5}
                    ),
                    [False, True, True, False],
                ),
            ],
            remainder=MinMaxScaler(),
        ),
        X,
    ),
    Case(
        "columns-passthrough-text",
        ColumnTransformer(
            [("s", MaxAbsScaler(), ["delay"])], remainder="passthrough", verbose_feature_names_out=False
        ),
        FRAME[["delay", "carrier", "distance"]],
    ),
]
