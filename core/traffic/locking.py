"""One at a time: rolls, erasures and prunings of a model's log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.leases import Hold
from incumbent.errors import RefusedError

if TYPE_CHECKING:
    from store import Store

#: Seconds: longer than the roll of a busy day. A process that is gone loses its claim at once.
_SECONDS = 3600.0


@contextmanager
def alone(store: Store, model: str) -> Iterator[None]:
    """While inside, no other process rolls, erases or prunes a model's log.

    Raises
    ------
    RefusedError
        Where another one does so now.
    """
    hold = Hold(store, f"log {model}", _SECONDS)
    if not hold.take():
        raise RefusedError(
            f"the log of {model} is being rolled, pruned or erased from by another process",
            hint="try again when that is done",
        )
    try:
        yield
    finally:
        hold.release()
