"""The wall clock, as the store writes it: ISO 8601 text in UTC, milliseconds, ``Z``.

Text of this one form sorts as time does, so SQL compares and indexes it as it stands.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def text(moment: datetime) -> str:
    """Write a moment that knows its zone.

    Examples
    --------
    >>> text(datetime(2026, 11, 22, 2, tzinfo=UTC))
    '2026-11-22T02:00:00.000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """The present moment."""
    return text(datetime.now(UTC))


def moment(written: str) -> datetime:
    """Read what :func:`text` wrote.

    Examples
    --------
    >>> moment("2026-11-22T02:00:00.000Z").hour
    2
    """
    return datetime.fromisoformat(written).astimezone(UTC)


def shift(written: str, seconds: float) -> str:
    """A moment so many seconds later (or earlier, when negative).

    Examples
    --------
    >>> shift("2026-11-22T02:00:00.000Z", -86400)
    '2026-11-21T02:00:00.000Z'
    """
    return text(moment(written) + timedelta(seconds=seconds))
