"""Who is at work."""

from __future__ import annotations

import getpass


def person() -> str:
    """Who is at work: the name of the user account."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no account for this user id, as in some containers
        return "unknown"
