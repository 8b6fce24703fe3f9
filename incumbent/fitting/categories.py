"""Which columns an estimator wants as pandas categories: histogram boosting that goes by the data type."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from incumbent.fitting.front import front_of


def category_columns(estimator: Any, names: Sequence[str], kinds: Mapping[str, str]) -> "tuple[str, ...]":
    """The category columns that reach a ``categorical_features="from_dtype"`` as they are.

    Encoders are not among those who want them: they expect text, as ``read_csv`` gives it.

    Parameters
    ----------
    estimator : object
        Fitted or not.
    names : sequence of str
        The columns that it is given.
    kinds : mapping of column name to kind

    Examples
    --------
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> kinds = {"carrier": "category", "distance": "number"}
    >>> category_columns(HistGradientBoostingRegressor(), list(kinds), kinds)
    ('carrier',)
    >>> category_columns(HistGradientBoostingRegressor(categorical_features=None), list(kinds), kinds)
    ()
    """
    front = front_of(estimator)
    categories = [n for n in names if kinds.get(n) == "category"]
    if not categories:
        return ()
    if _by_dtype(front):
        return tuple(categories)
    if not _by_dtype(getattr(estimator, "steps", [("", None)])[-1][1]):
        return ()
    passed = _passed_through(front, names)
    return tuple(n for n in categories if n in passed)


def _by_dtype(estimator: Any) -> bool:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    histogram = isinstance(estimator, (HistGradientBoostingClassifier, HistGradientBoostingRegressor))
    asked = getattr(estimator, "categorical_features", None)
    return histogram and isinstance(asked, str) and asked == "from_dtype"


def _passed_through(front: Any, names: Sequence[str]) -> "set[str]":
    """The columns that a column transformer hands on untouched, in a data frame."""
    from sklearn.compose import ColumnTransformer

    frames = getattr(front, "_sklearn_output_config", {}).get("transform") == "pandas"
    if not isinstance(front, ColumnTransformer) or not frames:
        return set()
    passed: "set[str]" = set()
    taken: "set[str]" = set()
    for _, part, columns in front.transformers:
        listed = [columns] if isinstance(columns, str) else columns
        if not isinstance(listed, (list, tuple)) or not all(isinstance(c, str) for c in listed):
            return set()  # chosen by what they are, not by name
        taken |= set(listed)
        if isinstance(part, str) and part == "passthrough":
            passed |= set(listed)
    rest = isinstance(front.remainder, str) and front.remainder == "passthrough"
    return passed | (set(names) - taken) if rest else passed
