"""SimpleImputer and MissingIndicator."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, Unsupported, converts, known, qualified, require
from incumbent.native.impute import Impute, Indicate, is_null
from incumbent.native.step import Step


@converts("sklearn.impute._base.SimpleImputer", takes="anything")
def simple_imputer(estimator: Any, inputs: Inputs) -> Step:
    marker = _marker(estimator, inputs)
    fills: list[Any] = []
    for name, dtype, statistic in zip(inputs.names, inputs.dtypes, estimator.statistics_):
        found = plain(statistic)
        if is_null(found):
            require(not estimator.keep_empty_features, estimator, f"fills {name!r} with null")
            fills.append(None)
        elif isinstance(found, str) != (dtype == "text"):
            raise Unsupported(qualified(estimator), f"fills {name!r}, which is {dtype}, with {found!r}")
        else:
            fills.append(found if isinstance(found, str) else float(found))
    indicator = estimator.indicator_ if estimator.add_indicator else None
    features = [] if indicator is None else [int(i) for i in indicator.features_]
    return Impute(fills, marker, features)


@converts("sklearn.impute._base.MissingIndicator", takes="anything")
def missing_indicator(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"features": ("missing-only", "all"), "error_on_new": (True, False)})
    strict = estimator.features == "missing-only" and estimator.error_on_new
    return Indicate([int(i) for i in estimator.features_], _marker(estimator, inputs), strict)


def plain(found: Any) -> Any:
    """A value of a numpy array as plain Python; pandas' NA is None."""
    if isinstance(found, np.generic):
        return found.item()
    return None if type(found).__name__ in ("NAType", "NaTType") else found


def _marker(estimator: Any, inputs: Inputs) -> Any:
    """What means missing; None for null."""
    texts = {dtype == "text" for dtype in inputs.dtypes}
    require("time" not in inputs.dtypes, estimator, "takes a time")
    marker = plain(estimator.missing_values)
    if is_null(marker):
        if len(texts) > 1:  # an array of objects, where infinities pass
            raise Unsupported(qualified(estimator), "takes text and numbers together")
        return None
    require(isinstance(marker, (str, int, float)), estimator, f"missing_values={marker!r}")
    require(texts == {isinstance(marker, str)}, estimator, "missing_values of another type than the columns")
    return marker
