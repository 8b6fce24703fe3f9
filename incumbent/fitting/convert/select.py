"""Feature selectors: which features a fitted one keeps."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, converts
from incumbent.native.select import Select
from incumbent.native.step import Step

_MODULE = "sklearn.feature_selection"


@converts(
    f"{_MODULE}._from_model.SelectFromModel",
    f"{_MODULE}._rfe.RFE",
    f"{_MODULE}._rfe.RFECV",
    f"{_MODULE}._sequential.SequentialFeatureSelector",
    f"{_MODULE}._univariate_selection.GenericUnivariateSelect",
    f"{_MODULE}._univariate_selection.SelectFdr",
    f"{_MODULE}._univariate_selection.SelectFpr",
    f"{_MODULE}._univariate_selection.SelectFwe",
    f"{_MODULE}._univariate_selection.SelectKBest",
    f"{_MODULE}._univariate_selection.SelectPercentile",
    f"{_MODULE}._variance_threshold.VarianceThreshold",
)
def selector(estimator: Any, inputs: Inputs) -> Step:
    kept = np.flatnonzero(estimator.get_support()).tolist()
    return Select(kept, len(inputs), "passed" if _allows_missing(estimator) else "refused")


def _allows_missing(estimator: Any) -> bool:
    tags = getattr(import_module("sklearn.utils"), "get_tags", None)  # scikit-learn 1.6 and later
    found = estimator._get_tags()["allow_nan"] if tags is None else tags(estimator).input_tags.allow_nan
    return bool(found)
