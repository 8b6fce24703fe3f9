"""Keeping what Apprise says to itself: it would go to the terminal, and may hold a URL with its secrets."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

#: Apprise has one log for all threads: one at a time, so that no secret stands in another target's error.
_one_at_a_time = threading.Lock()


@contextmanager
def captured() -> Iterator[StringIO]:
    """While inside, what Apprise logs is kept, a level and a text on each line, and shown nowhere."""
    import apprise

    capture: Any = apprise.LogCapture  # the package leaves it untyped
    with _one_at_a_time, capture(level=logging.DEBUG, fmt="%(levelname)s %(message)s") as kept:
        yield kept
