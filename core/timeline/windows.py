"""Windows (trailing slices of history) and what is known as of a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.timeline.durations import Duration
from core.timeline.periods import as_period

TICK = timedelta(microseconds=1)
_ONE_OF = {
    "day": Duration(0, 86_400), "week": Duration(0, 604_800),
    "month": Duration(1), "quarter": Duration(3), "year": Duration(12),
}  # fmt: skip


@dataclass(frozen=True)
class Window:
    """A stretch of time, ``since`` inclusive, ``until`` exclusive."""

    since: datetime
    until: datetime


def window_length(window: str | None, partition: str) -> Duration:
    """The spec's ``window``, else one partition's period, else a month (partitions by column or by file)."""
    if window is not None:
        return Duration.parse(window)
    return _ONE_OF[as_period(partition) or "month"]


def trailing(newest: datetime, length: Duration) -> Window:
    """The window that ends with the newest labelled row (which it holds).

    Examples
    --------
    >>> w = trailing(datetime(2013, 7, 8), Duration.parse("7d"))
    >>> w.since < datetime(2013, 7, 1, 0, 0, 1) and w.until > datetime(2013, 7, 8)
    True
    """
    until = newest + TICK
    return Window(length.before(until), until)


def earlier(window: Window, length: Duration) -> Iterator[Window]:
    """The windows before one, newest first, of the same length; they touch and never overlap. Endless until
    the calendar's beginning.

    Examples
    --------
    >>> first = trailing(datetime(2013, 3, 30, 23, 59, 59, 999999), Duration(1))
    >>> [w.since.isoformat() for w, _ in zip(earlier(first, Duration(1)), range(2))]
    ['2013-01-31T00:00:00', '2012-12-31T00:00:00']
    """
    count = 1
    until = window.since
    while until > datetime.min:
        since = length.times(count + 1).before(window.until)
        yield Window(since, until)
        count, until = count + 1, since


def label_known_by(as_of: datetime | None, delay: Duration | None) -> datetime | None:
    """The last moment (inclusive) whose rows' labels are known as of a moment; None where everything is.

    A label is known when its row's time plus the delay is not later than as-of. Where months are of different
    lengths the earlier moment is taken, so that no label is known too soon. Without a delay a row's label is
    known as soon as the row exists.

    Examples
    --------
    >>> label_known_by(datetime(2013, 7, 8), Duration.parse("2d"))
    datetime.datetime(2013, 7, 6, 0, 0)
    """
    if as_of is None:
        return None
    if delay is None:
        return as_of
    return delay.before(as_of)
