"""Which columns a pipeline reads, and the input schema that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence

import numpy as np

from incumbent.columns import Array, Coded, Columns
from incumbent.errors import DataError, FittingError, IncumbentError
from incumbent.fitting.categories import category_columns
from incumbent.fitting.frame import dtype_name
from incumbent.fitting.front import front_of
from incumbent.schema import InputColumn, InputSchema

if TYPE_CHECKING:
    import pandas as pd

#: Of a category with more levels than this only the commonest stand in the schema.
MOST_CATEGORIES = 1000
#: Leaving out one column after the other is tried only for tables up to this wide.
WIDEST_PROBE = 200
#: What to do about a model that reads a column which the spec says to ignore.
IGNORED = "take its line out of [columns] in the spec, or the column out of the model"


@dataclass(frozen=True)
class Reads:
    """The columns that a pipeline reads, and in what form it wants them (``frame`` or ``text``).

    ``categories`` are those that it wants as pandas categories.
    """

    names: "tuple[str, ...]"
    form: str = "frame"
    categories: "tuple[str, ...]" = ()


def reads(estimator: Any, frame: "pd.DataFrame", kinds: Mapping[str, str]) -> Reads:
    """What an unfitted pipeline will read of a table, as far as its structure tells.

    A ``ColumnTransformer`` in front reads the columns that it names; a text vectoriser in front reads one
    text column as a sequence; anything else may read every column.

    Raises
    ------
    FittingError
        Where a text vectoriser stands in front and it is not clear which column it means.
    """
    names = [str(n) for n in frame.columns]
    if is_text(estimator):
        return Reads((text_column(names, kinds),), "text")
    found = _named(estimator, frame)
    kept = tuple(names) if found is None else tuple(n for n in names if n in found)
    return Reads(kept, categories=category_columns(estimator, kept, kinds))


def is_text(estimator: Any) -> bool:
    """Whether a text vectoriser stands in front: the pipeline takes a sequence of texts."""
    from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
    from sklearn.pipeline import FeatureUnion

    front = front_of(estimator)
    if isinstance(front, FeatureUnion):
        return all(is_text(step) for _, step in front.transformer_list if hasattr(step, "fit"))
    members = getattr(front, "estimators", None)
    if isinstance(members, list) and members and isinstance(members[0], tuple):
        return all(is_text(member) for _, member in members if hasattr(member, "fit"))
    return isinstance(front, (CountVectorizer, HashingVectorizer))


def text_column(names: Sequence[str], kinds: Mapping[str, str]) -> str:
    """The one text column among the names."""
    candidates = [n for n in names if kinds.get(n) == "text"] or (list(names) if len(names) == 1 else [])
    if len(candidates) == 1:
        return candidates[0]
    told = ", ".join(candidates) or "none"
    raise FittingError(
        f"the pipeline begins with a text vectoriser, and the data have these text columns: {told}",
        "name the column with a ColumnTransformer, or set its kind in [columns] of the spec",
    )


def _named(estimator: Any, frame: "pd.DataFrame") -> "set[str] | None":
    """The columns that a pipeline names, None where it may read all of them."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import FeatureUnion

    front = front_of(estimator)
    if isinstance(front, ColumnTransformer):
        return _of_transformer(front, frame)
    if isinstance(front, FeatureUnion):
        parts = [step for _, step in front.transformer_list if hasattr(step, "fit")]
    else:
        members = getattr(front, "estimators", None)
        if not (isinstance(members, list) and members and isinstance(members[0], tuple)):
            return None
        if getattr(front, "passthrough", False):
            return None
        parts = [member for _, member in members if hasattr(member, "fit")]
    found: "set[str]" = set()
    for part in parts:
        named = _named(part, frame)
        if named is None:
            return None
        found |= named
    return found


