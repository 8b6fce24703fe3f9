"""Binarizer, PowerTransformer, QuantileTransformer, FunctionTransformer."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, converts, known, require
from incumbent.native.chain import Chain, Passthrough
from incumbent.native.elementwise import FUNCTIONS, Binarize, Function, Power
from incumbent.native.quantile import Quantiles
from incumbent.native.scale import Affine
from incumbent.native.step import Step


@converts("sklearn.preprocessing._data.Binarizer")
def binarizer(estimator: Any, inputs: Inputs) -> Step:
    return Binarize(float(estimator.threshold))


@converts("sklearn.preprocessing._data.PowerTransformer")
def power_transformer(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"method": ("yeo-johnson", "box-cox"), "standardize": (True, False)})
    power = Power(estimator.method, np.array(estimator.lambdas_, dtype=np.float64))
    require(np.isfinite(power.lambdas).all(), estimator, "a power that is not a number")
    if not estimator.standardize:
        return power
    scaler = estimator._scaler
    scale = Affine("PowerTransformer", np.array(scaler.mean_), np.array(scaler.scale_))
    return Chain([power, scale], ["power", "standardize"])


@converts("sklearn.preprocessing._data.QuantileTransformer")
def quantile_transformer(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"output_distribution": ("uniform", "normal"), "ignore_implicit_zeros": (False,)})
    quantiles = np.ascontiguousarray(np.asarray(estimator.quantiles_, dtype=np.float64).T)
    require(np.isfinite(quantiles).all(), estimator, "a feature without quantiles")
    levels = np.array(estimator.references_, dtype=np.float64)
    return Quantiles(quantiles, levels, estimator.output_distribution == "normal")


@converts("sklearn.preprocessing._function_transformer.FunctionTransformer", takes="anything")
def function_transformer(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"validate": (False,)})
    if estimator.func is None:
        return Passthrough()
    name = getattr(estimator.func, "__name__", "")
    named = name in FUNCTIONS and estimator.func is getattr(np, name)
    require(named and not estimator.kw_args, estimator, "a function of its own")
    require(
        {"text", "time", "bool"}.isdisjoint(inputs.dtypes), estimator, "takes something else than numbers"
    )
    whole = name in ("absolute", "square") and "int64" in inputs.dtypes
    require(not whole, estimator, f"{name} of whole numbers, which may overflow")
    return Function(name)
