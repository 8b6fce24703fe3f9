"""Imputers and encoders, alone and together."""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from .conformance import Case
from .data import binary, classes, frame, matrix, numbers, with_nulls

X = with_nulls(matrix())
X_MARKED = np.where(np.isnan(X), -1.0, X)
X_EMPTY = np.column_stack([X, np.full(len(X), np.nan)])
FRAME = frame()
TEXT = FRAME[["carrier", "origin"]]
WHOLE = frame(nulls=False)[["carrier", "origin", "month", "weekend"]]
MIXED = FRAME[["carrier", "month", "delay", "weekend"]].assign(delay=FRAME.delay.round(-1))
BIG = pd.DataFrame({"id": np.array([2**60, 2**60 + 1, 2**60 + 2] * 10), "x": np.arange(30.0)})

IMPUTERS = [
    *(
        Case(f"impute-{s}", SimpleImputer(strategy=s), X)
        for s in ("mean", "median", "most_frequent", "constant")
    ),
    Case("impute-indicator", SimpleImputer(add_indicator=True, fill_value=7.5, strategy="constant"), X),
    Case("impute-marked", SimpleImputer(missing_values=-1.0, add_indicator=True), X_MARKED),
    Case("impute-empty", SimpleImputer(), X_EMPTY),
    Case("impute-empty-kept", SimpleImputer(keep_empty_features=True, add_indicator=True), X_EMPTY),
    Case("impute-whole", SimpleImputer(strategy="most_frequent"), FRAME[["month", "distance"]]),
    Case("impute-text", SimpleImputer(strategy="most_frequent"), TEXT),
    Case("impute-text-constant", SimpleImputer(strategy="constant", fill_value="?"), TEXT),
    Case(
        "impute-text-indicator", SimpleImputer(strategy="constant", add_indicator=True), TEXT.astype(object)
    ),
    Case(
        "impute-text-marked", SimpleImputer(missing_values="JFK", strategy="most_frequent"), TEXT[["origin"]]
    ),
    Case("indicate", MissingIndicator(), X_EMPTY),
    Case("indicate-all", MissingIndicator(features="all"), FRAME[["distance", "delay"]]),
    Case("indicate-strict", MissingIndicator(), FRAME[["distance", "delay"]]),
    Case("indicate-new", MissingIndicator(error_on_new=False, sparse=True), FRAME[["distance", "delay"]]),
]

ENCODERS = [
    Case("one-hot", OneHotEncoder(), MIXED),
    Case("one-hot-ignore", OneHotEncoder(handle_unknown="ignore"), MIXED),
    Case("one-hot-dense", OneHotEncoder(handle_unknown="ignore", sparse_output=False), WHOLE),
    Case("one-hot-drop-first", OneHotEncoder(drop="first"), MIXED),
    Case("one-hot-drop-ignore", OneHotEncoder(drop="first", handle_unknown="ignore"), MIXED),
    Case("one-hot-drop-binary", OneHotEncoder(drop="if_binary", handle_unknown="ignore"), MIXED),
    Case("one-hot-drop-given", OneHotEncoder(drop=["UA", "JFK", 3, False]), WHOLE),
    Case(
        "one-hot-infrequent",
        OneHotEncoder(min_frequency=0.12, handle_unknown="infrequent_if_exist"),
        MIXED,
    ),
    Case(
        "one-hot-infrequent-drop",
        OneHotEncoder(max_categories=3, handle_unknown="infrequent_if_exist", drop="first"),
        MIXED,
    ),
    Case("one-hot-infrequent-error", OneHotEncoder(max_categories=2), TEXT),
    Case("one-hot-warn", OneHotEncoder(max_categories=3, handle_unknown="warn"), MIXED),
    Case("one-hot-infrequent-ignore", OneHotEncoder(min_frequency=20, handle_unknown="ignore"), MIXED),
    Case(
        "one-hot-given",
        OneHotEncoder(categories=[["AA", "ZZ"], ["LGA", "EWR"]], handle_unknown="ignore"),
        TEXT,
    ),
    Case("one-hot-object", OneHotEncoder(handle_unknown="ignore"), TEXT.astype(object)),
    Case("one-hot-category", OneHotEncoder(handle_unknown="ignore"), TEXT.astype("category")),
    Case("one-hot-big-numbers", OneHotEncoder(handle_unknown="ignore"), BIG[["id"]]),
    Case("one-hot-array", OneHotEncoder(handle_unknown="ignore"), np.round(X[:, :2], 0)),
    Case("ordinal", OrdinalEncoder(), MIXED),
    Case(
        "ordinal-unknown",
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2),
        MIXED,
    ),
    Case(
        "ordinal-infrequent",
        OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=np.nan, min_frequency=15, max_categories=4
        ),
        MIXED,
    ),
    Case("ordinal-whole", OrdinalEncoder(dtype=np.int32), WHOLE),
    Case("target-binary", TargetEncoder(random_state=0), MIXED, binary()),
    Case("target-classes", TargetEncoder(random_state=0), MIXED, classes()),
    Case("target-numbers", TargetEncoder(random_state=0, smooth=3.0), MIXED, numbers()),
]

TOGETHER = [
    Case(
        "mixed-columns",
        ColumnTransformer(
            [
                ("n", make_pipeline(SimpleImputer(), StandardScaler()), ["distance", "delay", "month"]),
                (
                    "c",
                    make_pipeline(
                        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
                    ),
                    make_column_selector(pattern="carrier|origin"),
                ),
                ("m", OneHotEncoder(handle_unknown="ignore"), ["month"]),
            ],
            remainder="passthrough",
        ),
        FRAME,
    ),
    Case(
        "one-hot-scaled",
        make_pipeline(OneHotEncoder(handle_unknown="ignore"), StandardScaler(with_mean=False)),
        TEXT,
    ),
]

CASES = [*IMPUTERS, *ENCODERS, *TOGETHER]