def _of_transformer(transformer: Any, frame: "pd.DataFrame") -> "set[str] | None":
    if not isinstance(transformer.remainder, str) or transformer.remainder != "drop":
        return None
    found: "set[str]" = set()
    for _, _, columns in transformer.transformers:
        selected = columns(frame) if callable(columns) else columns
        if isinstance(selected, slice) and isinstance(selected.start or selected.stop, str):
            selected = list(frame.loc[:, selected].columns)
        if isinstance(selected, str):
            selected = [selected]
        if isinstance(selected, slice) or not all(isinstance(c, str) for c in selected):
            return None  # by position: the table must stay as wide as it is
        found |= set(selected)
    return found


def probe(predict: "Callable[[pd.DataFrame], Any]", frame: "pd.DataFrame") -> "tuple[str, ...]":
    """The columns without which a fitted pipeline fails or predicts something else.

    For pipelines whose structure does not tell (a function or class of the user's own in front).
    """
    names = [str(n) for n in frame.columns]
    if len(names) > WIDEST_PROBE:
        return tuple(names)
    whole = predict(frame)
    needed = [n for n in names if not _same_without(predict, frame, n, whole)]
    if len(needed) < len(names) and not _equal(predict, frame[needed], whole):
        return tuple(names)
    return tuple(needed)


def _same_without(predict: "Callable[[Any], Any]", frame: "pd.DataFrame", name: str, whole: Any) -> bool:
    return _equal(predict, frame.drop(columns=[name]), whole)


def _equal(predict: "Callable[[Any], Any]", frame: "pd.DataFrame", whole: Any) -> bool:
    try:
        return bool(np.array_equal(predict(frame), whole, equal_nan=True))
    except Exception:  # whatever a user's code raises without a column means that it wants the column
        return False


def schema_of(columns: Columns, chosen: Reads, kinds: Mapping[str, str]) -> InputSchema:
    """The input schema of these columns, with ranges and categories of the training rows."""
    absent = [n for n in chosen.names if n not in columns]
    if absent:
        raise _missing(absent[0], columns, kinds)
    listed = [_input_column(n, columns[n], kinds.get(n, "")) for n in chosen.names]
    for place, name in enumerate(chosen.names):
        if name in chosen.categories:
            found = _input_column(name, columns[name], "category")
            listed[place] = replace(found, as_category=True)
    return InputSchema(tuple(listed), chosen.form)


def _missing(name: str, columns: Columns, kinds: Mapping[str, str]) -> IncumbentError:
    if kinds.get(name) == "ignore":
        return FittingError(f"the model reads the column {name!r}, which the spec says to ignore", IGNORED)
    close = get_close_matches(name, list(columns), 1)
    return DataError(
        f"the model reads the column {name!r}, which the data do not have",
        f"did you mean {close[0]!r}?" if close else f"they have {', '.join(columns)}",
    )


def _input_column(name: str, column: Array, kind: str) -> InputColumn:
    dtype = dtype_name(column)
    by_dtype = {"text": "category", "time": "time", "bool": "boolean"}.get(dtype, "number")
    kind = kind if kind and kind != "ignore" else by_dtype
    if kind == "text" or dtype == "time":
        return InputColumn(name, kind, dtype)
    if isinstance(column, Coded) or kind == "category":
        return InputColumn(name, kind, dtype, categories=_commonest(column))
    numbers = column[np.isfinite(column)].astype(np.float64)
    if not len(numbers):
        return InputColumn(name, kind, dtype)
    return InputColumn(name, kind, dtype, float(numbers.min()), float(numbers.max()))


def _commonest(column: Array) -> "tuple[Any, ...]":
    if isinstance(column, Coded):
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.values))
        pairs = [(int(c), v) for c, v in zip(counts, column.values) if c]
    else:
        values, found = np.unique(column[np.isfinite(column)], return_counts=True)
        pairs = list(zip(found.tolist(), values.tolist()))
    pairs.sort(key=lambda pair: (-pair[0], pair[1]))
    return tuple(v for _, v in pairs[:MOST_CATEGORIES])
