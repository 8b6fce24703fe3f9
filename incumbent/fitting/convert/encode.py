"""OneHotEncoder, OrdinalEncoder, TargetEncoder."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from incumbent.fitting.convert import Inputs, converts, known, require
from incumbent.fitting.convert.impute import plain
from incumbent.native.encode import Encode, OneHotEncode
from incumbent.native.impute import is_null
from incumbent.native.lookup import REFUSE, Lookup
from incumbent.native.step import Step

_UNKNOWN = ("error", "ignore", "infrequent_if_exist", "warn", "use_encoded_value")


@converts("sklearn.preprocessing._encoders.OneHotEncoder", takes="anything")
def one_hot_encoder(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"handle_unknown": _UNKNOWN[:4], "feature_name_combiner": ("concat",)})
    require("time" not in inputs.dtypes, estimator, "takes a time")
    lookups, labels = [], []
    for i, array in enumerate(estimator.categories_):
        categories = [plain(c) for c in array]
        grouped = _grouped(estimator, i, len(categories))
        drop = _dropped(estimator, i)
        unknown = _unknown_indicator(estimator, i, grouped)
        after = [_after_drop(p, drop) for p in grouped]
        lookups.append(_lookup(array, categories, after, _after_drop(unknown, drop)))
        labels.append([str(c) for c in estimator._compute_transformed_categories(i)])
    return OneHotEncode(lookups, labels)


@converts("sklearn.preprocessing._encoders.OrdinalEncoder", takes="anything")
def ordinal_encoder(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"handle_unknown": ("error", "use_encoded_value")})
    require("time" not in inputs.dtypes, estimator, "takes a time")
    require(np.dtype(estimator.dtype).kind in "iuf", estimator, f"dtype={estimator.dtype}")
    lookups, values = [], []
    for i, array in enumerate(estimator.categories_):
        categories = [plain(c) for c in array]
        found = [float(p) for p in _grouped(estimator, i, len(categories))]
        if categories and categories[-1] is not None and is_null(categories[-1]):
            found[-1] = float(estimator.encoded_missing_value)
        unknown = REFUSE
        if estimator.handle_unknown == "use_encoded_value":
            unknown = len(found)
            found.append(float(estimator.unknown_value))
        lookups.append(_lookup(array, categories, range(len(categories)), unknown))
        values.append(np.array(found).reshape(-1, 1))
    return Encode("OrdinalEncoder", lookups, values)


@converts("sklearn.preprocessing._target_encoder.TargetEncoder", takes="anything")
def target_encoder(estimator: Any, inputs: Inputs) -> Step:
    known(estimator, {"target_type_": ("binary", "continuous", "multiclass")})
    require("time" not in inputs.dtypes, estimator, "takes a time")
    multiclass = estimator.target_type_ == "multiclass"
    outputs = [str(c) for c in estimator.classes_] if multiclass else [""]
    means = np.atleast_1d(np.asarray(estimator.target_mean_, dtype=np.float64))
    lookups, values = [], []
    for i, array in enumerate(estimator.categories_):
        categories = [plain(c) for c in array]
        of = estimator.encodings_[i * len(outputs) : (i + 1) * len(outputs)]
        values.append(np.vstack([np.stack([np.asarray(e) for e in of], axis=1), means]))
        lookups.append(_lookup(array, categories, range(len(categories)), len(categories)))
    return Encode("TargetEncoder", lookups, values, outputs)


def _lookup(array: Any, categories: "list[Any]", positions: Sequence[int], unknown: int) -> Lookup:
    numeric = np.asarray(array).dtype.kind in "iufb"  # then infinities are refused
    return Lookup(categories, list(positions), unknown, finite=numeric)


def _grouped(estimator: Any, i: int, count: int) -> "list[int]":
    """Position of each category once infrequent ones share the last position."""
    if not getattr(estimator, "_infrequent_enabled", False):
        return list(range(count))
    mapping = estimator._default_to_infrequent_mappings[i]
    if mapping is None:
        return list(range(count))
    found = [int(p) for p in mapping]
    return found + list(range(len(found), count))  # a null at the end is never infrequent


def _unknown_indicator(estimator: Any, i: int, grouped: "list[int]") -> int:
    if estimator.handle_unknown == "error":
        return REFUSE
    if estimator.handle_unknown == "ignore" or not getattr(estimator, "_infrequent_enabled", False):
        return -1
    infrequent = estimator._infrequent_indices[i]
    return -1 if infrequent is None else grouped[int(infrequent[0])]


def _dropped(estimator: Any, i: int) -> "int | None":
    found = getattr(estimator, "_drop_idx_after_grouping", None)
    return None if found is None or found[i] is None else int(found[i])


def _after_drop(position: int, drop: "int | None") -> int:
    if drop is None or position < 0 or position < drop:
        return position
    return -1 if position == drop else position - 1
