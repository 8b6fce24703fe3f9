"""Trees, forests and boosting."""

import numpy as np
from sklearn import ensemble as en
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from .conformance import Case
from .data import TEXTS, binary, classes, frame, matrix, numbers, with_nulls

X = matrix()
NULLS = with_nulls(X)
#: Values exactly on splits, and beside them in float32 and float64.
GRID = np.round(matrix(seed=7))
LARGE = 2.0**24 + np.random.default_rng(8).integers(0, 50, (120, 4))
FRAME = frame()
CATEGORIES = FRAME.astype({"carrier": "category", "origin": "category"})
Y = numbers() + X[:, 0] * 3
TWO = np.where(X[:, 0] + X[:, 1] > 0, 1, binary())
THREE = np.where(X[:, 0] > 0.5, "late", classes())
SKEWED = np.exp(X[:, 0])


def on_splits(rows: np.ndarray, fitted: DecisionTreeRegressor) -> np.ndarray:
    """Rows that lie exactly on the thresholds of a tree, and on the numbers next to them."""
    tree = fitted.fit(rows, Y).tree_
    found = []
    for feature, threshold in zip(tree.feature, tree.threshold):
        if feature >= 0:
            for value in (threshold, np.nextafter(threshold, np.inf), np.nextafter(threshold, -np.inf)):
                found.append(rows[0].copy())
                found[-1][feature] = value
    return np.array(found)


ON_SPLITS = on_splits(X, DecisionTreeRegressor(max_depth=4, random_state=0))


def one_hot(last: object) -> object:
    """One-hot categories beside numbers."""
    return make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), ["distance", "delay", "month"]),
            (OneHotEncoder(handle_unknown="ignore"), ["carrier", "origin"]),
            ("passthrough", ["weekend"]),
            sparse_threshold=0,
        ),
        last,
    )


CLASSIFIERS = [
    DecisionTreeClassifier(random_state=0),
    DecisionTreeClassifier(max_depth=3, class_weight="balanced", random_state=0),
    ExtraTreeClassifier(random_state=0),
    en.RandomForestClassifier(7, max_depth=4, random_state=0),
    en.RandomForestClassifier(5, min_samples_leaf=1, random_state=0),
    en.ExtraTreesClassifier(5, bootstrap=True, random_state=0),
    en.GradientBoostingClassifier(n_estimators=8, random_state=0),
    en.GradientBoostingClassifier(n_estimators=5, init="zero", max_leaf_nodes=6, random_state=0),
    en.GradientBoostingClassifier(n_estimators=5, subsample=0.5, learning_rate=0.7, random_state=0),
    en.HistGradientBoostingClassifier(max_iter=8, min_samples_leaf=5, random_state=0),
    en.HistGradientBoostingClassifier(max_iter=5, max_depth=2, min_samples_leaf=3, l2_regularization=0.3),
    en.AdaBoostClassifier(n_estimators=6, random_state=0),
    en.AdaBoostClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=5, random_state=0),
]
REGRESSORS = [
    DecisionTreeRegressor(random_state=0),
    DecisionTreeRegressor(criterion="absolute_error", max_depth=3, random_state=0),
    ExtraTreeRegressor(random_state=0, max_depth=5),
    en.RandomForestRegressor(6, random_state=0),
    en.RandomForestRegressor(6, max_depth=3, monotonic_cst=[1, 0, 0, 0], random_state=0),
    en.ExtraTreesRegressor(6, max_leaf_nodes=50, random_state=0),
    en.GradientBoostingRegressor(n_estimators=8, random_state=0),
    en.GradientBoostingRegressor(n_estimators=5, loss="huber", init=DummyRegressor(strategy="median")),
    en.GradientBoostingRegressor(n_estimators=5, loss="quantile", alpha=0.8, random_state=0),
    en.GradientBoostingRegressor(n_estimators=5, loss="absolute_error", init="zero", random_state=0),
    en.HistGradientBoostingRegressor(max_iter=8, min_samples_leaf=5),
    en.HistGradientBoostingRegressor(max_iter=5, loss="absolute_error", min_samples_leaf=5),
    en.HistGradientBoostingRegressor(max_iter=5, loss="quantile", quantile=0.3, min_samples_leaf=5),
]
TAKES_NULLS = [
    DecisionTreeClassifier(max_depth=5, random_state=0),
    en.RandomForestClassifier(4, random_state=0),
    en.ExtraTreesClassifier(4, max_depth=5, random_state=0),
    en.HistGradientBoostingClassifier(max_iter=6, min_samples_leaf=5),
]
WITH_CATEGORIES = en.HistGradientBoostingClassifier(max_iter=8, min_samples_leaf=3)
POSITIVE = [
    en.HistGradientBoostingRegressor(loss="poisson", max_iter=5, min_samples_leaf=5),
    en.HistGradientBoostingRegressor(loss="gamma", max_iter=5, min_samples_leaf=5),
]


def _named(
    group: str, estimators: "list[object]", rows: object, target: object, edges: object
) -> "list[Case]":
    return [
        Case(f"trees-{group}-{type(e).__name__}-{i}", e, rows, target, edges)
        for i, e in enumerate(estimators)
    ]


CASES = [
    *_named("binary", CLASSIFIERS, X, TWO, ON_SPLITS),
    *_named("multiclass", CLASSIFIERS, X, THREE, ON_SPLITS),
    *_named("regression", REGRESSORS, X, Y, ON_SPLITS),
    *_named("grid", REGRESSORS[:4] + REGRESSORS[-3:], GRID, Y, GRID[:20] + 0.5),
    *_named("large", [REGRESSORS[0], REGRESSORS[3], REGRESSORS[10]], LARGE, Y, LARGE[:20] + 0.5),
    *_named("nulls", TAKES_NULLS, NULLS, THREE, ON_SPLITS),
    *_named("positive", POSITIVE, X, SKEWED, ON_SPLITS),
    Case("trees-stump", DecisionTreeClassifier(max_depth=1), X, np.zeros(120, dtype=int)),
    Case("trees-exponential", en.GradientBoostingClassifier(n_estimators=5, loss="exponential"), X, TWO),
    Case("trees-frame-numbers", en.HistGradientBoostingRegressor(max_iter=5), FRAME[["delay", "month"]], Y),
    Case("trees-categories", WITH_CATEGORIES, CATEGORIES, TWO),
    Case("trees-categories-multiclass", WITH_CATEGORIES, CATEGORIES, THREE),
    Case(
        "trees-categories-numbers",
        en.HistGradientBoostingRegressor(max_iter=5, categorical_features=[0, 2], min_samples_leaf=3),
        np.round(with_nulls(np.abs(matrix()) % 7)),
        Y,
    ),
    Case(
        "trees-categories-named",
        en.HistGradientBoostingRegressor(
            max_iter=5, max_leaf_nodes=None, categorical_features=["month", "carrier"], min_samples_leaf=1
        ),
        FRAME.drop(columns="origin"),
        Y,
    ),
    *[
        Case(f"trees-one-hot-{type(e).__name__}", one_hot(e), FRAME, t)
        for e, t in (
            (CLASSIFIERS[3], THREE),
            (CLASSIFIERS[6], TWO),
            (REGRESSORS[3], Y),
            (CLASSIFIERS[9], TWO),
        )
    ],
    Case(
        "trees-text",
        make_pipeline(CountVectorizer(), en.RandomForestClassifier(5, random_state=0)),
        TEXTS,
        TWO[: len(TEXTS)],
    ),
]
