"""The naive Bayes family."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, converts, require
from incumbent.fitting.convert.linear import labels
from incumbent.native.linear import Linear
from incumbent.native.naive_bayes import BernoulliBayes, CategoricalBayes, GaussianBayes
from incumbent.native.step import Step


def _floats(array: Any) -> np.ndarray:
    return np.array(array, dtype=np.float64)


@converts("sklearn.naive_bayes.GaussianNB")
def gaussian(estimator: Any, inputs: Inputs) -> Step:
    variances = _floats(estimator.var_)
    starts = np.log(_floats(estimator.class_prior_)) - 0.5 * np.log(2.0 * np.pi * variances).sum(axis=1)
    return GaussianBayes(starts, _floats(estimator.theta_), variances, labels(estimator))


@converts("sklearn.naive_bayes.MultinomialNB")
def multinomial(estimator: Any, inputs: Inputs) -> Step:
    weights = _floats(estimator.feature_log_prob_)
    return Linear(weights, _floats(estimator.class_log_prior_), "posterior", labels(estimator))


@converts("sklearn.naive_bayes.ComplementNB")
def complement(estimator: Any, inputs: Inputs) -> Step:
    weights = _floats(estimator.feature_log_prob_)
    alone = len(weights) == 1  # the prior counts for nothing where there is a class to compare with
    start = _floats(estimator.class_log_prior_) if alone else np.zeros(len(weights))
    return Linear(weights, start, "posterior", labels(estimator))


@converts("sklearn.naive_bayes.BernoulliNB")
def bernoulli(estimator: Any, inputs: Inputs) -> Step:
    present = _floats(estimator.feature_log_prob_)
    with np.errstate(divide="ignore"):
        absent = np.log(1.0 - np.exp(present))
    linear = Linear(
        present - absent,
        _floats(estimator.class_log_prior_) + absent.sum(axis=1),
        "posterior",
        labels(estimator),
    )
    require(estimator.binarize is None or estimator.binarize >= 0, estimator, "binarize below zero")
    return linear if estimator.binarize is None else BernoulliBayes(float(estimator.binarize), linear)


@converts("sklearn.naive_bayes.CategoricalNB")
def categorical(estimator: Any, inputs: Inputs) -> Step:
    tables = [_floats(t) for t in estimator.feature_log_prob_]
    return CategoricalBayes(_floats(estimator.class_log_prior_), tables, labels(estimator))
