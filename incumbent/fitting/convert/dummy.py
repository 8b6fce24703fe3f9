"""Dummy estimators: answers that do not look at the row."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, converts, known, require
from incumbent.fitting.convert.linear import labels
from incumbent.native.constant import Constant
from incumbent.native.step import Step


@converts("sklearn.dummy.DummyClassifier", takes="anything")
def classifier(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"strategy": ("prior", "most_frequent", "constant")})
    require(getattr(estimator, "n_outputs_", 1) == 1, estimator, "several targets at once are not covered")
    prior = np.array(estimator.class_prior_, dtype=np.float64)
    if estimator.strategy == "most_frequent":
        prior = (np.arange(len(prior)) == prior.argmax()).astype(np.float64)
    elif estimator.strategy == "constant":
        prior = (np.asarray(estimator.classes_) == np.asarray(estimator.constant).ravel()[0]).astype(float)
    return Constant(prior.tolist(), "probabilities", labels(estimator))


@converts("sklearn.dummy.DummyRegressor", takes="anything")
def regressor(estimator: Any, inputs: Inputs) -> Step:
    require(getattr(estimator, "n_outputs_", 1) == 1, estimator, "several targets at once are not covered")
    return Constant(np.ravel(estimator.constant_).astype(float).tolist(), "numbers", ["prediction"])
