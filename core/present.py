"""The present moment, and the time zone in which the night is kept."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from incumbent.errors import UsageError

if TYPE_CHECKING:
    from store import Store


def present() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def time_zone(store: Store) -> tzinfo:
    """The zone of the night: the setting ``timezone``, else the machine's.

    Raises
    ------
    UsageError
        Where the setting names no zone.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    name = store.settings.get("timezone")
    if name is None:
        from tzlocal import get_localzone

        return get_localzone()
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError(
            f"the setting timezone is {name!r}, which is no time zone",
            hint="incumbent setting set timezone Europe/Berlin",
        ) from None
