"""Projections: principal components, truncated singular values."""

from __future__ import annotations

from typing import Any

import numpy as np

from incumbent.fitting.convert import Inputs, converts
from incumbent.native.project import Project
from incumbent.native.step import Step


@converts("sklearn.decomposition._pca.PCA", "sklearn.decomposition._incremental_pca.IncrementalPCA")
def principal_components(estimator: Any, inputs: Inputs) -> Step:
    components = np.array(estimator.components_, dtype=np.float64)
    offset = np.array(estimator.mean_, dtype=np.float64) @ components.T
    scale = np.ones(len(components))
    if estimator.whiten:
        deviation = np.sqrt(np.array(estimator.explained_variance_, dtype=np.float64))
        scale = np.maximum(deviation, np.finfo(np.float64).eps)
    return Project(components, offset, scale, type(estimator).__name__.lower())


@converts("sklearn.decomposition._truncated_svd.TruncatedSVD")
def truncated_svd(estimator: Any, inputs: Inputs) -> Step:
    components = np.array(estimator.components_, dtype=np.float64)
    return Project(components, np.zeros(len(components)), np.ones(len(components)), "truncatedsvd")
