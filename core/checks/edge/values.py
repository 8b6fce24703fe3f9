"""What a column of an edge row is changed to, by the column's kind and its training profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from incumbent.schema import InputColumn

UNSEEN = "never seen before"
LONG = 100_000  # characters of a very long text
HUGE = 1e308
_TEXTS = (
    ("empty text", ""),
    ("blank text", " "),
    ("very long text", "long " * (LONG // 5)),
    ("non-Latin text", "北京 Ελλάδα العربية"),
    ("emoji", "😀👩‍👩‍👧"),
    ("text with NUL", "a\x00b"),
)
_TIMES = ("1677-01-01T00:00:00", "1900-01-01T00:00:00", "2263-01-01T00:00:00", "9999-12-31T23:59:59")


#: What helps against null where scikit-learn has no imputer, by kind of column.
_NO_IMPUTER = {
    "boolean": 'one-hot encode it in the pipeline (OneHotEncoder(handle_unknown="ignore") takes null)',
    "text": 'fill it in at the door (columns.{name}.null = "fill", columns.{name}.fill = "")',
}


@dataclass(frozen=True)
class Change:
    """One value, and how bad it is when the champion does not answer it, or answers it implausibly.

    ``remedy`` says what helps where that does not follow from the policy.
    """

    kind: str
    value: Any
    unanswered: Literal["fail", "warn"] | None
    implausible: Literal["fail", "warn"]
    policy: str
    malformed: bool = False
    remedy: str = ""


def changes(column: InputColumn, known: Mapping[str, Any]) -> Iterator[Change]:
    """Well-formed values of a column that are not ordinary.

    Parameters
    ----------
    column : InputColumn
    known : mapping
        What the profile says of the column; may be empty.
    """
    remedy = _NO_IMPUTER.get(column.kind, "").format(name=column.name)
    yield Change("null", None, null_severity(column, known), "fail", "null", remedy=remedy)
    if column.dtype == "text":
        yield from _texts(column, known)
    elif column.dtype == "time":
        yield from _times(known)
    elif column.dtype == "bool":
        yield from (Change(str(v).lower(), v, "fail", "fail", "") for v in (True, False))
    else:
        yield from _numbers(column, known)


def null_severity(column: InputColumn, known: Mapping[str, Any]) -> Literal["fail", "warn"]:
    """A null must be answered; of a text or boolean that was never null in training it is only a weak spot.

    scikit-learn has no imputer for them: a vectorizer refuses null, and the chain behind it answers.
    """
    return "warn" if column.kind in _NO_IMPUTER and not known.get("nulls") else "fail"


def bounds(column: InputColumn, known: Mapping[str, Any]) -> tuple[float, float]:
    """The smallest and the largest number of training; 0 and 1 where nobody knows."""
    low, high = known.get("min"), known.get("max")
    if low is None or high is None:
        low, high = column.minimum, column.maximum
    return (0.0, 1.0) if low is None or high is None else (float(low), float(high))


def _numbers(column: InputColumn, known: Mapping[str, Any]) -> Iterator[Change]:
    low, high = bounds(column, known)
    span = min(high - low, HUGE) or abs(high) or 1.0
    size = max(abs(low), abs(high), span)
    whole = column.dtype == "int64"
    step = max(1, int(span / 100)) if whole else span / 100
    yield Change("just below the range", _typed(low - step, whole), "fail", "fail", "out_of_range")
    yield Change("just above the range", _typed(high + step, whole), "fail", "fail", "out_of_range")
    for factor in (10, 1000):
        for sign, word in ((1, f"×{factor}"), (-1, f"×−{factor}")):
            value = min(size * factor, HUGE) * sign
            yield Change(word, _typed(value, whole), "warn", "warn", "out_of_range")
    if low >= 0:
        yield Change("negative", _typed(-(size / 2 or 1.0), whole), "warn", "warn", "out_of_range")
    for word, value in (("1e308", HUGE), ("−1e308", -HUGE)):
        yield Change(word, value, None, "warn", "out_of_range")
    for word, value in (("infinity", float("inf")), ("−infinity", float("-inf"))):
        yield Change(word, value, None, "warn", "out_of_range")
    yield Change("NaN", float("nan"), null_severity(column, known), "fail", "null")


def _typed(value: float, whole: bool) -> float | int:
    return int(value) if whole and abs(value) < 2**62 else value


def _texts(column: InputColumn, known: Mapping[str, Any]) -> Iterator[Change]:
    categories = known_categories(column, known)
    yield Change("unseen category" if column.kind == "category" else "unseen text", UNSEEN, "warn", "fail",
                 "unseen")  # fmt: skip
    for kind, text in _TEXTS:
        if text not in categories:
            yield Change(kind, text, "warn", "fail", "unseen")
    for category in categories[:2]:
        for kind, text in (("other case", category.swapcase()), ("trailing blank", f"{category} ")):
            if text not in categories:
                yield Change(f"{kind} of {category!r}", text, "warn", "fail", "unseen")


def known_categories(column: InputColumn, known: Mapping[str, Any]) -> tuple[str, ...]:
    """The categories of training, commonest first; none for texts."""
    if column.kind != "category":
        return ()
    return tuple(map(str, known.get("categories") or column.categories))


def _times(known: Mapping[str, Any]) -> Iterator[Change]:
    for word, end, step in (("before", "min", -1), ("after", "max", 1)):
        if known.get(end):
            moment = datetime.fromisoformat(str(known[end])[:26]) + timedelta(days=step)
            yield Change(f"a day {word} training", moment.isoformat(), "fail", "fail", "out_of_range")
    for text in _TIMES:
        yield Change(f"the year {text[:4]}", text, "warn", "warn", "out_of_range")


def wrong_types(column: InputColumn) -> Iterator[tuple[str, Any]]:
    """Values that are of no use in the column: each must be refused."""
    yield from (("a list", [1, 2]), ("a mapping", {"a": 1}))
    if column.dtype == "text":
        yield from (("a number for text", 12), ("true for text", True))
    elif column.dtype == "time":
        yield from (("no time", "not a time"), ("a number for a time", 12))
    else:
        yield from (("text for a number", "twelve"), ("empty text for a number", ""), ("complex", 1 + 2j))
