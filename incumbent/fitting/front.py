"""The first step of a pipeline that sees the table."""

from __future__ import annotations

from typing import Any


def front_of(estimator: Any) -> Any:
    """The first step that sees the table, however the pipeline is wrapped.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> front_of(make_pipeline(StandardScaler(), Ridge()))
    StandardScaler()
    """
    while True:
        if hasattr(estimator, "steps") and isinstance(estimator.steps, list) and estimator.steps:
            estimator = estimator.steps[0][1]
            continue
        inner = [getattr(estimator, name, None) for name in ("estimator", "regressor", "base_estimator")]
        wrapped = [i for i in inner if hasattr(i, "fit")]
        if not wrapped or hasattr(estimator, "estimators"):
            return estimator
        estimator = wrapped[0]
