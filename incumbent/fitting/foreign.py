"""Models that are no scikit-learn estimators: ONNX, XGBoost and LightGBM files."""

from __future__ import annotations

from typing import Any, Mapping

from incumbent.columns import Columns
from incumbent.fitting.formats import ModelFile
from incumbent.fitting.jobs import Progress


def register_foreign(
    job: Mapping[str, Any], file: ModelFile, columns: Columns, progress: Progress
) -> "dict[str, Any]":
    """A bundle that runs the file as it is."""
    raise NotImplementedError
