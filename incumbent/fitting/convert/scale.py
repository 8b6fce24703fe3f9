"""Scalers."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, converts, known
from incumbent.native.scale import Affine
from incumbent.native.step import Step


def _floats(array: Any) -> "np.ndarray | None":
    return None if array is None else np.array(array, dtype=np.float64)


@converts("sklearn.preprocessing._data.StandardScaler")
def standard_scaler(estimator: Any, inputs: Inputs) -> Step:
    center = _floats(estimator.mean_) if estimator.with_mean else None
    scale = _floats(estimator.scale_) if estimator.with_std else None
    return Affine("StandardScaler", center, scale)


@converts("sklearn.preprocessing._data.MinMaxScaler")
def min_max_scaler(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"clip": (False, True)})
    low, high = (float(v) for v in estimator.feature_range)
    factor, offset = _floats(estimator.scale_), _floats(estimator.min_)
    return Affine("MinMaxScaler", factor=factor, offset=offset, clip=(low, high) if estimator.clip else None)


@converts("sklearn.preprocessing._data.MaxAbsScaler")
def max_abs_scaler(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"clip": (False, True)})
    clip = (-1.0, 1.0) if getattr(estimator, "clip", False) else None
    return Affine("MaxAbsScaler", scale=_floats(estimator.scale_), clip=clip)


@converts("sklearn.preprocessing._data.RobustScaler")
def robust_scaler(estimator: Any, inputs: Inputs) -> Step:
    center = _floats(estimator.center_) if estimator.with_centering else None
    scale = _floats(estimator.scale_) if estimator.with_scaling else None
    return Affine("RobustScaler", center, scale)
