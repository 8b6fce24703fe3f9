"""Linear and generalised linear models, linear support vector machines, discriminant analysis."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from incumbent.fitting.convert import (
    Inputs,
    Unsupported,
    convert_predictor,
    converts,
    known,
    qualified,
    require,
)
from incumbent.native.linear import Linear
from incumbent.native.quadratic import Quadratic
from incumbent.native.step import Step

_LINEAR = "sklearn.linear_model"


def labels(estimator: Any) -> "list[str]":
    """The classes of a fitted classifier, as text."""
    classes = np.asarray(estimator.classes_)
    require(classes.ndim == 1, estimator, "several targets at once are not covered")
    return [str(c) for c in classes.tolist()]


def raw_scores(estimator: Any) -> "tuple[np.ndarray, np.ndarray]":
    """Coefficients (raw scores, features) and intercepts (raw scores,) of a fitted linear model."""
    coefficients = np.atleast_2d(np.array(_dense(estimator.coef_), dtype=np.float64))
    intercepts = np.array(estimator.intercept_, dtype=np.float64).ravel()
    return coefficients, np.broadcast_to(intercepts, (len(coefficients),)).copy()


def _dense(coefficients: Any) -> Any:
    return coefficients.toarray() if hasattr(coefficients, "toarray") else coefficients


@converts(
    f"{_LINEAR}._base.LinearRegression",
    f"{_LINEAR}._bayes.ARDRegression",
    f"{_LINEAR}._bayes.BayesianRidge",
    f"{_LINEAR}._coordinate_descent.ElasticNet",
    f"{_LINEAR}._coordinate_descent.ElasticNetCV",
    f"{_LINEAR}._coordinate_descent.Lasso",
    f"{_LINEAR}._coordinate_descent.LassoCV",
    f"{_LINEAR}._huber.HuberRegressor",
    f"{_LINEAR}._least_angle.Lars",
    f"{_LINEAR}._least_angle.LarsCV",
    f"{_LINEAR}._least_angle.LassoLars",
    f"{_LINEAR}._least_angle.LassoLarsCV",
    f"{_LINEAR}._least_angle.LassoLarsIC",
    f"{_LINEAR}._omp.OrthogonalMatchingPursuit",
    f"{_LINEAR}._omp.OrthogonalMatchingPursuitCV",
    f"{_LINEAR}._passive_aggressive.PassiveAggressiveRegressor",
    f"{_LINEAR}._quantile.QuantileRegressor",
    f"{_LINEAR}._ridge.Ridge",
    f"{_LINEAR}._ridge.RidgeCV",
    f"{_LINEAR}._stochastic_gradient.SGDRegressor",
    f"{_LINEAR}._theil_sen.TheilSenRegressor",
    "sklearn.svm._classes.LinearSVR",
)
def regressor(estimator: Any, inputs: Inputs) -> Step:
    return _regressor(estimator, "number")


def _regressor(estimator: Any, answer: str) -> Step:
    require(np.ndim(estimator.coef_) == 1, estimator, "several targets at once are not covered")
    return Linear(*raw_scores(estimator), answer, ["prediction"])


@converts(
    f"{_LINEAR}._glm.glm.GammaRegressor",
    f"{_LINEAR}._glm.glm.PoissonRegressor",
    f"{_LINEAR}._glm.glm.TweedieRegressor",
)
def generalised(estimator: Any, inputs: Inputs) -> Step:
    link = qualified(getattr(getattr(estimator, "_base_loss", None), "link", None))
    answers = {"sklearn._loss.link.LogLink": "exp", "sklearn._loss.link.IdentityLink": "number"}
    require(link in answers, estimator, f"the link {link} is not covered")
    return _regressor(estimator, answers[link])


@converts(f"{_LINEAR}._ransac.RANSACRegressor", takes="anything")
def consensus(estimator: Any, inputs: Inputs) -> Step:
    return convert_predictor(estimator.estimator_, inputs)


@converts(f"{_LINEAR}._logistic.LogisticRegression", f"{_LINEAR}._logistic.LogisticRegressionCV")
def logistic_regression(estimator: Any, inputs: Inputs) -> Step:
    multi = getattr(estimator, "multi_class", "auto")  # a parameter up to scikit-learn 1.7
    known(estimator, {"multi_class": ("auto", "deprecated", "warn", "ovr", "multinomial")})
    one_by_one = len(estimator.classes_) <= 2 or estimator.solver in _one_by_one_solvers()
    apart = multi in ("ovr", "warn") or (multi in ("auto", "deprecated") and one_by_one)
    return _classifier(estimator, "logistic" if apart else "softmax")


def _one_by_one_solvers() -> "tuple[str, ...]":
    """Solvers whose classes are told from the rest one by one, by the scikit-learn that is installed."""
    release = tuple(int(part) for part in import_module("sklearn").__version__.split(".")[:2])
    return ("liblinear",) if release >= (1, 6) else ("liblinear", "newton-cholesky")


@converts(f"{_LINEAR}._stochastic_gradient.SGDClassifier")
def gradient_descent(estimator: Any, inputs: Inputs) -> Step:
    answers = {"log_loss": "logistic", "modified_huber": "modified_huber"}
    return _classifier(estimator, answers.get(estimator.loss, "decision"))


@converts(
    f"{_LINEAR}._passive_aggressive.PassiveAggressiveClassifier",
    f"{_LINEAR}._perceptron.Perceptron",
    f"{_LINEAR}._ridge.RidgeClassifier",
    f"{_LINEAR}._ridge.RidgeClassifierCV",
    "sklearn.svm._classes.LinearSVC",
)
def without_probabilities(estimator: Any, inputs: Inputs) -> Step:
    binarizer = getattr(estimator, "_label_binarizer", None)
    if binarizer is not None and str(binarizer.y_type_).startswith("multilabel"):
        raise Unsupported(qualified(estimator), "several labels at once are not covered")
    return _classifier(estimator, "decision")


@converts("sklearn.discriminant_analysis.LinearDiscriminantAnalysis")
def linear_discriminant(estimator: Any, inputs: Inputs) -> Step:
    return _classifier(estimator, "logistic" if len(estimator.classes_) == 2 else "softmax")


def _classifier(estimator: Any, answer: str) -> Step:
    names = labels(estimator)
    coefficients, intercepts = raw_scores(estimator)
    require(len(names) >= 2, estimator, "one class alone is not covered")
    return Linear(coefficients, intercepts, answer, names[1:] if len(coefficients) == 1 else names)


@converts("sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis")
def quadratic_discriminant(estimator: Any, inputs: Inputs) -> Step:
    scalings = [np.array(s, dtype=np.float64) for s in estimator.scalings_]
    spread = np.array([np.log(s).sum() for s in scalings])
    return Quadratic(
        np.log(np.array(estimator.priors_, dtype=np.float64)) - 0.5 * spread,
        np.array(estimator.means_, dtype=np.float64),
        [r * s**-0.5 for r, s in zip(estimator.rotations_, scalings, strict=True)],
        labels(estimator),
    )
