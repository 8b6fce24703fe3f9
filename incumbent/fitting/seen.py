"""How many rows a fitted model learned from, by what it records of itself."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional

import numpy as np

_DEEPEST = 12
_ROOT = re.compile(r"^internal_count=(\d+)", re.MULTILINE)


def rows_seen(estimator: Any) -> "Optional[int]":
    """At least how many rows an estimator was fitted on.

    Every part of it that records a count is asked: scalers, neighbours, naive Bayes, trees, forests,
    boosting, support vectors, neural networks. What weights may have changed is left out: a sum that is no
    whole number is no count.

    Parameters
    ----------
    estimator : Any
        Fitted; a pipeline, a search, a composition or a single model.

    Returns
    -------
    int or None
        A lower bound, since rows may have been held back or left out of a sample; None where no part of it
        records any.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> rows, numbers = [[1.0], [2.0], [4.0]], [1.0, 2.0, 3.0]
    >>> rows_seen(make_pipeline(StandardScaler(), LinearRegression()).fit(rows, numbers))
    3
    >>> rows_seen(LinearRegression().fit(rows, numbers)) is None
    True
    """
    counts: "list[int]" = []
    for part in _parts(estimator, set(), 0):
        with suppress(AttributeError, IndexError, KeyError, TypeError, ValueError):  # it means another thing
            counts += _counts(part)
    return max(counts, default=None)


def rows_of_booster(path: Path) -> "Optional[int]":
    """At least how many rows a LightGBM text file's trees were grown on; None for other files.

    XGBoost's files hold sums of Hessians, which are no counts.
    """
    with open(path, "rb") as file:
        if file.read(5) != b"tree\n":
            return None
    return _of_text(path.read_text(encoding="utf-8", errors="replace"))


def _of_text(text: str) -> "Optional[int]":
    return max((int(count) for count in _ROOT.findall(text)), default=None)


def _parts(value: Any, met: "set[int]", depth: int) -> "Iterator[Any]":
    """An estimator and every estimator in it, however it holds them; each once."""
    if depth > _DEEPEST or id(value) in met:
        return
    if isinstance(value, Mapping):
        inner = list(value.values())
    elif isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.dtype == object):
        inner = list(value.flat) if isinstance(value, np.ndarray) else list(value)
    elif hasattr(value, "get_params") or type(value).__name__ == "_CalibratedClassifier":
        yield value
        inner = list(getattr(value, "__dict__", {}).values())
    else:
        return
    met.add(id(value))
    for each in inner:
        yield from _parts(each, met, depth + 1)


def _counts(part: Any) -> "Iterator[int]":
    held = vars(part)
    for name in ("n_samples_seen_", "n_samples_fit_", "_n_samples", "n_samples_"):
        if name in held:
            yield from _whole(held[name])
    if "class_count_" in held:
        yield from _whole(np.sum(held["class_count_"]))
    if "shape_fit_" in held:
        yield from _whole(held["shape_fit_"][0])
    if "tree_" in held:
        yield from _whole(held["tree_"].n_node_samples[0])
    for trees in held.get("_predictors", ()):
        for tree in trees:
            yield from _whole(tree.nodes["count"][0])
    if "coefs_" in held and held.get("n_iter_") and "t_" in held:
        yield from _whole(held["t_"] // held["n_iter_"])
    if held.get("_Booster") is not None and hasattr(held["_Booster"], "model_to_string"):
        yield from _whole(_of_text(held["_Booster"].model_to_string()) or 0)


def _whole(count: Any) -> "Iterator[int]":
    """The count, where it is one: weighted sums are seldom whole."""
    numbers = np.atleast_1d(np.asarray(count))
    if numbers.dtype.kind not in "iuf" or not numbers.size:
        return
    most = float(numbers.max())
    if np.isfinite(most) and most > 0 and most == int(most):
        yield int(most)
