"""What goes into a model and what comes out: the part of a bundle's manifest that callers see."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from difflib import get_close_matches
from itertools import islice
from typing import Any, Callable, Iterable, Mapping, Sequence

from incumbent.columns import Array, Coded, column, row_count
from incumbent.errors import InputError
from incumbent.plain import TooLarge, plain

#: Kinds of input columns, as in a model's spec.
KINDS = ("number", "category", "text", "time", "boolean")
#: Whole numbers up to this one have a float64.
_LARGEST = 2**1023
_TAKES = {"text": "text", "time": "a time"}


@dataclass(frozen=True)
class InputColumn:
    """One column that the fitted pipeline reads.

    Parameters
    ----------
    name : str
    kind : str
        One of :data:`KINDS`.
    dtype : str
        How training had it: ``float64``, ``int64``, ``bool``, ``text`` or ``time``.
    minimum, maximum : float, optional
        Of the training rows (numbers).
    categories : tuple
        Of the training rows (categories), commonest first.
    as_category : bool, optional
        The estimator is given it as a pandas category of just these; else as numbers or text.
    """

    name: str
    kind: str
    dtype: str
    minimum: "float | None" = None
    maximum: "float | None" = None
    categories: "tuple[Any, ...]" = field(default=())
    as_category: "bool | None" = None

    @property
    def takes_text(self) -> bool:
        return self.dtype == "text"


@dataclass(frozen=True)
class InputSchema:
    """The columns, in the order in which training had them.

    ``form`` says how the estimator was given them: ``frame`` (named columns), ``array`` (a matrix, by
    position) or ``text`` (one column, as a sequence of strings).
    """

    columns: "tuple[InputColumn, ...]"
    form: str = "frame"

    @property
    def names(self) -> "tuple[str, ...]":
        return tuple(c.name for c in self.columns)

    def check_row(self, row: Mapping[str, Any]) -> None:
        """Refuse a malformed row: not a mapping, a required column absent, text where a number must be.

        Raises
        ------
        InputError
            Naming the column at fault.
        """
        self.plain_row(row)

    def plain_row(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row with values as plain Python has them: nearly always the row itself.

        Raises
        ------
        InputError
            For a malformed row, naming the column at fault.

        Examples
        --------
        >>> from decimal import Decimal
        >>> InputSchema((InputColumn("x", "number", "float64"),)).plain_row({"x": Decimal("2.5"), "y": "?"})
        {'x': 2.5, 'y': '?'}
        """
        changed: "dict[str, Any]" = {}
        try:
            for name, dtype in self.expected:
                value = row[name]
                kind = value.__class__
                if kind is float:
                    if dtype and value == value:
                        raise _other_kind(name, dtype, value)
                elif kind is int:
                    if dtype or not -_LARGEST < value < _LARGEST:
                        raise _other_kind(name, dtype, value)
                elif kind is str:
                    if dtype != "text":
                        _need_time(name, dtype, value)
                elif value is not None:
                    changed[name] = _plain_value(name, dtype, value)
        except (KeyError, TypeError, IndexError) as error:
            raise self._malformed(row) from error
        return {**row, **changed} if changed else row

    @property
    def expected(self) -> "tuple[tuple[str, str], ...]":
        """Names, each with ``text``, ``time`` or (what is the commonest) nothing for a number."""
        cached = self.__dict__.get("_cache")
        if cached is None:
            cached = tuple((c.name, c.dtype if c.dtype in _TAKES else "") for c in self.columns)
            object.__setattr__(self, "_cache", cached)
        return cached

    def _malformed(self, row: Any) -> InputError:
        if not isinstance(row, Mapping):
            return InputError(
                f"a row is a mapping of column names to values, not {type(row).__name__}",
                hint=f"columns: {', '.join(self.names)}",
            )
        absent = [n for n in self.names if n not in row]
        close = _closest(absent[0], row) if absent else []
        hint = (
            f"the row has {close[0]!r}: is that it?" if close else "pass null for a value that is not known"
        )
        return InputError(
            f"the row lacks the column{'s' if len(absent) > 1 else ''} {', '.join(absent)}", hint
        )

    def check_columns(self, columns: Mapping[str, Any]) -> "dict[str, Array]":
        """Required columns as arrays of the kinds that training had; others are dropped.

        Raises
        ------
        InputError
            Naming the column at fault.
        """
        absent = [n for n in self.names if n not in columns]
        if absent:
            close = _closest(absent[0], columns)
            raise InputError(
                f"the rows lack the column{'s' if len(absent) > 1 else ''} {', '.join(absent)}",
                hint=f"they have {close[0]!r}: is that it?" if close else "",
            )
        found: dict[str, Array] = {}
        for expected in self.columns:
            found[expected.name] = _as_dtype(expected, columns[expected.name])
        lengths = {len(c) for c in found.values()}
        if len(lengths) > 1:
            raise InputError(f"columns of different lengths: {sorted(lengths)}")
        return found

    def document(self) -> "dict[str, Any]":
        """Plain data, as the manifest has it."""
        return {"form": self.form, "columns": [_without_none(asdict(c)) for c in self.columns]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "InputSchema":
        columns = tuple(
            InputColumn(**{**c, "categories": tuple(c.get("categories", ()))}) for c in document["columns"]
        )
        return cls(columns, document.get("form", "frame"))


@dataclass(frozen=True)
class OutputSchema:
    """What a prediction is.

    Parameters
    ----------
    task : str
        ``classification`` or ``regression``.
    scores : str
        What the algorithm computes: ``numbers``, ``probabilities`` or ``decisions``.
    classes : tuple
        As the target has them (text, int, float or bool), in the estimator's order.
    positive : object, optional
        The positive class of a binary task.
    threshold : float, optional
        Decision threshold on the positive class's probability; None: the likeliest class.
    low, high : float, optional
        Range of the training target (regression).
    """

    task: str
    scores: str
    classes: "tuple[Any, ...]" = ()
    positive: Any = None
    threshold: "float | None" = None
    low: "float | None" = None
    high: "float | None" = None

    @property
    def labels(self) -> "tuple[str, ...]":
        """Classes as text, in class order."""
        return tuple(str(c) for c in self.classes)

    @property
    def positive_index(self) -> "int | None":
        return self.classes.index(self.positive) if self.positive in self.classes else None

    def decide_row(self, scores: Sequence[float]) -> Any:
        """The value of one row's scores: a number, or a class."""
        return self.decider()(scores)

    def decider(self) -> "Callable[[Sequence[float]], Any]":
        """What :meth:`decide_row` does, for whoever decides often.

        Examples
        --------
        >>> OutputSchema("classification", "probabilities", ("no", "yes"), "yes", 0.3).decider()([0.6, 0.4])
        'yes'
        """
        if self.task == "regression":
            return _first
        classes = self.classes
        if self.threshold is not None and self.positive_index is not None and len(classes) == 2:
            at, threshold = self.positive_index, self.threshold
            yes, no = classes[at], classes[1 - at]
            both = _decision(classes)
            return lambda scores: both(scores) if len(scores) == 1 else yes if scores[at] >= threshold else no
        return _decision(classes)

    def decide(self, scores: Any) -> Any:
        """Many rows: numbers, or class positions (int; -1 where the scores are NaN), shape (rows,)."""
        import numpy as np

        if self.task == "regression":
            return scores
        unknown = np.isnan(scores if scores.ndim == 1 else scores[:, 0])
        if scores.ndim == 1:
            codes = (scores > 0).astype(np.int64)
        elif self.threshold is not None and self.positive_index is not None and len(self.classes) == 2:
            at = self.positive_index
            codes = np.where(scores[:, at] >= self.threshold, at, 1 - at)
        else:
            codes = np.argmax(np.nan_to_num(scores, nan=-math.inf), axis=1)
        return np.where(unknown, -1, codes)

    def document(self) -> "dict[str, Any]":
        """Plain data, as the manifest has it."""
        return _without_none(asdict(self))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "OutputSchema":
        return cls(**{**document, "classes": tuple(document.get("classes", ()))})


def _closest(name: str, names: "Iterable[Any]") -> "list[str]":
    """The name that is probably meant, among the first thousand: there may be more than one can compare."""
    return get_close_matches(name, map(str, islice(names, 1_000)), 1)


def _first(scores: Sequence[float]) -> float:
    return scores[0]


def _decision(classes: "tuple[Any, ...]") -> "Callable[[Sequence[float]], Any]":
    """The likeliest class; of a single score, its sign."""
    if len(classes) == 2:
        one, two = classes
        return lambda scores: two if (scores[0] > 0 if len(scores) == 1 else scores[1] > scores[0]) else one
    return lambda scores: (
        classes[1 if scores[0] > 0 else 0]
        if len(scores) == 1
        else classes[max(range(len(scores)), key=scores.__getitem__)]
    )


def _without_none(document: "dict[str, Any]") -> "dict[str, Any]":
    return {
        k: list(v) if isinstance(v, tuple) else v for k, v in document.items() if v is not None and v != ()
    }


def _plain_value(name: str, dtype: str, value: Any) -> Any:
    """A value of another type than the usual ones, as plain Python has it."""
    found = plain(value)
    kind = found.__class__
    if found is None or (kind is float and found != found):
        return None
    if kind is float or kind is bool or (kind is int and -_LARGEST < found < _LARGEST):
        if not dtype:
            return found
    elif kind is str:
        if dtype == "text":
            return found
        _need_time(name, dtype, found)
        return found
    elif dtype == "time" and _is_moment(found):
        return found
    raise _other_kind(name, dtype, value)


def _need_time(name: str, dtype: str, text: str) -> None:
    """Refuse a text where no text may be, and one that is no time where a time must be."""
    if dtype != "time":
        raise InputError(f"column {name!r} takes a number, not the text {text[:60]!r}")
    _moments(name, [text])


def _other_kind(name: str, dtype: str, value: Any) -> InputError:
    takes = _TAKES.get(dtype, "a number")
    if (value.__class__ is int and not dtype) or isinstance(plain(value), TooLarge):
        beyond = "a number that" if dtype else "one that"
        return InputError(f"column {name!r} takes {takes}, not {beyond} is larger than any float64")
    said = f" {value!r:.60}" if not dtype or isinstance(value, (int, float)) else ""
    return InputError(f"column {name!r} takes {takes}, not {type(value).__name__}{said}")


def _as_dtype(expected: InputColumn, values: Any) -> Array:
    import numpy as np

    try:
        found = column(values)
    except InputError as error:
        raise InputError(f"column {expected.name!r}: {error.message}", error.hint) from None
    if expected.takes_text:
        if isinstance(found, Coded):
            return found
        if found.dtype.kind in "fM" and np.isnan(found).all():  # nothing but nulls
            return Coded(np.full(len(found), -1, dtype=np.int32), ())
        raise InputError(f"column {expected.name!r} takes text, not {found.dtype}")
    if expected.dtype == "time":
        return _as_times(expected.name, found)
    if isinstance(found, Coded):
        if not found.values:
            return np.full(len(found), np.nan)
        raise InputError(f"column {expected.name!r} takes numbers, not the text {found.values[0][:60]!r}")
    if found.dtype.kind == "M":
        if np.isnan(found).all():
            return np.full(len(found), np.nan)
        raise InputError(f"column {expected.name!r} takes numbers, not times")
    return found


def _as_times(name: str, found: Array) -> Array:
    """A column of times: as such, as ISO 8601 text, or nothing but nulls."""
    import numpy as np

    if isinstance(found, Coded):
        table = np.array([*_moments(name, found.values), np.datetime64("NaT")], dtype="datetime64[us]")
        times: Array = table[found.codes]
        return times
    if found.dtype.kind == "M":
        return found
    if found.dtype == np.float64 and np.isnan(found).all():
        return np.full(len(found), np.datetime64("NaT"), dtype="datetime64[us]")
    raise InputError(f"column {name!r} takes times, not {found.dtype}")


def _moments(name: str, texts: "Sequence[str]") -> "list[datetime]":
    """Times of ISO 8601 texts; those with a zone in UTC, as columns have them."""
    moments = []
    for text in texts:
        try:
            moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        except ValueError:
            raise InputError(
                f"column {name!r} takes a time, not the text {text[:60]!r}",
                hint="write it as 2013-01-31T06:00",
            ) from None
        moments.append(moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment)
    return moments


def _is_moment(value: Any) -> bool:
    return hasattr(value, "isoformat") or type(value).__name__ == "datetime64"


__all__ = ["KINDS", "InputColumn", "InputSchema", "OutputSchema", "row_count"]
