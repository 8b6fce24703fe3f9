"""Linear models, discriminant analysis and networks."""

import warnings

import numpy as np
from sklearn import linear_model as lm
from sklearn.compose import make_column_transformer
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

from .conformance import Case
from .data import TEXTS, binary, classes, frame, matrix, numbers

X = matrix() / 10.0 ** np.arange(4)
Y = numbers() + X @ np.array([1.0, -2.0, 0.5, 0.0])
FRAME = frame()
TWO, THREE = binary(), classes()
SIX = np.random.default_rng(5).choice(6, 120)


def mixed(last: object) -> object:
    """Numbers and categories, as most pipelines have them."""
    number = make_pipeline(SimpleImputer(), StandardScaler())
    return make_pipeline(
        make_column_transformer(
            (number, ["distance", "delay", "month"]),
            (OneHotEncoder(handle_unknown="ignore"), ["carrier", "origin"]),
            ("passthrough", ["weekend"]),
        ),
        last,
    )


def passive_aggressive(kind: str) -> object:
    """Deprecated, and still what some models are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return getattr(lm, f"PassiveAggressive{kind}")(random_state=0)


REGRESSORS = [
    lm.LinearRegression(),
    lm.LinearRegression(fit_intercept=False, positive=True),
    lm.Ridge(0.1),
    lm.RidgeCV(),
    lm.Lasso(0.1),
    lm.LassoCV(cv=2, alphas=[0.1, 0.01]),
    lm.ElasticNet(0.1),
    lm.ElasticNetCV(cv=2, alphas=[0.1, 0.01]),
    lm.Lars(),
    lm.LarsCV(cv=2),
    lm.LassoLars(0.1),
    lm.LassoLarsCV(cv=2),
    lm.LassoLarsIC(),
    lm.OrthogonalMatchingPursuit(),
    lm.OrthogonalMatchingPursuitCV(cv=2),
    lm.BayesianRidge(),
    lm.ARDRegression(),
    lm.HuberRegressor(),
    lm.TheilSenRegressor(random_state=0, max_subpopulation=50),
    lm.RANSACRegressor(random_state=0),
    lm.QuantileRegressor(alpha=0.1),
    lm.SGDRegressor(random_state=0),
    lm.SGDRegressor(random_state=0, average=True),
    passive_aggressive("Regressor"),
    lm.TweedieRegressor(power=0.0),
    LinearSVR(random_state=0),
    MLPRegressor(hidden_layer_sizes=(5, 3), activation="tanh", random_state=0, max_iter=20),
    MLPRegressor(hidden_layer_sizes=(4,), activation="identity", random_state=0, max_iter=20),
]
COUNTED = [
    lm.PoissonRegressor(),
    lm.GammaRegressor(),
    lm.TweedieRegressor(power=1.5),
    lm.TweedieRegressor(power=1.5, link="log"),
    MLPRegressor(loss="poisson", hidden_layer_sizes=(3,), random_state=0, max_iter=5),
]
CLASSIFIERS = [
    lm.LogisticRegression(),
    lm.LogisticRegression(fit_intercept=False, solver="newton-cholesky"),
    lm.LogisticRegressionCV(Cs=[0.1, 1.0], cv=2, use_legacy_attributes=False, scoring="accuracy"),
    lm.SGDClassifier(loss="log_loss", random_state=0),
    lm.SGDClassifier(loss="modified_huber", random_state=0),
    lm.SGDClassifier(loss="hinge", random_state=0, average=True),
    lm.SGDClassifier(loss="squared_error", random_state=0, eta0=1e-4, learning_rate="constant"),
    lm.Perceptron(random_state=0),
    passive_aggressive("Classifier"),
    lm.RidgeClassifier(),
    lm.RidgeClassifierCV(),
    LinearSVC(random_state=0),
    LinearSVC(random_state=0, fit_intercept=False),
    LinearDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=0.1),
    MLPClassifier((5, 4), random_state=0, max_iter=20),
    MLPClassifier((5,), activation="logistic", random_state=0, max_iter=20),
]


def _named(group: str, estimators: "list[object]", rows: object, target: object) -> "list[Case]":
    return [
        Case(f"{group}-{type(e).__name__}-{i}", e, rows, target, tolerance=1e-12)
        for i, e in enumerate(estimators)
    ]


CASES = [
    *_named("regression", REGRESSORS, X, Y),
    *_named("regression-counts", COUNTED, X, np.abs(Y) + 0.1),
    *_named("binary", CLASSIFIERS, X, TWO),
    *_named("multiclass", CLASSIFIERS, X, THREE),
    Case("liblinear", lm.LogisticRegression(solver="liblinear"), X, TWO == 1),
    Case("mixed-logistic", mixed(lm.LogisticRegression()), FRAME, TWO),
    Case("mixed-logistic-multiclass", mixed(lm.LogisticRegression()), FRAME, SIX),
    Case("mixed-ridge", mixed(lm.Ridge()), FRAME, Y),
    Case("mixed-network", mixed(MLPRegressor(hidden_layer_sizes=(3,), random_state=0, max_iter=9)), FRAME, Y),
    Case("mixed-large-network", mixed(MLPClassifier((80, 30), random_state=0, max_iter=5)), FRAME, SIX),
    *(
        Case(
            f"large-network-{a}", MLPClassifier((20, 30), activation=a, random_state=0, max_iter=5), X, THREE
        )
        for a in ("relu", "tanh", "logistic", "identity")
    ),
    Case("large-quadratic", QuadraticDiscriminantAnalysis(reg_param=0.5), matrix(columns=24), THREE),
    Case(
        "texts-network",
        make_pipeline(HashingVectorizer(n_features=4096), MLPClassifier((12,), random_state=0, max_iter=5)),
        TEXTS,
        THREE[:30],
    ),
    Case("integers", lm.LinearRegression(), FRAME[["month", "weekend", "distance"]], Y),
    Case("texts-linear", make_pipeline(CountVectorizer(), lm.LogisticRegression()), TEXTS, TWO[:30]),
    Case("texts-svm", make_pipeline(CountVectorizer(), LinearSVC(random_state=0)), TEXTS, THREE[:30]),
]
