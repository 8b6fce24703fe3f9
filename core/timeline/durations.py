"""Lengths of time as people write them: ``7d``, ``12h``, ``1 month``, ``1d 12h``."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from incumbent.errors import UsageError

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_WORDS = {
    "second": "s", "sec": "s", "minute": "min", "hour": "h", "day": "d", "week": "w",
    "month": "mo", "quarter": "q", "year": "y",
}  # fmt: skip
_PART = re.compile(r"(\d+)\s*([a-z]+)\s*")
_HINT = "write a number and a unit: 30min, 12h, 7d, 2w, 1 month, 1 year"


@dataclass(frozen=True, order=True)
class Duration:
    """Calendar months and fixed seconds; either may be zero, not both.

    Examples
    --------
    >>> Duration.parse("1 month").before(datetime(2013, 3, 31))
    datetime.datetime(2013, 2, 28, 0, 0)
    >>> str(Duration.parse("36 hours"))
    '36h'
    """

    months: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read a duration.

        Raises
        ------
        UsageError
            Where the text is not a positive length of time.
        """
        months = seconds = 0
        rest = text.strip().lower()
        while match := _PART.match(rest):
            number, unit = int(match[1]), match[2]
            unit = _WORDS.get(unit, _WORDS.get(unit.removesuffix("s"), unit))
            if unit in _SECONDS:
                seconds += number * _SECONDS[unit]
            elif unit in _MONTHS:
                months += number * _MONTHS[unit]
            else:
                raise UsageError(f"{match[2]!r} in {text!r} is not a unit of time", hint=_HINT)
            rest = rest[match.end() :]
        if rest or not (months or seconds):
            raise UsageError(f"{text!r} is not a length of time", hint=_HINT)
        if months > 12_000 or seconds > 1000 * 366 * 86_400:
            raise UsageError(f"{text!r} is longer than a thousand years", hint=_HINT)
        return cls(months, seconds)

    def __str__(self) -> str:
        parts = []
        for unit, size in (("y", 12), ("mo", 1)):
            if self.months % size == 0 and self.months:
                parts.append(f"{self.months // size}{unit}")
                break
        for unit, size in (("w", 604_800), ("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
            if self.seconds % size == 0 and self.seconds:
                parts.append(f"{self.seconds // size}{unit}")
                break
        return " ".join(parts)

    def times(self, count: int) -> Duration:
        """This length, ``count`` times over."""
        return Duration(self.months * count, self.seconds * count)

    def after(self, moment: datetime) -> datetime:
        """The moment this much later, months first; a shorter month gives its last day.

        Stops at the calendar's end.
        """
        try:
            return _months_on(moment, self.months) + timedelta(seconds=self.seconds)
        except (ValueError, OverflowError):
            return datetime.max

    def before(self, moment: datetime) -> datetime:
        """The latest moment of which :meth:`after` is surely not later than this one: months last.

        Stops at the year 1.
        """
        try:
            return _months_on(moment - timedelta(seconds=self.seconds), -self.months)
        except (ValueError, OverflowError):
            return datetime.min


def _months_on(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
