"""Naive Bayes, dummies, selectors, projections."""

import numpy as np
from sklearn import feature_selection as fs
from sklearn import naive_bayes as nb
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from .conformance import Case
from .data import TEXTS, binary, classes, frame, matrix, numbers, with_nulls

X = matrix() / 10.0 ** np.arange(4)
COUNTS = np.random.default_rng(6).integers(0, 5, (120, 4))
TWO, THREE, Y = binary(), classes(), numbers()
FRAME = frame()
one_hot = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["carrier", "origin"]), ("passthrough", ["month", "weekend"])
)

BAYES = [
    Case("gaussian-bayes", nb.GaussianNB(), X, THREE),
    Case("gaussian-bayes-priors", nb.GaussianNB(priors=[0.3, 0.7]), X, TWO),
    Case("multinomial-bayes", nb.MultinomialNB(), COUNTS, THREE),
    Case("multinomial-bayes-mixed", make_pipeline(one_hot, nb.MultinomialNB()), FRAME, THREE),
    Case("complement-bayes", nb.ComplementNB(norm=True), COUNTS, THREE),
    Case("complement-bayes-alone", nb.ComplementNB(), COUNTS, np.zeros(120)),
    Case("bernoulli-bayes", nb.BernoulliNB(binarize=0.1), X, THREE),
    Case("bernoulli-bayes-mixed", make_pipeline(one_hot, nb.BernoulliNB()), FRAME, THREE),
    Case("bernoulli-bayes-high", make_pipeline(one_hot, nb.BernoulliNB(binarize=2.0)), FRAME, TWO),
    Case("bernoulli-bayes-as-they-are", nb.BernoulliNB(binarize=None), (COUNTS > 2).astype(float), THREE),
    Case("bernoulli-bayes-texts", make_pipeline(CountVectorizer(), nb.BernoulliNB()), TEXTS, THREE[:30]),
    Case("multinomial-bayes-texts", make_pipeline(CountVectorizer(), nb.MultinomialNB()), TEXTS, TWO[:30]),
    Case("categorical-bayes", nb.CategoricalNB(), COUNTS, THREE, edges=np.array([[4.9, 0, 1, -0.5]])),
    Case("categorical-bayes-known", nb.CategoricalNB(min_categories=9), COUNTS, TWO),
]
DUMMIES = [
    Case("dummy-prior", DummyClassifier(), FRAME, THREE),
    Case("dummy-most-frequent", DummyClassifier(strategy="most_frequent"), X, THREE),
    Case("dummy-constant", DummyClassifier(strategy="constant", constant=1), X, TWO),
    Case("dummy-mean", DummyRegressor(), X, Y),
    Case("dummy-quantile", DummyRegressor(strategy="quantile", quantile=0.3), FRAME, Y),
]
SELECTORS = [
    Case("select-best", fs.SelectKBest(k=2), X, TWO),
    Case("select-percentile", fs.SelectPercentile(percentile=60), X, TWO),
    Case("select-fpr", fs.SelectFpr(alpha=0.5), X, TWO),
    Case("select-fdr", fs.SelectFdr(alpha=0.9), X, X[:, 0] > 0),
    Case("select-fwe", fs.SelectFwe(alpha=0.9), X, X[:, 0] > 0),
    Case("select-generic", fs.GenericUnivariateSelect(mode="k_best", param=2), X, TWO),
    Case("select-none", fs.SelectKBest(k=0), X, TWO),
    Case("select-variance", fs.VarianceThreshold(0.5), with_nulls(X * [1.0, 2.0, 0.1, 3.0])),
    Case("select-from-model", fs.SelectFromModel(Lasso(0.1), threshold="mean"), X, Y),
    Case(
        "select-from-model-with-nulls",
        fs.SelectFromModel(
            HistGradientBoostingClassifier(max_iter=2), importance_getter=lambda model: np.arange(4)
        ),
        with_nulls(X),
        TWO,
    ),
    Case("select-recursively", fs.RFE(LogisticRegression(), n_features_to_select=2), X, TWO),
    Case("select-recursively-cv", fs.RFECV(LogisticRegression(), cv=2), X, TWO),
    Case("select-in-sequence", fs.SequentialFeatureSelector(Lasso(0.1), n_features_to_select=2, cv=2), X, Y),
    Case("select-one-hot", make_pipeline(one_hot, fs.SelectKBest(k=4)), FRAME.astype({"weekend": int}), TWO),
    Case("select-linear", make_pipeline(one_hot, fs.SelectKBest(k=4), LogisticRegression()), FRAME, TWO),
    Case(
        "select-variance-linear",
        make_pipeline(fs.VarianceThreshold(0.5), LogisticRegression()),
        X * [1.0, 2.0, 0.1, 3.0],
        TWO,
    ),
    Case("select-sparse", make_pipeline(CountVectorizer(), fs.SelectKBest(fs.chi2, k=7)), TEXTS, TWO[:30]),
]
PROJECTIONS = [
    Case("pca", PCA(3), X),
    Case("pca-whiten", make_pipeline(StandardScaler(), PCA(0.8, whiten=True)), X),
    Case("pca-incremental", IncrementalPCA(2), X),
    Case("pca-one-hot", make_pipeline(one_hot, PCA(3, svd_solver="full")), FRAME),
    Case("svd", TruncatedSVD(2, random_state=0), X),
    Case("svd-texts", make_pipeline(CountVectorizer(), TruncatedSVD(4, random_state=0)), TEXTS),
    Case("svd-texts-many", make_pipeline(CountVectorizer(), TruncatedSVD(9, random_state=0)), TEXTS),
    Case("svd-logistic", make_pipeline(one_hot, TruncatedSVD(4), LogisticRegression()), FRAME, TWO),
]
CASES = [*BAYES, *DUMMIES, *SELECTORS, *PROJECTIONS]
