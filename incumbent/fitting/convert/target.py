"""TransformedTargetRegressor: the way back from a transformed target."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, Unsupported, convert_predictor, converts, qualified, require
from incumbent.native.step import Step
from incumbent.native.target import FUNCTIONS, Retransformed

_DATA = "sklearn.preprocessing._data"


@converts("sklearn.compose._target.TransformedTargetRegressor", takes="anything")
def transformed_target(estimator: Any, inputs: Inputs) -> Step:
    require(estimator._training_dim == 1, estimator, "several targets at once are not covered")
    member = convert_predictor(estimator.regressor_, inputs)
    require(member.scores == "numbers", estimator, "its regressor predicts no numbers")
    return Retransformed(member, _inverses(estimator.transformer_))


def _inverses(transformer: Any) -> "list[dict[str, Any]]":
    name = qualified(transformer)
    if name == "sklearn.pipeline.Pipeline":
        return [i for _, part in reversed(transformer.steps) for i in _inverses(part)]
    if name not in _WAYS_BACK:
        raise Unsupported(name, "its inverse is not covered")
    return _WAYS_BACK[name](transformer)


def _function(transformer: Any) -> "list[dict[str, Any]]":
    inverse = transformer.inverse_func
    if inverse is None:
        return [{"how": "function", "name": "positive"}]
    name = getattr(inverse, "__name__", "")
    require(isinstance(inverse, np.ufunc) and name in FUNCTIONS, transformer, f"the inverse {inverse!r:.60}")
    require(not transformer.inv_kw_args, transformer, "arguments of the inverse are not covered")
    return [{"how": "function", "name": name}]


def _one(array: Any) -> float:
    return float(np.ravel(array)[0])


def _stretch(factor: Any, offset: Any) -> "list[dict[str, Any]]":
    return [
        {
            "how": "stretch",
            "factor": 1.0 if factor is None else _one(factor),
            "offset": 0.0 if offset is None else _one(offset),
        }
    ]


def _standard(transformer: Any) -> "list[dict[str, Any]]":
    center = transformer.mean_ if transformer.with_mean else None
    return _stretch(transformer.scale_ if transformer.with_std else None, center)


def _robust(transformer: Any) -> "list[dict[str, Any]]":
    center = transformer.center_ if transformer.with_centering else None
    return _stretch(transformer.scale_ if transformer.with_scaling else None, center)


def _largest(transformer: Any) -> "list[dict[str, Any]]":
    return _stretch(transformer.scale_, None)


def _range(transformer: Any) -> "list[dict[str, Any]]":
    return [{"how": "squeeze", "factor": _one(transformer.scale_), "offset": _one(transformer.min_)}]


def _power(transformer: Any) -> "list[dict[str, Any]]":
    back = [{"how": transformer.method, "lambda": _one(transformer.lambdas_)}]
    return [*_standard(transformer._scaler), *back] if transformer.standardize else back


def _quantile(transformer: Any) -> "list[dict[str, Any]]":
    quantiles = np.array(transformer.quantiles_, dtype=np.float64)[:, 0].tolist()
    return [{"how": "quantiles", "distribution": transformer.output_distribution, "quantiles": quantiles}]


_WAYS_BACK = {
    "sklearn.preprocessing._function_transformer.FunctionTransformer": _function,
    f"{_DATA}.MaxAbsScaler": _largest,
    f"{_DATA}.MinMaxScaler": _range,
    f"{_DATA}.PowerTransformer": _power,
    f"{_DATA}.QuantileTransformer": _quantile,
    f"{_DATA}.RobustScaler": _robust,
    f"{_DATA}.StandardScaler": _standard,
}
