"""Pipeline, ColumnTransformer, FeatureUnion."""

from __future__ import annotations

from typing import Any, Sequence

from incumbent.fitting.convert import Inputs, Unsupported, convert_step, converts, qualified, require
from incumbent.native.chain import Passthrough, chain
from incumbent.native.compose import Columns, Union
from incumbent.native.step import Predictor, Step


@converts("sklearn.pipeline.Pipeline", takes="anything")
def pipeline(estimator: Any, inputs: Inputs) -> Step:
    steps: list[Step] = []
    labels: list[str] = []
    for label, part in estimator.steps:
        if part is None or (isinstance(part, str) and part == "passthrough"):
            continue
        if steps and isinstance(steps[-1], Predictor):
            raise Unsupported(qualified(estimator), f"a step after the predictor {labels[-1]!r}")
        steps.append(convert_step(part, inputs))
        labels.append(label)
        if not isinstance(steps[-1], Predictor):
            inputs = inputs.after(steps[-1])
    return chain(steps, labels)


@converts("sklearn.compose._column_transformer.ColumnTransformer", takes="anything")
def column_transformer(estimator: Any, inputs: Inputs) -> Step:
    parts: list[tuple[str, list[int], Step]] = []
    for label, part, columns in estimator.transformers_:
        if isinstance(part, str) and part == "drop":
            continue
        at = positions(columns, inputs)
        if not at:
            continue
        if estimator.transformer_weights and label in estimator.transformer_weights:
            raise Unsupported(qualified(estimator), "transformer_weights is not covered")
        chosen = inputs.select(at)
        if isinstance(part, str) and part == "passthrough":
            parts.append((label, at, Passthrough()))
            continue
        step = convert_step(part, chosen)
        require(not isinstance(step, Predictor), part, "predicts inside a ColumnTransformer")
        parts.append((label, at, step))
    prefix = getattr(estimator, "verbose_feature_names_out", True)
    require(isinstance(prefix, bool), estimator, "verbose_feature_names_out is not a boolean")
    return Columns(parts, prefix)


@converts("sklearn.pipeline.FeatureUnion", takes="anything")
def feature_union(estimator: Any, inputs: Inputs) -> Step:
    weights = estimator.transformer_weights or {}
    parts: list[tuple[str, Step]] = []
    for label, part in estimator.transformer_list:
        if isinstance(part, str) and part == "drop":
            continue
        step = Passthrough() if isinstance(part, str) else convert_step(part, inputs)
        require(not isinstance(step, Predictor), part, "predicts inside a FeatureUnion")
        parts.append((label, step))
    factors = [None if weights.get(label) is None else float(weights[label]) for label, _ in parts]
    return Union(len(inputs), parts, factors, getattr(estimator, "verbose_feature_names_out", True))


def positions(columns: Any, inputs: Inputs) -> "list[int]":
    """Positions of the columns that a ColumnTransformer selects: by name, position, slice or mask."""
    if callable(columns):
        raise Unsupported("ColumnTransformer", "columns chosen by a function that was not resolved")
    if isinstance(columns, slice):
        return _of_slice(columns, inputs)
    if isinstance(columns, str) or not hasattr(columns, "__len__"):
        return [_position(columns, inputs)]
    listed: Sequence[Any] = columns.tolist() if hasattr(columns, "tolist") else list(columns)
    if listed and all(isinstance(c, bool) for c in listed):
        return [i for i, chosen in enumerate(listed) if chosen]
    return [_position(c, inputs) for c in listed]


def _of_slice(columns: slice, inputs: Inputs) -> "list[int]":
    if isinstance(columns.start, str) or isinstance(columns.stop, str):  # by name, both ends included
        start = 0 if columns.start is None else _position(columns.start, inputs)
        stop = len(inputs) if columns.stop is None else _position(columns.stop, inputs) + 1
        return list(range(len(inputs)))[start : stop : columns.step]
    return list(range(len(inputs)))[columns]


def _position(column: Any, inputs: Inputs) -> int:
    if isinstance(column, str):
        if inputs.names.count(column) != 1:
            raise Unsupported("ColumnTransformer", f"the column {column!r} is not one of its inputs")
        return inputs.names.index(column)
    at = int(column)
    return at if at >= 0 else at + len(inputs)
