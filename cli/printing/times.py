"""Moments as people read them: in this machine's zone, or as they stand where they name none."""

from __future__ import annotations

from datetime import datetime


def minute(written: str | None) -> str | None:
    """A moment to the minute.

    Examples
    --------
    >>> minute("2013-03-30T23:59:00"), minute(None)
    ('2013-03-30 23:59', None)
    """
    return None if not written else f"{_here(written):%Y-%m-%d %H:%M}"


def day(written: str | None) -> str | None:
    """The day of a moment.

    Examples
    --------
    >>> day("2013-03-30T23:59:00"), day("2013-03-30")
    ('2013-03-30', '2013-03-30')
    """
    return None if not written else f"{_here(written):%Y-%m-%d}"


def _here(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo is None else moment.astimezone()
