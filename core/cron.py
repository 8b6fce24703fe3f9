"""When a schedule is due: cron's five fields, read in a time zone.

The fields are read by APScheduler's ``CronTrigger`` on the clock on the wall, and every time on the wall is
one moment: a time that the change to summer time skips comes as much later as the clock was put forward, one
that is there twice in autumn comes the first time only. So nothing nightly is lost or done twice when the
clocks change. As in cron, Sunday is 0 or 7, and a day of the month together with a day of the week means
either of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from core.statistics.wording import plural
from incumbent.errors import UsageError

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@nightly": "0 2 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}

EXAMPLES = (
    '"0 2 * * *" is daily at two, "30 2 * * sun" Sundays at half past two, "0 3 1 * *" the first of a month'
)

#: What APScheduler and people call the fields before the weekday, and what may stand in each.
_FIELDS = (
    ("minute", "minute", "0 to 59"),
    ("hour", "hour", "0 to 23"),
    ("day", "day of the month", "1 to 31"),
    ("month", "month", "1 to 12, or jan to dec"),
)

#: Longer than the clock on the wall is ever put forward or back.
_CHANGE = timedelta(hours=3)

#: How far back the latest due time is looked for, near first.
_LOOKS_BACK = tuple(timedelta(**span) for span in ({"hours": 2}, {"days": 2}, {"days": 35}, {"days": 1500}))


class Times:
    """The moments that a cron expression names.

    Parameters
    ----------
    expression : str
        Minute, hour, day of month, month, day of week; or ``@daily``, ``@weekly`` and the like.
    zone : tzinfo
        The zone whose clock is meant.

    Raises
    ------
    UsageError
        Where it is not such an expression, or names a time that never comes.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> Times("30 2 * * 0", UTC).next(datetime(2026, 11, 23, tzinfo=UTC)).isoformat()
    '2026-11-29T02:30:00+00:00'
    """

    def __init__(self, expression: str, zone: tzinfo) -> None:
        self._zone = zone
        self._triggers = _triggers(expression)
        if next(self._walls(datetime(2024, 1, 1, tzinfo=UTC)), None) is None:
            raise UsageError(
                f"{expression!r} names a time that never comes", hint=f"write for example {EXAMPLES}"
            )

    def next(self, moment: datetime) -> datetime:
        """The first due time after a moment, in UTC."""
        return next(self.after(moment))

    def after(self, moment: datetime) -> Iterator[datetime]:
        """All due times after a moment, in UTC, in order."""
        held: list[datetime] = []
        start = moment.astimezone(self._zone).replace(tzinfo=UTC) - _CHANGE
        for wall in self._walls(start):
            # where clocks are put forward, a later time on the wall may be an earlier moment: none is given
            # out before it is sure that no earlier one follows
            sure = (wall - _CHANGE).replace(tzinfo=self._zone).astimezone(UTC)
            yield from (due for due in held if due <= sure)
            held = [due for due in held if due > sure]
            due = wall.replace(tzinfo=self._zone, fold=0).astimezone(UTC)
            if due > moment and due not in held:
                held = sorted([*held, due])
        yield from held

    def latest(self, since: datetime, until: datetime) -> datetime | None:
        """The last due time after ``since`` and not after ``until``; None where there is none."""
        for span in _LOOKS_BACK:
            start = max(since, until - span)
            found = None
            for due in self.after(start):
                if due > until:
                    break
                found = due
            if found is not None or start == since:
                return found
        return None

    def take(self, count: int, moment: datetime) -> tuple[datetime, ...]:
        """The next so many due times after a moment."""
        return tuple(islice(self.after(moment), count))

    def _walls(self, start: datetime) -> Iterator[datetime]:
        """Times on the wall from a start on, written as if they were UTC."""
        at = start
        while True:
            found = [t for t in (trigger.get_next_fire_time(None, at) for trigger in self._triggers) if t]
            if not found:
                return
            yield min(found)
            at = min(found) + timedelta(seconds=1)


@lru_cache(maxsize=1024)
def next_due(expression: str, zone: tzinfo, moment: datetime) -> datetime:
    """The first due time after a moment, in UTC; kept, as every tick asks for the same ones."""
    return Times(expression, zone).next(moment)


def _triggers(expression: str) -> tuple[CronTrigger, ...]:
    from apscheduler.triggers.cron import CronTrigger

    fields = SHORTHANDS.get(expression.strip().lower(), expression).lower().split()
    if len(fields) != 5:
        raise UsageError(
            f"{expression!r} has {plural(len(fields), 'field')}, not five: minute, hour, day, month, weekday",
            hint=f"write for example {EXAMPLES}",
        )
    try:
        minute, hour, day, month, weekday = fields
        weekdays = _weekdays(weekday)
        either = [(day, "*"), ("*", weekdays)] if "*" not in (day[0], weekday[0]) else [(day, weekdays)]
        return tuple(
            CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=weekdays, timezone=UTC)
            for day, weekdays in either
        )
    except (ValueError, TypeError) as error:
        wrong = _first_mistake(fields) or str(error)
        raise UsageError(
            f"{expression!r} is not a schedule: {wrong}", hint=f"write for example {EXAMPLES}"
        ) from None


def _first_mistake(fields: list[str]) -> str | None:
    """The first of a schedule's fields that cannot be read, and what may stand there.

    Examples
    --------
    >>> _first_mistake(["0", "25", "*", "*", "*"])
    "the hour is 0 to 23, not '25'"
    """
    from apscheduler.triggers.cron import CronTrigger

    for (name, called, may_be), field in zip(_FIELDS, fields, strict=False):
        try:
            CronTrigger(**{name: field}, timezone=UTC)
        except (ValueError, TypeError):
            return f"the {called} is {may_be}, not {field!r}"
    return None


def _weekdays(field: str) -> str:
    """A day-of-week field, with cron's numbers, as names.

    >>> _weekdays("0"), _weekdays("5-7"), _weekdays("*"), _weekdays("*/2")
    ('sun', 'sun,fri,sat', '*', 'sun,tue,thu,sat')
    """
    if field == "*":
        return field
    chosen = {day for part in field.split(",") for day in _weekday_part(part)}
    return ",".join(DAYS[day] for day in sorted(chosen))


def _weekday_part(part: str) -> list[int]:
    match = re.fullmatch(r"(\*|[a-z]{3}|[0-7])(?:-([a-z]{3}|[0-7]))?(?:/([1-7]))?", part)
    if match is None or (match[1] == "*" and match[2]):
        raise ValueError(f"{part!r} is not a day of the week (0 to 7, or sun to sat)")
    step = int(match[3] or 1)
    if match[1] == "*":
        return list(range(0, 7, step))
    first = _weekday(match[1])
    last = _weekday(match[2]) if match[2] else (6 if match[3] else first)
    if last < first:
        last += 7  # fri-mon, or 5-7 with Sunday as 7
    return [day % 7 for day in range(first, last + 1, step)]


def _weekday(name: str) -> int:
    if name.isdigit():
        return int(name) % 7
    if name not in DAYS:
        raise ValueError(f"{name!r} is not a day of the week (0 to 7, or sun to sat)")
    return DAYS.index(name)
