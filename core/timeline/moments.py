"""Moments as people and sources write them, as datetimes without a zone.

A naive datetime means one of two things, by where it comes from: the data's own clock, where the data's times
carry no zone (they are taken as they stand, and compared with the local clock or the spec's ``timezone``); or
UTC, where they carry one (``zoned``).
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from core.timeline.periods import bounds, parse_label
from incumbent.errors import UsageError


def zone(name: str | None) -> tzinfo:
    """The time zone of that name; the local one for None.

    Raises
    ------
    UsageError
        Where no zone has that name.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name is None:
        from tzlocal import get_localzone

        return get_localzone()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"{name!r} is not a time zone", hint="write a name such as Europe/Berlin, America/New_York or UTC"
        ) from None


def parse_moment(
    text: str, *, zoned: bool = False, timezone: str | None = None, what: str = "time"
) -> datetime:
    """A moment on the data's clock, from what a person wrote.

    Parameters
    ----------
    text : str
        ISO 8601 date or date and time, with a zone or without; or the name of a period (``2013-07``,
        ``2013-Q3``, ``2013``). A date or a period is its first moment.
    zoned : bool
        Whether the data's times carry a zone, and so are UTC. A moment written without one is then UTC too.
    timezone : str, optional
        The zone of the data's clock where its times carry none; the local one by default.

    Raises
    ------
    UsageError
        Where the text is no moment.

    Examples
    --------
    >>> parse_moment("2013-07-01")
    datetime.datetime(2013, 7, 1, 0, 0)
    >>> parse_moment("2013-07-01T12:00-04:00", zoned=True)
    datetime.datetime(2013, 7, 1, 16, 0)
    >>> parse_moment("2013-Q3")
    datetime.datetime(2013, 7, 1, 0, 0)
    """
    try:
        return bounds(*parse_label(text.strip()))[0]
    except UsageError:
        pass  # no period's name: a moment then
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"{what}: {text!r} is not a date or a time",
            hint="write 2013-07-01 or 2013-07-01T18:00; 2013-07, 2013-Q3 or 2013 for its first moment",
        ) from None
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(UTC if zoned else zone(timezone)).replace(tzinfo=None)


def now(*, zoned: bool = False, timezone: str | None = None) -> datetime:
    """This moment on the data's clock: UTC where its times carry a zone, else local or the spec's."""
    return datetime.now(UTC if zoned else zone(timezone)).replace(tzinfo=None)


def text_of(moment: datetime | None, *, zoned: bool = False) -> str | None:
    """ISO 8601, with ``Z`` where the data's times carry a zone.

    Examples
    --------
    >>> text_of(datetime(2013, 7, 1), zoned=True)
    '2013-07-01T00:00:00Z'
    """
    return None if moment is None else moment.isoformat() + ("Z" if zoned else "")
