"""Calendar periods: days, ISO weeks, months, quarters and years, numbered without gaps.

A period is a kind and an ordinal. Ordinals of one kind follow each other, so bounds tile the line:
the start of ordinal ``n + 1`` is the end of ordinal ``n``.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, get_args

from incumbent.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

PeriodKind = Literal["day", "week", "month", "quarter", "year"]
PERIODS: tuple[PeriodKind, ...] = get_args(PeriodKind)

_EPOCH = date(1970, 1, 1).toordinal()
_FORMS: dict[PeriodKind, re.Pattern[str]] = {
    "year": re.compile(r"(\d{4})"),
    "quarter": re.compile(r"(\d{4})-Q([1-4])"),
    "month": re.compile(r"(\d{4})-(\d{2})"),
    "week": re.compile(r"(\d{4})-W(\d{2})"),
    "day": re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
}


def ordinal(moment: datetime, kind: PeriodKind) -> int:
    """The number of the period that holds a moment.

    Examples
    --------
    >>> ordinal(datetime(1970, 2, 1), "month"), ordinal(datetime(1969, 12, 31), "day")
    (1, -1)
    """
    days = moment.toordinal() - _EPOCH
    if kind == "day":
        return days
    if kind == "week":
        return (days + 3) // 7
    months = (moment.year - 1970) * 12 + moment.month - 1
    return months // {"month": 1, "quarter": 3, "year": 12}[kind]


def start(number: int, kind: PeriodKind) -> datetime:
    """The first moment of a period; the calendar's end for the period after the last."""
    try:
        if kind in ("day", "week"):
            days = number if kind == "day" else number * 7 - 3
            return datetime(1970, 1, 1) + timedelta(days=days)
        year, month = divmod(number * {"month": 1, "quarter": 3, "year": 12}[kind], 12)
        return datetime(1970 + year, month + 1, 1)
    except (OverflowError, ValueError):
        return datetime.max if number > 0 else datetime.min


def bounds(number: int, kind: PeriodKind) -> tuple[datetime, datetime]:
    """First moment (inclusive) and last (exclusive) of a period."""
    return start(number, kind), start(number + 1, kind)


def label(number: int, kind: PeriodKind) -> str:
    """The name of a period: ``2013``, ``2013-Q1``, ``2013-01``, ``2013-W05``, ``2013-01-31``.

    Examples
    --------
    >>> label(ordinal(datetime(2012, 12, 31), "week"), "week")
    '2013-W01'
    """
    first = start(number, kind)
    if kind == "year":
        return f"{first.year:04d}"
    if kind == "quarter":
        return f"{first.year:04d}-Q{first.month // 3 + 1}"
    if kind == "month":
        return f"{first.year:04d}-{first.month:02d}"
    if kind == "day":
        return first.date().isoformat()
    thursday = first if first == datetime.min else first + timedelta(days=3)  # which says the week's year
    year, week, _ = thursday.isocalendar()
    return f"{year:04d}-W{week:02d}"


def parse_label(text: str) -> tuple[int, PeriodKind]:
    """Ordinal and kind of a label.

    Raises
    ------
    UsageError
        Where the text is no period's label.

    Examples
    --------
    >>> bounds(*parse_label("2013-Q1"))
    (datetime.datetime(2013, 1, 1, 0, 0), datetime.datetime(2013, 4, 1, 0, 0))
    """
    for kind, form in _FORMS.items():
        if match := form.fullmatch(text):
            numbers = [int(g) for g in match.groups()]
            try:
                return ordinal(_first_moment(kind, numbers), kind), kind
            except ValueError:
                break
    raise UsageError(
        f"{text!r} is not the name of a period",
        hint="write 2013, 2013-Q1, 2013-01, 2013-W05 or 2013-01-31",
    )


def _first_moment(kind: PeriodKind, numbers: list[int]) -> datetime:
    if kind == "week":
        day = date.fromisocalendar(numbers[0], numbers[1], 1)
        return datetime(day.year, day.month, day.day)
    year, *rest = numbers
    if kind == "quarter":
        return datetime(year, rest[0] * 3 - 2, 1)
    return datetime(year, rest[0] if rest else 1, rest[1] if len(rest) > 1 else 1)


def ordinals(times: np.ndarray, kind: PeriodKind) -> np.ndarray:
    """Ordinals of many moments.

    Parameters
    ----------
    times : ndarray of datetime64, shape (rows,)
        Without NaT.

    Returns
    -------
    ndarray of int64, shape (rows,)

    Examples
    --------
    >>> import numpy as np
    >>> ordinals(np.array(["2013-01-31T23:00", "2013-02-01"], "datetime64[us]"), "month").tolist()
    [516, 517]
    """
    import numpy as np

    if kind in ("day", "week"):
        days = times.astype("datetime64[D]").astype(np.int64)
        return days if kind == "day" else (days + 3) // 7
    months = times.astype("datetime64[M]").astype(np.int64)
    return months // {"month": 1, "quarter": 3, "year": 12}[kind]


def as_period(name: str) -> PeriodKind | None:
    """The kind of period that a spec's ``partition`` names; None for a column's name."""
    return next((kind for kind in PERIODS if kind == name), None)
