"""Estimators made of estimators."""

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  # makes the two importable
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import LinearSVC

from .conformance import Case
from .data import binary, classes, frame, matrix, numbers

X = matrix() / 10.0 ** np.arange(4)
TWO, THREE = binary(), classes()
Y = np.abs(numbers() + X[:, 0]) + 0.5
FRAME = frame(nulls=False)

exponential = GradientBoostingClassifier(loss="exponential", n_estimators=3, random_state=0)
logistic, bayes = LogisticRegression(), GaussianNB()
piped = make_pipeline(StandardScaler(), LogisticRegression())
mixed = make_pipeline(
    make_column_transformer((StandardScaler(), ["distance"]), (OneHotEncoder(), ["origin"])),
    LogisticRegression(),
)


def both(name: str, estimator: object) -> "list[Case]":
    """A classifier with two classes, and with three."""
    return [Case(name, estimator, X, TWO), Case(f"{name}-multiclass", estimator, X, THREE)]


SEARCHES = [
    Case("grid", GridSearchCV(piped, {"logisticregression__C": [0.1, 1.0]}, cv=2), X, TWO),
    Case("randomized", RandomizedSearchCV(Ridge(), {"alpha": [1.0]}, n_iter=1, cv=2), X, Y),
    Case("halving", HalvingGridSearchCV(Ridge(), {"alpha": [1.0, 2.0]}, cv=2, random_state=0), X, Y),
    Case("halving-random", HalvingRandomSearchCV(Ridge(), {"alpha": [1.0]}, cv=2, random_state=0), X, Y),
    Case("threshold-fixed", FixedThresholdClassifier(piped, threshold=0.3), X, TWO),
    Case("threshold-tuned", TunedThresholdClassifierCV(logistic, cv=2, thresholds=5), X, TWO),
    Case("frozen", FrozenEstimator(LogisticRegression().fit(X, TWO)), X, TWO),
]
AVERAGES = [
    *both("vote", VotingClassifier([("l", piped), ("x", "drop"), ("b", bayes)], voting="soft")),
    *both("vote-weights", VotingClassifier([("l", logistic), ("b", bayes)], voting="soft", weights=[1, 3])),
    Case("mean", VotingRegressor([("l", LinearRegression()), ("r", Ridge(9.0))], weights=[0.2, 0.5]), X, Y),
    *both("bag", BaggingClassifier(logistic, 3, random_state=0)),
    *both("bag-features", BaggingClassifier(bayes, 3, max_features=2, random_state=0)),
    Case("bag-regressors", BaggingRegressor(Ridge(), 3, random_state=0, bootstrap_features=True), X, Y),
]
STACKS = [
    *both("stack", StackingClassifier([("l", piped), ("s", LinearSVC(random_state=0)), ("b", bayes)], cv=2)),
    *both("stack-passthrough", StackingClassifier([("b", bayes)], passthrough=True, cv=2)),
    Case("stack-regressors", StackingRegressor([("r", Ridge()), ("l", LinearRegression())], cv=2), X, Y),
    *both("stack-boosting", StackingClassifier([("l", piped)], HistGradientBoostingClassifier(max_iter=3))),
    Case("stack-mixed", StackingClassifier([("m", mixed)], cv=2), FRAME, TWO),
]
AGAINST_REST = [
    *both("one-against-rest", OneVsRestClassifier(logistic)),
    *both("one-against-rest-bayes", OneVsRestClassifier(bayes)),
    *both("one-against-rest-forest", OneVsRestClassifier(RandomForestClassifier(2, random_state=0))),
    *both("one-against-rest-decisions", OneVsRestClassifier(RidgeClassifier())),
]
CALIBRATED = [
    *both("calibrated-sigmoid", CalibratedClassifierCV(piped, cv=2)),
    *both("calibrated-isotonic", CalibratedClassifierCV(LinearSVC(random_state=0), method="isotonic", cv=2)),
    *both("calibrated-bayes", CalibratedClassifierCV(bayes, method="isotonic", cv=2, ensemble=False)),
    *both("calibrated-temperature", CalibratedClassifierCV(logistic, method="temperature", cv=2)),
    *both("calibrated-temperature-bayes", CalibratedClassifierCV(bayes, method="temperature", cv=2)),
    *both("calibrated-sgd", CalibratedClassifierCV(SGDClassifier(random_state=0), cv=2, ensemble=False)),
    *both("calibrated-bag", CalibratedClassifierCV(BaggingClassifier(logistic, 2, random_state=0), cv=2)),
    *both("calibrated-rest", CalibratedClassifierCV(OneVsRestClassifier(logistic), cv=2)),
    *both("calibrated-boosting", CalibratedClassifierCV(HistGradientBoostingClassifier(max_iter=3), cv=2)),
    *both("calibrated-forest", CalibratedClassifierCV(RandomForestClassifier(3, random_state=0), cv=2)),
    Case("calibrated-exponential", CalibratedClassifierCV(exponential, cv=2), X, TWO),
    Case("calibrated-mixed", CalibratedClassifierCV(mixed, cv=2), FRAME, TWO),
    Case(
        "calibrated-frozen",
        make_pipeline(StandardScaler(), CalibratedClassifierCV(FrozenEstimator(bayes.fit(X, TWO)))),
        X,
        TWO,
    ),
]
TARGETS = [
    Case(f"target-{name}", TransformedTargetRegressor(Ridge(), **how), X, Y)
    for name, how in {
        "nothing": {},
        "log1p": {"func": np.log1p, "inverse_func": np.expm1},
        "sqrt": {"func": np.sqrt, "inverse_func": np.square},
        "standard": {"transformer": StandardScaler()},
        "minmax": {"transformer": MinMaxScaler((1, 3))},
        "maxabs": {"transformer": MaxAbsScaler()},
        "robust": {"transformer": RobustScaler()},
        "yeo-johnson": {"transformer": PowerTransformer()},
        "box-cox": {"transformer": PowerTransformer("box-cox", standardize=False)},
        "uniform": {"transformer": QuantileTransformer(n_quantiles=20)},
        "normal": {"transformer": QuantileTransformer(n_quantiles=20, output_distribution="normal")},
        "two-steps": {"transformer": make_pipeline(FunctionTransformer(np.log, np.exp), StandardScaler())},
    }.items()
]
CASES = [
    *SEARCHES,
    *AVERAGES,
    *STACKS,
    *AGAINST_REST,
    *CALIBRATED,
    *TARGETS,
    Case("target-poisson", TransformedTargetRegressor(PoissonRegressor()), X, Y),
]
